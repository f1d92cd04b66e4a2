//! Adding many principals: every way to do it, side by side.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use kerbrole_tests::postgres_server::{MASTER, SUPERUSER};
use kerbrole_tests::sandbox::Result;
use kerbrole_tests::version::Installation;

use crate::cluster::Prototype;
use crate::contestants::Contestant;
use crate::figures::{Spread, in_turns, machine, median, short, thousands};
use crate::goals::Goal;
use crate::names::{Name, names};
use crate::{Bench, Report};

/// What takes longer than this, as the size before it foretells, is left out.
const TOO_LONG: f64 = 60.0;

/// Seconds after which a contestant has no further round.
const ENOUGH: f64 = 8.0;

/// One table: a server and who asks it for how many.
pub(crate) struct Setting {
    pub(crate) major: u32,
    pub(crate) user: &'static str,
    pub(crate) present: usize,
    pub(crate) sizes: Vec<usize>,
}

/// Seconds, by way and number of principals.
type Times = HashMap<(Contestant, usize), Vec<f64>>;

impl Setting {
    fn all(bench: &Bench) -> Vec<Self> {
        let mut all = Vec::new();
        for &major in &bench.versions {
            for user in [SUPERUSER, MASTER] {
                let sizes = match (bench.smoke, user) {
                    (true, _) => vec![4],
                    (false, SUPERUSER) => vec![50, 1_000, 10_000, 100_000],
                    (false, _) => vec![50, 1_000, 5_000, 10_000, 100_000],
                };
                all.push(Self { major, user, present: 0, sizes });
            }
            let (present, sizes) =
                if bench.smoke { (100, vec![4]) } else { (100_000, vec![1_000]) };
            all.extend([SUPERUSER, MASTER].map(|user| Self {
                major,
                user,
                present,
                sizes: sizes.clone(),
            }));
        }
        all
    }

    fn heading(&self) -> String {
        let who = if self.user == SUPERUSER { "superuser" } else { "an rds_superuser" };
        let present = match self.present {
            0 => "a fresh cluster".into(),
            present => format!("{} principals present", thousands(present)),
        };
        format!("PostgreSQL {}, as {who}, {present}", self.major)
    }
}

/// The report.
///
/// # Errors
/// When a server does not come up, a contestant fails, or not all that it should have made is
/// there.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let mut text = format!(
        "# Adding many principals\n\n\
         Seconds, median and the range of the middle half of up to {} runs by turns, at least \
         three of whatever takes less than half a minute; each run on a server that was started \
         from the same files, the principals counted afterwards. Behind it, how many times\n\
         as long as (a). Programs with their start and connecting, functions and the DO block in a \
         session that has loaded what they need. A dash: as the size before it foretells it would \
         take more than {TOO_LONG} seconds.\n\n\
         An rds_superuser is the master user: CREATEROLE, no superuser; from 16 on with ADMIN on \
         rds_ad, which (a) to (d) and (g) need there and (e), (f) and (h) do not. \
         `max_locks_per_transaction` is 1000: from 16 on the\n\
         server holds a lock for each new membership to the end of the transaction, whoever adds \
         it. Ansible needs minutes for 1,000.\n\n\
         Of (e), perf shows eight tenths of the time in the server's own CREATE ROLE by way of \
         SPI, as much as (b) takes for it; the rest are statements as text, the plan, the names, \
         the rows. The check of the\n\
         memberships afterwards is below one hundredth. Of (g) since 16 nine tenths are CREATE \
         ROLE, which for somebody who is no superuser looks through all roles that they created \
         before.\n\n\
         Machine: {}.\n",
        bench.rounds(5),
        machine()?
    );
    let mut all = Vec::new();
    for setting in Setting::all(bench) {
        let installation = bench.installation(setting.major)?;
        let times = measure_one(bench, &setting, &installation)?;
        table(&mut text, &setting, &times);
        all.push((setting, times));
    }
    Ok(Report { text, goals: if bench.smoke { Vec::new() } else { goals(&all)? } })
}

fn measure_one(
    bench: &Bench,
    setting: &Setting,
    installation: &Arc<Installation>,
) -> Result<Times> {
    let largest = setting.sizes.iter().max().copied().unwrap_or(0);
    let all = names(bench.seed, setting.present + largest);
    let (present, new) = all.split_at(setting.present);
    let prototype = Prototype::new(bench, installation, present)?;
    let mut times = Times::new();
    // Seconds for each. Ansible starts a program for each role.
    let mut before = HashMap::from([(Contestant::Ansible, 0.3)]);
    for &size in &setting.sizes {
        let fits =
            |way: &Contestant| before.get(way).is_none_or(|each| each * size as f64 <= TOO_LONG);
        let ways: Vec<_> = Contestant::ALL.into_iter().filter(fits).collect();
        eprintln!("{}: {}", setting.heading(), thousands(size));
        let found = in_turns(&ways, bench.rounds(5), false, ENOUGH, |way| {
            one_run(bench, &prototype, setting, *way, &new[..size])
        })?;
        for (way, values) in ways.into_iter().zip(found) {
            before.insert(way, median(&values)? / size as f64);
            times.insert((way, size), values);
        }
    }
    prototype.discard()?;
    Ok(times)
}

/// Seconds that it takes on a server of its own.
///
/// # Errors
/// When the contestant fails, or not all that it should have made is there.
pub(crate) fn one_run(
    bench: &Bench,
    prototype: &Prototype,
    setting: &Setting,
    way: Contestant,
    names: &[Name],
) -> Result<f64> {
    let server = prototype.fresh()?;
    let time = way.run(bench, &server, setting.user, names).and_then(|time| {
        prototype.verify(&server, names)?;
        Ok(time)
    });
    server.discard()?;
    time.map_err(|error| format!("{}: {}: {error}", setting.heading(), way.label()))
}

fn table(text: &mut String, setting: &Setting, times: &Times) {
    let _infallible = writeln!(text, "\n## {}\n", setting.heading());
    let sizes: Vec<_> = setting.sizes.iter().map(|&size| thousands(size)).collect();
    let _infallible =
        writeln!(text, "| | {} |\n| --- |{}", sizes.join(" | "), " --- |".repeat(sizes.len()));
    for way in Contestant::ALL {
        let cell = |&size: &usize| {
            let spread = |way| times.get(&(way, size)).and_then(|values| Spread::of(values));
            match (spread(way), spread(Contestant::Script)) {
                (None, _) => "–".into(),
                (Some(mine), Some(script)) => {
                    format!("{} {} ×", mine.shown(), short(mine.median / script.median))
                }
                (Some(mine), None) => mine.shown(),
            }
        };
        let cells: Vec<_> = setting.sizes.iter().map(cell).collect();
        let _infallible = writeln!(text, "| {} | {} |", way.label(), cells.join(" | "));
    }
}

/// What the profile shows of plain statements since PostgreSQL 16.
const CREATE_WALKS: &str = "perf shows nine tenths of the time in CREATE ROLE itself: for each new \
    role the server looks through all roles that its creator created before (select_best_admin, \
    roles_is_member_of)";

fn goals(all: &[(Setting, Times)]) -> Result<Vec<Goal>> {
    let mut goals = Vec::new();
    for (setting, times) in all {
        let of = |way, size| {
            times
                .get(&(way, size))
                .map_or(Err("nothing was measured".into()), |values| median(values))
        };
        let major = setting.major;
        let fresh = setting.present == 0;
        if fresh && setting.user == SUPERUSER {
            let each = (of(Contestant::Many, 100_000)? / 100_000.0)
                / (of(Contestant::Many, 1_000)? / 1_000.0);
            let floor = (of(Contestant::Block, 100_000)? / 100_000.0)
                / (of(Contestant::Block, 1_000)? / 1_000.0);
            goals.push(Goal::at_most(
                format!(
                    "{major}: `kerb_add_principals`, its cost for each principal, 100,000 against \
                     1,000 in one call ((b): {} ×)",
                    short(floor)
                ),
                each,
                1.2,
                "×",
                "the server's own CREATE ROLE and its commit grow as they do in (b)",
            ));
        } else if fresh && major >= 16 {
            let script = of(Contestant::Script, 5_000)?;
            goals.push(Goal::at_least(
                format!(
                    "{major}, rds_superuser: `kerb_add_principals` of 5,000 against (a), which \
                     took {} s",
                    short(script)
                ),
                script / of(Contestant::Many, 5_000)?,
                300.0,
                "× faster",
                "perf shows eight tenths of it in the server's own CREATE ROLE, and it is as fast \
                 as for a superuser; what took less time than the 44 s behind the goal is (a)",
            ));
            goals.push(Goal::at_least(
                format!("{major}, rds_superuser: plain statements, 5,000 against (a)"),
                script / of(Contestant::Plain, 5_000)?,
                15.0,
                "× faster",
                CREATE_WALKS,
            ));
        }
        if setting.user == MASTER {
            let ratio = |&size: &usize| {
                Some(of(Contestant::Plain, size).ok()? / of(Contestant::Ldap2pg, size).ok()?)
            };
            let worst = setting.sizes.iter().filter_map(ratio).fold(0.0, f64::max);
            let present = if fresh {
                "a fresh cluster".into()
            } else {
                format!("{} present", thousands(setting.present))
            };
            let what = format!(
                "{major}, rds_superuser: plain statements against ldap2pg, whichever number is \
                 worst, {present}"
            );
            goals.push(Goal::at_most(what, worst, 1.0, "×", ""));
        }
    }
    Ok(goals)
}

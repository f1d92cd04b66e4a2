//! From a directory to roles: reading it, the first time, and when there is nothing to do.

mod side;
mod staff;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;
use postgres::Client;

use crate::cluster::{Prototype, connect, execute, said};
use crate::figures::{Paired, Spread, in_turns, machine, median, short, thousands};
use crate::goals::Goal;
use crate::measured::{Taken, measured};
use crate::{Bench, Report};

use side::Side;
use staff::Staff;

/// Everybody is measured with so many people,
const COMPARED: usize = 10_000;

/// and kerbrole with these.
const MANY: usize = 100_000;

/// Seconds after which a side has had enough turns.
const ENOUGH: f64 = 120.0;

/// `max_locks_per_transaction` by default, and where all is done in one transaction.
const LOCKS: u32 = 64;
const LOCKS_FOR_ALL: u32 = 1_024;

/// What one side took, in seconds and in megabytes, run by run.
#[derive(Default)]
struct Runs {
    first: Vec<Taken>,
    again: Vec<Taken>,
}

/// The report.
///
/// # Errors
/// When a server does not come up, somebody fails, or not all that there should be is there.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let (compared, many) = if bench.smoke { (60, 61) } else { (COMPARED, MANY) };
    let mut report = Report { text: introduction(bench)?, goals: Vec::new() };
    let mut reading = String::new();
    let mut tables = String::new();
    for (realm, count) in [("CORP.EXAMPLE.COM", compared), ("BIG.EXAMPLE.COM", many)] {
        eprintln!("a directory of {} people", thousands(count));
        let staff = Staff::hire(bench, realm, count)?;
        let _infallible = writeln!(reading, "{}", read(bench, &staff)?);
        let sides = match count == compared {
            true => [&Side::OURS[..], &Side::OTHERS].concat(),
            false => Side::OURS.to_vec(),
        };
        for &major in &bench.versions {
            let runs = of_version(bench, &staff, major, &sides)?;
            tables.push_str(&table(major, count, &runs)?);
            if !bench.smoke {
                report.goals.extend(goals(major, count, &runs)?);
            }
        }
    }
    let _infallible = write!(
        report.text,
        "\n## Reading\n\n\
         `kerbrole directory check`: the directory alone, without a server.\n\n\
         | people | seconds | MB |\n| --- | --- | --- |\n{reading}{tables}"
    );
    Ok(report)
}

fn introduction(bench: &Bench) -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "# The directory decides\n\n\
         `kerbrole sync --from access.toml` beside ldap2pg and pg-ldap-sync, on one directory: \
         a domain controller by Samba on the same machine, over TLS. Everybody is directly in two \
         of a hundred groups, and each group means a role; there are no groups within groups, \
         which the others do not follow as kerbrole does. All make the same roles, called by name \
         and realm, with LOGIN, in rds_ad and in the two, and drop who is gone; kerbrole binds \
         each to its account besides. All connect as the superuser, to a server with its default \
         `max_locks_per_transaction`, but for pg-ldap-sync: it does all in one transaction, and \
         since PostgreSQL 16 each role that is granted takes a lock, so that it gets a server with \
         {LOCKS_FOR_ALL}.\n\n\
         Each run is the program from its start to its end: first on a server without any \
         principal, started from the same files, and then once more, when there is nothing to do. \
         After the first every membership is compared with what it has to be; that the second \
         wrote nothing is seen by the transactions that wrote roles, memberships and comments. \
         Seconds, and MB that the program had in memory at most; median and the range of the \
         middle half of up to {} rounds by turns. Behind the seconds, how many times as long as \
         kerbrole by the extension, in the same rounds.\n\n\
         ldap2pg is told to find the groups of everybody in `memberOf`, with one search, and \
         pg-ldap-sync has `userPrincipalName` for the name. They do not ask whether somebody is \
         disabled, what the primary group is, or whose the role was before. pg-ldap-sync is \
         Debian's, or, with `PG_LDAP_SYNC`, the program that it names, of the gem pg-ldap-sync.\n\n\
         Machine: {}; load when it began: {}.\n",
        bench.rounds(5),
        machine()?,
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
    ))
}

/// Reads the directory: a row of the table.
fn read(bench: &Bench, staff: &Staff) -> Result<String> {
    let command = side::read(staff)?;
    let mut megabytes = Vec::new();
    let seconds = in_turns(&[()], bench.rounds(5), true, ENOUGH, |()| {
        let taken = measured(&command, &staff.folder)?;
        megabytes.push(taken.megabytes);
        Ok(taken.seconds)
    })?;
    Ok(format!(
        "| {} | {} | {} |",
        thousands(staff.count()),
        shown(seconds.first().map_or(&[], Vec::as_slice)),
        shown(&megabytes)
    ))
}

fn of_version(
    bench: &Bench,
    staff: &Staff,
    major: u32,
    sides: &[Side],
) -> Result<HashMap<Side, Runs>> {
    let prototype = prepared(bench, staff, major, LOCKS)?;
    let with_locks = prepared(bench, staff, major, LOCKS_FOR_ALL)?;
    let mut runs: HashMap<Side, Runs> = HashMap::new();
    in_turns(sides, bench.rounds(5), false, ENOUGH, |&side| {
        eprintln!("PostgreSQL {major}: {} people, {side:?}", staff.count());
        let server = if side == Side::PgLdapSync { &with_locks } else { &prototype }.fresh()?;
        let mut client = connect(&server, SUPERUSER)?;
        let command = side.command(staff, &server)?;
        let first = measured(&command, &staff.folder)?;
        verify(&mut client, staff, side)?;
        let before = written(&mut client)?;
        let again = measured(&command, &staff.folder)?;
        if written(&mut client)? != before {
            return Err(format!("{side:?} wrote something when there was nothing to do"));
        }
        drop(client);
        server.discard()?;
        let of_side = runs.entry(side).or_default();
        of_side.first.push(first);
        of_side.again.push(again);
        Ok(first.seconds + again.seconds)
    })?;
    prototype.discard()?;
    with_locks.discard()?;
    Ok(runs)
}

/// A cluster with the extension, the functions in PL/pgSQL and the roles of the groups.
fn prepared(bench: &Bench, staff: &Staff, major: u32, locks: u32) -> Result<Prototype> {
    let empty = Prototype::with_functions(bench, &bench.installation(major)?)?;
    let server: Server = empty.fresh()?;
    empty.discard()?;
    let mut client = connect(&server, SUPERUSER)?;
    let groups: String = staff.groups().map(|group| format!("CREATE ROLE \"{group}\";")).collect();
    execute(&mut client, &groups)?;
    execute(&mut client, &format!("ALTER SYSTEM SET max_locks_per_transaction = {locks}"))?;
    drop(client);
    Prototype::keeping(server, 0)
}

/// Makes sure that all are there, in what they have to be in, and nobody else.
fn verify(client: &mut Client, staff: &Staff, side: Side) -> Result<()> {
    const COUNT: &str = "WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w (role, \
         team)), found AS (SELECT r.rolname::text AS role, g.rolname::text AS team \
         FROM pg_auth_members m JOIN pg_authid r ON r.oid = m.member JOIN pg_authid g ON g.oid = \
         m.roleid WHERE r.rolcanlogin AND r.rolname ~ '@'), \
         bound AS (SELECT FROM pg_shdescription d JOIN pg_authid r ON r.oid = d.objoid WHERE \
         d.classoid = 'pg_authid'::regclass AND d.description ~ \
         '\\[kerbrole:S-1-5-21-[-0-9]*\\]$') \
         SELECT (SELECT count(DISTINCT role) FROM found WHERE team = 'rds_ad'), \
         (SELECT count(*) FROM found WHERE team ~ '^team'), \
         (SELECT count(*) FROM found JOIN wanted USING (role, team)), \
         (SELECT count(*) FROM pg_authid WHERE rolname ~ '@'), (SELECT count(*) FROM bound)";
    let (roles, teams) = staff.memberships();
    let row = client.query_one(COUNT, &[&roles, &teams]).map_err(|e| said(&e))?;
    let found = [0, 1, 2, 3, 4].map(|at| usize::try_from(row.get::<_, i64>(at)).unwrap_or(0));
    let people = staff.count();
    let bound = if Side::OURS.contains(&side) { people } else { 0 };
    let expected = [people, 2 * people, 2 * people, people, bound];
    if found == expected {
        Ok(())
    } else {
        Err(format!("{side:?}: {found:?} principals, memberships and bound, not {expected:?}"))
    }
}

/// By which transactions roles, memberships and comments were written.
fn written(client: &mut Client) -> Result<String> {
    const ROWS: &str = "SELECT md5(string_agg(r, ' ' ORDER BY r)) FROM ( \
         SELECT 'r' || oid || ' ' || xmin AS r FROM pg_authid UNION ALL \
         SELECT 'm' || roleid || ' ' || member || ' ' || grantor || ' ' || xmin FROM \
         pg_auth_members UNION ALL \
         SELECT 'c' || objoid || ' ' || xmin FROM pg_shdescription) AS all_rows";
    Ok(client.query_one(ROWS, &[]).map_err(|e| said(&e))?.get(0))
}

fn shown(values: &[f64]) -> String {
    Spread::of(values).map_or(String::new(), |spread| spread.shown())
}

fn seconds(taken: &[Taken]) -> Vec<f64> {
    taken.iter().map(|one| one.seconds).collect()
}

fn megabytes(taken: &[Taken]) -> Vec<f64> {
    taken.iter().map(|one| one.megabytes).collect()
}

fn table(major: u32, count: usize, runs: &HashMap<Side, Runs>) -> Result<String> {
    let mut text = format!(
        "\n## PostgreSQL {major}, {} people\n\n\
         | | first, s | first, MB | nothing to do, s | nothing to do, MB |\n\
         | --- | --- | --- | --- | --- |\n",
        thousands(count)
    );
    let beside = runs.get(&Side::Extension);
    for side in [&Side::OURS[..], &Side::OTHERS].concat() {
        let Some(of_side) = runs.get(&side) else { continue };
        let cell = |part: fn(&Runs) -> &Vec<Taken>| -> Result<String> {
            let (own, of_extension) = (part(of_side), beside.map(part));
            let ratio = match of_extension {
                Some(other) => Paired::of(&seconds(other), &seconds(own))?.median,
                None => 1.0,
            };
            Ok(format!("{} {} × | {}", shown(&seconds(own)), short(ratio), shown(&megabytes(own))))
        };
        let (first, again) = (cell(|runs| &runs.first)?, cell(|runs| &runs.again)?);
        let _infallible = writeln!(text, "| {} | {first} | {again} |", side.label()?);
    }
    Ok(text)
}

fn goals(major: u32, count: usize, runs: &HashMap<Side, Runs>) -> Result<Vec<Goal>> {
    let mut goals = Vec::new();
    let of = |what: String| format!("{major}: {what}");
    for side in Side::OURS {
        let Some(own) = runs.get(&side) else { continue };
        let label = side.label()?;
        if count == MANY {
            let (first, again) = (median(&seconds(&own.first))?, median(&seconds(&own.again))?);
            let what = of(format!("{label}, 100,000 people, the first time"));
            goals.push(Goal::at_most(what, first, 90.0, "s", ""));
            let what = of(format!("{label}, 100,000 people, nothing to do"));
            goals.push(Goal::at_most(what.clone(), again, 30.0, "s", ""));
            let most = median(&megabytes(&own.again))?;
            let because = match side {
                Side::Plain => "it holds all roles, memberships and comments of the server",
                _ => "",
            };
            goals.push(Goal::at_most(format!("{what}, in memory"), most, 150.0, "MB", because));
            continue;
        }
        for (what, part, because) in PARTS {
            let mut least: Option<(f64, String)> = None;
            for other in Side::OTHERS {
                let Some(theirs) = runs.get(&other) else { continue };
                let ratio = Paired::of(&seconds(part(own)), &seconds(part(theirs)))?.median;
                if least.as_ref().is_none_or(|(least, _)| ratio < *least) {
                    least = Some((ratio, other.label()?));
                }
            }
            if let Some((ratio, other)) = least {
                let what = of(format!("{label}, 10,000 people, {what}, against {other}"));
                goals.push(Goal::at_least(what, ratio, 5.0, "× faster", because));
            }
        }
    }
    Ok(goals)
}

type Part = fn(&Runs) -> &Vec<Taken>;

/// Of a read of 10,000, Samba had 0.6 seconds of processor time and kerbrole 0.13.
const PARTS: [(&str, Part, &str); 2] = [
    ("the first time", |runs| &runs.first, ""),
    (
        "nothing to do",
        |runs| &runs.again,
        "of the reading, four fifths are Samba's own processor time, who is asked by all of them",
    ),
];

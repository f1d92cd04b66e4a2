//! The functions in PL/pgSQL beside the extension and plain statements: adding many principals, and
//! what that leaves to the administrator whenever they log in.

use std::fmt::Write as _;

use kerbrole_client::Backend;
use kerbrole_tests::postgres_server::{MASTER, SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;

use crate::cluster::{Prototype, connect, execute, prepare, said};
use crate::contestants::{Contestant, timed};
use crate::figures::{Paired, Spread, in_turns, machine, median, short, thousands};
use crate::goals::Goal;
use crate::logins::{self, LOGINS, OTHER};
use crate::names::{Name, names};
use crate::{Bench, Report};

const WAYS: [Contestant; 5] = [
    Contestant::Many,
    Contestant::Functions,
    Contestant::Client,
    Contestant::ClientOnFunctions,
    Contestant::Plain,
];

/// Those whose principals are there when the administrator logs in.
const BACKENDS: [(Contestant, Backend); 3] = [
    (Contestant::Client, Backend::Extension),
    (Contestant::ClientOnFunctions, Backend::SqlFunctions),
    (Contestant::Plain, Backend::PlainSql),
];

/// Since PostgreSQL 16 many more by plain statements take too long to wait for: a superuser makes
/// what they would leave.
const MOST_PLAIN: usize = 10_000;

/// Seconds after which a way has no further round.
const ENOUGH: f64 = 8.0;

/// The report.
///
/// # Errors
/// When a server does not come up, a way fails, or not all that it should have made is there.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let (sizes, most) =
        if bench.smoke { (vec![4, 150], 300) } else { (vec![1_000, 10_000], 50_000) };
    let mut report = Report {
        text: format!(
            "# The functions in PL/pgSQL\n\n\
             All as the master user, an rds_superuser that is no superuser; from 16 on with ADMIN \
             on rds_ad, which plain statements need there and the others do not. \
             `max_locks_per_transaction` is 1000.\n\n\
             Machine: {}.\n\n\
             ## Adding\n\n\
             Seconds, median and the range of the middle half of up to {} rounds by turns, each on \
             a server that was started from the same files, the principals counted afterwards. \
             Behind it, how many times as long as the extension by the same way. Programs with \
             their start and connecting, functions in a session that has loaded what they need; \
             the client goes in portions of its own size.\n",
            machine()?,
            bench.rounds(5),
        ),
        goals: Vec::new(),
    };
    let all = names(bench.seed, most);
    let (mut logins, mut changes) = (String::new(), String::new());
    for &major in &bench.versions {
        let prototype = Prototype::with_functions(bench, &bench.installation(major)?)?;
        adding(bench, &prototype, major, &sizes, &all, &mut report)?;
        changing(bench, &prototype, major, &all[..sizes[sizes.len() - 1]], &mut changes)?;
        for size in [sizes[sizes.len() - 1], most] {
            for (way, backend) in BACKENDS {
                eprintln!("PostgreSQL {major}: logging in, {size} by {backend:?}");
                let server = prototype.fresh()?;
                let time = if backend == Backend::PlainSql && major >= 16 && size > MOST_PLAIN {
                    as_by_plain_statements(&server, &all[..size])?;
                    "–".into()
                } else {
                    short(way.run(bench, &server, MASTER, &all[..size])?)
                };
                prototype.verify(&server, &all[..size])?;
                let (row, ratio) = log_in(bench, &server)?;
                let _infallible = writeln!(
                    logins,
                    "| {major} | {} | {} | {} | {row} |",
                    thousands(size),
                    way.label(),
                    time
                );
                if backend != Backend::PlainSql {
                    report.goals.push(Goal::at_most(
                        format!(
                            "{major}: the master user's login with {} by {}, against somebody's \
                             who is a member of nothing",
                            thousands(size),
                            way.label()
                        ),
                        ratio.median,
                        1.2,
                        "×",
                        "",
                    ));
                }
                server.discard()?;
            }
        }
        prototype.discard()?;
    }
    let _infallible = write!(
        report.text,
        "\n## Many at once\n\n\
         Seconds for one call about the {} that the client added on the functions, as above: a \
         list that drops a fifth of them, and a domain that moves.\n\n\
         | PostgreSQL | | the extension | the functions | how many times as long |\n\
         | --- | --- | --- | --- | --- |\n{changes}",
        thousands(sizes[sizes.len() - 1])
    );
    let _infallible = write!(
        report.text,
        "\n## Logging in afterwards\n\n\
         The master user added so many principals. Milliseconds until a session of theirs is \
         there, over a socket without a password, median and the range of the middle half of \
         {LOGINS} logins by turns with those of somebody who is a member of nothing; the ratio is \
         the median of the rounds' own ratios, with the interval in which such a median lies 99 \
         times of 100. pg_hba.conf asks for members of rds_iam first, as on RDS: that is what goes \
         along all memberships of whoever logs in. A dash: the roles and memberships that plain \
         statements leave were made by a superuser, since by those statements the time grows with \
         the square.\n\n\
         | PostgreSQL | principals | by | seconds it took, once | master user | member of nothing \
         | ratio |\n| --- | --- | --- | --- | --- | --- | --- |\n{logins}"
    );
    if bench.smoke {
        report.goals.clear();
    }
    Ok(report)
}

fn adding(
    bench: &Bench,
    prototype: &Prototype,
    major: u32,
    sizes: &[usize],
    all: &[Name],
    report: &mut Report,
) -> Result<()> {
    let head: Vec<_> = sizes.iter().map(|&size| thousands(size)).collect();
    let _infallible = writeln!(
        report.text,
        "\n| PostgreSQL {major} | {} |\n| --- |{}",
        head.join(" | "),
        " --- |".repeat(sizes.len())
    );
    let mut times = Vec::new();
    for &size in sizes {
        eprintln!("PostgreSQL {major}: adding {size}");
        times.push(in_turns(&WAYS, bench.rounds(5), false, ENOUGH, |way| {
            let server = prototype.fresh()?;
            let time = way.run(bench, &server, MASTER, &all[..size])?;
            prototype.verify(&server, &all[..size])?;
            server.discard()?;
            Ok(time)
        })?);
    }
    for (place, way) in WAYS.iter().enumerate() {
        let cell = |of_size: &Vec<Vec<f64>>| -> Result<String> {
            // One call against one call, and the client against the client.
            let base = median(&of_size[if place < 2 { 0 } else { 2 }])?;
            let spread = Spread::of(&of_size[place]).ok_or("nothing was measured")?;
            Ok(format!("{} {} ×", spread.shown(), short(spread.median / base)))
        };
        let cells = times.iter().map(cell).collect::<Result<Vec<_>>>()?;
        let _infallible = writeln!(report.text, "| {} | {} |", way.label(), cells.join(" | "));
    }
    let (Some(few), Some(many)) = (times.first(), times.last()) else { return Ok(()) };
    let (few_names, many_names) = (sizes[0] as f64, sizes[sizes.len() - 1] as f64);
    if major < 16 {
        report.goals.push(Goal::at_most(
            format!("{major}: one call of the functions for 10,000 against one of the extension"),
            median(&many[1])? / median(&many[0])?,
            3.0,
            "×",
            "",
        ));
    }
    for (place, what) in [(1, "one call of the functions"), (3, "the client by the functions")] {
        report.goals.push(Goal::at_most(
            format!("{major}: {what}, its cost for each principal, 10,000 against 1,000"),
            (median(&many[place])? / many_names) / (median(&few[place])? / few_names),
            1.5,
            "×",
            "",
        ));
    }
    Ok(())
}

/// Changes many of those that were added on the functions: rows of the table.
fn changing(
    bench: &Bench,
    prototype: &Prototype,
    major: u32,
    all: &[Name],
    rows: &mut String,
) -> Result<()> {
    let server = prototype.fresh()?;
    Contestant::ClientOnFunctions.run(bench, &server, MASTER, all)?;
    let full = Prototype::keeping(server, all.len())?;
    let stay = &all[..all.len() - all.len() / 5];
    let moving = all.iter().filter(|name| name.role.ends_with("@CORP.EXAMPLE.COM")).count();
    let changes = [
        (
            "`kerb_sync_principals`",
            "kerb_sync_principals((SELECT typed FROM names), 'drop', false)",
            "rolname ~ '@'",
            stay.len(),
        ),
        (
            "`kerb_rename_realm`",
            "kerb_rename_realm('corp.example.com', 'corp.example.org', false)",
            "rolname ~ '@CORP.EXAMPLE.ORG'",
            moving,
        ),
    ];
    for (what, call, counted, expected) in changes {
        eprintln!("PostgreSQL {major}: {what} of {}", all.len());
        let times = in_turns(&["", "kerbrole."], bench.rounds(3), false, ENOUGH, |schema| {
            let server = full.fresh()?;
            prepare(&server, stay)?;
            let mut client = connect(&server, MASTER)?;
            let time =
                timed(|| execute(&mut client, &format!("SELECT count(*) FROM {schema}{call}")))?;
            let count = format!("SELECT count(*) FROM pg_roles WHERE {counted}");
            let found: i64 = client.query_one(&count, &[]).map_err(|e| said(&e))?.get(0);
            if usize::try_from(found) != Ok(expected) {
                return Err(format!("{found} principals are there, not {expected}"));
            }
            drop(client);
            server.discard()?;
            Ok(time)
        })?;
        let [extension, functions] = [0, 1].map(|place: usize| {
            Spread::of(&times[place]).map_or(String::new(), |spread| spread.shown())
        });
        let ratio = median(&times[1])? / median(&times[0])?;
        let _infallible =
            writeln!(rows, "| {major} | {what} | {extension} | {functions} | {} × |", short(ratio));
    }
    full.discard()
}

/// What the master user's plain statements leave since PostgreSQL 16: it is a member of each of
/// the roles, with ADMIN alone, by a grant of the first superuser.
pub(crate) fn as_by_plain_statements(server: &Server, names: &[Name]) -> Result<()> {
    prepare(server, names)?;
    let mut superuser = connect(server, SUPERUSER)?;
    // A transaction holds a lock for each of them.
    for start in (1..=names.len()).step_by(5_000) {
        execute(
            &mut superuser,
            &format!(
                "DO $$ DECLARE name text; BEGIN \
                 FOREACH name IN ARRAY (SELECT roles[{start}:{start} + 4999] FROM names) LOOP \
                 EXECUTE format('CREATE ROLE %I LOGIN IN ROLE rds_ad', name); \
                 EXECUTE format('GRANT %I TO {MASTER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', \
                 name); END LOOP; END $$"
            ),
        )?;
    }
    Ok(())
}

/// Logins by turns: a row of the table, and the ratio.
fn log_in(bench: &Bench, server: &Server) -> Result<(String, Paired)> {
    let times = logins::by_turns(bench, server, &[MASTER, OTHER])?;
    let [master, other] = [0, 1].map(|place: usize| {
        Spread::of(&times[place]).map_or(String::new(), |spread| spread.shown())
    });
    let ratio = Paired::of(&times[1], &times[0])?;
    Ok((format!("{master} | {other} | {}", ratio.shown()), ratio))
}

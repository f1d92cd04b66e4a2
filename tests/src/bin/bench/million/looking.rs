//! What it costs to look at many, and to change one of them, beside what one would type instead.

use std::fmt::Write as _;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::Result;
use postgres::Client;

use crate::Bench;
use crate::audits::{CONFLICTS_CALL, LIST_CALL, same, whole};
use crate::cluster::{bare, connect, execute, said};
use crate::contestants::timed;
use crate::figures::{Paired, Spread, in_turns, median, short, thousands};
use crate::guard::{Grants, preload};
use crate::million::crowd::{Added, Crowd};
use crate::million::plot::Line;
use crate::queries::{CONFLICTS, CONFLICTS_UPWARDS, LIST, NAMES_OF_CONFLICTS};

/// Up to so many it is seen row by row that a query answers what the call does.
const COMPARED_WHOLE: usize = 10_000;

/// Changes of one role by turns.
const CHANGES: usize = 51;

/// Restarts with the library and without.
const RESTARTS: usize = 5;

/// By turns, one after the other.
const ROUNDS: usize = 7;

/// A way to answer a question: its label, whether it is ours, and the statement.
type Way = (&'static str, bool, &'static str);

/// What is asked: the name of the picture, and each way.
pub(crate) const QUESTIONS: [(&str, &[Way]); 4] = [
    ("list", &[("kerb_list_principals()", true, LIST_CALL), ("one query with joins", false, LIST)]),
    (
        "conflicts",
        &[
            ("kerb_conflicts()", true, CONFLICTS_CALL),
            ("sql/conflicts.sql", false, NAMES_OF_CONFLICTS),
            ("a query with paths", false, CONFLICTS),
            ("a query upwards", false, CONFLICTS_UPWARDS),
        ],
    ),
    ("case-audit", &[("kerb_case_audit()", true, "SELECT problem FROM kerb_case_audit()")]),
    (
        "sync",
        &[
            (
                "kerb_sync_principals(…)",
                true,
                "SELECT s.action FROM wanted, \
                 kerb_sync_principals(list, 'disable', false, ARRAY[realm]) AS s",
            ),
            (
                "EXCEPT both ways",
                false,
                "SELECT role FROM (SELECT unnest(roles) AS role FROM wanted EXCEPT \
                 SELECT rolname::text FROM pg_roles) AS missing UNION ALL SELECT role FROM \
                 (SELECT rolname::text AS role FROM pg_roles WHERE rolname ~ '@' EXCEPT \
                 SELECT unnest(roles) FROM wanted) AS too_many",
            ),
        ],
    ),
];

/// What was found on one server.
pub(crate) struct Looked {
    pub(crate) size: usize,
    /// Roles and memberships.
    pub(crate) items: f64,
    pub(crate) added: Added,
    /// Milliseconds, by question and way.
    pub(crate) times: Vec<Vec<Vec<f64>>>,
    /// Milliseconds of adding one: the two statements, and one call.
    one: Vec<Vec<f64>>,
    /// Milliseconds of a GRANT without the guard and with it, by restart.
    grants: [Vec<f64>; 2],
}

impl Looked {
    /// Milliseconds of our own answer to a question.
    pub(crate) fn ours(&self, question: &str) -> Result<f64> {
        let at = QUESTIONS.iter().position(|(name, _)| *name == question);
        let times = at.and_then(|at| self.times[at].first());
        median(times.map_or(&[], Vec::as_slice))
    }

    /// How many times as long a GRANT takes with the guard as without.
    pub(crate) fn guarded(&self) -> Result<f64> {
        Ok(Paired::of(&self.grants[0], &self.grants[1])?.median)
    }
}

/// Adds so many to a server of its own, by the command, and looks at it.
///
/// # Errors
/// When a server does not come up, or an answer is not what the server was made for.
pub(crate) fn measure(bench: &Bench, major: u32, size: usize) -> Result<Looked> {
    eprintln!("PostgreSQL {major}: {} in groups", thousands(size));
    let crowd = Crowd::new(bench.seed, size);
    let server = bare(bench, &bench.installation(major)?)?;
    let added = crowd.add(bench, &server)?;
    let items = crowd.finish(&server)?;
    let mut client = connect(&server, SUPERUSER)?;
    eprintln!("PostgreSQL {major}: looking at {}", thousands(size));
    let mut times = Vec::new();
    for ((name, ways), expected) in QUESTIONS.into_iter().zip([size, crowd.conflicts(), 0, 0]) {
        check(&mut client, size, ways, expected).map_err(|e| format!("{name}: {e}"))?;
        let rounds = bench.rounds(ROUNDS);
        times.push(in_turns(ways, rounds, size <= COMPARED_WHOLE, 8.0, |(.., sql)| {
            whole(&mut client, sql)
        })?);
    }
    let one = add_one(bench, &mut client)?;
    drop(client);
    let grants = grant(bench, &server, &crowd)?;
    server.discard()?;
    Ok(Looked { size, items, added, times, one, grants })
}

/// Whether each way finds as many as there are, and, where that does not take long, the same. It is
/// what warms up besides.
fn check(client: &mut Client, size: usize, ways: &[Way], expected: usize) -> Result<()> {
    for (label, is_ours, sql) in ways {
        let count = format!("SELECT count(*) FROM ({sql}) AS answer");
        let found: i64 = client.query_one(&count, &[]).map_err(|e| said(&e))?.get(0);
        if usize::try_from(found) != Ok(expected) {
            return Err(format!("{label} found {found} rows, not {expected}"));
        }
        if !is_ours && expected > 0 && size <= COMPARED_WHOLE {
            same(client, ways[0].2, sql)?;
        }
    }
    Ok(())
}

/// Milliseconds of one principal more, rolled back.
fn add_one(bench: &Bench, client: &mut Client) -> Result<Vec<Vec<f64>>> {
    let statements = [
        "CREATE USER \"one.more@D0.CORP.EXAMPLE.COM\"; \
         GRANT rds_ad TO \"one.more@D0.CORP.EXAMPLE.COM\"",
        "SELECT kerb_add_principal('one.more@d0.corp.example.com')",
    ];
    in_turns(&statements, bench.rounds(CHANGES), true, 20.0, |sql| {
        execute(client, "BEGIN")?;
        let time = timed(|| execute(client, sql))?;
        execute(client, "ROLLBACK")?;
        Ok(time * 1000.0)
    })
}

/// The same server, restarted in turns without the library and with it.
fn grant(bench: &Bench, server: &Server, crowd: &Crowd) -> Result<[Vec<f64>; 2]> {
    let roles = crowd.people.iter().map(|name| name.role.clone()).collect();
    let mut grants = Grants::new(bench, crowd.groups, roles);
    let mut times = [const { Vec::new() }; 2];
    for round in 0..bench.rounds(RESTARTS) {
        // Each first as often as the other.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            preload(server, which == 1)?;
            times[which].push(grants.measure(server)?);
        }
    }
    Ok(times)
}

/// Rows of a version's table: a column for each number.
pub(crate) fn table(major: u32, all: &[Looked]) -> Result<String> {
    let heads: Vec<_> = all.iter().map(|looked| thousands(looked.size)).collect();
    let per_item = match all {
        [.., smaller, larger] => {
            format!("per item, {} : {}", thousands(larger.size), thousands(smaller.size))
        }
        _ => String::new(),
    };
    let mut text = format!(
        "\n| PostgreSQL {major} | {} | {per_item} |\n| --- |{} --- |\n",
        heads.join(" | "),
        " --- |".repeat(all.len())
    );
    let mut row = |label: &str, of: &dyn Fn(&Looked) -> Vec<f64>| {
        let cells: Vec<_> = all
            .iter()
            .map(|looked| Spread::of(&of(looked)).map_or("–".into(), |spread| spread.shown()))
            .collect();
        let growth = match all {
            [.., smaller, larger] => {
                let each = |looked| median(&of(looked)).map(|time| time / looked.items);
                match (each(smaller), each(larger)) {
                    (Ok(small), Ok(large)) => format!("{:.2} ×", large / small),
                    _ => String::new(),
                }
            }
            _ => String::new(),
        };
        let _infallible = writeln!(text, "| {label} | {} | {growth} |", cells.join(" | "));
    };
    for (question, (_, ways)) in QUESTIONS.iter().enumerate() {
        for (way, (label, is_ours, _)) in ways.iter().enumerate() {
            let label = if *is_ours { format!("`{label}`") } else { (*label).into() };
            row(&label, &|looked| looked.times[question][way].clone());
        }
    }
    for (way, label) in
        ["one more: `CREATE USER; GRANT`", "one more: `kerb_add_principal`"].iter().enumerate()
    {
        row(label, &|looked| looked.one[way].clone());
    }
    for (way, label) in ["GRANT of a group, without the guard", "GRANT of a group, with the guard"]
        .iter()
        .enumerate()
    {
        row(label, &|looked| looked.grants[way].clone());
    }
    text.push_str("\n| | seconds | client, MB | server, MB |\n| --- | --- | --- | --- |\n");
    for looked in all {
        let Added { command, server } = looked.added;
        let _infallible = writeln!(
            text,
            "| {} by `kerbrole add --file`, in their groups | {} | {} | {} |",
            thousands(looked.size),
            short(command.seconds),
            short(command.megabytes),
            short(server)
        );
    }
    Ok(text)
}

/// A line for each way to answer a question.
pub(crate) fn lines(question: usize, all: &[Looked]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (way, (label, is_ours, _)) in QUESTIONS[question].1.iter().enumerate() {
        let point = |looked: &Looked| -> Result<(f64, f64)> {
            Ok((looked.size as f64, median(&looked.times[question][way])? / 1000.0))
        };
        let points = all.iter().map(point).collect::<Result<_>>()?;
        lines.push(Line { label: (*label).into(), is_ours: *is_ours, points });
    }
    Ok(lines)
}

//! What it costs to look at a whole cluster: at 10,000 and at 100,000 principals, so that one can
//! see what grows with their number and what faster, and beside the queries that an expert would
//! write.

use std::fmt::Write as _;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::Result;
use postgres::Client;

use crate::cluster::{connect, execute, said};
use crate::contestants::timed;
use crate::figures::{Spread, in_turns, machine, median, short, thousands};
use crate::goals::Goal;
use crate::large::Large;
use crate::queries::{CONFLICTS, CONFLICTS_UPWARDS, LIST, NAMES_OF_CONFLICTS};
use crate::{Bench, Report};

/// Each returns how many rows there are.
const CALLS: [(&str, &str); 4] = [
    ("kerb_list_principals()", "SELECT count(*) FROM kerb_list_principals()"),
    ("kerb_conflicts()", "SELECT count(*) FROM kerb_conflicts()"),
    ("kerb_case_audit()", "SELECT count(*) FROM kerb_case_audit()"),
    (
        "kerb_sync_principals(...) that finds nothing",
        "SELECT count(*) FROM kerb_sync_principals((SELECT list FROM wanted), 'disable', false)",
    ),
];

pub(crate) const LIST_CALL: &str = "SELECT role_name, username, realm, can_login, groups, ad_path, \
    iam_path, sessions FROM kerb_list_principals()";
pub(crate) const CONFLICTS_CALL: &str = "SELECT role_name, ad_path, iam_path FROM kerb_conflicts()";

/// A name and what is asked.
type Asked = (&'static str, &'static str);

/// A call, and the queries that answer the same.
const COMPARED: [(Asked, &[Asked]); 2] = [
    (
        ("`kerb_conflicts()`", CONFLICTS_CALL),
        &[
            ("sql/conflicts.sql: names only", NAMES_OF_CONFLICTS),
            ("the same with paths", CONFLICTS),
            ("from each role upwards", CONFLICTS_UPWARDS),
        ],
    ),
    (("`kerb_list_principals()`", LIST_CALL), &[("one query with joins", LIST)]),
];

/// The report.
///
/// # Errors
/// When a server does not come up, or an answer is not what the cluster was made for.
pub(crate) fn measure(bench: &Bench) -> Result<Report> {
    let sizes: [usize; 2] = if bench.smoke { [200, 1_000] } else { [10_000, 100_000] };
    let rounds = bench.rounds(7);
    let [small, large] = sizes.map(thousands);
    let mut text = format!(
        "# What it costs to look at a whole cluster\n\n\
         Principals in rds_ad and in two of the groups each, one group for every 50, nested 6 \
         deep, one in a thousand in conflict. Milliseconds of one call,\n\
         median and the range of the middle half of {rounds} rounds by turns; the last column \
         compares the time per role and membership at {large} principals with that at {small}. A \
         list of\n\
         {large} does not fit into the default work_mem of 4 MB and goes through a temporary file, \
         for about a seventh of its time.\n\n\
         Machine: {}.\n\n\
         | PostgreSQL | call | {small} | {large} | per item |\n| --- | --- | --- | --- | --- |\n",
        machine()?,
    );
    let mut compared = format!(
        "\nBeside queries that answer the same, at {large}, by turns. `kerb_conflicts()` starts \
         from that one of the two roles that has fewer below it, where those are few, and reads \
         everything otherwise: its\n\
         second line is after half of the highest groups were put into rds_iam, so that nobody is \
         few.\n\n\
         | PostgreSQL | | milliseconds | of the call |\n| --- | --- | --- | --- |\n"
    );
    let mut goals = Vec::new();
    for &major in &bench.versions {
        let mut times = Vec::new();
        for size in sizes {
            eprintln!("PostgreSQL {major}: looking at {}", thousands(size));
            let large = Large::new(bench, major, size)?;
            let mut client = connect(&large.server, SUPERUSER)?;
            times.push((large.items, measure_calls(&mut client, size, large.conflicts, rounds)?));
            if size == sizes[1] {
                compare(&mut client, major, rounds, &mut compared, &mut goals)?;
                many_conflicts(&mut client, &large, rounds, &mut compared)?;
            }
            drop(client);
            large.server.discard()?;
        }
        for (call, (name, _)) in CALLS.iter().enumerate() {
            let of = |size: usize| Some((times[size].0, Spread::of(&times[size].1[call])?));
            let (Some(small), Some(large)) = (of(0), of(1)) else { continue };
            let per_item = (large.1.median / large.0) / (small.1.median / small.0);
            let _infallible = writeln!(
                text,
                "| {major} | {name} | {} | {} | {per_item:.2} × |",
                small.1.shown(),
                large.1.shown()
            );
        }
    }
    text.push_str(&compared);
    Ok(Report { text, goals })
}

fn measure_calls(
    client: &mut Client,
    principals: usize,
    conflicts: usize,
    rounds: usize,
) -> Result<Vec<Vec<f64>>> {
    let expected = [principals, conflicts, 0, 0];
    let calls: Vec<_> = CALLS.into_iter().zip(expected).collect();
    in_turns(&calls, rounds, true, f64::INFINITY, |((name, call), expected)| {
        let mut found = 0_i64;
        let time = timed(|| {
            found =
                client.query_one(*call, &[]).map_err(|e| format!("{name}: {}", said(&e)))?.get(0);
            Ok(())
        })?;
        if usize::try_from(found) != Ok(*expected) {
            return Err(format!("{name} found {found} rows, not {expected}"));
        }
        Ok(time * 1000.0)
    })
}

fn compare(
    client: &mut Client,
    major: u32,
    rounds: usize,
    text: &mut String,
    goals: &mut Vec<Goal>,
) -> Result<()> {
    for ((call, sql), queries) in COMPARED {
        let ways: Vec<_> = [(call, sql)].into_iter().chain(queries.iter().copied()).collect();
        for (name, query) in queries {
            same(client, sql, query).map_err(|error| format!("{call} and {name}: {error}"))?;
        }
        let times = in_turns(&ways, rounds, true, 8.0, |(_, sql)| whole(client, sql))?;
        let mine = median(&times[0])?;
        let mut fastest = f64::INFINITY;
        for (place, ((name, _), times)) in ways.iter().zip(&times).enumerate() {
            let Some(spread) = Spread::of(times) else { continue };
            if place > 0 {
                fastest = fastest.min(spread.median);
            }
            let ratio = short(spread.median / mine);
            let _infallible =
                writeln!(text, "| {major} | {name} | {} | {ratio} × |", spread.shown());
        }
        let (what, limit, because) = if sql == LIST_CALL {
            ("against one query with joins that gives the same columns", 5.0, LIST_BECAUSE)
        } else {
            ("against the fastest recursive query", 10.0, "")
        };
        goals.push(Goal::at_least(
            format!("{major}: {call} {what}"),
            fastest / mine,
            limit,
            "× faster",
            because,
        ));
    }
    Ok(())
}

/// What the profile of kerb_list_principals() shows.
const LIST_BECAUSE: &str = "perf shows nearly two thirds of the time in the server itself: reading \
    the catalogues, keeping 100,000 rows, which work_mem does not hold, in a temporary file, and \
     fetching them from there; of the rest two fifths go into the graph, a fifth each into names \
     and paths, into texts and arrays, and into what is read of the catalogues";

/// The same where many are below both.
fn many_conflicts(
    client: &mut Client,
    large: &Large,
    rounds: usize,
    text: &mut String,
) -> Result<()> {
    for group in 0..large.groups_per_level / 2 {
        execute(client, &format!("GRANT rds_iam TO group{group}"))?;
    }
    execute(client, "VACUUM ANALYZE")?;
    same(client, CONFLICTS_CALL, CONFLICTS)?;
    let ways = [
        ("`kerb_conflicts()` with many in both", CONFLICTS_CALL),
        ("the query with paths", CONFLICTS),
    ];
    let times = in_turns(&ways, rounds, true, 8.0, |(_, sql)| whole(client, sql))?;
    let mine = median(&times[0])?;
    for ((name, _), times) in ways.iter().zip(&times) {
        let Some(spread) = Spread::of(times) else { continue };
        let ratio = short(spread.median / mine);
        let _infallible = writeln!(
            text,
            "| {} | {name} | {} | {ratio} × |",
            large.server.major(),
            spread.shown()
        );
    }
    Ok(())
}

/// Milliseconds to the last column of the last row, without sending them.
pub(crate) fn whole(client: &mut Client, sql: &str) -> Result<f64> {
    let sql = format!("SELECT count(answer) FROM ({sql}) AS answer");
    Ok(timed(|| execute(client, &sql))? * 1000.0)
}

/// Makes sure that two queries answer the same, whatever the order.
pub(crate) fn same(client: &mut Client, call: &str, query: &str) -> Result<()> {
    let columns = if query.contains("ad_path") { "*" } else { "role_name" };
    let sql = format!(
        "WITH a AS (SELECT {columns} FROM ({call}) AS a), b AS (SELECT * FROM ({query}) AS b) \
         SELECT (SELECT count(*) FROM (TABLE a EXCEPT ALL TABLE b) AS x) + (SELECT count(*) FROM \
         (TABLE b EXCEPT ALL TABLE a) AS y), (SELECT count(*) FROM a)"
    );
    let row = client.query_one(&sql, &[]).map_err(|e| said(&e))?;
    let (different, all): (i64, i64) = (row.get(0), row.get(1));
    if different == 0 && all > 0 {
        Ok(())
    } else {
        Err(format!("{different} rows differ of {all}"))
    }
}

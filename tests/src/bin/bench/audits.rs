//! What it costs to look at a whole cluster: at 10,000 and at 100,000 principals, so that one can see what grows with their number and what faster.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use kerbrole_tests::kdc::Kdc;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::site::{Result, Site};
use kerbrole_tests::version::{Installation, wanted};
use postgres::{Client, NoTls};

use crate::{machine, middle};

/// Odd, so that there is a median.
const ROUNDS: usize = 7;

const SIZES: [u32; 2] = [10_000, 100_000];

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

/// The report, as Markdown.
///
/// # Errors
/// When a server does not come up, or an answer is not what the cluster was made for.
pub(crate) fn measure(site: &'static Site) -> Result<String> {
    let kdc = Kdc::start(site, "CORP.EXAMPLE.COM")?;
    let mut report = format!(
        "# What it costs to look at a whole cluster\n\n\
         Written by `make bench`. Principals in rds_ad and in two of the groups each, one group for every 50, nested 6 deep, one in a thousand in conflict; drawn from a\n\
         seed (`KERBROLE_BENCH_SEED`, 1). Milliseconds of one call, median and the range of the middle half of {ROUNDS} rounds; the last column compares the time\n\
         per role and membership at {} principals with that at {}.\n\n\
         Machine: {}.\n\n\
         | PostgreSQL | call | {} | {} | per item |\n| --- | --- | --- | --- | --- |\n",
        thousands(SIZES[1]),
        thousands(SIZES[0]),
        machine()?,
        thousands(SIZES[0]),
        thousands(SIZES[1]),
    );
    for major in wanted()? {
        let installation = Arc::new(Installation::copy(site, major)?);
        let mut times = Vec::new();
        for size in SIZES {
            let name = format!("audits-{major}-{size}");
            let server = Server::start(
                site,
                installation.clone(),
                &kdc,
                &name,
                &["autovacuum = off", "max_locks_per_transaction = 1000"],
            )?;
            server.run_script("rds_roles.sql", "postgres", &[])?;
            let mut client = server.connection(SUPERUSER, "postgres").connect(NoTls).map_err(|e| e.to_string())?;
            eprintln!("PostgreSQL {major}: making {size} principals");
            let items = make(&mut client, size)?;
            times.push((items, measure_calls(&mut client, size)?));
            server.stop();
        }
        for (call, (name, _)) in CALLS.iter().enumerate() {
            let of = |size: usize| (times[size].0, middle(times[size].1[call].clone()));
            let (small, large) = (of(0), of(1));
            let shown = |(median, low, high): (f64, f64, f64)| format!("{median:.1} ({low:.1}–{high:.1})");
            let per_item = (large.1.0 / large.0) / (small.1.0 / small.0);
            let _infallible =
                writeln!(report, "| {major} | {name} | {} | {} | {per_item:.2} × |", shown(small.1), shown(large.1));
        }
    }
    Ok(report)
}

fn thousands(number: u32) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

/// Makes the cluster, and counts its roles and memberships.
fn make(client: &mut Client, principals: u32) -> Result<f64> {
    let groups = principals / 50;
    let seed: u32 = std::env::var("KERBROLE_BENCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    // Six levels: a group of one level is a member of one of the level above. Every thousandth principal is in a group that is in rds_iam.
    let script = format!(
        "CREATE EXTENSION pg_kerbrole; \
         DO $$ DECLARE per_level int := {groups} / 6; above int; BEGIN \
           PERFORM setseed({seed} / 2147483647.0); \
           FOR i IN 0..{groups}-1 LOOP EXECUTE format('CREATE ROLE group%s', i); END LOOP; \
           FOR i IN per_level..per_level*6-1 LOOP above := (i / per_level - 1) * per_level + floor(random() * per_level)::int; EXECUTE format('GRANT group%s TO group%s', above, i); END LOOP; \
           CREATE ROLE cloud IN ROLE rds_iam; \
           FOR i IN 1..{principals} LOOP EXECUTE format('CREATE ROLE %I LOGIN IN ROLE rds_ad, group%s, group%s', 'user' || i || '@CORP.EXAMPLE.COM', \
             floor(random() * {groups} / 2)::int, {groups} / 2 + floor(random() * {groups} / 2)::int); END LOOP; \
           FOR i IN 1..{principals}/1000 LOOP EXECUTE format('GRANT cloud TO %I', 'user' || i * 1000 || '@CORP.EXAMPLE.COM'); END LOOP; \
         END $$; \
         CREATE TABLE wanted AS SELECT array_agg('user' || i || '@corp.example.com') AS list FROM generate_series(1, {principals}) i; \
         VACUUM ANALYZE"
    );
    for statement in script.split("; VACUUM") {
        let statement = if statement.starts_with(" ANALYZE") { "VACUUM ANALYZE" } else { statement };
        client.batch_execute(statement).map_err(|e| format!("making {principals} principals: {e}"))?;
    }
    let items = client
        .query_one("SELECT (SELECT count(*) FROM pg_authid) + (SELECT count(*) FROM pg_auth_members)", &[])
        .map_err(|e| e.to_string())?;
    Ok(items.get::<_, i64>(0) as f64)
}

fn measure_calls(client: &mut Client, principals: u32) -> Result<Vec<Vec<f64>>> {
    let expected = [i64::from(principals), i64::from(principals / 1000), 0, 0];
    let mut times = vec![Vec::new(); CALLS.len()];
    for round in 0..=ROUNDS {
        for ((name, call), (times, expected)) in CALLS.iter().zip(times.iter_mut().zip(expected)) {
            let start = Instant::now();
            let row = client.query_one(*call, &[]).map_err(|e| format!("{name}: {e}"))?;
            let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
            if row.get::<_, i64>(0) != expected {
                return Err(format!("{name} found {} rows, not {expected}", row.get::<_, i64>(0)));
            }
            // The first round warms up.
            if round > 0 {
                times.push(milliseconds);
            }
        }
    }
    Ok(times)
}

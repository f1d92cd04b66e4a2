//! Attack: lists so long that a copy of one is more memory than there is. Rust's allocations end
//! the backend then, and with it the cluster.

use std::process::Command;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::run;

use crate::cases;
use crate::fixture::{Context, Session};
use crate::guarantees::bounds::status;

cases! {
    Ends: lists_longer_than_a_server_can_copy_are_refused;
}

/// Every function that takes a list, with `{}` in the place of one.
const CALLS: [&str; 4] = [
    "SELECT count(*) FROM kerb_add_principals({})",
    "SELECT count(*) FROM kerb_add_principals('{ann@a.b}', groups => {})",
    "SELECT kerb_add_principal('ann@a.b', groups => {})",
    "SELECT count(*) FROM kerb_sync_principals({})",
];

/// How much more than they have when they begin the sessions may take, as an administrator limits
/// them with `ulimit -v`.
const MORE: u64 = 800 * 1024 * 1024;

fn lists_longer_than_a_server_can_copy_are_refused(c: &Context<'_>) {
    let own = c.own_server("long-lists", &[]);
    let mut su = Session::open(&own.0, SUPERUSER, "postgres").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole; SELECT kerb_canonicalize('ann@a.b')");
    let started = su.one("SELECT pg_postmaster_start_time()");
    let postmaster = su.one("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
    let taken = status(&su.one("SELECT pg_backend_pid()"), "VmSize:") * 1024;
    let mut limit = Command::new("prlimit");
    limit.args(["--pid", &postmaster, &format!("--as={}:", taken + MORE)]);
    run(&mut c.sandbox.as_server_user(&limit)).unwrap();
    // What is computed from random() is made when the call runs, once.
    let many = |element: &str, count: u32| {
        format!("array_fill({element}::text, ARRAY[{count} + (random() * 0)::int])")
    };
    for call in CALLS {
        for (list, size) in [
            // Twelve megabytes as the server has them, and two gigabytes as a list of texts.
            (many("NULL", 100_000_000), "100000000 elements"),
            (many("'ann@a.b'", 20_000_000), "20000000 elements"),
            // As many as may be, and one.
            (many("'ann@a.b'", 250_001), "250001 elements"),
            // Few, and each as long as a text may be.
            (many("repeat('a', 4096)", 10_000), "10000 elements with 40960000 bytes"),
        ] {
            let mut session = Session::open(&own.0, SUPERUSER, "postgres").unwrap();
            let error = session.error(&call.replace("{}", &list));
            assert_eq!(error.code().code(), "54000", "{call} of {list}: {error:?}");
            assert_eq!(
                error.message(),
                format!("a list of {size} is more than one call takes"),
                "{call} of {list}"
            );
            assert!(error.hint().unwrap().contains("250000 elements"), "{error:?}");
        }
    }
    // As long as one may be: everything that is done with it goes into the same memory.
    let names = "ARRAY(SELECT 'p' || i || '@a.b' FROM generate_series(1, 250000) i)";
    let mut session = Session::open(&own.0, SUPERUSER, "postgres").unwrap();
    assert_eq!(
        session.one(&format!("SELECT count(*) FROM kerb_sync_principals({names})")),
        "250000"
    );
    let error = session.error(&format!("SELECT kerb_add_principal('ann@a.b', groups => {names})"));
    assert_eq!(error.code().code(), "42704");
    assert_eq!(su.one("SELECT pg_postmaster_start_time()"), started);
}

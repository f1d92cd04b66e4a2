//! kerb_canonicalize is open to everybody: an argument may be as large as the server lets one write
//! it.

use crate::cases;
use crate::fixture::Context;

cases! {
    Ends: a_text_longer_than_any_name_is_refused_uncopied;
    InPlpgsql: a_text_longer_than_any_name_is_refused_uncopied;
}

/// Under a limit of the address space, as an administrator sets one, the copy of such an argument
/// ended the backend with SIGABRT, and every other one with it.
fn a_text_longer_than_any_name_is_refused_uncopied(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE nobody_much LOGIN");
    let mut anybody = c.connect("nobody_much");
    let pid = anybody.one("SELECT pg_backend_pid()");
    let peak = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    // What the server itself needs to make the text, and to pass it on.
    anybody.one("SELECT length(repeat('a', 100000000))");
    let before = peak();
    for call in [
        "kerb_canonicalize(repeat('a', 100000000))",
        "kerb_canonicalize('ann', repeat('a', 100000000))",
    ] {
        let error = anybody.error(&format!("SELECT {call}"));
        assert_eq!(
            (error.code().code(), error.message()),
            ("42622", "an argument of 100000000 bytes is no name")
        );
        assert!(error.hint().is_some(), "{error:?}");
    }
    // Less than half of one copy more.
    assert!(peak() < before + 50_000, "{before} kB before, {} kB now", peak());
    // As long as anything that is looked at.
    let error = anybody.error("SELECT kerb_canonicalize(repeat('a', 4096) || '@a.b')");
    assert_eq!(error.code().code(), "42622");
    let error = anybody.error("SELECT kerb_canonicalize(repeat('a', 4000), 'a.b')");
    assert!(
        error.code().code() == "42622" && error.message().ends_with("PostgreSQL keeps 63"),
        "{error:?}"
    );
}

//! How much memory a caller can make a backend take.

use std::fs;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Guarded: names_by_the_thousand_cost_no_more_than_without_the_guard;
    Every: what_somebody_set_for_themselves_is_not_taken_apart;
    InPlpgsql: what_somebody_set_for_themselves_is_not_taken_apart;
}

/// The most memory that the session's backend has had, in kB.
pub fn peak(session: &mut Session) -> u64 {
    let pid = session.one("SELECT pg_backend_pid()");
    status(&pid, "VmHWM:")
}

/// A line of what the kernel says of a process, in kB.
pub fn status(pid: &str, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

const MB: u64 = 1024;

fn list(of: &str, count: u32) -> String {
    (0..count).map(|i| format!("{of}{i}")).collect::<Vec<_>>().join(", ")
}

/// Nine million memberships, by a login without any right: of roles that there are, and of names
/// that mean nothing.
fn names_by_the_thousand_cost_no_more_than_without_the_guard(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE anybody LOGIN");
    su.run(
        "DO $$ BEGIN FOR i IN 0..2999 LOOP EXECUTE format('CREATE ROLE r%s', i); EXECUTE \
         format('CREATE ROLE u%s', i); \
         END LOOP; END $$",
    );
    let (roles, users) = (list("r", 3000), list("u", 3000));
    let statements = [
        (format!("GRANT {roles} TO {users}"), "42501"),
        (format!("GRANT no{roles} TO {users}"), "42704"),
        (format!("REVOKE {roles} FROM {users}"), "42501"),
        (format!("CREATE ROLE x IN ROLE {roles} ROLE {users}"), "42501"),
        (format!("DROP ROLE {roles}, {users}"), "42501"),
    ];
    let mut peaks = Vec::new();
    for guard in ["off", "on"] {
        c.set_guard(&mut su, guard);
        let mut anybody = c.connect("anybody");
        for (statement, code) in &statements {
            assert_eq!(anybody.code(statement), *code, "{}", &statement[..40]);
        }
        peaks.push(peak(&mut anybody));
    }
    println!(
        "PostgreSQL {}: {} kB without the guard, {} kB with it",
        c.major(),
        peaks[0],
        peaks[1]
    );
    assert!(
        peaks[1] < peaks[0] + 30 * MB,
        "{} kB without the guard, {} kB with it",
        peaks[0],
        peaks[1]
    );
}

/// Ten million libraries, which any login may set for itself: whoever asks why it cannot log in
/// reads them.
fn what_somebody_set_for_themselves_is_not_taken_apart(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE USER \"long@A.B\" IN ROLE rds_ad");
    let mut long = c.connect("long@A.B");
    long.run("SELECT set_config('local_preload_libraries', repeat('a,', 10000000) || 'a', false)");
    long.run("ALTER ROLE \"long@A.B\" SET local_preload_libraries FROM CURRENT");
    let before = peak(&mut su);
    let row = "SELECT concat_ws('; ', check_name, detail, fix) FROM kerb_check_principal('long', \
        'a.b') WHERE ok IS NULL AND check_name = 'preload_libraries'";
    assert_eq!(
        su.one(row),
        "preload_libraries; local_preload_libraries is longer than is looked at, 8192 bytes; \
         ALTER ROLE \"long@A.B\" RESET local_preload_libraries;"
    );
    let taken = peak(&mut su).saturating_sub(before);
    println!("PostgreSQL {}: {taken} kB", c.major());
    assert!(taken < 150 * MB, "{taken} kB");
}

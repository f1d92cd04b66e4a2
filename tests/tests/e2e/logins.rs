//! The only thing that counts: the person can log in, and the wrong person cannot.

use kerbrole_tests::psql::log_in;

use crate::cases;
use crate::world::{Context, REALM};

cases! {
    Every: tickets_and_roles;
    EachVersion: a_conflict_made_by_hand_locks_out_and_the_fix_lets_in;
}

/// Pairs of a user as the administrator types it and one as the ticket spells it.
const PAIRS: [(&str, &str, When); 11] = [
    ("alice", "alice", When::Always),
    ("alice", "Alice", When::IgnoringCase),
    ("alice", "ALICE", When::IgnoringCase),
    ("Bob", "Bob", When::Always),
    ("Bob", "bob", When::IgnoringCase),
    ("o'brien", "o'brien", When::Always),
    ("mary ann", "mary ann", When::Always),
    ("svc$", "svc$", When::Always),
    ("élise", "élise", When::Always),
    ("élise", "Élise", When::Never),
    ("Élise", "élise", When::Never),
];

#[derive(Clone, Copy, PartialEq)]
enum When {
    Always,
    IgnoringCase,
    Never,
}

fn tickets_and_roles(c: &Context<'_>) {
    let mut master = c.master();
    let mut su = c.superuser();
    for (typed, in_ticket, when) in PAIRS {
        let role = master.call("SELECT kerb_add_principal($1, $2)", &[&typed, &REALM]).unwrap();
        let ticket = c.kdc.ticket_of(in_ticket).unwrap();
        let login = log_in(c.server, &ticket, &role).unwrap();
        let expected = when == When::Always || (when == When::IgnoringCase && c.caseins);
        assert_eq!(login.ok, expected, "role {role}, ticket {in_ticket}@{REALM}: {}", login.said);
        if expected {
            assert_eq!(login.said, format!("{role}|{in_ticket}@{REALM}"));
        }
        su.run(&format!("DROP ROLE {}", kerbrole_core::quote_identifier(&role)));
    }
}

fn a_conflict_made_by_hand_locks_out_and_the_fix_lets_in(c: &Context<'_>) {
    let mut su = c.superuser();
    c.master().run("SELECT kerb_add_principal('dora', 'corp.example.com')");
    let ticket = c.kdc.ticket_of("dora").unwrap();
    let role = format!("dora@{REALM}");
    let may_log_in = || log_in(c.server, &ticket, &role).unwrap().ok;
    assert!(may_log_in());
    su.run(&format!("CREATE ROLE cloud IN ROLE rds_iam; GRANT cloud TO \"{role}\""));
    assert!(!may_log_in());
    let fix = su.one("SELECT fix FROM kerb_conflicts()");
    su.run(&fix);
    assert!(may_log_in(), "after {fix}");
    su.run(&format!("ALTER ROLE \"{role}\" NOLOGIN"));
    assert!(!may_log_in());
}

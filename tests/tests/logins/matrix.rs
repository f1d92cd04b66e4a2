//! Every spelling of a principal against every role that is made for it.

use kerbrole_tests::report::{Expected, Key};

use crate::cases;
use crate::fixture::{Context, REALM};
use crate::{MATRIX, OTHER_SPELLINGS};
use crate::{administrator, evidence};

cases! {
    EitherWay: tickets_and_roles, other_spellings_of_the_role;
}

/// Usernames as the administrator types them, and as tickets spell them. Each is tried against
/// each.
const GROUPS: [(&[&str], &[&str]); 9] = [
    (&["alice", "Alice"], &["alice", "Alice", "ALICE", "mallory"]),
    (&["Bob"], &["Bob", "bob", "BOB"]),
    (&["o'brien"], &["o'brien", "O'Brien"]),
    (&["mary ann"], &["mary ann", "Mary Ann"]),
    (&["j.doe-smith_2"], &["j.doe-smith_2"]),
    (&["svc$"], &["svc$", "SVC$"]),
    (&["élise", "Élise"], &["élise", "Élise"]),
    // With the realm this is 63 bytes long: the longest name that there can be.
    (&["éééééééééééééé中中中中中中"], &["éééééééééééééé中中中中中中"]),
    // A UPN whose suffix is not the realm is one component that holds an @.
    (&["jean"], &["jean", "jean@corp.com"]),
];

/// The principal of a ticket as the server sees it: `@`, `/` and `\` inside a component have a
/// backslash before them (krb5_unparse_name(3)).
fn principal(username: &str) -> String {
    format!("{}@{REALM}", username.replace('\\', "\\\\").replace('@', "\\@").replace('/', "\\/"))
}

/// What the server does by check_usermap() (src/backend/libpq/hba.c): bytes, or A–Z folded. Not
/// what kerbrole makes of it.
fn agree(c: &Context<'_>, role: &str, principal: &str) -> bool {
    if c.caseins { role.eq_ignore_ascii_case(principal) } else { role == principal }
}

fn tickets_and_roles(c: &Context<'_>) {
    let admin = administrator(c);
    let rows = evidence(c, &admin, MATRIX);
    for (typed, tickets) in GROUPS {
        for typed in typed {
            let role = admin.add(&format!("{typed}@corp.example.com"));
            for username in tickets {
                let ticket = c.kdc.ticket_of(username).unwrap();
                let principal = principal(username);
                let expected = if agree(c, &role, &principal) {
                    Expected::LogsIn
                } else {
                    Expected::NamesDiffer
                };
                let who = format!("{username}, role added as {typed}");
                rows.login(&who, Key::Ticket(&ticket, &principal), &role, expected);
            }
            admin.drop(&role);
        }
    }
}

/// The role is looked up by its exact name: whoever asks for another spelling of it is sent to the
/// line of pg_hba.conf for everybody else.
fn other_spellings_of_the_role(c: &Context<'_>) {
    let admin = administrator(c);
    let rows = evidence(c, &admin, OTHER_SPELLINGS);
    let role = admin.add("alice@corp.example.com");
    for username in ["alice", "Alice"] {
        let ticket = c.kdc.ticket_of(username).unwrap();
        let principal = principal(username);
        for asked in [format!("Alice@{REALM}"), "alice@corp.example.com".into(), "alice".into()] {
            let who = format!("{username}, who asks for another spelling of the role");
            rows.login(&who, Key::Ticket(&ticket, &principal), &asked, Expected::NoSuchRole);
        }
    }
    admin.drop(&role);
}

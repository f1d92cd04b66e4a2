//! Attack: renaming or opening a role that is, by its groups, more than a login, for one's own
//! ticket to open it.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: whoever_could_not_give_the_powers_does_not_rename,
        whoever_could_not_give_the_powers_does_not_enable, whoever_may_grant_the_groups_may,
        superusers_may;
    InPlpgsql: whoever_could_not_give_the_powers_does_not_rename,
        whoever_could_not_give_the_powers_does_not_enable,
        whoever_may_grant_the_groups_may, superusers_may;
}

/// Each principal with what it is a member of, and what the DETAIL says of it.
const ALL: [(&str, &str, &str); 6] = [
    ("attribute", "admins", "Memberships: {attribute@A.B,admins}; \"admins\" has SUPERUSER."),
    ("chain", "office", "Memberships: {chain@A.B,office,makers}; \"makers\" has CREATEROLE."),
    (
        "server",
        "pg_read_all_data",
        "Memberships: {server@A.B,pg_read_all_data}; \"pg_read_all_data\" is one of the server's \
         own roles.",
    ),
    ("group", "team", "Memberships: {group@A.B,team}; the right to grant \"team\" is not yours."),
    ("mixed", "mine", "Memberships: {mixed@A.B,mine,admins}; \"admins\" has SUPERUSER."),
    (
        "cloud",
        "reports",
        "Memberships: {cloud@A.B,reports}; the right to grant \"reports\" is not yours.",
    ),
];

fn set_up(c: &Context<'_>, su: &mut Session, login: &str) -> Session {
    su.run(
        "CREATE ROLE delegate LOGIN; \
         CREATE ROLE admins SUPERUSER; CREATE ROLE makers CREATEROLE; CREATE ROLE office IN ROLE \
         makers; CREATE ROLE team; \
         CREATE ROLE reports; CREATE ROLE mine IN ROLE admins; GRANT mine, office TO delegate WITH \
         ADMIN OPTION; \
         CREATE ROLE harmless; CREATE ROLE above; GRANT above TO harmless; GRANT harmless TO \
         delegate WITH ADMIN OPTION",
    );
    c.let_manage(su, "delegate");
    for (user, group, _) in ALL {
        su.run(&format!("CREATE ROLE \"{user}@A.B\" {login} IN ROLE rds_ad, {group}"));
    }
    su.run(&format!("CREATE ROLE \"plain@A.B\" {login} IN ROLE rds_ad, harmless"));
    // Being a member of these itself is no right to hand them on.
    su.run("GRANT team TO delegate");
    c.let_change(su);
    c.connect("delegate")
}

fn whoever_could_not_give_the_powers_does_not_rename(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut delegate = set_up(c, &mut su, "LOGIN");
    let before = su.traces();
    for (user, _, detail) in ALL {
        let error =
            delegate.error(&format!("SELECT kerb_rename_principal('{user}', 'a.b', 'mallory')"));
        assert_eq!((error.code().code(), error.detail()), ("42501", Some(detail)), "{user}");
        // Its own name costs nothing.
        assert_eq!(
            delegate.one(&format!("SELECT kerb_rename_principal('{user}', 'a.b', '{user}')")),
            format!("{user}@A.B")
        );
    }
    let error = delegate.error("SELECT * FROM kerb_rename_realm('a.b', 'evil.example', false)");
    assert_eq!(error.code().code(), "42501");
    assert_eq!(su.traces(), before);
    let problems =
        delegate.rows("SELECT old_name, problem FROM kerb_rename_realm('a.b', 'evil.example')");
    for (user, _, detail) in ALL {
        let name = format!("{user}@A.B");
        let row = problems.iter().find(|row| row[0] == name).unwrap();
        assert!(row[1].ends_with(detail), "{row:?}");
    }
    assert_eq!(
        delegate.one("SELECT kerb_rename_principal('plain', 'a.b', 'simple')"),
        "simple@A.B"
    );
}

fn whoever_could_not_give_the_powers_does_not_enable(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut delegate = set_up(c, &mut su, "NOLOGIN");
    let before = su.traces();
    for (user, _, detail) in ALL {
        let error = delegate.error(&format!("SELECT kerb_enable_principal('{user}', 'a.b')"));
        assert_eq!((error.code().code(), error.detail()), ("42501", Some(detail)), "{user}");
    }
    let list = ALL.map(|(user, ..)| format!("{user}@a.b")).join(",");
    delegate.notices();
    delegate.run(&format!(
        "SELECT * FROM kerb_sync_principals('{{{list},plain@a.b}}', 'disable', false)"
    ));
    let notices = delegate.notices();
    for (_, _, detail) in ALL {
        assert!(notices.iter().any(|notice| notice.contains(detail)), "{detail} in {notices:?}");
    }
    assert_eq!(
        su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' AND rolcanlogin"),
        ["plain@A.B"]
    );
    su.run("ALTER ROLE \"plain@A.B\" NOLOGIN");
    assert_eq!(su.traces(), before);
    assert_eq!(delegate.one("SELECT kerb_enable_principal('plain', 'a.b')"), "plain@A.B");
}

/// ADMIN, also through a chain; up to 15 CREATEROLE as well, which there was the right to grant any
/// role but a superuser's.
fn whoever_may_grant_the_groups_may(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut delegate = set_up(c, &mut su, "LOGIN");
    su.run(
        "CREATE ROLE owners; GRANT team TO owners WITH ADMIN OPTION; GRANT owners TO delegate; \
        GRANT reports TO delegate WITH ADMIN OPTION",
    );
    assert_eq!(
        delegate.one("SELECT kerb_rename_principal('group', 'a.b', 'group2')"),
        "group2@A.B"
    );
    assert_eq!(
        delegate.one("SELECT kerb_rename_principal('cloud', 'a.b', 'cloud2')"),
        "cloud2@A.B"
    );
    su.run("REVOKE owners FROM delegate; ALTER ROLE delegate CREATEROLE");
    let rename = "SELECT kerb_rename_principal('group2', 'a.b', 'group3')";
    match c.major() {
        ..=15 => assert_eq!(delegate.one(rename), "group3@A.B"),
        _ => assert_eq!(delegate.code(rename), "42501"),
    }
    assert_eq!(
        delegate.code("SELECT kerb_rename_principal('attribute', 'a.b', 'mallory')"),
        "42501"
    );
}

fn superusers_may(c: &Context<'_>) {
    let mut su = c.superuser();
    set_up(c, &mut su, "NOLOGIN");
    for (user, ..) in ALL {
        assert_eq!(
            su.one(&format!("SELECT kerb_rename_principal('{user}', 'a.b', 'x{user}')")),
            format!("x{user}@A.B")
        );
        assert_eq!(
            su.one(&format!("SELECT kerb_enable_principal('x{user}', 'a.b')")),
            format!("x{user}@A.B")
        );
    }
}

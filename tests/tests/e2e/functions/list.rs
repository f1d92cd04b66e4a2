//! Who has access, and by which way.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: principals_with_groups_paths_and_sessions, the_view_says_the_same,
        roles_made_after_the_extension, rows_are_in_the_order_of_realms_then_of_usernames;
}

const ROLES: &str = "CREATE ROLE team IN ROLE rds_ad; CREATE ROLE cloud IN ROLE rds_iam; CREATE \
    ROLE reports; \
     CREATE USER \"alice@A.B\" IN ROLE rds_ad, reports; CREATE USER \"Bob@A.B\" IN ROLE team; \
     CREATE ROLE \"carol@A.B\" IN ROLE rds_ad; \
     CREATE USER \"dan@A.B\"; CREATE USER \"eve@A.B\" IN ROLE rds_ad, cloud; CREATE USER plain IN \
     ROLE rds_ad; CREATE USER \"x@a.b\" IN ROLE rds_ad";

fn principals_with_groups_paths_and_sessions(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(ROLES);
    let _two_sessions = [c.connect("alice@A.B"), c.connect("alice@A.B")];
    assert_eq!(
        master.rows("SELECT * FROM kerb_list_principals()"),
        [
            [
                "Bob@A.B",
                "Bob",
                "A.B",
                "t",
                "{team}",
                "{Bob@A.B,team,rds_ad}",
                "NULL",
                "0",
                "NULL",
                "manual"
            ],
            [
                "alice@A.B",
                "alice",
                "A.B",
                "t",
                "{reports}",
                "{alice@A.B,rds_ad}",
                "NULL",
                "2",
                "NULL",
                "manual"
            ],
            [
                "carol@A.B",
                "carol",
                "A.B",
                "f",
                "{}",
                "{carol@A.B,rds_ad}",
                "NULL",
                "0",
                "NULL",
                "manual"
            ],
            ["dan@A.B", "dan", "A.B", "t", "{}", "NULL", "NULL", "0", "NULL", "manual"],
            [
                "eve@A.B",
                "eve",
                "A.B",
                "t",
                "{cloud}",
                "{eve@A.B,rds_ad}",
                "{eve@A.B,cloud,rds_iam}",
                "0",
                "NULL",
                "manual"
            ],
        ]
    );
}

fn the_view_says_the_same(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(ROLES);
    assert_eq!(
        master.rows("SELECT * FROM kerb_principals"),
        master.rows("SELECT * FROM kerb_list_principals()")
    );
    assert_eq!(
        master.column("SELECT role_name FROM kerb_principals WHERE ad_path IS NULL"),
        ["dan@A.B"]
    );
    // EXECUTE on the function alone does not open the view, and SELECT on the view does not open
    // the function.
    su.run("CREATE ROLE reader LOGIN; GRANT SELECT ON kerb_principals TO reader");
    assert_eq!(c.connect("reader").code("SELECT * FROM kerb_principals"), "42501");
    su.run(
        "REVOKE SELECT ON kerb_principals FROM reader; GRANT EXECUTE ON FUNCTION \
        kerb_list_principals() TO reader",
    );
    assert_eq!(c.connect("reader").code("SELECT * FROM kerb_principals"), "42501");
    assert_eq!(c.connect("reader").rows("SELECT * FROM kerb_list_principals()").len(), 5);
}

/// The role model may come after the extension: the script then gives what the install script could
/// not.
fn roles_made_after_the_extension(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("DROP OWNED BY rds_superuser, rds_master; DROP ROLE rds_superuser, rds_master");
    c.server.run_script("rds_roles.sql", "postgres", &[]).unwrap();
    let mut master = c.master();
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
    assert_eq!(master.column("SELECT role_name FROM kerb_principals"), ["alice@A.B"]);
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

fn rows_are_in_the_order_of_realms_then_of_usernames(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    // In the order of role names, "a-c@A.B" would be before "a@A.B", and "b@B.C" between "a@A.B"
    // and "c@A.B".
    let sorted = ["B@A.B", "a@A.B", "a-c@A.B", "c@A.B", "é@A.B", "a@B.C", "b@B.C"];
    for name in sorted.iter().rev() {
        su.run(&format!("CREATE USER \"{name}\" IN ROLE rds_ad"));
    }
    assert_eq!(master.column("SELECT role_name FROM kerb_list_principals()"), sorted);
}

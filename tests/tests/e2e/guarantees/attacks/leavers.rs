//! Attack, or accident: something hangs on one of those who leave that stops the synchronisation of
//! all. Each is dealt with for itself: dropped, or disabled with the reason in its row; and what a
//! dry run shows is what is done.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: granted_to_each_other, what_somebody_without_rights_granted,
        a_grantor_with_powers_and_a_type_of_several_words, granted_after_the_snapshot,
        objects_whose_names_are_no_text, roles_whose_names_are_no_text,
        the_reason_stands_in_the_row;
    Guarded: granted_to_each_other;
}

const SYNC: &str = "SELECT action, role_name, statement FROM \
    kerb_sync_principals('{}', 'drop', realms => '{a.b}', dry_run => ";

/// A dry run, and then the run, which says the same.
fn leave(session: &mut Session) -> Vec<Vec<String>> {
    let shown = session.rows(&format!("{SYNC}true)"));
    assert_eq!(session.rows(&format!("{SYNC}false)")), shown);
    shown
}

fn any_number_may_leave(su: &mut Session) {
    su.run("ALTER DATABASE postgres SET kerbrole.sync_max_removals = 100");
}

fn actions(rows: &[Vec<String>]) -> Vec<(&str, &str)> {
    let mut actions: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    actions.dedup();
    actions
}

/// Members of each other's grants: what the one's leaving changes counts for the other's.
fn granted_to_each_other(c: &Context<'_>) {
    let mut su = c.superuser();
    any_number_may_leave(&mut su);
    su.run(
        "CREATE ROLE g; CREATE ROLE h; CREATE ROLE stays; CREATE USER \"ann@A.B\" IN ROLE rds_ad; \
         CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE USER \"cyd@A.B\" IN ROLE rds_ad; \
         GRANT g, h TO \"ann@A.B\", \"bob@A.B\" WITH ADMIN OPTION; CREATE TABLE t (); GRANT SELECT \
         ON t TO \"ann@A.B\", \"bob@A.B\" WITH GRANT OPTION; \
         SET ROLE \"ann@A.B\"; GRANT g TO \"cyd@A.B\", stays WITH ADMIN OPTION; GRANT SELECT ON t \
         TO \"cyd@A.B\"; RESET ROLE; \
         SET ROLE \"cyd@A.B\"; GRANT g TO \"bob@A.B\"; RESET ROLE; \
         SET ROLE \"bob@A.B\"; GRANT g TO stays; GRANT h TO stays; GRANT SELECT ON t \
         TO \"cyd@A.B\"; RESET ROLE",
    );
    // Up to 15 there is one row for each membership, the last grantor's.
    let admin = su.one(
        "SELECT bool_or(admin_option) FROM pg_auth_members WHERE member = 'stays'::regrole AND \
         roleid = 'g'::regrole",
    );
    let rows = leave(&mut c.master());
    assert_eq!(actions(&rows), [("drop", "ann@A.B"), ("drop", "bob@A.B"), ("drop", "cyd@A.B")]);
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"), [""; 0]);
    // Nobody who stays loses anything.
    assert_eq!(
        su.rows(
            "SELECT roleid::regrole::text, admin_option FROM pg_auth_members WHERE member = \
             'stays'::regrole ORDER BY 1"
        ),
        [["g", admin.as_str()], ["h", "f"]]
    );
}

/// In a schema that is then closed even to the grantor.
fn what_somebody_without_rights_granted(c: &Context<'_>) {
    let mut su = c.superuser();
    any_number_may_leave(&mut su);
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE \
        ROLE nobody LOGIN; CREATE ROLE other; \
            CREATE SCHEMA his AUTHORIZATION nobody",
    );
    let mut nobody = c.connect("nobody");
    nobody.run(
        "GRANT USAGE ON SCHEMA his TO other; CREATE TABLE his.t (a int); GRANT SELECT ON \
        his.t TO other WITH GRANT OPTION",
    );
    su.run("SET ROLE other; GRANT SELECT ON his.t TO \"ann@A.B\"; RESET ROLE");
    nobody.run("REVOKE ALL ON SCHEMA his FROM other");
    assert_eq!(actions(&leave(&mut c.master())), [("drop", "ann@A.B"), ("drop", "bob@A.B")]);
}

fn a_grantor_with_powers_and_a_type_of_several_words(c: &Context<'_>) {
    let mut su = c.superuser();
    any_number_may_leave(&mut su);
    su.run(
        "CREATE ROLE giver; CREATE TABLE t (); GRANT SELECT ON t TO giver WITH GRANT OPTION; GRANT \
         USAGE ON TYPE pg_catalog.timestamptz TO giver WITH GRANT OPTION; \
         CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; SET ROLE \
         giver; GRANT SELECT ON t TO \"ann@A.B\"; \
         GRANT USAGE ON TYPE pg_catalog.timestamptz TO \"bob@A.B\"; RESET ROLE; ALTER ROLE giver \
         SUPERUSER",
    );
    assert_eq!(actions(&leave(&mut c.master())), [("drop", "ann@A.B"), ("drop", "bob@A.B")]);
    assert_eq!(su.one("SELECT has_table_privilege('giver', 't', 'SELECT WITH GRANT OPTION')"), "t");
    su.run("REVOKE ALL ON TYPE pg_catalog.timestamptz FROM giver");
}

/// By a transaction in REPEATABLE READ, which saw nothing of it when it began.
fn granted_after_the_snapshot(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    any_number_may_leave(&mut su);
    su.run(
        "CREATE ROLE giver; CREATE TABLE t (); GRANT SELECT ON t TO giver WITH GRANT OPTION; \
        CREATE USER \"ann@A.B\" IN ROLE rds_ad",
    );
    let mut master_now = c.master();
    master_now.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    su.run("SET ROLE giver; GRANT SELECT ON t TO \"ann@A.B\"; RESET ROLE");
    master_now.run(&format!("{SYNC}false)"));
    master_now.run("COMMIT");
    assert_eq!(master.column("SELECT role_name FROM kerb_list_principals()"), [""; 0]);
}

/// Made in a database of another encoding, or none.
fn objects_whose_names_are_no_text(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    su.run("ALTER DATABASE bytes SET kerbrole.sync_max_removals = 100");
    let mut there = c.try_connect("rdsadmin", "bytes").unwrap();
    there.run(
        "CREATE EXTENSION pg_kerbrole; CREATE ROLE giver; CREATE USER \"ann@A.B\" IN ROLE \
        rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad",
    );
    let name = "convert_from('t'::bytea || '\\xe9', 'SQL_ASCII')";
    there.run(&format!(
        "DO $$ BEGIN EXECUTE format('CREATE TABLE %1$I (%1$I int); GRANT SELECT, INSERT (%1$I) ON \
         %1$I TO giver WITH GRANT OPTION; SET ROLE giver; \
         GRANT SELECT, INSERT (%1$I) ON %1$I TO \"ann@A.B\"; RESET ROLE', {name}); END $$"
    ));
    assert_eq!(actions(&leave(&mut there)), [("drop", "ann@A.B"), ("drop", "bob@A.B")]);
}

/// Of such a role nobody can have put the name on a list: it is left alone, which is said, and a
/// group with such a name keeps nobody.
fn roles_whose_names_are_no_text(c: &Context<'_>) {
    let mut su = c.superuser();
    any_number_may_leave(&mut su);
    su.run(
        "CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
    );
    let mut there = c.try_connect("rdsadmin", "bytes").unwrap();
    let name = |before: &str, after: &str| {
        format!("convert_from('{before}'::bytea || '\\xe9' || '{after}'::bytea, 'SQL_ASCII')")
    };
    there.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; \
        CREATE ROLE stays",
    );
    there.run(&format!(
        "DO $$ BEGIN EXECUTE format('CREATE USER %I IN ROLE rds_ad', {}); END $$",
        name("zo", "@A.B")
    ));
    there.run(&format!(
        "DO $$ BEGIN EXECUTE format('CREATE ROLE %1$I; GRANT %1$I TO \"ann@A.B\" WITH ADMIN \
         OPTION; SET ROLE \"ann@A.B\"; GRANT %1$I TO stays; RESET ROLE', {}); END $$",
        name("g", "")
    ));
    let oid = su.one("SELECT max(oid) FROM pg_roles WHERE rolcanlogin");
    let mut master = c.master();
    let rows = leave(&mut master);
    assert_eq!(actions(&rows), [("drop", "ann@A.B"), ("drop", "bob@A.B")]);
    let notices = master.notices().join("\n");
    assert!(
        notices.contains(&format!(
            "role \"zo?@A.B\" (OID {oid}) has a name that is no text in this database and is not \
             changed"
        )),
        "{notices}"
    );
    assert_eq!(su.one(&format!("SELECT rolcanlogin FROM pg_roles WHERE oid = {oid}")), "t");
    assert_eq!(su.one("SELECT count(*) FROM pg_auth_members WHERE member = 'stays'::regrole"), "1");
}

fn the_reason_stands_in_the_row(c: &Context<'_>) {
    let mut su = c.superuser();
    any_number_may_leave(&mut su);
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad; CREATE \
        USER \"cyd@A.B\" IN ROLE rds_ad; \
            CREATE TABLE t (); ALTER TABLE t OWNER TO \"ann@A.B\"",
    );
    su.run("CREATE DATABASE \"/* o\"");
    c.try_connect("rdsadmin", "/* o")
        .unwrap()
        .run("CREATE TABLE t (); GRANT SELECT ON t TO \"bob@A.B\"");
    let mut before = c.superuser();
    before.run("BEGIN");
    let shown = before.rows(&format!("{SYNC}true)"));
    assert_eq!(
        shown,
        [
            [
                "disable",
                "ann@A.B",
                "ALTER ROLE \"ann@A.B\" NOLOGIN; /* role \"ann@A.B\" cannot be dropped because it \
                 owns objects: 1 object in database \"postgres\". */"
            ],
            [
                "disable",
                "bob@A.B",
                "ALTER ROLE \"bob@A.B\" NOLOGIN; /* role \"bob@A.B\" is disabled (NOLOGIN) and not \
                 dropped yet: 1 privilege in database \"/ * o\". */"
            ],
            ["drop", "cyd@A.B", "DROP ROLE \"cyd@A.B\";"],
        ]
    );
    // Each can be run as it is shown.
    for row in &shown {
        before.run(&row[2]);
    }
    before.run("ROLLBACK");
    assert_eq!(leave(&mut c.master()), shown);
}

//! What an administrator's memberships, and a principal's objects, are after a drop.

use super::*;

/// Everything that the administrator is a member of, whatever becomes of the drop; but for
/// memberships in the role that is gone.
pub(super) fn memberships_of_the_administrator_stay(c: &Context<'_>) {
    let by_group =
        "CREATE ROLE dbas; GRANT \"ann@A.B\" TO dbas WITH ADMIN OPTION; GRANT dbas TO rds_master";
    let ways: &[&str] = match c.major() {
        16.. => &[
            // As from creating it, with createrole_self_grant = 'set'.
            "GRANT \"ann@A.B\" TO rds_master WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; SET ROLE \
             rds_master; GRANT \"ann@A.B\" TO rds_master WITH INHERIT FALSE, SET TRUE; RESET ROLE",
            "GRANT \"ann@A.B\" TO rds_master WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; SET ROLE \
             rds_master; GRANT \"ann@A.B\" TO rds_master WITH INHERIT FALSE, SET FALSE; RESET ROLE",
            "GRANT \"ann@A.B\" TO rds_master WITH ADMIN TRUE, INHERIT FALSE, SET TRUE",
            "GRANT \"ann@A.B\" TO rds_master WITH ADMIN TRUE",
            by_group,
            "CREATE ROLE dbas; GRANT \"ann@A.B\" TO dbas WITH ADMIN TRUE, INHERIT FALSE, SET \
             FALSE; GRANT dbas TO rds_master; GRANT \"ann@A.B\" TO rds_master WITH INHERIT FALSE, \
             SET TRUE GRANTED BY dbas",
        ],
        _ => &["SELECT 1", "GRANT \"ann@A.B\" TO rds_master", by_group],
    };
    // Privileges in another database and on somebody else's object keep the role; a schema that the
    // heir may not create in, or nothing at all, does not.
    let ends = [
        ("\\c other", "disabled"),
        ("CREATE TABLE u (); GRANT SELECT ON u TO \"ann@A.B\"", "disabled"),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION f() OWNER \
             TO \"ann@A.B\"",
            "42501",
        ),
        ("SELECT 1", "gone"),
    ];
    for way in ways {
        for (end, expected) in ends {
            c.start_afresh();
            let mut su = c.superuser();
            su.run(
                "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER TABLE t OWNER \
                TO \"ann@A.B\"; CREATE ROLE heir; GRANT heir TO rds_master",
            );
            su.run(way);
            if end == "\\c other" {
                su.run("CREATE DATABASE other");
                let mut other = c.try_connect("rdsadmin", "other").unwrap();
                other.run("CREATE TABLE v (); GRANT SELECT ON v TO \"ann@A.B\"");
            } else {
                su.run(end);
            }
            let before = memberships(c, &mut su, "rds_master");
            let options = DropOptions::new().reassign_owned_to("heir");
            let outcome = by_plain_statements(c, "rds_master", async |kerbrole| {
                kerbrole.drop_principal("ann@a.b", None, &options).await
            });
            let seen = match &outcome {
                Ok(Dropped::Dropped(_)) => "gone".to_string(),
                Ok(_) => "disabled".to_string(),
                Err(error) => error.code().unwrap().code().to_string(),
            };
            let where_ = format!("{way}; {end}: {outcome:?}");
            assert_eq!(seen, expected, "{where_}");
            let stays = |row: &&Vec<String>| seen != "gone" || row[0] != "ann@A.B";
            let expected: Vec<_> = before.iter().filter(stays).cloned().collect();
            assert_eq!(memberships(c, &mut su, "rds_master"), expected, "{where_}");
            let owner = su.one("SELECT relowner::regrole FROM pg_class WHERE relname = 't'");
            assert_eq!(owner, if seen == "42501" { "\"ann@A.B\"" } else { "heir" }, "{where_}");
        }
    }
}

/// Somebody's leaving takes nothing away from those who stay, nor from what the administrator gave
/// them.
pub(super) fn memberships_that_the_dropped_one_granted_stay(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE bob; CREATE ROLE cyd; CREATE USER \"ann@A.B\" IN ROLE \
        rds_ad; GRANT team TO \"ann@A.B\" WITH ADMIN OPTION; SET ROLE \"ann@A.B\"; GRANT team TO \
        cyd; RESET ROLE",
    );
    if c.major() >= 16 {
        // The administrator is nearer to the principal's own right to grant the group than to any
        // other.
        su.run(
            "GRANT \"ann@A.B\" TO rds_master WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; CREATE \
            ROLE dbas; CREATE ROLE more; GRANT team TO dbas WITH ADMIN TRUE; \
                GRANT dbas TO more; GRANT more TO rds_master; SET ROLE \"ann@A.B\"; GRANT team TO \
                bob WITH INHERIT FALSE, SET TRUE; \
                GRANT team TO rds_master WITH INHERIT FALSE, SET TRUE; RESET ROLE; \
                SET ROLE dbas; GRANT team TO bob WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; RESET \
                ROLE",
        );
    } else {
        su.run("SET ROLE \"ann@A.B\"; GRANT team TO bob WITH ADMIN OPTION; RESET ROLE");
    }
    let dropped = by_plain_statements(c, "rds_master", async |kerbrole| {
        kerbrole.drop_principal("ann@a.b", None, &DropOptions::new()).await
    });
    assert!(matches!(&dropped, Ok(Dropped::Dropped(name)) if name == "ann@A.B"), "{dropped:?}");
    let options = if c.major() >= 16 { "inherit_option, set_option" } else { "true, true" };
    let rows = su.rows(&format!(
        "SELECT member::regrole, grantor::regrole, admin_option, {options} FROM pg_auth_members \
         WHERE roleid = 'team'::regrole ORDER BY member::regrole::text, 2"
    ));
    let expected: &[[&str; 5]] = match c.major() {
        16.. => &[
            ["bob", "dbas", "t", "f", "t"],
            ["cyd", "dbas", "f", "t", "t"],
            ["dbas", "rdsadmin", "t", "t", "t"],
            ["rds_master", "dbas", "f", "f", "t"],
        ],
        _ => &[["bob", "rds_master", "t", "t", "t"], ["cyd", "rds_master", "f", "t", "t"]],
    };
    assert_eq!(rows, expected);
}

/// The server shows a type by another name than GRANT takes, and a setting may be called by a word
/// that has to be quoted.
pub(super) fn names_of_types_and_settings_are_spelled(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE giver; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE SCHEMA \"odd; schema\"; \
         CREATE TYPE \"odd; schema\".\"T'\" AS ENUM (); \
         GRANT USAGE ON SCHEMA \"odd; schema\" TO giver",
    );
    let types = "pg_catalog.int4, pg_catalog.timestamptz, \"odd; schema\".\"T'\"";
    su.run(&format!(
        "GRANT USAGE ON TYPE {types} TO giver WITH GRANT OPTION; SET ROLE giver; \
         GRANT USAGE ON TYPE {types} TO \"ann@A.B\"; RESET ROLE"
    ));
    let settings = "work_mem, \"user\".x";
    if c.major() >= 15 {
        su.run(&format!(
            "GRANT SET ON PARAMETER {settings} TO giver WITH GRANT OPTION; SET ROLE giver; \
             GRANT SET ON PARAMETER {settings} TO \"ann@A.B\"; RESET ROLE"
        ));
    }
    let dropped = by_plain_statements(c, "rdsadmin", async |kerbrole| {
        kerbrole.drop_principal("ann@a.b", None, &DropOptions::new()).await
    });
    assert!(matches!(&dropped, Ok(Dropped::Dropped(name)) if name == "ann@A.B"), "{dropped:?}");
    let keeps = "SELECT has_type_privilege('giver', 'int4', 'USAGE WITH GRANT OPTION')";
    assert_eq!(su.one(keeps), "t", "the one who gave it keeps it");
    su.run(&format!("REVOKE ALL ON TYPE {types} FROM giver"));
    if c.major() >= 15 {
        su.run(&format!("REVOKE ALL ON PARAMETER {settings} FROM giver"));
    }
}

fn owner_of(su: &mut Session, table: &str) -> String {
    su.one(&format!("SELECT relowner::regrole FROM pg_class WHERE relname = '{table}'"))
}

/// By either backend: what is in this database goes to the heir, and what is elsewhere keeps the
/// role, and is told.
pub(super) fn an_heir_gets_what_is_here(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER TABLE t OWNER \
        TO \"ann@A.B\"; CREATE ROLE heir; GRANT heir TO rds_master",
    );
    su.run("CREATE DATABASE other");
    if c.major() >= 16 {
        su.run("GRANT \"ann@A.B\" TO rds_master WITH ADMIN OPTION");
    }
    let mut other = c.try_connect("rdsadmin", "other").unwrap();
    other.run(
        "CREATE TABLE v (); ALTER TABLE v OWNER TO \"ann@A.B\"; CREATE TABLE w (); GRANT SELECT ON \
         w TO \"ann@A.B\"",
    );
    let drop = ["drop", "ann@a.b", "--reassign-owned-to", "heir", "--yes", "--format", "csv"];
    let (code, out, err) = command(c, "rds_master", &drop);
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "principal,role_name,outcome,detail\nann@a.b,ann@A.B,disabled,\"not dropped: 1 object \
             and 1 privilege in database \"\"other\"\"\"\n"
        ),
        "{err}"
    );
    assert_eq!(owner_of(&mut su, "t"), "heir");
    assert_eq!(owner_of(&mut other, "v"), "\"ann@A.B\"");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ann@A.B'"), "f");
}

/// A privilege that only somebody else can revoke keeps the role, and not its objects from the
/// heir.
pub(super) fn an_heir_gets_what_is_here_beside_what_cannot_be_revoked(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE TABLE t (); ALTER TABLE t OWNER \
        TO \"ann@A.B\"; CREATE ROLE heir; GRANT heir TO rds_master; CREATE TABLE u (); GRANT \
        SELECT ON u TO \"ann@A.B\"",
    );
    if c.major() >= 16 {
        su.run("GRANT \"ann@A.B\" TO rds_master WITH ADMIN OPTION");
    }
    let drop = |heir: &str| {
        command(
            c,
            "rds_master",
            &["drop", "ann@a.b", "--reassign-owned-to", heir, "--yes", "--format", "csv"],
        )
    };
    // Who may not act for the heir is refused, and nothing is done.
    su.run("CREATE ROLE stranger");
    let (code, out, err) = drop("stranger");
    assert_eq!((code, out.as_str()), (4, ""), "{err}");
    assert!(err.contains("GRANT \"stranger\" TO \"rds_master\""), "{err}");
    assert_eq!(owner_of(&mut su, "t"), "\"ann@A.B\"");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ann@A.B'"), "t");

    let (code, out, err) = drop("heir");
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "principal,role_name,outcome,detail\nann@a.b,ann@A.B,disabled,\"not dropped: 1 \
             privilege in database \"\"postgres\"\"; what is here only the owners of the objects \
             can take away, or a superuser\"\n"
        ),
        "{err}"
    );
    assert_eq!(owner_of(&mut su, "t"), "heir");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ann@A.B'"), "f");
    // The owner of the object takes it away, and then nothing keeps the role.
    su.run("REVOKE SELECT ON u FROM \"ann@A.B\"");
    assert_eq!(drop("heir").1, "principal,role_name,outcome,detail\nann@a.b,ann@A.B,dropped,\n");
}

/// A list runs as one batch, in which nobody can be asked who grants instead: whoever granted
/// something is disabled then, by who is no superuser.
pub(super) fn a_list_takes_no_membership_from_those_who_stay(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE bob; CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE \
         USER \"stays@A.B\" IN ROLE rds_ad; \
         GRANT team TO \"ann@A.B\" WITH ADMIN OPTION; SET ROLE \"ann@A.B\"; GRANT team TO bob; \
         RESET ROLE",
    );
    if c.major() >= 16 {
        su.run("GRANT \"ann@A.B\" TO rds_master WITH ADMIN OPTION");
    }
    let rows = by_plain_statements(c, "rds_master", async |kerbrole| {
        kerbrole
            .sync_principals(
                &["stays@a.b"],
                &kerbrole_client::SyncOptions::new().absent(kerbrole_client::AbsentPolicy::Drop),
            )
            .await
            .unwrap()
    });
    assert_eq!(su.one("SELECT pg_has_role('bob', 'team', 'MEMBER')"), "t");
    let last = rows.last().map(|row| (row.action.as_str(), row.role_name.as_str()));
    assert_eq!(last, Some((if c.major() >= 16 { "disable" } else { "drop" }, "ann@A.B")));
}

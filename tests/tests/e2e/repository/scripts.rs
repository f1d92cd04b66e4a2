//! The scripts in sql/.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: the_role_model_can_be_made_twice, the_role_model_is_that_of_rds, another_master,
        the_audit_without_the_extension;
}

fn the_role_model_can_be_made_twice(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("ALTER ROLE rds_master PASSWORD 'kept'; ALTER ROLE rds_ad CONNECTION LIMIT 7");
    let all = "SELECT a::text FROM pg_authid a ORDER BY 1";
    let (before, memberships) = (su.rows(all), su.traces());
    let said = c.server.run_script("rds_roles.sql", "postgres", &[]).unwrap();
    assert_eq!(said, "");
    assert_eq!(su.rows(all), before);
    assert_eq!(su.traces(), memberships);
}

fn the_role_model_is_that_of_rds(c: &Context<'_>) {
    let mut su = c.superuser();
    assert_eq!(
        su.rows(
            "SELECT rolname, rolcanlogin, rolcreatedb, rolcreaterole, rolsuper OR rolreplication \
             OR rolbypassrls FROM pg_roles WHERE oid >= 16384 ORDER BY 1"
        ),
        [
            ["rds_ad", "f", "f", "f", "f"],
            ["rds_iam", "f", "f", "f", "f"],
            ["rds_master", "t", "t", "t", "f"],
            ["rds_password", "f", "f", "f", "f"],
            ["rds_replication", "f", "f", "f", "f"],
            ["rds_superuser", "f", "f", "f", "f"],
        ]
    );
    assert_eq!(
        su.rows(
            "SELECT admin_option FROM pg_auth_members WHERE member = \
        'rds_master'::regrole AND roleid = 'rds_superuser'::regrole"
        ),
        [["f"]]
    );
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_auth_members WHERE roleid IN ('rds_ad'::regrole, \
            'rds_iam'::regrole)"
        ),
        "0"
    );
}

fn another_master(c: &Context<'_>) {
    let mut su = c.superuser();
    c.server.run_script("rds_roles.sql", "postgres", &["master=O'Neil \"the\" Boss"]).unwrap();
    assert_eq!(
        su.one(
            "SELECT rolcreaterole AND pg_has_role(oid, 'rds_superuser', 'MEMBER') FROM \
        pg_roles WHERE rolname = 'O''Neil \"the\" Boss'"
        ),
        "t"
    );
}

fn the_audit_without_the_extension(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "DROP EXTENSION pg_kerbrole; CREATE USER \"a@A.B\" IN ROLE rds_ad; CREATE ROLE g IN \
        ROLE rds_iam; GRANT g TO \"a@A.B\"",
    );
    let said = c.server.run_script("conflicts.sql", "postgres", &[]).unwrap();
    assert!(said.contains(" a@A.B") && said.contains("(1 row)"), "{said}");
}

//! How statements are written.

use crate::names::role_name::RoleName;
use crate::statement::{MembershipOptions, Revoke, Statement};

#[test]
fn every_name_is_quoted() {
    let name = |text: &str| RoleName::new(text).unwrap();
    let create = Statement::CreateLogin { role: name("o\"b@A.B"), member_of: name("rds_ad") };
    assert_eq!(create.to_string(), r#"CREATE ROLE "o""b@A.B" LOGIN IN ROLE "rds_ad""#);
    let grant = Statement::Grant {
        roles: vec![name("g1"), name("g 2")],
        members: vec![name("a@A.B"), name("b@A.B")],
    };
    assert_eq!(grant.to_string(), r#"GRANT "g1", "g 2" TO "a@A.B", "b@A.B""#);
    let by = Statement::GrantBy {
        granted: name("g"),
        member: name("m\"m"),
        admin: None,
        inherit: Some(true),
        set: Some(false),
        grantor: name("b y"),
    };
    assert_eq!(
        by.to_string(),
        r#"GRANT "g" TO "m""m" WITH INHERIT true, SET false GRANTED BY "b y""#
    );
    let mut revoke = Revoke {
        role: name("rds_iam"),
        member: name("g"),
        granted_by: Some(name("root")),
        cascade: true,
        from_creation: false,
    };
    assert_eq!(revoke.to_string(), r#"REVOKE "rds_iam" FROM "g" GRANTED BY "root" CASCADE;"#);
    revoke.from_creation = true;
    assert_eq!(
        revoke.to_string(),
        concat!(
            r#"REVOKE "rds_iam" FROM "g" GRANTED BY "root" CASCADE "#,
            "/* a membership that came from creating the role */;"
        )
    );
}

#[test]
fn a_name_that_cannot_be_written_is_looked_up_by_its_oid() {
    let lost = RoleName::unwritable("100%?", 16400);
    let quote = RoleName::new("o'b\"").unwrap();
    let grant =
        Statement::Grant { roles: vec![quote.clone()], members: vec![lost.clone(), quote.clone()] };
    assert_eq!(
        grant.script(),
        concat!(
            r#"DO 'BEGIN EXECUTE pg_catalog.format(''GRANT "o''''b""" TO %I, "o''''b"""'', "#,
            "(SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 16400)); END';"
        )
    );
    let revoke = Revoke {
        role: lost.clone(),
        member: lost.clone(),
        granted_by: Some(lost),
        cascade: true,
        from_creation: false,
    };
    assert_eq!(revoke.to_string().matches("WHERE oid = 16400").count(), 3);
    assert!(revoke.to_string().contains("REVOKE %I FROM %I GRANTED BY %I CASCADE"));
}

#[test]
fn options_are_written_as_the_server_of_the_time_knows_them() {
    let name = |text: &str| RoleName::new(text).unwrap();
    let with = |admin, inherit_and_set| {
        let options = MembershipOptions { admin, inherit_and_set };
        Statement::GrantWith { granted: name("g"), member: name("m"), options }.to_string()
    };
    assert_eq!(with(false, None), r#"GRANT "g" TO "m""#);
    assert_eq!(with(true, None), r#"GRANT "g" TO "m" WITH ADMIN OPTION"#);
    assert_eq!(
        with(false, Some((true, false))),
        r#"GRANT "g" TO "m" WITH ADMIN false, INHERIT true, SET false"#
    );
    let by = |admin| Statement::GrantBy {
        granted: name("g"),
        member: name("m"),
        admin,
        inherit: None,
        set: None,
        grantor: name("b"),
    };
    assert_eq!(by(None).to_string(), r#"GRANT "g" TO "m" GRANTED BY "b""#);
    assert_eq!(by(Some(true)).to_string(), r#"GRANT "g" TO "m" WITH ADMIN true GRANTED BY "b""#);
}

#[test]
fn what_another_granted_is_revoked_as_that_role() {
    let name = |text: &str| RoleName::new(text).unwrap();
    let revoke = Statement::RevokeAs {
        grantor: name("boss"),
        privileges: "SELECT".into(),
        object: "TABLE public.orders".into(),
        role: name("a@A.B"),
    };
    assert_eq!(
        revoke.script(),
        concat!(
            r#"SET ROLE "boss"; REVOKE SELECT ON TABLE public.orders FROM "a@A.B" CASCADE; "#,
            "RESET ROLE;"
        )
    );
    let drop = Statement::DropRole { role: name("a@A.B") };
    assert_eq!(drop.script(), r#"DROP ROLE "a@A.B";"#);
}

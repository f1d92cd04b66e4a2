//! The settings are the superuser's: a caller must not be able to move the rule that protects against it.

use crate::cases;
use crate::world::Context;

cases! {
    EachVersion: only_superusers_set_them, not_before_the_library_is_loaded_either, malformed_values_are_refused, they_do_what_they_say,
        a_misspelt_setting_is_an_error;
}

const SETTINGS: [(&str, &str); 6] = [
    ("kerbrole.ad_role", "x"),
    ("kerbrole.iam_role", "x"),
    ("kerbrole.default_realm", "a.b"),
    ("kerbrole.allowed_realms", "a.b"),
    ("kerbrole.netbios_domains", "A=A.B"),
    ("kerbrole.username_case", "preserve"),
];

fn only_superusers_set_them(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    master.run("SELECT kerb_canonicalize('a@a.b')");
    for (name, value) in SETTINGS {
        for statement in [
            format!("SET {name} = '{value}'"),
            format!("SET LOCAL {name} = '{value}'"),
            format!("SELECT set_config('{name}', '{value}', false)"),
            format!("ALTER ROLE rds_master SET {name} = '{value}'"),
            format!("CREATE FUNCTION f() RETURNS void LANGUAGE sql SET {name} = '{value}' AS 'SELECT'"),
        ] {
            let code = master.code(&statement);
            assert!(["42501", "55P02"].contains(&code.as_str()), "{statement}: {code}");
        }
        su.run(&format!("LOAD 'pg_kerbrole'; SET {name} = '{value}'"));
        assert_eq!(su.one(&format!("SHOW {name}")), value);
    }
}

/// A setting of an extension that is not loaded yet can be given any value by anyone; it must not survive the loading.
fn not_before_the_library_is_loaded_either(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE wrong IN ROLE rds_iam; GRANT wrong TO rds_master WITH ADMIN OPTION; CREATE ROLE harmless");
    let mut master = c.master();
    master.run("SET kerbrole.iam_role = 'harmless'; SET kerbrole.default_realm = 'evil.com'; SET kerbrole.username_case = 'preserve'");
    assert_eq!(master.code("SELECT kerb_add_principal('alice@a.b', groups => '{wrong}')"), "0LP01");
    assert_eq!(master.code("SELECT kerb_canonicalize('alice')"), "22023");
    assert_eq!(master.one("SHOW kerbrole.iam_role"), "rds_iam");
}

fn malformed_values_are_refused(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("LOAD 'pg_kerbrole'");
    for (name, value) in [
        ("kerbrole.ad_role", ""),
        ("kerbrole.ad_role", "a name that is far too long for PostgreSQL, which keeps 63 bytes of it"),
        ("kerbrole.default_realm", "no realm"),
        ("kerbrole.allowed_realms", "a.b, c d"),
        ("kerbrole.netbios_domains", "CORP"),
        ("kerbrole.netbios_domains", "CORP=A.B, corp=C.D"),
        ("kerbrole.username_case", "upper"),
    ] {
        let error = su.error(&format!("SET {name} = '{value}'"));
        assert_eq!(error.code().code(), "22023", "{name} {value}");
        assert!(error.detail().or(error.hint()).is_some(), "{name} {value}: {error:?}");
    }
}

fn they_do_what_they_say(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("LOAD 'pg_kerbrole'; SET kerbrole.default_realm = 'corp.example.com'");
    assert_eq!(su.one("SELECT kerb_canonicalize('alice')"), "alice@CORP.EXAMPLE.COM");
    su.run("SET kerbrole.netbios_domains = 'CORP = corp.example.com, ONPREM=onprem.com'");
    assert_eq!(su.one("SELECT kerb_canonicalize('onprem\\alice')"), "alice@ONPREM.COM");
    let error = su.error("SELECT kerb_canonicalize('alice', 'corp')");
    assert_eq!(error.hint().unwrap(), "Write the directory's DNS name: 'CORP.EXAMPLE.COM'.");
    su.run("SET kerbrole.allowed_realms = 'corp.example.com'");
    let error = su.error("SELECT kerb_add_principal('onprem\\alice')");
    assert_eq!(error.code().code(), "22023");
    assert_eq!(error.detail().unwrap(), "kerbrole.allowed_realms lists CORP.EXAMPLE.COM.");
    for (value, expected) in [
        ("auto", "Alice@CORP.EXAMPLE.COM"),
        ("lower", "alice@CORP.EXAMPLE.COM"),
        ("preserve", "Alice@CORP.EXAMPLE.COM"),
    ] {
        su.run(&format!("SET kerbrole.username_case = {value}"));
        assert_eq!(su.one("SELECT kerb_canonicalize('Alice')"), expected, "{value}");
    }
}

fn a_misspelt_setting_is_an_error(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("LOAD 'pg_kerbrole'");
    assert_eq!(su.code("SET kerbrole.add_role = 'x'"), "42602");
}

//! What the settings do. That only superusers set them is in attacks/settings.rs.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: malformed_values_are_refused, they_do_what_they_say,
        a_misspelt_setting_is_an_error;
}

fn malformed_values_are_refused(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("LOAD 'pg_kerbrole'");
    for (name, value) in [
        ("kerbrole.ad_role", ""),
        (
            "kerbrole.ad_role",
            "a name that is far too long for PostgreSQL, which keeps 63 bytes of it",
        ),
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
    if c.major() == 14 {
        // A prefix cannot be reserved there: what was set before the library came gets a WARNING
        // when it comes, and no more.
        su.run("SET kerbrole.add_role = 'x'; LOAD 'pg_kerbrole'");
        let warning = su.db_notices().remove(0);
        assert_eq!(
            (warning.severity(), warning.code().code()),
            ("WARNING", "42704"),
            "{warning:?}"
        );
        assert!(warning.message().contains("kerbrole.add_role"), "{warning:?}");
        return;
    }
    su.run("LOAD 'pg_kerbrole'");
    assert_eq!(su.code("SET kerbrole.add_role = 'x'"), "42602");
}

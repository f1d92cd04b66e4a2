//! The server: whether it listens, pg_hba.conf, the keytab.

use crate::diagnose::check::KeytabFacts;
use crate::diagnose::check::tests::{Row, Scene};

fn seen() -> Scene {
    Scene::with_hba(&[("+rds_ad", "gss")])
}

#[test]
fn a_server_that_listens_nowhere_takes_no_ticket() {
    let mut scene = seen();
    assert_eq!(scene.row("listening"), (Some(true), "listen_addresses = '*'".into(), None));
    scene.server.as_mut().unwrap().listen_addresses = "";
    assert_eq!(scene.ok("listening"), Some(false));
    let fix = scene.fix("listening");
    assert!(fix.starts_with("ALTER SYSTEM SET listen_addresses = '*';"), "{fix}");
}

#[test]
fn the_line_that_takes_the_ticket_is_named() {
    let detail = seen().detail("pg_hba");
    assert!(detail.starts_with("line 1 (host all +rds_ad all gss include_realm=true)"), "{detail}");
}

#[test]
fn where_another_method_comes_first_or_no_line_the_line_that_is_wanted_is_shown() {
    for lines in [&[("+rds_ad", "scram-sha-256"), ("all", "gss")][..], &[("+rds_iam", "pam")], &[]]
    {
        let scene = Scene::with_hba(lines);
        assert_eq!(scene.ok("pg_hba"), Some(false), "{lines:?}");
        let fix = scene.fix("pg_hba");
        assert!(fix.starts_with("-- pg_hba.conf"), "{fix}");
        assert!(fix.ends_with(r#": host all +"rds_ad" all gss include_realm=1"#), "{fix}");
    }
}

/// `load_hba` in src/backend/libpq/hba.c keeps the lines that it has when one cannot be used.
#[test]
fn a_file_with_a_line_that_cannot_be_used_says_nothing_of_the_lines_in_force() {
    let mut scene = seen();
    let hba = &mut scene.server.as_mut().unwrap().hba;
    hba[0].kind.clear();
    hba[0].error = Some("invalid authentication method".into());
    let (ok, detail, fix) = scene.row("pg_hba");
    assert_eq!(ok, None);
    assert!(detail.starts_with("line 1: ") && detail.contains("invalid authentication method"));
    assert!(fix.unwrap().starts_with("-- "));
}

fn keytab(principals: Result<Option<Vec<&str>>, &str>) -> Row {
    let mut scene = seen();
    let owned = |list: Vec<&str>| list.into_iter().map(String::from).collect();
    scene.server.as_mut().unwrap().keytab = KeytabFacts {
        path: "/a keytab".into(),
        is_set: false,
        principals: principals.map(|found| found.map(owned)).map_err(String::from),
    };
    let row = scene.row("keytab");
    assert!(row.1.contains("krb_server_keyfile is not set") && row.1.contains("/a keytab"));
    row
}

#[test]
fn a_keytab_that_cannot_be_read_is_put_there() {
    let (ok, detail, fix) = keytab(Err("Permission denied"));
    assert_eq!(ok, Some(false));
    assert!(detail.ends_with(": Permission denied"), "{detail}");
    assert!(fix.unwrap().ends_with("mode 600: /a keytab"));
}

#[test]
fn a_keytab_that_is_no_file_is_taken_as_it_is() {
    let (ok, _, fix) = keytab(Ok(None));
    assert_eq!((ok, fix), (Some(true), None));
}

/// Clients ask a ticket for the service that krbsrvname names, `postgres` by default; a directory
/// has it as `POSTGRES` where it was created so.
#[test]
fn a_keytab_needs_a_key_of_the_service() {
    for (principals, there) in [(vec![], "nobody"), (vec!["host/db@A.B", "DB$@A.B"], "host/db@A.B")]
    {
        let (ok, detail, fix) = keytab(Ok(Some(principals)));
        assert_eq!(ok, Some(false));
        assert!(detail.contains(&format!("only of {there}")), "{detail}");
        assert!(fix.unwrap().contains("postgres/host@REALM"));
    }
    assert_eq!(keytab(Ok(Some(vec!["postgres@A.B"]))).0, Some(false), "it has no host");
    for service in ["postgres/db@A.B", "POSTGRES/db@A.B"] {
        let (ok, detail, _) = keytab(Ok(Some(vec!["DB$@A.B", service])));
        assert_eq!(ok, Some(true));
        assert!(detail.ends_with(&format!("has keys of {service}")), "{detail}");
    }
}

#[test]
fn a_service_in_another_realm_counts_where_the_two_trust_each_other() {
    let (ok, detail, _) = keytab(Ok(Some(vec!["postgres/db@X.Y"])));
    assert_eq!(ok, Some(true));
    assert!(detail.contains("none in A.B"), "{detail}");
    let (_, detail, _) = keytab(Ok(Some(vec!["postgres/db@X.Y", "postgres/db@A.B"])));
    assert!(!detail.contains("none in"), "{detail}");
}

//! Databases whose encoding is not UTF-8: roles belong to the cluster, and tickets are UTF-8.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: only_ascii_names_outside_utf8, roles_that_look_alike_there_are_told_apart;
}

fn only_ascii_names_outside_utf8(c: &Context<'_>) {
    c.superuser().run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    c.superuser().run("CREATE ROLE \"Zoë\"; CREATE ROLE g; GRANT rds_ad, rds_iam TO \"Zoë\"");
    let mut su = c.try_connect("rdsadmin", "latin").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole");
    for call in [
        "kerb_canonicalize('élise@a.b')",
        "kerb_add_principals('{alice@a.b,élise@a.b}')",
        "kerb_add_principal('alice@a.b', groups => '{Zoë}')",
    ] {
        let error = su.error(&format!("SELECT {call}"));
        assert_eq!(error.code().code(), "22023", "{call}");
        assert_eq!(
            error.message(),
            "a name that is not plain ASCII cannot be handled in a database with encoding LATIN1"
        );
        assert_eq!(
            error.hint().unwrap(),
            "Connect to a database with encoding UTF8: roles belong to the whole cluster."
        );
    }
    assert_eq!(su.one("SELECT kerb_add_principal('alice@a.b', groups => '{g}')"), "alice@A.B");
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 1);
}

/// Names that cannot be shown in such a database look the same there; one that is in conflict
/// already must not cover for another.
fn roles_that_look_alike_there_are_told_apart(c: &Context<'_>) {
    c.superuser().run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    c.superuser().run(
        "CREATE ROLE \"lead@A.B\"; CREATE USER \"Zoë\" IN ROLE rds_ad, rds_iam, \"lead@A.B\"; \
         CREATE USER \"Zoé\" IN ROLE rds_iam, \"lead@A.B\"",
    );
    let mut su = c.try_connect("rdsadmin", "latin").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole");
    let add = "SELECT kerb_add_principal('lead@a.b', if_not_exists => true)";
    assert_eq!(su.code(add), "0LP01");
    c.superuser().run("REVOKE rds_iam FROM \"Zoé\"");
    assert_eq!(su.one(add), "lead@A.B");
}

//! Databases whose encoding is not UTF-8: roles belong to the cluster, and tickets are UTF-8.

use crate::cases;
use crate::world::Context;

cases! {
    EachVersion: only_ascii_names_outside_utf8;
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

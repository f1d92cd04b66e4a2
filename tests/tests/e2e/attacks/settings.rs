//! Attack: moving the rule by its settings. A caller must not be able to.

use crate::cases;
use crate::world::Context;

cases! {
    EachVersion: only_superusers_set_them, not_before_the_library_is_loaded_either;
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

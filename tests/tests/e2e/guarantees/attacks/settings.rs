//! Attack: moving the rule by its settings. A caller must not be able to.

use kerbrole_tests::sandbox::wait_until;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: only_superusers_set_them, not_before_the_library_is_loaded_either,
        what_cannot_be_read_stops_the_work;
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
            format!(
                "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET {name} = '{value}' AS 'SELECT'"
            ),
        ] {
            let code = master.code(&statement);
            assert!(["42501", "55P02"].contains(&code.as_str()), "{statement}: {code}");
        }
        su.run(&format!("LOAD 'pg_kerbrole'; SET {name} = '{value}'"));
        assert_eq!(su.one(&format!("SHOW {name}")), value);
    }
}

/// A setting of an extension that is not loaded yet can be given any value by anyone; it must not
/// survive the loading.
fn not_before_the_library_is_loaded_either(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE wrong IN ROLE rds_iam; GRANT wrong TO rds_master WITH ADMIN OPTION; CREATE \
        ROLE harmless",
    );
    let mut master = c.master();
    master.run(
        "SET kerbrole.iam_role = 'harmless'; SET kerbrole.default_realm = 'evil.com'; SET \
        kerbrole.username_case = 'preserve'",
    );
    assert_eq!(master.code("SELECT kerb_add_principal('alice@a.b', groups => '{wrong}')"), "0LP01");
    assert_eq!(master.code("SELECT kerb_canonicalize('alice')"), "22023");
    assert_eq!(master.one("SHOW kerbrole.iam_role"), "rds_iam");
}

/// The server goes on with the default where it cannot read a value: for the list of realms that is
/// any realm.
fn what_cannot_be_read_stops_the_work(c: &Context<'_>) {
    let mut su = c.superuser();
    let add = "SELECT kerb_add_principal('ann@evil.example')";
    // Typed, it is refused. The library is loaded in this session; in the next one the value is
    // there first.
    for (setting, value, call) in [
        ("kerbrole.allowed_realms", "a.b; c.d", add),
        ("kerbrole.default_realm", "no realm", "SELECT kerb_canonicalize('ann@a.b')"),
        ("kerbrole.netbios_domains", "CORP", "SELECT kerb_canonicalize('ann@a.b')"),
        ("kerbrole.iam_role", "", "SELECT * FROM kerb_conflicts()"),
    ] {
        for (set, reset) in [
            (
                format!("ALTER DATABASE postgres SET {setting} = '{value}'"),
                format!("ALTER DATABASE postgres RESET {setting}"),
            ),
            (
                format!("ALTER ROLE rds_master SET {setting} = '{value}'"),
                format!("ALTER ROLE rds_master RESET {setting}"),
            ),
        ] {
            su.run(&set);
            let error = c.master().error(call);
            assert_eq!(error.code().code(), "22023", "{set}: {error:?}");
            assert!(
                error.message().starts_with(&format!("{setting} is set to what cannot be read: ")),
                "{error:?}"
            );
            assert!(error.hint().unwrap().contains(setting), "{error:?}");
            su.run(&reset);
        }
    }
    assert_eq!(su.column("SELECT role_name FROM kerb_principals"), [""; 0]);
    // In the server's own configuration, whether the library comes with the server or later.
    for (name, preload) in [("misread", ""), ("misread_at_start", "pg_kerbrole")] {
        let preload = format!("shared_preload_libraries = '{preload}'");
        let own = c.own_server(name, &[&preload, "kerbrole.allowed_realms = 'a.b; c.d'"]);
        let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
        su.run("CREATE EXTENSION pg_kerbrole");
        assert_eq!(su.code(add), "22023", "{preload}");
        // Nobody else's work is stopped: a parallel worker is given the values of its leader.
        let parallel = if c.major() >= 16 { "debug_parallel_query" } else { "force_parallel_mode" };
        su.run(&format!("SET {parallel} = on"));
        assert_eq!(su.code(add), "22023");
        assert_ne!(su.one("SELECT count(*) FROM pg_class"), "0", "{preload}");
        su.run(&format!("RESET {parallel}"));
        // Corrected, it works, and what is wrong after that leaves the list as it was.
        su.run("ALTER SYSTEM SET kerbrole.allowed_realms = 'good.example'");
        su.run("SELECT pg_reload_conf()");
        wait_until(|| su.one("SHOW kerbrole.allowed_realms") == "good.example").unwrap();
        assert_eq!(su.one("SELECT kerb_add_principal('ann@good.example')"), "ann@GOOD.EXAMPLE");
        assert_eq!(su.code(add), "22023");
    }
}

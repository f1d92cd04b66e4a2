//! `kerbrole install-sql`.

use super::*;
use kerbrole_client::SqlScript;

pub(super) fn the_functions_are_installed_and_upgraded(c: &Context<'_>) {
    let mut su = c.superuser();
    let version = env!("CARGO_PKG_VERSION");
    let ended = run(c, &["install-sql", "--format", "csv"]);
    let shown = |replaced: &str, owner: &str, outcome: &str| {
        format!(
            "what,value\nversion,{version}\nreplaced,{replaced}\nowner,{owner}\nform,schema\n\
             outcome,{outcome}\n"
        )
    };
    assert_eq!(ended.out, shown("", "kerbrole_owner", "installed"));
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (0, "SELECT * FROM kerbrole.self_test(); shows what works on this server\n")
    );
    su.run("COMMENT ON SCHEMA kerbrole IS 'kerbrole 0.0.1: as an earlier version has it'");
    let again = ["install-sql", "--format", "csv", "-q"];
    prints(c, &again, &shown("0.0.1", "kerbrole_owner", "upgraded"));
    prints(c, &again, &shown(version, "kerbrole_owner", "renewed"));
    assert_eq!(su.one("SELECT kerbrole.version()"), version);

    // What is refused is said as psql says it, and nothing is done.
    let as_master = |arguments: &[&str]| -> Ended {
        on(c, arguments).env("PGUSER", "rds_master").output().unwrap().into()
    };
    let refused = as_master(&["install-sql"]);
    assert_eq!(
        (refused.code, refused.err.as_str()),
        (
            4,
            "kerbrole: permission denied to upgrade the functions in schema kerbrole\n\
             HINT:  Run the script as the role that installed it, or as a superuser.\n"
        )
    );
    // A WARNING of the server is said with all that it says.
    su.run("SELECT kerbrole.uninstall(); DROP ROLE kerbrole_owner");
    su.run("GRANT CREATE ON DATABASE postgres TO rds_master");
    if c.major() < 16 {
        su.run("ALTER ROLE rds_master NOCREATEROLE");
    }
    let warned = as_master(&["install-sql", "--format", "csv"]);
    assert_eq!((warned.code, warned.out), (0, shown("", "rds_master", "installed")));
    let first = "WARNING:  the functions belong to \"rds_master\", and not to a role of their own";
    assert!(warned.err.starts_with(&format!("{first}\nDETAIL:  ")), "{}", warned.err);
    assert!(warned.err.contains("\nHINT:  "), "{}", warned.err);
    let quiet = as_master(&["install-sql", "-q"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
    su.run("ALTER ROLE rds_master CREATEROLE");

    // Without pg_tle nothing is installed with it.
    let refused = run(c, &["install-sql", "--pg-tle"]);
    assert_eq!(refused.code, 4);
    assert!(
        refused.err.starts_with(
            "kerbrole: the extension pg_tle is not installed in this database\nHINT:  "
        ),
        "{}",
        refused.err
    );
}

pub(super) fn the_script_is_printed_without_a_server(_: &Context<'_>) {
    let printed = |arguments: &[&str]| {
        let ended = Ended::from(program().args(arguments).output().unwrap());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{arguments:?}");
        ended.out
    };
    let file = fs::read_to_string(workspace().join("sql/kerbrole.sql")).unwrap();
    assert!(printed(&["install-sql", "--print"]) == file);
    assert!(printed(&["install-sql", "--dry-run"]) == file);
    assert!(printed(&["install-sql", "-n", "--pg-tle"]) == SqlScript::PgTle.text());
}

//! The functions in PL/pgSQL by pg_tle: as an extension of which the server has no file.

use std::fs;
use std::sync::Arc;

use kerbrole_client::SqlScript;
use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::run;
use kerbrole_tests::version::{Installation, workspace};

use super::contents;
use super::lifecycle::{nothing_is_left, on, script, version};
use crate::fixture::{Context, Session};

/// Puts pg_tle into the files of a server, where it has not got it, and says whether it has.
///
/// What stands for it is an extension of the same name, whose functions write what they are given
/// into the server's folder of extensions.
fn with_pg_tle(c: &Context<'_>, files: &Installation) -> bool {
    let folder = files.extensions();
    if folder.join("pg_tle.control").exists() {
        return true;
    }
    let text = fs::read_to_string(workspace().join("tests/src/sql/pg_tle.sql")).unwrap();
    let text = text.replace("@FOLDER@", folder.to_str().unwrap());
    let control = "default_version = '0'\nrelocatable = false\nschema = pgtle\n";
    c.sandbox.give_to_servers(&folder).unwrap();
    for (name, text) in [("pg_tle.control", control), ("pg_tle--0.sql", &text)] {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        c.sandbox.give_to_servers(&path).unwrap();
    }
    false
}

/// The script for pg_tle, of another version.
fn of_version(number: &str, besides: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    let text = SqlScript::PgTle.text();
    let text = text.replace(&script(), &version(number, besides));
    let text = text.replace(
        &format!("_version CONSTANT text := '{own}'"),
        &format!("_version CONSTANT text := '{number}'"),
    );
    assert!(text.contains(&format!("_version CONSTANT text := '{number}'")));
    text
}

pub(super) fn with_pg_tle_it_is_an_extension(c: &Context<'_>) {
    let name = format!("{}-tle", c.major());
    let files = Installation::copy_bare_apart(c.sandbox, c.major(), &name).unwrap();
    let is_real = with_pg_tle(c, &files);
    let preload: &[&str] = if is_real { &["shared_preload_libraries = 'pg_tle'"] } else { &[] };
    let own = c.own_server_of(Arc::new(files), "tle", preload);
    let server = &own.0;
    let open = |user: &str, database: &str| Session::open(server, user, database).unwrap();
    let (mut su, mut master) = (open(SUPERUSER, "postgres"), open("rds_master", "postgres"));
    super::let_install(c, &mut su);

    // What is missing is said, with what to do.
    let install = SqlScript::PgTle.text();
    let error = master.error(&install);
    assert_eq!(error.code().code(), "42704");
    assert!(error.hint().unwrap().starts_with("CREATE EXTENSION pg_tle;"), "{error}");
    su.run("CREATE EXTENSION pg_tle");
    let error = master.error(&install);
    assert_eq!(error.code().code(), "42501");
    assert_eq!(error.hint(), Some("GRANT pgtle_admin TO rds_master;"));
    su.run("GRANT pgtle_admin TO rds_master");
    let objects = "SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace <> \
        'pgtle'::regnamespace), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_type), \
        (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_init_privs)";
    let before = su.rows(objects);

    let gone = "CREATE FUNCTION kerbrole.gone() RETURNS void LANGUAGE sql AS 'SELECT';";
    master.run(&of_version("0.0.1", gone));
    assert_eq!(master.one("SELECT kerbrole.version()"), "0.0.1");
    su.run("CREATE ROLE desk LOGIN");
    master.run(
        "SELECT kerbrole.set('default_realm', 'a.b'); SELECT kerbrole.kerb_add_principal('ann'); \
         GRANT EXECUTE ON FUNCTION kerbrole.kerb_disable_principal(text, text, boolean) TO desk",
    );
    assert_eq!(
        su.rows(
            "SELECT e.extversion, e.extowner::regrole, n.nspowner::regrole FROM pg_extension e, \
             pg_namespace n WHERE e.extname = 'kerbrole' AND n.nspname = 'kerbrole'"
        ),
        [["0.0.1", "rds_master", "kerbrole_owner"]]
    );
    let settings = "SELECT name, value FROM kerbrole.settings";
    for time in ["upgraded", "run twice"] {
        master.run(&install);
        assert_eq!(master.one("SELECT kerbrole.version()"), env!("CARGO_PKG_VERSION"), "{time}");
        assert_eq!(master.rows(settings), [["default_realm", "a.b"]], "{time}");
        let others = "SELECT pg_describe_object(o.class, o.oid, 0) FROM (\
            SELECT 'pg_proc'::regclass::oid, oid FROM pg_proc \
            WHERE pronamespace = 'kerbrole'::regnamespace \
            UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class \
            WHERE relnamespace = 'kerbrole'::regnamespace AND relkind IN ('r', 'v') \
            UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace \
            WHERE nspname = 'kerbrole') AS o (class, oid) \
            WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class \
            AND d.objid = o.oid AND d.deptype = 'e')";
        assert_eq!(su.column(others), Vec::<String>::new(), "all of it is the extension's: {time}");
    }
    assert_eq!(su.one("SELECT to_regproc('kerbrole.gone')"), "NULL");
    let mut desk = open("desk", "postgres");
    desk.run("SELECT kerbrole.kerb_disable_principal('ann')");
    // The two forms do not get into each other's way.
    let there = contents(&mut su);
    for user in ["rds_master", SUPERUSER] {
        assert_eq!(open(user, "postgres").code(&script()), "55000", "{user}");
    }
    assert_eq!(master.code("SELECT kerbrole.uninstall()"), "2BP01");
    assert_eq!(contents(&mut su), there);
    let other_text = install.replace("-- The way in for an upgrade", "-- Another way in");
    assert_eq!(master.code(&other_text), "42710");

    dumped_it_comes_back(c, server, is_real);

    master.run("DROP EXTENSION kerbrole");
    if is_real {
        master.run("SELECT pgtle.uninstall_extension('kerbrole')");
        assert_eq!(su.one("SELECT count(*) FROM pg_proc WHERE proname ~ '^kerbrole'"), "0");
    }
    assert_eq!(su.rows(objects), before);
    nothing_is_left(&mut su);
    // Without the extension's form being there, the plain script is as welcome as ever.
    su.run(&script());
    assert_eq!(su.code(&install), "55000");
}

/// Settings and grants with it; by the superuser, to whom the functions' owner is as good as ever.
fn dumped_it_comes_back(c: &Context<'_>, server: &Server, is_real: bool) {
    let dump = c.sandbox.path().join(format!("dumped-tle-{}", c.major()));
    let dump = dump.to_str().unwrap();
    run(&mut on(server, "pg_dump", &["-Fc", "-f", dump, "postgres"])).unwrap();
    let mut su = Session::open(server, SUPERUSER, "postgres").unwrap();
    su.run("CREATE DATABASE restored");
    run(&mut on(server, "pg_restore", &["-e", "-d", "restored", dump])).unwrap();
    {
        let mut su = Session::open(server, SUPERUSER, "restored").unwrap();
        assert_eq!(su.one("SELECT kerbrole.version()"), env!("CARGO_PKG_VERSION"));
        assert_eq!(
            su.rows("SELECT name, value FROM kerbrole.settings"),
            [["default_realm", "a.b"]]
        );
        assert_eq!(su.one("SELECT kerbrole.kerb_add_principal('bob')"), "bob@A.B");
        su.run(&of_version("9.9.9", ""));
        assert_eq!(su.one("SELECT kerbrole.version()"), "9.9.9", "{is_real}");
        su.run("DROP EXTENSION kerbrole");
        assert_eq!(su.one("SELECT to_regnamespace('kerbrole')"), "NULL");
    }
    su.run("DROP DATABASE restored WITH (FORCE)");
}

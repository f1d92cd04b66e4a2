//! PostgreSQL's own regression tests for roles and privileges, with the library preloaded and the
//! guard on, against the same server without it: every message, SQLSTATE, DETAIL, HINT, CONTEXT and
//! position is the same.

use std::path::Path;
use std::process::Command;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::{lossy, run};
use kerbrole_tests::version::workspace;

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: the_servers_own_tests_print_the_same, failing_statements_fail_in_the_same_words;
}

/// Those about roles, memberships and privileges, and those that a change of roles could disturb.
/// The first makes what others use.
const TESTS: [&str; 9] = [
    "test_setup",
    "create_role",
    "roleattributes",
    "privileges",
    "dependency",
    "init_privs",
    "object_address",
    "rowsecurity",
    "alter_generic",
];

const GUARDED: [&str; 2] = ["shared_preload_libraries = 'pg_kerbrole'", "kerbrole.guard = on"];

fn the_servers_own_tests_print_the_same(c: &Context<'_>) {
    let script = workspace().join("tests/servers/regression-tests");
    let folder = lossy(&run(Command::new(script).arg(c.major().to_string())).unwrap().stdout);
    let folder = Path::new(folder.trim());
    let [without, with] =
        [("regress-without", &[][..]), ("regress-with", &GUARDED[..])].map(|(name, settings)| {
            let server = c.own_server(name, settings);
            Session::open(&server.0, SUPERUSER, "postgres")
                .unwrap()
                .run("CREATE DATABASE regression TEMPLATE template0");
            TESTS.map(|test| printed(&server.0, folder, test))
        });
    let lines: usize = without.iter().map(|text| text.lines().count()).sum();
    assert!(lines > 5000, "the tests printed {lines} lines only");
    for ((test, without), with) in TESTS.iter().zip(without).zip(with) {
        for (number, (without, with)) in without.lines().zip(with.lines()).enumerate() {
            assert_eq!(without, with, "{test}, line {}", number + 1);
        }
        assert_eq!(without.lines().count(), with.lines().count(), "{test}");
    }
}

/// What psql prints of one test, as pg_regress calls it, with SQLSTATE and position as well.
fn printed(server: &Server, folder: &Path, test: &str) -> String {
    let file = folder.join("sql").join(test).with_extension("sql");
    let mut psql = server.psql(SUPERUSER, "regression");
    psql.args([
        "-a",
        "-q",
        "-v",
        "HIDE_TABLEAM=on",
        "-v",
        "HIDE_TOAST_COMPRESSION=on",
        "-v",
        "VERBOSITY=verbose",
        "-f",
    ])
    .arg(file);
    psql.env("PG_ABS_SRCDIR", folder)
        .env("PG_ABS_BUILDDIR", folder)
        .env("PG_LIBDIR", "/nowhere")
        .env("PG_DLSUFFIX", ".so");
    psql.env("PGTZ", "PST8PDT").env("PGDATESTYLE", "Postgres, MDY");
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(psql.get_program()).args(psql.get_args());
    shell.envs(psql.get_envs().filter_map(|(name, value)| Some((name, value?))));
    lossy(&kerbrole_tests::sandbox::output(&mut shell).unwrap().stdout)
}

fn failing_statements_fail_in_the_same_words(c: &Context<'_>) {
    let guarded = c.own_server("same-words", &GUARDED);
    let mut with = Session::open(&guarded.0, SUPERUSER, "postgres").unwrap();
    let mut without = c.superuser();
    for session in [&mut with, &mut without] {
        session.run(
            "CREATE ROLE a; CREATE ROLE b IN ROLE a; CREATE ROLE weak LOGIN; \
             CREATE FUNCTION nested() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE ''GRANT \
             nobody TO a''; END'",
        );
    }
    for statement in [
        "GRANT nobody TO a",
        "GRANT a TO nobody",
        "GRANT a TO b; GRANT b TO a",
        "GRANT a TO PUBLIC",
        "GRANT a TO CURRENT_USER GRANTED BY nobody",
        "REVOKE nobody FROM a",
        "CREATE ROLE a",
        "CREATE ROLE pg_x IN ROLE rds_ad",
        "CREATE ROLE x IN ROLE nobody",
        "CREATE ROLE x ROLE nobody",
        "CREATE ROLE x IN ROLE a ROLE a",
        "ALTER GROUP nobody ADD USER a",
        "ALTER GROUP a ADD USER nobody",
        "ALTER ROLE nobody RENAME TO rds_ad",
        "ALTER ROLE a RENAME TO rds_ad",
        "ALTER ROLE a RENAME TO pg_x",
        "DROP ROLE nobody",
        "DROP ROLE CURRENT_USER",
        "SELECT nested()",
        "DO $$ BEGIN PERFORM nested(); END $$",
        "SET SESSION AUTHORIZATION weak; GRANT rds_ad TO weak",
        "SET SESSION AUTHORIZATION weak; CREATE ROLE x IN ROLE rds_iam",
        "SET SESSION AUTHORIZATION weak; DROP ROLE a",
        "BEGIN READ ONLY; GRANT rds_ad TO a",
        "GRNAT a TO b",
    ] {
        let [with, without] = [&mut with, &mut without].map(|session| {
            let error = session.error(statement);
            let all = (
                error.code().code().to_string(),
                error.message().to_string(),
                error.detail().map(ToString::to_string),
                error.hint().map(ToString::to_string),
                error.where_().map(ToString::to_string),
                error.position().cloned(),
                error.routine().map(ToString::to_string),
            );
            session.run("ROLLBACK; RESET SESSION AUTHORIZATION");
            all
        });
        assert_eq!(with, without, "{statement}");
    }
}

//! The crate kerbrole-client by each backend: each case is written once, and comes to the same.
//!
//! Where it does not, the reason stands in `differences`, which is what the README of the crate
//! shows.

use kerbrole_client::{
    AbsentPolicy, AddOptions, Backend, DropOptions, Dropped, Error, ErrorKind, Kerbrole, Sessions,
    SyncOptions,
};
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};
use kerbrole_tests::postgres_server::SUPERUSER;

pub mod by_ticket;
mod cases;
mod differences;
mod outcomes;

use by_ticket::*;
use cases::*;
use differences::*;
use outcomes::*;

cases! {
    Every: by_the_extension;
    BareEachVersion: by_plain_statements;
    Bare: by_the_functions_in_plpgsql;
    Ends: by_the_extension_with_a_ticket;
    BareEnds: by_plain_statements_among_many, by_the_others_with_a_ticket;
    Nowhere: the_readme_shows_the_differences;
}

/// A call, its arguments, and what it comes to: `ok` and the result in a few words, or SQLSTATE
/// and, for a conflict, the paths.
type Step = (Call, &'static str);

#[derive(Debug, Clone, Copy)]
enum Call {
    Canonicalize(&'static str, Option<&'static str>),
    Add(&'static str, &'static [&'static str], bool),
    AddMany(&'static [&'static str], &'static [&'static str], bool),
    Drop(&'static str, bool, Option<&'static str>),
    Disable(&'static str),
    Enable(&'static str),
    Rename(&'static str, &'static str, Option<&'static str>),
    RenameRealm(&'static str, &'static str, bool),
    Sync(&'static [&'static str], AbsentPolicy, bool),
    List,
    Check(&'static str),
    Conflicts,
    Preview(&'static str, &'static str),
    Audit,
}

struct Conformance {
    what: &'static str,
    setup: &'static str,
    steps: &'static [Step],
}

use Call::*;

fn the_readme_shows_the_differences(_: &Context<'_>) {
    let readme = std::fs::read_to_string(
        kerbrole_tests::version::workspace().join("kerbrole-client/README.md"),
    )
    .unwrap();
    let table = readme.split("## Where plain statements differ").nth(1).unwrap();
    for (_, words) in [NO_FUNCTIONS, NO_ADMIN, NOT_THE_OWNER] {
        assert!(table.contains(words), "{words}");
    }
}

fn by_the_extension(c: &Context<'_>) {
    for caller in [Caller::Superuser, Caller::Master, Caller::Delegate] {
        all(c, Backend::Extension, caller, "");
    }
}

fn by_the_functions_in_plpgsql(c: &Context<'_>) {
    for caller in [Caller::Superuser, Caller::Master, Caller::Admin, Caller::Delegate] {
        all(c, Backend::SqlFunctions, caller, "");
    }
}

fn by_plain_statements(c: &Context<'_>) {
    let mut su = c.superuser();
    assert_eq!(
        su.one("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_kerbrole'"),
        "0",
        "no files of the extension"
    );
    assert_eq!(c.master().code("SELECT FROM pg_authid"), "42501");
    for caller in [Caller::Superuser, Caller::Master, Caller::Admin, Caller::Delegate] {
        all(c, Backend::PlainSql, caller, "");
    }
}

/// Where there are too many memberships to read them all.
fn by_plain_statements_among_many(c: &Context<'_>) {
    let names =
        |prefix: &str| (0..50).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(", ");
    let create = "DO $$ BEGIN FOR i IN 0..49 LOOP EXECUTE format('CREATE ROLE above%s; CREATE ROLE \
        below%s', i, i); END LOOP; END $$";
    let many = format!("{create}; GRANT {} TO {}", names("above"), names("below"));
    for caller in [Caller::Superuser, Caller::Admin] {
        all(c, Backend::PlainSql, caller, &many);
        assert!(
            c.superuser().one("SELECT pg_relation_size('pg_auth_members')").parse::<u32>().unwrap()
                > 80 * 1024
        );
    }
}

fn all(c: &Context<'_>, backend: Backend, caller: Caller, others: &str) {
    let by_setting = BY_SETTING[usize::from(c.caseins)];
    for case in BOTH.iter().chain(by_setting) {
        c.start_afresh();
        let mut su = c.superuser();
        su.run("CREATE ROLE delegate LOGIN");
        if caller == Caller::Directory {
            su.run(&format!(
                "CREATE ROLE {BOSS} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser, rds_ad"
            ));
        }
        if backend == Backend::Extension {
            su.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO delegate");
        }
        for setup in [others, case.setup].into_iter().filter(|sql| !sql.is_empty()) {
            su.run(setup);
        }
        // Groups that the delegate is to grant, as the rds_superuser can.
        for group in su.column(
            "SELECT quote_ident(r.rolname) FROM pg_auth_members m JOIN pg_roles \
            r ON r.oid = m.roleid WHERE m.member = 'rds_master'::regrole AND m.admin_option",
        ) {
            su.run(&format!("GRANT {group} TO delegate WITH ADMIN OPTION"));
            if caller == Caller::Directory {
                su.run(&format!("GRANT {group} TO {BOSS} WITH ADMIN OPTION"));
            }
        }
        if caller == Caller::Admin && c.major() >= 16 {
            // ADMIN is a membership: on a role in rds_iam it would make a conflict of the
            // administrator.
            let principals = "SELECT quote_ident(rolname) FROM pg_roles WHERE (rolname LIKE '%@%' \
                AND rolname !~ '^(both|iam)@') OR rolname = 'rds_ad'";
            for role in su.column(principals) {
                su.run(&format!("GRANT {role} TO rds_master WITH ADMIN OPTION"));
            }
        }
        if backend == Backend::SqlFunctions {
            install(c, caller, &mut su);
        }
        if caller == Caller::Directory {
            let mut remote = Remote::start(c, backend, case.what);
            run_case(c, backend, caller, case, &mut su, |number, call| {
                let seen = remote.outcome(number);
                if let List = call { without_the_boss(&seen) } else { seen }
            });
        } else {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mut config = tokio_postgres::Config::new();
            config.host_path(c.server.socket()).port(c.server.port);
            config.user(caller.user()).dbname("postgres");
            let (client, connection) = runtime.block_on(config.connect(NoTls)).unwrap();
            runtime.spawn(connection);
            run_case(c, backend, caller, case, &mut su, |_, call| {
                runtime.block_on(outcome_by(&client, backend, call))
            });
        }
    }
}

/// Looks at the server, and calls.
async fn outcome_by(client: &Client, backend: Backend, call: Call) -> String {
    let kerbrole = Kerbrole::<Client>::builder().backend(backend).accept_nesting(true);
    outcome(&kerbrole.build(client).await.unwrap(), call).await
}

/// The functions in PL/pgSQL, installed by whoever may: the administrator where that one calls
/// them, else a superuser. Their owner gets ADMIN on what somebody else has made.
fn install(c: &Context<'_>, caller: Caller, su: &mut Session) {
    let installer = if caller == Caller::Admin { "rds_master" } else { SUPERUSER };
    if caller == Caller::Admin {
        su.run("GRANT CREATE ON DATABASE postgres TO rds_master");
    }
    c.server.run_script_as(installer, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap();
    let functions = "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = \
        'kerbrole'::regnamespace AND proname ~ '^kerb_'";
    for function in su.column(functions) {
        su.run(&format!("GRANT EXECUTE ON FUNCTION {function} TO delegate"));
    }
    assert_eq!(
        su.one("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'kerbrole'"),
        "kerbrole_owner"
    );
    if c.major() >= 16 {
        // On a role in rds_iam it would make a conflict of the owner.
        let principals = "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname LIKE '%@%' AND \
            rolname !~ '^(both|iam)@'";
        for role in su.column(principals) {
            su.run(&format!("GRANT {role} TO kerbrole_owner WITH ADMIN OPTION"));
        }
    }
}

fn run_case(
    c: &Context<'_>,
    backend: Backend,
    caller: Caller,
    case: &Conformance,
    su: &mut Session,
    mut outcome_of: impl FnMut(usize, Call) -> String,
) {
    for (number, &(call, expected)) in case.steps.iter().enumerate() {
        let where_ =
            format!("{} {call:?} by {caller:?} through {backend:?} on {}", case.what, c.major());
        let before = state(su);
        let seen = outcome_of(number, call);
        match differences(backend, caller, c.major(), call, expected) {
            Some((different, _)) => {
                // Nothing to do needs no right.
                let nothing_to_do = seen == expected && state(su) == before;
                assert!(seen == different || nothing_to_do, "{where_}: {seen}");
                if !different.starts_with("ok") {
                    assert_eq!(state(su), before, "{where_}");
                }
                if seen == different {
                    // The steps after it would stand on other ground.
                    return;
                }
            }
            None => assert_eq!(seen, expected, "{where_}"),
        }
        if !seen.starts_with("ok") {
            assert_eq!(state(su), before, "{where_}");
        }
    }
}

/// The principals, and their memberships.
fn state(su: &mut Session) -> Vec<Vec<String>> {
    su.rows(
        "SELECT r.rolname, r.rolcanlogin, g.rolname FROM pg_roles r LEFT JOIN pg_auth_members m ON \
         m.member = r.oid \
         LEFT JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname LIKE '%@%' ORDER BY 1, 2, 3",
    )
}

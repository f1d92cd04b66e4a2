//! From one version of the extension to the next: an upgraded one equals a fresh one, a new library
//! serves an old catalogue, and a released script never changes.
//!
//! Released versions come from the scripts that are there. Made-up ones show that a mistake in
//! either would be seen.

mod contents;
mod released;

use std::fs;
use std::sync::Arc;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::version::Installation;

use crate::cases;
use crate::fixture::{Context, OwnServer, Session};
use contents::{contents, differences, function_as_statements};
use released::*;

cases! {
    EachVersion: every_released_version_becomes_the_present_one, what_an_upgrade_forgets_is_seen;
    Nowhere: released_scripts_are_as_released, a_changed_script_is_seen, a_version_is_frozen_once;
}

fn every_released_version_becomes_the_present_one(c: &Context<'_>) {
    let mut su = c.superuser();
    let fresh = contents(&mut su);
    for version in su.column(
        "SELECT version FROM pg_available_extension_versions WHERE name = 'pg_kerbrole' AND NOT \
         installed ORDER BY 1",
    ) {
        create(&mut su, &version);
        assert_eq!(not_served(&mut su), [""; 0], "{version} with the present library");
        a_principals_life(&mut su);
        su.run("ALTER EXTENSION pg_kerbrole UPDATE");
        assert_eq!(differences(&fresh, &contents(&mut su)), [""; 0], "from {version}");
    }
    // The present version by the same questions, with or without an older one.
    create(&mut su, env!("CARGO_PKG_VERSION"));
    assert_eq!(not_served(&mut su), [""; 0]);
    a_principals_life(&mut su);
    assert_eq!(differences(&fresh, &contents(&mut su)), [""; 0]);
}

/// An older version without one function, and upgrades that bring it: a right one, and some that
/// forget something.
fn what_an_upgrade_forgets_is_seen(c: &Context<'_>) {
    let present = env!("CARGO_PKG_VERSION");
    let name = format!("pg{}-upgrades", c.major());
    let installation =
        Installation::copy_apart(c.sandbox, c.major(), &format!("{}-with-upgrades", c.major()))
            .unwrap();
    let folder = installation.extensions();
    let install = fs::read_to_string(folder.join(format!("pg_kerbrole--{present}.sql"))).unwrap();
    let mut su = c.superuser();
    let [create_function, comment, revoke, grant] =
        function_as_statements(&mut su, "kerb_case_audit");
    let right = [&*create_function, &comment, &revoke, &grant].join("\n");
    let without = |statement: &str| right.replace(statement, "");
    let drop = "DROP FUNCTION kerb_case_audit();\n";
    // CREATE EXTENSION would notice by itself that the library lacks a function; where the library
    // alone is replaced, nobody does.
    let gone = format!(
        "{drop}CREATE FUNCTION kerb_gone() RETURNS text LANGUAGE c AS 'MODULE_PATHNAME', \
         'kerb_canonicalize_wrapper';\n\
         UPDATE pg_proc SET prosrc = 'kerb_gone_wrapper' WHERE proname = 'kerb_gone';\n"
    );
    // Name, the older version's last lines, the upgrade, and what has to be reported.
    let upgrades: &[(&str, &str, String, &[&str])] = &[
        ("right", drop, right.clone(), &[]),
        ("empty", drop, String::new(), &["function public.kerb_case_audit() is missing"]),
        ("comment", drop, without(&comment), &["function public.kerb_case_audit() differs"]),
        ("public", drop, without(&revoke), &["function public.kerb_case_audit() differs"]),
        ("grant", drop, without(&grant), &["function public.kerb_case_audit() differs"]),
        (
            "path",
            drop,
            right.replace(" SET search_path TO 'pg_catalog', 'pg_temp'\n", ""),
            &["function public.kerb_case_audit() differs"],
        ),
        (
            "body",
            drop,
            right.replace("kerb_case_audit_wrapper", "kerb_conflicts_wrapper"),
            &["function public.kerb_case_audit() differs"],
        ),
        (
            "view",
            "COMMENT ON VIEW kerb_principals IS 'old'; ALTER VIEW kerb_principals SET \
             (security_barrier);\n",
            "COMMENT ON VIEW kerb_principals IS 'new';".into(),
            &["view public.kerb_principals differs"],
        ),
        (
            "domain",
            "COMMENT ON DOMAIN kerb_groups IS 'old';\n",
            String::new(),
            &["type public.kerb_groups differs"],
        ),
        ("left", &gone, right.clone(), &["function public.kerb_gone() is not in a fresh one"]),
        (
            "table",
            "",
            "CREATE TABLE kerb_left (a int);".into(),
            &["table public.kerb_left is not in a fresh one"],
        ),
    ];
    for (version, end, upgrade, _) in upgrades {
        let write = |name: String, text: &str| fs::write(folder.join(name), text).unwrap();
        write(format!("pg_kerbrole--{version}.sql"), &format!("{install}\n{end}"));
        write(format!("pg_kerbrole--{version}--{present}.sql"), upgrade);
    }

    let server =
        OwnServer(Server::start(c.sandbox, Arc::new(installation), c.kdc, &name, &[]).unwrap());
    server.0.run_script("rds_roles.sql", "postgres", &[]).unwrap();
    let mut su = Session::open(&server.0, SUPERUSER, "postgres").unwrap();
    su.run("CREATE EXTENSION pg_kerbrole");
    let fresh = contents(&mut su);
    for (version, end, _, reported) in upgrades {
        create(&mut su, version);
        let unserved: &[&str] = if *end == gone { &["kerb_gone()"] } else { &[] };
        assert_eq!(not_served(&mut su), unserved, "{version}");
        su.run("ALTER EXTENSION pg_kerbrole UPDATE");
        let heads: Vec<_> =
            differences(&fresh, &contents(&mut su)).into_iter().map(|d| head(&d)).collect();
        assert_eq!(heads, *reported, "{version}");
    }
}

fn head(difference: &str) -> String {
    difference.split(':').next().unwrap_or_default().into()
}

fn create(su: &mut Session, version: &str) {
    su.run(&format!(
        "DROP EXTENSION IF EXISTS pg_kerbrole; CREATE EXTENSION pg_kerbrole VERSION '{version}'"
    ));
}

/// The functions that the library does not have, or that end in an error which is no answer.
fn not_served(su: &mut Session) -> Vec<String> {
    let calls = su.rows(
        "SELECT f.oid::regprocedure, format('SELECT * FROM %s(%s)', f.oid::regproc, \
             (SELECT string_agg('NULL::' || format_type(t, NULL), ', ' ORDER BY n) FROM \
             unnest(proargtypes) WITH ORDINALITY AS a (t, n))) \
         FROM pg_proc f JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid \
         AND d.deptype = 'e' \
         JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid \
         WHERE e.extname = 'pg_kerbrole' ORDER BY 1",
    );
    assert!(calls.len() >= 13, "{calls:?}");
    let mut failing = Vec::new();
    for call in calls {
        su.run("BEGIN");
        // Nothing is asked of nobody: an answer, or a refusal of the arguments.
        let served =
            su.try_rows(&call[1]).map_or_else(|error| error.code().code() == "22023", |_| true);
        su.run("ROLLBACK");
        if !served {
            failing.push(call[0].clone());
        }
    }
    failing
}

/// Arguments arrive where they should, and results as they are declared. These functions are in
/// every version.
fn a_principals_life(su: &mut Session) {
    su.run("BEGIN; CREATE ROLE team");
    for (call, result) in [
        ("kerb_canonicalize('alice', 'corp.example.com')", "alice@CORP.EXAMPLE.COM"),
        (
            "kerb_add_principal('alice', 'corp.example.com', '{team}', true)",
            "alice@CORP.EXAMPLE.COM",
        ),
        (
            "(SELECT action FROM kerb_add_principals('{alice@corp.example.com}', '{}', true))",
            "unchanged",
        ),
        ("(SELECT groups FROM kerb_list_principals())", "{team}"),
        ("(SELECT groups FROM kerb_principals)", "{team}"),
        (
            "(SELECT iam_path FROM kerb_preview_grant('rds_iam', 'team'))",
            "{alice@CORP.EXAMPLE.COM,team,rds_iam}",
        ),
        (
            "(SELECT ok FROM kerb_check_principal('alice', 'corp.example.com') WHERE check_name = \
             'role_exists')",
            "t",
        ),
        ("kerb_disable_principal('alice', 'corp.example.com', true)", "alice@CORP.EXAMPLE.COM"),
        ("kerb_enable_principal('alice', 'corp.example.com')", "alice@CORP.EXAMPLE.COM"),
        (
            "kerb_rename_principal('alice', 'corp.example.com', 'ally', NULL)",
            "ally@CORP.EXAMPLE.COM",
        ),
        ("(SELECT new_name FROM kerb_rename_realm('corp.example.com', 'a.b', false))", "ally@A.B"),
        (
            "(SELECT action FROM kerb_sync_principals('{ally@a.b,new@a.b}', 'keep', false))",
            "create",
        ),
        ("(SELECT count(*) FROM kerb_conflicts())", "0"),
        ("(SELECT count(*) FROM kerb_case_audit())", "0"),
        ("kerb_drop_principal('ally', 'a.b', false, 'team')", "ally@A.B"),
    ] {
        assert_eq!(su.one(&format!("SELECT {call}")), result, "{call}");
    }
    su.run("ROLLBACK");
}

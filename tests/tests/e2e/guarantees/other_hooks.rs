//! The guard beside another library that watches statements, in either order: pgaudit on 15, which
//! a Debian carries for the servers here, pg_stat_statements on the others.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use kerbrole_tests::postgres_server::SUPERUSER;
use kerbrole_tests::sandbox::{lossy, run};
use kerbrole_tests::version::{Installation, workspace};

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: both_see_every_statement_in_either_order;
}

fn both_see_every_statement_in_either_order(c: &Context<'_>) {
    let pgaudit = if c.major() == 15 { pgaudit() } else { String::new() };
    let installation = if pgaudit.is_empty() {
        c.server.installation()
    } else {
        let own = Installation::copy_apart(c.sandbox, c.major(), "pgaudit").unwrap();
        own.add(Path::new(&pgaudit)).unwrap();
        Arc::new(own)
    };
    let other = if pgaudit.is_empty() { "pg_stat_statements" } else { "pgaudit" };
    for (name, order) in [
        ("hook-first", format!("{other},pg_kerbrole")),
        ("hook-last", format!("pg_kerbrole,{other}")),
    ] {
        let mut settings =
            vec![format!("shared_preload_libraries = '{order}'"), "kerbrole.guard = on".into()];
        if other == "pgaudit" {
            settings.extend(["pgaudit.log = 'role'".into(), "log_min_messages = log".into()]);
        } else {
            settings.push("pg_stat_statements.track = 'all'".into());
        }
        let server = c.own_server_of(
            installation.clone(),
            name,
            &settings.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let mut su = Session::open(&server.0, SUPERUSER, "postgres").unwrap();
        su.run(&format!(
            "CREATE EXTENSION {other}; CREATE EXTENSION pg_kerbrole; CREATE ROLE cloud \
            IN ROLE rds_iam"
        ));
        assert_eq!(su.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");
        let error = su.error("GRANT cloud TO \"alice@A.B\"");
        assert_eq!(error.code().code(), "0LP01", "{order}");
        assert_eq!(su.code("DO 'BEGIN GRANT cloud TO \"alice@A.B\"; END'"), "0LP01", "{order}");
        assert_eq!(su.code("GRANT nobody TO cloud"), "42704", "{order}");
        su.run("GRANT pg_monitor TO cloud");
        // What the function ran, and what was typed.
        for statement in
            ["CREATE ROLE \"alice@A.B\" LOGIN IN ROLE \"rds_ad\"", "GRANT pg_monitor TO cloud"]
        {
            let seen = if other == "pgaudit" {
                // pgaudit writes CSV, where a field with quotes is quoted and they are doubled.
                let quoted = format!("\"{}\"", statement.replace('"', "\"\""));
                let field = if statement.contains('"') { &quoted } else { statement };
                server.0.log_text().contains(&format!(",{field},"))
            } else {
                su.column("SELECT query FROM pg_stat_statements")
                    .iter()
                    .any(|query| query == statement)
            };
            assert!(seen, "{order}: {statement} was not seen");
        }
    }
}

/// Where pgaudit is, or nothing where no Debian is.
fn pgaudit() -> String {
    let folder = run(&mut Command::new(workspace().join("tests/servers/pgaudit"))).unwrap();
    lossy(&folder.stdout).trim_end_matches('\n').into()
}

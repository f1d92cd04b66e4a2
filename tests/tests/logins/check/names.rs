//! Names in files and of databases: quotes, other files, bytes that are no ASCII.

use kerbrole_tests::postgres_server::HBA;
use kerbrole_tests::psql::psql_with_ticket;
use kerbrole_tests::report::{Key, Said};
use kerbrole_tests::sandbox::{lossy, output, wait_until};

use super::set_ups::STOPPED;
use super::{Scene, said};
use crate::fixture::{Context, REALM, Session};
use crate::{CHECK, REPORT};

/// What stands in quotes there is no group either.
pub(super) fn words_of_other_files(c: &Context<'_>, scene: &mut Scene<'_>) {
    let role = format!("listed@{REALM}");
    let ticket = c.kdc.ticket_of("listed").unwrap();
    scene.su.run(&format!("CREATE USER \"{role}\" IN ROLE rds_ad"));
    for (what, people, more, wrong) in [
        ("a group in a file", "+rds_ad", "", &[][..]),
        ("a group in a file, in quotes", "\"+rds_ad\"", "", STOPPED),
        ("a group in a file of a file", "somebody @more", "+rds_ad", &[]),
        ("all in a file of a file, in quotes", "somebody @more", "\"all\"", STOPPED),
    ] {
        scene.server.write("people", people).unwrap();
        scene.server.write("more", more).unwrap();
        scene.hba("host all @people all gss", "");
        scene.compare(what, "listed", &ticket, wrong);
    }
    scene.hba("host all all all gss\nhost all all all no-such-method", "");
    assert_eq!(
        scene.said("listed"),
        said(&[], STOPPED),
        "a file that the server refuses is not in force"
    );
    scene.hba(HBA, "");
    scene.su.wait_for_no_sessions(&role);
    scene.clean_up();
}

/// Names of databases are bytes.
pub(super) fn databases_of_other_names_and_encodings(c: &Context<'_>) {
    let own = c.own_server("names", &[]);
    let mut su = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
    let rows = REPORT.evidence(CHECK, &own.0, c.caseins, "hand");
    let role = format!("abroad@{REALM}");
    let ticket = c.kdc.ticket_of("abroad").unwrap();
    su.run(&format!("CREATE USER \"{role}\" IN ROLE rds_ad"));
    let hba = |lines: &str, su: &mut Session| {
        own.0.write("pg_hba.conf", &format!("local all all trust\n{lines}\n")).unwrap();
        let before = su.one("SELECT clock_timestamp()");
        su.run("SELECT pg_reload_conf()");
        let is_loaded = || {
            let mut new = Session::open(&own.0, "rdsadmin", "postgres").unwrap();
            new.one(&format!("SELECT pg_conf_load_time() >= '{before}'")) == "t"
        };
        wait_until(is_loaded).unwrap();
    };
    let asked = |what: &str, which: &str| {
        format!("SELECT {what} FROM kerb_check_principal('abroad', '{REALM}') WHERE {which}")
    };
    for (encoding, name) in
        [("UTF8", "données"), ("LATIN1", "données en latin1"), ("SQL_ASCII", "données quelconques")]
    {
        su.run(&format!(
            "CREATE DATABASE \"{name}\" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        ));
        let mut there = Session::open(&own.0, "rdsadmin", name).unwrap();
        there.run("CREATE EXTENSION pg_kerbrole");
        for (what, lines, wrong) in [
            ("by its name", format!("host \"{name}\" all all gss"), &[][..]),
            ("by another name", "host \"donnees\" all all gss".into(), STOPPED),
        ] {
            hba(&lines, &mut su);
            let not_ok = there.column(&asked("check_name", "NOT ok"));
            let seen = Said { not_ok, unknown: there.column(&asked("check_name", "ok IS NULL")) };
            rows.checked(
                &format!("a database of encoding {encoding} that is not called in ASCII, {what}"),
                Key::Ticket(&ticket, &role),
                &role,
                name,
                (&seen, &said(wrong, &[])),
                wrong.is_empty(),
            );
        }
        // What is shown as the fix works there as well.
        hba(HBA, &mut su);
        su.run(&format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT 0"));
        let fix = there.one(&asked("fix", "NOT ok"));
        there.run(&fix);
        let limit = "SELECT datconnlimit FROM pg_database WHERE datname = current_database()";
        assert_eq!(there.one(limit), "-1", "{name}");
        // By a client that names no encoding.
        if encoding == "LATIN1" {
            su.run(&format!("ALTER ROLE \"{role}\" SET client_encoding = 'SJIS'"));
            assert_eq!(there.column(&asked("check_name", "ok IS NULL")), ["client_encoding"]);
            let mut psql = psql_with_ticket(&own.0, &ticket, &role, name);
            psql.env_remove("PGCLIENTENCODING").args(["-c", "SELECT 1"]);
            let refused = output(&mut psql).unwrap();
            assert!(
                !refused.status.success()
                    && lossy(&refused.stderr).contains("conversion between SJIS and LATIN1")
            );
            su.run(&format!("ALTER ROLE \"{role}\" RESET client_encoding"));
        }
    }
}

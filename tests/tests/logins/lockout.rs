//! The administrator who makes principals, and by that may lose the way in: since PostgreSQL 16
//! whoever creates a role becomes a member of it, and so of rds_ad, for which pg_hba.conf wants a
//! ticket.

use kerbrole_client::ErrorKind;
use kerbrole_tests::admin::Admin;
use kerbrole_tests::report::{Evidence, Expected, Key};

use crate::fixture::Context;
use crate::{DBA_BY_CRATE, DBA_BY_EXTENSION, DBA_BY_HAND, REPORT, cases, evidence};

cases! {
    EachVersion: by_statements_typed_by_hand, through_the_extension;
    Bare: by_plain_statements;
}

const DBA: &str = "dba";
const PASSWORD: &str = "correct horse";

/// A database administrator who logs in with a password.
fn make_dba(c: &Context<'_>) {
    c.superuser().run(&format!(
        "CREATE ROLE {DBA} LOGIN CREATEROLE PASSWORD '{PASSWORD}' IN ROLE rds_superuser"
    ));
}

fn log_in(rows: &Evidence<'_>, who: &str, expected: Expected) {
    rows.login(who, Key::Password(PASSWORD), DBA, expected);
}

/// What creating does to the way in.
fn since_16(c: &Context<'_>, expected: Expected) -> Expected {
    if c.nests_creators() { expected } else { Expected::LogsIn }
}

fn by_statements_typed_by_hand(c: &Context<'_>) {
    make_dba(c);
    let rows = REPORT.evidence(DBA_BY_HAND, c.server, c.caseins, "hand");
    let mut su = c.superuser();
    log_in(&rows, "an administrator, before", Expected::LogsIn);
    c.connect(DBA).run("CREATE USER \"hal@CORP.EXAMPLE.COM\" WITH LOGIN");
    log_in(&rows, "the administrator, after CREATE USER", Expected::LogsIn);
    // On RDS a member of rds_superuser may grant it; by stock rules somebody has to who has ADMIN
    // on it.
    su.run("GRANT rds_ad TO \"hal@CORP.EXAMPLE.COM\"");
    log_in(
        &rows,
        "the administrator, after GRANT rds_ad TO the user that was created",
        since_16(c, Expected::TicketWanted),
    );
    su.run(&format!("REVOKE \"hal@CORP.EXAMPLE.COM\" FROM {DBA}"));
    log_in(
        &rows,
        "the administrator, after a superuser revoked that user from them",
        Expected::LogsIn,
    );
    su.run(&format!("GRANT rds_ad TO {DBA} WITH ADMIN OPTION"));
    log_in(&rows, "an administrator with ADMIN on rds_ad", Expected::TicketWanted);
}

fn through_the_extension(c: &Context<'_>) {
    make_dba(c);
    let admin = Admin::connect(c.server, c.backend(), DBA);
    let rows = evidence(c, &admin, DBA_BY_EXTENSION);
    log_in(&rows, "an administrator, before", Expected::LogsIn);
    admin.add("hal@corp.example.com");
    admin.add("ida@corp.example.com");
    log_in(&rows, "the administrator, after kerb_add_principal", Expected::LogsIn);
    admin.rename("ida@corp.example.com", "ines");
    admin.disable("hal@corp.example.com", false);
    admin.drop("ines@corp.example.com");
    log_in(&rows, "the administrator, after renaming, disabling and dropping", Expected::LogsIn);
}

fn by_plain_statements(c: &Context<'_>) {
    make_dba(c);
    let admin = Admin::connect(c.server, c.backend(), DBA);
    let rows = evidence(c, &admin, DBA_BY_CRATE);
    let mut su = c.superuser();
    log_in(&rows, "an administrator, before", Expected::LogsIn);
    if !c.nests_creators() {
        admin.add("hal@corp.example.com");
        log_in(&rows, "the administrator, after adding a principal", Expected::LogsIn);
        return;
    }
    let add = async |k: &kerbrole_client::Kerbrole<'_, _>| {
        k.add_principal("hal@corp.example.com", None, &kerbrole_client::AddOptions::new()).await
    };
    let error = admin.with(false, add).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldNest, "{error:?}");
    assert!(error.detail().unwrap().contains("no password would let it in"), "{error:?}");
    log_in(&rows, "the administrator, whom the crate refused to nest", Expected::LogsIn);

    // The first advice: another role creates, that nobody logs in as with a password.
    assert!(error.hint().unwrap().contains("create principals as another role"), "{error:?}");
    su.run(
        "CREATE ROLE provisioner LOGIN CREATEROLE; GRANT rds_ad TO provisioner WITH ADMIN OPTION",
    );
    let other = Admin::connect(c.server, c.backend(), "provisioner");
    let role = other.add("hal@corp.example.com");
    log_in(&rows, "the administrator, when another role adds the principals", Expected::LogsIn);
    let ticket = c.kdc.ticket_of("hal").unwrap();
    rows.login("hal, whom that role added", Key::Ticket(&ticket, &role), &role, Expected::LogsIn);

    // The second: accept it, and let a superuser undo it.
    assert!(error.hint().unwrap().contains("Kerbrole::plan_end_nesting"), "{error:?}");
    // As on RDS, where members of rds_superuser may grant rds_ad; by stock rules that right would
    // itself be a membership.
    c.connect(DBA).run("CREATE USER \"ida@CORP.EXAMPLE.COM\" WITH LOGIN");
    su.run("GRANT rds_ad TO \"ida@CORP.EXAMPLE.COM\"");
    log_in(&rows, "an administrator who is nested", Expected::TicketWanted);
    let statements = admin.with(true, async |k| k.plan_end_nesting().await).unwrap().statements;
    assert!(!statements.is_empty());
    for statement in statements {
        su.run(&statement.script());
    }
    log_in(
        &rows,
        "the administrator, after the statements of plan_end_nesting()",
        Expected::LogsIn,
    );
    a_right_to_grant_nests_by_itself(c, &admin, &rows);
}

/// By stock rules whoever may grant rds_ad is a member of it: what adding made of them is not all
/// that keeps a password out.
fn a_right_to_grant_nests_by_itself(c: &Context<'_>, admin: &Admin, rows: &Evidence<'_>) {
    let mut su = c.superuser();
    su.run(&format!("GRANT rds_ad TO {DBA} WITH ADMIN OPTION"));
    let role = admin.add("jon@corp.example.com");
    let ticket = c.kdc.ticket_of("jon").unwrap();
    rows.login(
        "jon, added with accept_nesting",
        Key::Ticket(&ticket, &role),
        &role,
        Expected::LogsIn,
    );
    log_in(rows, "the administrator with ADMIN on rds_ad, who added him", Expected::TicketWanted);
    for statement in admin.with(true, async |k| k.plan_end_nesting().await).unwrap().statements {
        su.run(&statement.script());
    }
    log_in(
        rows,
        "the administrator, after the statements of plan_end_nesting(), still with ADMIN on rds_ad",
        Expected::TicketWanted,
    );
    // What they granted goes with the right that they granted it by, unless somebody else grants it
    // as well.
    su.run(&format!(
        "GRANT rds_ad TO \"{role}\" GRANTED BY rdsadmin; REVOKE rds_ad FROM {DBA} CASCADE"
    ));
    log_in(rows, "the administrator, after REVOKE rds_ad … CASCADE", Expected::LogsIn);
    rows.login(
        "jon, whom a superuser granted rds_ad as well",
        Key::Ticket(&ticket, &role),
        &role,
        Expected::LogsIn,
    );
}

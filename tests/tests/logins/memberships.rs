//! What memberships do to logins: `+rds_ad` and `+rds_iam` in pg_hba.conf follow every edge.

use kerbrole_tests::report::{Expected, Key};

use crate::MEMBERSHIPS;
use crate::cases;
use crate::fixture::Context;
use crate::{administrator, evidence};

cases! {
    EitherWay: nested_memberships;
}

const DORA: &str = "dora@CORP.EXAMPLE.COM";

fn nested_memberships(c: &Context<'_>) {
    let admin = administrator(c);
    let rows = evidence(c, &admin, MEMBERSHIPS);
    let mut su = c.superuser();
    let ticket = c.kdc.ticket_of("dora").unwrap();
    let dora = Key::Ticket(&ticket, DORA);

    su.run("CREATE ROLE team; GRANT team TO rds_master WITH ADMIN OPTION");
    admin.add_in(DORA, "team");
    rows.login("dora, in rds_ad and a group", dora, DORA, Expected::LogsIn);

    // The group in rds_iam is what somebody else did, who knows nothing of dora.
    su.run("CREATE ROLE cloud IN ROLE rds_iam; CREATE ROLE apps IN ROLE cloud; GRANT apps TO team");
    rows.login("dora, whose group was put below rds_iam", dora, DORA, Expected::SentToIam);
    let fixes = admin.fixes();
    assert!(!fixes.is_empty());
    for fix in fixes {
        su.run(&fix);
    }
    rows.login("dora, after the REVOKE that the conflict came with", dora, DORA, Expected::LogsIn);

    // Who is meant for that method gets in by it; here it is a password in clear text, on RDS a
    // token.
    su.run("CREATE USER ivan PASSWORD 'a token' IN ROLE apps");
    rows.login("ivan, below rds_iam only", Key::Password("a token"), "ivan", Expected::LogsIn);

    su.run("GRANT rds_iam TO rds_ad");
    rows.login("dora, after GRANT rds_iam TO rds_ad", dora, DORA, Expected::SentToIam);
    for fix in admin.fixes() {
        su.run(&fix);
    }
    rows.login("dora, after the REVOKE for that one", dora, DORA, Expected::LogsIn);

    su.wait_for_no_sessions(DORA);
    su.run(&format!("REVOKE rds_ad FROM \"{DORA}\""));
    for grantor in su.column(&format!(
        "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.grantor WHERE \
         m.roleid = 'rds_ad'::regrole AND m.member = '\"{DORA}\"'::regrole"
    )) {
        su.run(&format!("REVOKE rds_ad FROM \"{DORA}\" GRANTED BY {grantor}"));
    }
    rows.login("dora, not in rds_ad any more", dora, DORA, Expected::NoPassword);
    su.run(&format!(
        "CREATE ROLE staff IN ROLE rds_ad; CREATE ROLE office IN ROLE staff; GRANT \
        office TO \"{DORA}\""
    ));
    rows.login("dora, nested in rds_ad three deep", dora, DORA, Expected::LogsIn);
    if c.nests_creators() {
        su.run("GRANT rds_ad TO staff WITH INHERIT FALSE; GRANT rds_ad TO staff WITH SET FALSE");
    } else {
        su.run("ALTER ROLE staff NOINHERIT");
    }
    rows.login(
        "dora, by memberships that give neither INHERIT nor SET",
        dora,
        DORA,
        Expected::LogsIn,
    );
    su.wait_for_no_sessions(DORA);
    admin.add_if_missing(DORA);
    rows.login(
        "dora, added if missing, and so in rds_ad by herself again",
        dora,
        DORA,
        Expected::LogsIn,
    );
}

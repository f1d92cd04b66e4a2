//! Whoever may create roles makes a chain of groups as long as it likes, and has the rule go along
//! it.

use crate::cases;
use crate::fixture::{Context, Session};
use crate::guarantees::bounds::peak;

cases! {
    GuardedEnds: a_chain_of_a_hundred_thousand_groups_is_refused_and_no_backend_ends;
}

/// More than ended a backend, and with it the cluster, when the rule went along them on the stack.
const DEEP: u32 = 100_000;

/// As much as a backend may have that goes along the chain, or shows all of it, in kB.
const MEMORY: u64 = 200 * 1024;

/// A principal is a member of r1, r1 of r2, and so on. What CREATE ROLE and GRANT write is written
/// here as they write it: 200,000 statements would take minutes.
fn make_chain(c: &Context<'_>, su: &mut Session) {
    let last = DEEP - 1;
    su.run(&format!(
        "SET allow_system_table_mods = on; \
         CREATE TEMP TABLE chain AS SELECT i, pg_nextoid('pg_authid', 'oid', \
         'pg_authid_oid_index') AS oid FROM generate_series(0, {last}) i; \
         INSERT INTO pg_authid (oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, \
         rolcanlogin, rolreplication, rolbypassrls, rolconnlimit) \
         SELECT oid, CASE i WHEN 0 THEN 'ann@A.B' ELSE 'r' || i END, false, true, false, false, i \
         = 0, false, false, -1 FROM chain"
    ));
    let (columns, values) = if c.nests_creators() {
        (
            ", oid, inherit_option, set_option",
            ", pg_nextoid('pg_auth_members', 'oid', 'pg_auth_members_oid_index'), true, true",
        )
    } else {
        ("", "")
    };
    su.run(&format!(
        "INSERT INTO pg_auth_members (roleid, member, grantor, admin_option{columns}) SELECT \
         up.oid, down.oid, 10, false{values} \
         FROM chain up JOIN chain down ON up.i = down.i + 1"
    ));
}

fn take_chain_away(su: &mut Session) {
    su.run(
        "DELETE FROM pg_auth_members WHERE member IN (SELECT oid FROM chain); \
         DELETE FROM pg_authid WHERE oid IN (SELECT oid FROM chain); DROP TABLE chain",
    );
}

fn a_chain_of_a_hundred_thousand_groups_is_refused_and_no_backend_ends(c: &Context<'_>) {
    let mut su = c.superuser();
    let before = su.one("SELECT pg_postmaster_start_time()");
    make_chain(c, &mut su);
    let last = DEEP - 1;
    let mut fresh = c.superuser();
    fresh.run(&format!("GRANT rds_ad TO r{last}"));
    // Statements and functions, each of which makes a role of everything on the chain a member of
    // both.
    let error = fresh.error(&format!("GRANT rds_iam TO r{last}"));
    assert_eq!(error.code().code(), "0LP01");
    let detail = error.detail().unwrap();
    assert!(detail.contains(&format!("{last} more roles are concerned")), "{detail}");
    // A path of a hundred thousand roles is shown by both its ends.
    assert!(detail.contains(&format!("\"... {} more ...\"", DEEP + 1 - 49)), "{detail}");
    for statement in [
        format!("ALTER GROUP rds_iam ADD USER r{last}"),
        format!("CREATE ROLE x IN ROLE rds_iam ROLE r{last}"),
        "SELECT kerb_add_principal('bob@a.b', groups => '{r1,rds_iam}')".into(),
        "SELECT kerb_add_principal('ann@a.b', groups => '{rds_iam}', if_not_exists => true)".into(),
        "SELECT count(*) FROM kerb_add_principals('{bob@a.b,cyd@a.b}', groups => '{r1,rds_iam}')"
            .into(),
    ] {
        assert_eq!(fresh.code(&statement), "0LP01", "{statement}");
    }
    // What goes along it and has nothing to refuse. (A GRANT of r1 would keep the server itself
    // busy for minutes, by its own look for circles.)
    let by = fresh.one(
        "SELECT detail FROM kerb_check_principal('ann@a.b') WHERE check_name = 'rds_ad' AND ok",
    );
    assert!(by.contains(" more ..."), "{by}");
    assert_eq!(fresh.one("SELECT cardinality(ad_path) FROM kerb_principals"), "50");
    for call in ["kerb_case_audit()", "kerb_sync_principals('{ann@a.b}', absent => 'drop')"] {
        assert_eq!(fresh.one(&format!("SELECT count(*) FROM {call}")), "0", "{call}");
    }
    assert!(peak(&mut fresh) < MEMORY, "{} kB", peak(&mut fresh));
    // As many rows as roles, each with two paths.
    let rows = DEEP.to_string();
    let mut preview = c.superuser();
    assert_eq!(
        preview
            .one(&format!("SELECT count(iam_path) FROM kerb_preview_grant('rds_iam', 'r{last}')")),
        rows
    );
    assert!(peak(&mut preview) < MEMORY, "{} kB", peak(&mut preview));
    c.set_guard(&mut su, "off");
    su.run(&format!("GRANT rds_iam TO r{last}"));
    let mut audit = c.superuser();
    let all = "SELECT count(*), max(cardinality(ad_path)), max(cardinality(iam_path)), \
        count(DISTINCT fix) FROM kerb_conflicts()";
    assert_eq!(audit.rows(all), [[rows, "50".into(), "50".into(), "1".into()]]);
    println!(
        "PostgreSQL {}: {} kB for all conflicts, {} kB for a preview",
        c.major(),
        peak(&mut audit),
        peak(&mut preview)
    );
    assert!(peak(&mut audit) < MEMORY, "{} kB", peak(&mut audit));
    su.run(&format!("REVOKE rds_iam FROM r{last}"));
    c.set_guard(&mut su, "on");
    // The cluster is the same one, and the work goes on.
    assert_eq!(su.one("SELECT pg_postmaster_start_time()"), before);
    su.run(&format!("REVOKE rds_ad FROM r{last}; GRANT rds_iam TO r{last}"));
    assert_eq!(su.one("SELECT count(*) FROM kerb_conflicts()"), "0");
    su.run(&format!("REVOKE rds_iam FROM r{last}"));
    take_chain_away(&mut su);
}

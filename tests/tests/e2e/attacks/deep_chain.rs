//! Whoever may create roles makes a chain of groups as long as it likes, and has the rule go along it.

use crate::cases;
use crate::world::Context;

cases! {
    Guarded: a_chain_of_sixty_thousand_groups_is_refused_and_no_backend_ends;
}

/// As many as ended a backend, and with it the cluster, when the rule went along them on the stack.
const DEEP: u32 = 60_000;

fn a_chain_of_sixty_thousand_groups_is_refused_and_no_backend_ends(c: &Context<'_>) {
    let mut su = c.superuser();
    let before = su.one("SELECT pg_postmaster_start_time()");
    // Upwards: the server looks for circles from the role that is granted, and there is nothing above it yet.
    c.set_guard(&mut su, "off");
    for from in (0..DEEP).step_by(5000) {
        su.run(&format!(
            "DO $$ BEGIN FOR i IN {from}..{to} LOOP EXECUTE format('CREATE ROLE r%s', i); \
             IF i > 0 THEN EXECUTE format('GRANT r%s TO r%s', i, i - 1); END IF; END LOOP; END $$",
            to = from + 4999
        ));
    }
    let last = DEEP - 1;
    su.run(&format!("GRANT rds_ad TO r{last}"));
    c.set_guard(&mut su, "on");
    let error = su.error(&format!("GRANT rds_iam TO r{last}"));
    assert_eq!(error.code().code(), "0LP01");
    assert!(
        error.detail().unwrap().contains(&format!("{} more roles are concerned", DEEP - 1)),
        "{:?}",
        error.detail()
    );
    assert_eq!(su.code(&format!("SELECT kerb_add_principal('ann@a.b', groups => '{{r{last},rds_iam}}')")), "0LP01");
    // A path of sixty thousand roles is shown by both its ends.
    assert!(error.detail().unwrap().contains(&format!("\"... {} more ...\"", DEEP + 1 - 49)), "{:?}", error.detail());
    // Everybody in both, by force: as many rows, each with two paths.
    c.set_guard(&mut su, "off");
    su.run(&format!("GRANT rds_iam TO r{last}"));
    let mut audit = c.superuser();
    let pid = audit.one("SELECT pg_backend_pid()");
    let rows = "SELECT count(*), max(cardinality(ad_path)), max(cardinality(iam_path)), count(DISTINCT fix) FROM kerb_conflicts()";
    assert_eq!(audit.rows(rows), [[DEEP.to_string(), "50".into(), "50".into(), "1".into()]]);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    assert!(peak.parse::<u64>().unwrap() < 200 * 1024, "{peak} kB");
    su.run(&format!("REVOKE rds_iam FROM r{last}"));
    c.set_guard(&mut su, "on");
    // The cluster is the same one, and the work goes on.
    assert_eq!(su.one("SELECT pg_postmaster_start_time()"), before);
    su.run(&format!("REVOKE rds_ad FROM r{last}; GRANT rds_iam TO r{last}"));
    assert_eq!(su.one("SELECT count(*) FROM kerb_conflicts()"), "0");
}

//! Many principals in one call, with the server's default settings.

use std::time::Instant;

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: ten_thousand_in_one_call, one_more_looks_at_no_more_roles;
}

fn ten_thousand_in_one_call(c: &Context<'_>) {
    let mut master = c.master();
    let mut times = Vec::new();
    for (prefix, count) in [("a", 1_000), ("b", 10_000)] {
        let start = Instant::now();
        let rows = master.one(&format!(
            "SELECT count(*) FROM kerb_add_principals(ARRAY(SELECT '{prefix}' || i || \
             '@corp.example.com' FROM generate_series(1, {count}) i)) WHERE action = 'created'"
        ));
        times.push(format!("{count} in {:.2} s", start.elapsed().as_secs_f64()));
        assert_eq!(rows, count.to_string());
    }
    assert_eq!(
        master.one(
            "SELECT count(*) FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid \
            WHERE m.roleid = 'rds_ad'::regrole AND r.rolcanlogin"
        ),
        "11000"
    );
    assert_eq!(master.one("SELECT pg_has_role('rds_ad', 'MEMBER')"), "f");
    println!("PostgreSQL {}: {}", c.major(), times.join(", "));
}

/// Whether somebody is of a realm already is not asked of every role that there is.
fn one_more_looks_at_no_more_roles(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut pages = |principal: &str| -> u32 {
        let mut explain = |principal: &str| {
            su.one(&format!(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT kerb_add_principal('{principal}')"
            ))
        };
        // Once before it counts, so that what a session reads once is read.
        explain(&format!("first{principal}"));
        let plan = explain(principal);
        let of = |what: &str| -> u32 {
            let number = plan.split_once(&format!("\"{what}\": ")).unwrap().1;
            number.split([',', '\n']).next().unwrap().trim().parse().unwrap()
        };
        of("Shared Hit Blocks") + of("Shared Read Blocks")
    };
    let few = pages("a@corp.example.com");
    // In portions: each role is a lock until the transaction ends.
    c.superuser().run(
        "DO $$ BEGIN FOR i IN 1..20000 LOOP EXECUTE format('CREATE ROLE %I', 'plain' || i); \
         IF i % 2000 = 0 THEN COMMIT; END IF; END LOOP; END $$",
    );
    // Those of this realm come behind all the others.
    let many = pages("b@onprem.com");
    // Its pages; one or two more is how much deeper the indexes are.
    let roles = "SELECT pg_relation_size('pg_authid') / current_setting('block_size')::int";
    let roles: u32 = c.superuser().one(roles).parse().unwrap();
    assert!(roles > 200, "{roles}");
    println!("PostgreSQL {}: {few} pages, {many} of {roles} beside many roles", c.major());
    assert!(many < few + roles / 4, "{many} pages, and {few} among few roles: of {roles}");
}

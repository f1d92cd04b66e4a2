//! Many principals in one call, with the server's default settings.

use std::time::Instant;

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: ten_thousand_in_one_call;
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

//! Attack, or a slip: whoever was disabled comes back by being added again, once its way into
//! rds_ad is gone.

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: adding_again_opens_nobody, a_list_opens_nobody_unless_it_says_who_may_log_in;
    InPlpgsql: adding_again_opens_nobody, a_list_opens_nobody_unless_it_says_who_may_log_in;
}

const SET_UP: &str = "CREATE ROLE adteam IN ROLE rds_ad; CREATE USER \"carl@A.B\" IN ROLE adteam; \
    CREATE USER \"dora@A.B\" IN ROLE rds_ad";
const WAYS_GONE: &str = "REVOKE rds_ad FROM adteam; REVOKE rds_ad FROM \"dora@A.B\"";
const OPEN: &str =
    "SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%' AND rolcanlogin ORDER BY 1";

fn adding_again_opens_nobody(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(SET_UP);
    c.let_change(&mut su);
    for user in ["carl", "dora"] {
        master.run(&format!("SELECT kerb_disable_principal('{user}@a.b')"));
    }
    su.run(WAYS_GONE);
    master.notices();
    assert_eq!(
        master.one("SELECT kerb_add_principal('dora@a.b', if_not_exists => true)"),
        "dora@A.B"
    );
    assert_eq!(
        master.notices(),
        [
            "role \"dora@A.B\" was there before and was not in rds_ad",
            "role \"dora@A.B\" is disabled (NOLOGIN) and stays so"
        ]
    );
    assert_eq!(
        master.rows(
            "SELECT role_name, action FROM kerb_add_principals('{carl@a.b}', if_not_exists => true)"
        ),
        [["carl@A.B", "adopted"]]
    );
    assert_eq!(
        master.notices(),
        [
            "role \"carl@A.B\" was there before and was not in rds_ad",
            "role \"carl@A.B\" is disabled (NOLOGIN) and stays so"
        ]
    );
    assert_eq!(su.column(OPEN), [""; 0]);
    // They are in rds_ad again: enabling them is all that is left to do.
    su.notices();
    su.run("SELECT kerb_enable_principal('carl@a.b')");
    assert_eq!(su.notices(), [""; 0]);
    assert_eq!(su.column(OPEN), ["carl@A.B"]);
}

fn a_list_opens_nobody_unless_it_says_who_may_log_in(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(SET_UP);
    c.let_change(&mut su);
    for user in ["carl", "dora"] {
        master.run(&format!("SELECT kerb_disable_principal('{user}@a.b')"));
    }
    su.run(WAYS_GONE);
    for absent in ["keep", "drop"] {
        master.run(&format!(
            "SELECT * FROM kerb_sync_principals('{{carl@a.b,dora@a.b}}', '{absent}', false)"
        ));
        assert_eq!(su.column(OPEN), [""; 0], "{absent}");
    }
    su.run("SELECT * FROM kerb_sync_principals('{carl@a.b,dora@a.b}', 'disable', false)");
    assert_eq!(su.column(OPEN), ["carl@A.B", "dora@A.B"]);
}

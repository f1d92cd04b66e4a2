//! Which roles their names open to the wrong tickets, or to none; and what a change of
//! krb_caseins_users would do.

use kerbrole_tests::psql::log_in;

use crate::cases;
use crate::fixture::{Context, REALM};

cases! {
    Every: problems_and_fixes, the_fixes_end_the_problems, it_is_so_that_logins_go;
}

const LONG: &str = "a-service-with-quite-a-long-name-indeed-it-is@CORP.EXAMPLE.COM.LONG";

/// A cluster that grew by hand.
fn grown(c: &Context<'_>) {
    c.superuser().run(&format!(
        "SET client_min_messages = error; CREATE USER \"alice@A.B\" IN ROLE rds_ad; CREATE \
         USER \"Bob@A.B\" IN ROLE rds_ad; CREATE USER \"carol@a.b\" IN ROLE rds_ad; \
         CREATE USER \"dan@A.B\" IN ROLE rds_ad; CREATE USER \"Dan@A.B\" IN ROLE rds_ad; CREATE \
         USER \"O'Brien@A.B\" IN ROLE rds_ad; \
         CREATE USER \"{LONG}\" IN ROLE rds_ad; CREATE ROLE \"Eve@A.B\" IN ROLE rds_ad; CREATE \
         USER \"Fay@A.B\"; CREATE USER \"Root@A.B\" SUPERUSER IN ROLE rds_ad; \
         CREATE USER app IN ROLE rds_ad"
    ));
}

fn problems_and_fixes(c: &Context<'_>) {
    grown(c);
    let rows = c.master().rows("SELECT problem, role_names, fix FROM kerb_case_audit()");
    let cut = &LONG[..63];
    let collision =
        ["case_collision", "{Dan@A.B,dan@A.B}", "SELECT kerb_disable_principal('Dan@A.B');"];
    let length_fix = format!("ALTER ROLE \"{cut}\" NOLOGIN;");
    let length_roles = format!("{{{cut}}}");
    let length = ["unreachable_length", &length_roles, &length_fix];
    let of_case = |problem: &'static str| {
        [
            [problem, "{Bob@A.B}", "SELECT kerb_rename_principal('Bob@A.B', NULL, 'bob');"],
            [problem, "{Dan@A.B}", "SELECT kerb_disable_principal('Dan@A.B');"],
            [
                problem,
                "{O'Brien@A.B}",
                "SELECT kerb_rename_principal('O''Brien@A.B', NULL, 'o''brien');",
            ],
            [problem, "{Root@A.B}", "ALTER ROLE \"Root@A.B\" RENAME TO \"root@A.B\";"],
            [problem, "{carol@a.b}", "ALTER ROLE \"carol@a.b\" RENAME TO \"carol@A.B\";"],
        ]
    };
    let unreachable = [
        "unreachable_realm_case",
        "{carol@a.b}",
        "ALTER ROLE \"carol@a.b\" RENAME TO \"carol@A.B\";",
    ];
    let expected: Vec<[&str; 3]> = if c.caseins {
        [vec![collision, length], of_case("closed_by_caseins").to_vec()].concat()
    } else {
        [vec![collision, unreachable, length], of_case("opened_by_caseins").to_vec()].concat()
    };
    assert_eq!(rows, expected);
    assert_eq!(
        c.master().one(
            "SELECT count(*) FROM kerb_case_audit() WHERE detail IS NULL OR length(detail) < 30"
        ),
        "0"
    );
}

fn the_fixes_end_the_problems(c: &Context<'_>) {
    grown(c);
    let mut su = c.superuser();
    for _ in 0..3 {
        let fixes = su.column("SELECT fix FROM kerb_case_audit()");
        let Some(first) = fixes.first() else { break };
        su.run(first);
        for fix in &fixes[1..] {
            // Two findings may be about one role, which the first fix has mended.
            let _mended_already = su.try_rows(fix);
        }
    }
    assert_eq!(su.rows("SELECT * FROM kerb_case_audit()"), [[""; 4]; 0]);
    assert_eq!(
        su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"),
        "10",
        "no role was lost"
    );
}

/// What the audit calls unreachable or a collision is so, with tickets.
fn it_is_so_that_logins_go(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let lower = REALM.to_lowercase();
    su.run(&format!(
        "CREATE USER \"audited@{lower}\" IN ROLE rds_ad; CREATE USER \"twice@{REALM}\" \
        IN ROLE rds_ad; CREATE USER \"Twice@{REALM}\" IN ROLE rds_ad"
    ));
    let opens = |user: &str, role: &str| {
        log_in(c.server, &c.kdc.ticket_of(user).unwrap(), role).unwrap().ok
    };
    let problems = master.column(
        "SELECT problem FROM kerb_case_audit() WHERE role_names = \
        ARRAY['audited@' || lower(role_names[1])] OR role_names[1] LIKE 'audited%'",
    );
    if c.caseins {
        assert_eq!(problems, ["closed_by_caseins"]);
    } else {
        assert_eq!(problems, ["unreachable_realm_case", "opened_by_caseins"]);
    }
    assert_eq!(opens("audited", &format!("audited@{lower}")), c.caseins);
    assert_eq!(
        master.one("SELECT role_names FROM kerb_case_audit() WHERE problem = 'case_collision'"),
        format!("{{Twice@{REALM},twice@{REALM}}}")
    );
    assert!(opens("twice", &format!("twice@{REALM}")));
    assert_eq!(opens("twice", &format!("Twice@{REALM}")), c.caseins, "one ticket, two roles");
}

//! The rule that no role is a member of both rds_ad and rds_iam, and what is said about it.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    EachVersion: nested_one_to_five_deep, a_diamond, edges_without_inherit_or_set,
        the_roles_themselves, adopting_a_role_with_members, groups_that_lead_to_rds_iam,
        conflicts_from_before_do_not_block, the_fix_ends_the_conflict, other_roles_of_the_rule,
        the_same_as_a_recursive_query, several_grantors, memberships_from_creating_a_role,
        a_grant_tried_beforehand;
}

/// Adds alice with the group and expects a refusal that shows this way to rds_iam.
fn refused(c: &Context<'_>, group: &str, iam_path: &str) -> String {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(&format!("GRANT {group} TO rds_master WITH ADMIN OPTION"));
    let before = su.traces();
    let error =
        master.error(&format!("SELECT kerb_add_principal('alice@a.b', groups => '{{{group}}}')"));
    assert_eq!(error.code().code(), "0LP01");
    assert_eq!(error.message(), "role \"alice@A.B\" would be a member of both rds_ad and rds_iam");
    assert_eq!(
        error.detail().unwrap(),
        format!("Path to rds_ad: {{alice@A.B,rds_ad}}. Path to rds_iam: {iam_path}.")
    );
    assert_eq!(su.traces(), before);
    error.hint().unwrap().to_string()
}

/// Runs the REVOKEs of a hint or of the column `fix`.
fn run_fix(su: &mut Session, text: &str) {
    let from = text.find("REVOKE").unwrap_or_else(|| panic!("no REVOKE in {text}"));
    su.run(&text[from..]);
}

fn nested_one_to_five_deep(c: &Context<'_>) {
    let mut su = c.superuser();
    for depth in 1..=5 {
        for level in 1..=depth {
            let above =
                if level == depth { "rds_iam".into() } else { format!("d{depth}_{}", level + 1) };
            su.run(&format!("CREATE ROLE d{depth}_{level}; "));
            if above == "rds_iam" {
                su.run(&format!("GRANT rds_iam TO d{depth}_{level}"));
            }
        }
        for level in 1..depth {
            su.run(&format!("GRANT d{depth}_{} TO d{depth}_{level}", level + 1));
        }
        let chain: Vec<_> = (1..=depth).map(|level| format!("d{depth}_{level}")).collect();
        let hint = refused(c, &chain[0], &format!("{{alice@A.B,{},rds_iam}}", chain.join(",")));
        run_fix(&mut su, &hint);
        let add = format!("SELECT kerb_add_principal('alice@a.b', groups => '{{d{depth}_1}}')");
        assert_eq!(c.master().one(&add), "alice@A.B", "after {hint}");
        su.run("DROP ROLE \"alice@A.B\"");
    }
}

fn a_diamond(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE top IN ROLE rds_iam; CREATE ROLE l IN ROLE top; CREATE ROLE r IN ROLE top; \
        CREATE ROLE bottom IN ROLE l, r",
    );
    let hint = refused(c, "bottom", "{alice@A.B,bottom,l,top,rds_iam}");
    run_fix(&mut su, &hint);
    assert_eq!(
        c.master().one("SELECT kerb_add_principal('alice@a.b', groups => '{bottom}')"),
        "alice@A.B",
        "after {hint}"
    );
}

fn edges_without_inherit_or_set(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE g NOINHERIT");
    if c.major() >= 16 {
        su.run("GRANT rds_iam TO g WITH INHERIT FALSE, SET FALSE");
        su.run("CREATE ROLE h; GRANT g TO h WITH INHERIT FALSE, SET FALSE, ADMIN TRUE");
    } else {
        su.run("GRANT rds_iam TO g; CREATE ROLE h NOINHERIT; GRANT g TO h WITH ADMIN OPTION");
    }
    refused(c, "h", "{alice@A.B,h,g,rds_iam}");
}

fn the_roles_themselves(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run("GRANT rds_iam TO rds_ad");
    let error = master.error("SELECT kerb_add_principal('alice@a.b')");
    assert_eq!(error.code().code(), "0LP01");
    assert_eq!(
        error.detail().unwrap(),
        "Path to rds_ad: {alice@A.B,rds_ad}. Path to rds_iam: {alice@A.B,rds_ad,rds_iam}."
    );
    let fix = master.one("SELECT fix FROM kerb_conflicts()");
    assert_eq!(
        master.rows("SELECT role_name, ad_path, iam_path FROM kerb_conflicts()"),
        [["rds_ad", "{rds_ad}", "{rds_ad,rds_iam}"]]
    );
    assert_eq!(error.hint().unwrap(), format!("Run first: {fix}"));
    su.run(&fix);
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b')"), "alice@A.B");

    su.run("GRANT rds_ad TO rds_iam");
    assert_eq!(
        master.rows("SELECT role_name, ad_path, iam_path FROM kerb_conflicts()"),
        [["rds_iam", "{rds_iam,rds_ad}", "{rds_iam}"]]
    );
    let fix = master.one("SELECT fix FROM kerb_conflicts()");
    su.run(&fix);
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

/// The other direction: rds_ad comes to a role that others are members of.
fn adopting_a_role_with_members(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE \"lead@A.B\"; CREATE ROLE app IN ROLE \"lead@A.B\"; CREATE USER iam_user \
        IN ROLE app, rds_iam",
    );
    let before = su.traces();
    let error = master.error("SELECT kerb_add_principal('lead@a.b', if_not_exists => true)");
    assert_eq!(error.code().code(), "0LP01");
    assert_eq!(error.message(), "role \"iam_user\" would be a member of both rds_ad and rds_iam");
    assert_eq!(
        error.detail().unwrap(),
        "Path to rds_ad: {iam_user,app,lead@A.B,rds_ad}. Path to rds_iam: {iam_user,rds_iam}."
    );
    assert_eq!(su.traces(), before);
    let hint = error.hint().unwrap().to_string();
    run_fix(&mut su, &hint);
    assert_eq!(
        master.one("SELECT kerb_add_principal('lead@a.b', if_not_exists => true)"),
        "lead@A.B",
        "after {hint}"
    );
    assert_eq!(master.rows("SELECT * FROM kerb_conflicts()").len(), 0);

    // A role that is in rds_iam itself.
    su.run("CREATE USER \"iam@A.B\" IN ROLE rds_iam");
    let error = master.error("SELECT kerb_add_principal('iam@a.b', if_not_exists => true)");
    assert_eq!(error.code().code(), "0LP01");
    run_fix(&mut su, error.hint().unwrap());
    assert_eq!(
        master.one("SELECT kerb_add_principal('iam@a.b', if_not_exists => true)"),
        "iam@A.B"
    );
}

fn groups_that_lead_to_rds_iam(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let error = master.error("SELECT kerb_add_principal('alice@a.b', groups => '{rds_iam}')");
    assert_eq!(error.code().code(), "0LP01");
    assert_eq!(error.hint().unwrap(), "Leave out the group \"rds_iam\".");
    su.run(
        "CREATE ROLE fine; CREATE ROLE wrong IN ROLE rds_iam; GRANT fine, wrong TO rds_master \
        WITH ADMIN OPTION",
    );
    let error = master.error(
        "SELECT * FROM kerb_add_principals('{alice@a.b,bob@a.b,carol@a.b}', groups => \
            '{fine,wrong}')",
    );
    assert_eq!(error.code().code(), "0LP01");
    assert!(
        error.detail().unwrap().ends_with("2 more roles are concerned."),
        "{:?}",
        error.detail()
    );
    assert!(
        error.hint().unwrap().starts_with("Leave out the group \"wrong\""),
        "{:?}",
        error.hint()
    );
    assert_eq!(su.one("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%@%'"), "0");
}

fn conflicts_from_before_do_not_block(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE USER \"both@A.B\" IN ROLE rds_ad, rds_iam; CREATE ROLE g; GRANT g TO rds_master \
        WITH ADMIN OPTION",
    );
    assert_eq!(master.one("SELECT kerb_add_principal('alice@a.b', groups => '{g}')"), "alice@A.B");
    // Not even work on the role itself, as long as nobody new is concerned.
    assert_eq!(
        master.one("SELECT kerb_add_principal('both@a.b', groups => '{g}', if_not_exists => true)"),
        "both@A.B"
    );
    assert_eq!(master.column("SELECT role_name FROM kerb_conflicts()"), ["both@A.B"]);
}

fn the_fix_ends_the_conflict(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team IN ROLE rds_iam; CREATE ROLE other IN ROLE team; \
         CREATE USER \"a@A.B\" IN ROLE rds_ad, team, other; CREATE USER \"b@A.B\" IN ROLE rds_ad, \
         rds_iam; \
         CREATE ROLE mixed IN ROLE rds_ad, rds_iam; CREATE USER \"c@A.B\" IN ROLE mixed; CREATE \
         USER plain IN ROLE rds_ad, rds_iam",
    );
    let mut roles = su.column("SELECT role_name FROM kerb_conflicts()");
    assert_eq!(roles, ["a@A.B", "b@A.B", "c@A.B", "mixed", "plain"]);
    while let Some(role) = roles.first() {
        let fix = su.one(&format!("SELECT fix FROM kerb_conflicts() WHERE role_name = '{role}'"));
        su.run(&fix);
        let left = su.column("SELECT role_name FROM kerb_conflicts()");
        assert!(!left.contains(role), "{fix} does not end the conflict of {role}");
        roles = left;
    }
    // Principals keep rds_ad; a login without a realm, which could never use it, keeps rds_iam.
    let members = "SELECT member::regrole::text FROM pg_auth_members WHERE roleid = \
        'rds_ad'::regrole ORDER BY 1";
    assert_eq!(su.column(members), ["\"a@A.B\"", "\"b@A.B\"", "mixed"]);
}

fn other_roles_of_the_rule(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE krb; CREATE ROLE cloud; CREATE ROLE x IN ROLE krb, cloud");
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
    su.run("SET kerbrole.ad_role = 'krb'; SET kerbrole.iam_role = 'cloud'");
    assert_eq!(
        su.rows("SELECT role_name, ad_path, iam_path FROM kerb_conflicts()"),
        [["x", "{x,krb}", "{x,cloud}"]]
    );
    su.run("SELECT kerb_add_principal('a@a.b')");
    assert_eq!(
        su.one("SELECT roleid::regrole FROM pg_auth_members WHERE member = '\"a@A.B\"'::regrole"),
        "krb"
    );
    su.run("SET kerbrole.iam_role = 'krb'");
    assert_eq!(su.code("SELECT * FROM kerb_conflicts()"), "22023");
}

/// Random groups, logins and principals: what kerb_conflicts() says is what a recursive query says.
fn the_same_as_a_recursive_query(c: &Context<'_>) {
    let mut su = c.superuser();
    let mut conflicts = 0;
    for seed in 1..=20 {
        su.run(&format!("SELECT setseed({seed} / 20.0)"));
        su.run(
            "DO $$ DECLARE a text; b text; names text[] := ARRAY['rds_ad', 'rds_iam'] || \
             ARRAY(SELECT 'r' || i || CASE WHEN i % 3 = 0 THEN '@A.B' ELSE '' END \
             FROM generate_series(1, 40) i); BEGIN \
             FOR i IN 3..42 LOOP EXECUTE format('CREATE ROLE %I', names[i]); END LOOP; \
             FOR i IN 1..110 LOOP \
               a := names[1 + floor(random() * 42)]; b := names[1 + floor(random() * 42)]; \
               BEGIN EXECUTE format('GRANT %I TO %I', a, b); EXCEPTION WHEN \
               invalid_grant_operation THEN NULL; END; \
             END LOOP; END $$",
        );
        let expected = c.server.run_script("conflicts.sql", "postgres", &[]).unwrap();
        let found = su.column("SELECT role_name FROM kerb_conflicts()");
        for role in &found {
            assert!(
                expected.lines().any(|line| line.trim() == role),
                "{role} is in no conflict\n{expected}"
            );
        }
        assert!(expected.contains(&format!("({} row", found.len())), "{found:?}\n{expected}");
        conflicts += found.len();
        let crooked = su.rows(
            "WITH step AS (SELECT p[i] AS member, p[i + 1] AS role FROM kerb_conflicts(), \
             LATERAL (VALUES (ad_path), (iam_path)) AS v (p), generate_series(1, cardinality(p) - \
             1) i) \
             SELECT * FROM step WHERE NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON \
             r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member \
             WHERE r.rolname = step.role AND u.rolname = step.member)",
        );
        assert_eq!(crooked, [[""; 2]; 0], "steps that are no memberships");
        su.run(
            "DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname ~ \
             '^r[0-9]' LOOP EXECUTE format('DROP ROLE %I', r); END LOOP; \
             EXECUTE 'REVOKE rds_iam FROM rds_ad'; EXECUTE 'REVOKE rds_ad FROM rds_iam'; END $$",
        );
    }
    assert!(conflicts > 20, "only {conflicts} conflicts in all: that tests little");
}

/// Since 16 one membership may stand in several rows, one for each grantor.
fn several_grantors(c: &Context<'_>) {
    if c.major() < 16 {
        return;
    }
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE deputy; GRANT rds_iam TO deputy WITH ADMIN OPTION; CREATE USER \"a@A.B\" \
        IN ROLE rds_ad",
    );
    su.run("GRANT rds_iam TO \"a@A.B\"; GRANT rds_iam TO \"a@A.B\" GRANTED BY deputy");
    assert_eq!(
        su.rows("SELECT role_name, fix FROM kerb_conflicts()"),
        [[
            "a@A.B",
            "REVOKE \"rds_iam\" FROM \"a@A.B\" GRANTED BY \"deputy\"; REVOKE \"rds_iam\" \
             FROM \"a@A.B\" GRANTED BY \"rdsadmin\";"
        ]]
    );
    let fix = su.one("SELECT fix FROM kerb_conflicts()");
    su.run(&fix);
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

/// Since 16 an administrator who creates a role becomes a member of it, and so comes to be in both
/// without having asked for it.
fn memberships_from_creating_a_role(c: &Context<'_>) {
    if c.major() < 16 {
        return;
    }
    let (mut su, mut master) = (c.superuser(), c.master());
    master.run("CREATE ROLE team");
    su.run("GRANT rds_iam TO rds_master; GRANT rds_ad TO team");
    assert_eq!(
        master.rows("SELECT * FROM kerb_conflicts()"),
        [[
            "rds_master",
            "{rds_master,team,rds_ad}",
            "{rds_master,rds_iam}",
            "REVOKE \"team\" FROM \"rds_master\" GRANTED BY \"rdsadmin\" /* a membership that came \
             from creating the role */;"
        ]]
    );
    let fix = su.one("SELECT fix FROM kerb_conflicts()");
    su.run(&fix);
    assert_eq!(su.rows("SELECT * FROM kerb_conflicts()").len(), 0);
}

fn a_grant_tried_beforehand(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    su.run(
        "CREATE ROLE team; CREATE USER \"a@A.B\" IN ROLE rds_ad, team; CREATE USER \"b@A.B\" IN \
         ROLE rds_ad, team; CREATE USER iam IN ROLE rds_iam, team; \
         CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"both@A.B\" IN ROLE team, rds_ad, rds_iam",
    );
    let before = su.traces();
    assert_eq!(
        master.rows("SELECT * FROM kerb_preview_grant('cloud', 'team')"),
        [
            ["a@A.B", "{a@A.B,rds_ad}", "{a@A.B,team,cloud,rds_iam}"],
            ["b@A.B", "{b@A.B,rds_ad}", "{b@A.B,team,cloud,rds_iam}"]
        ]
    );
    assert_eq!(
        master.rows("SELECT * FROM kerb_preview_grant('rds_ad', 'team')"),
        [["iam", "{iam,team,rds_ad}", "{iam,rds_iam}"]]
    );
    assert_eq!(master.rows("SELECT * FROM kerb_preview_grant('team', 'cloud')").len(), 0);
    assert_eq!(
        master.column(
            "SELECT role_name FROM kerb_preview_grant(granted_role => 'rds_ad', member \
            => 'rds_iam')"
        ),
        ["cloud", "iam", "rds_iam"]
    );
    assert_eq!(su.traces(), before);

    for (call, code) in [
        ("NULL, 'team'", "22023"),
        ("'team', NULL", "22023"),
        ("'nobody', 'team'", "42704"),
        ("'team', 'nobody'", "42704"),
    ] {
        assert_eq!(
            master.code(&format!("SELECT * FROM kerb_preview_grant({call})")),
            code,
            "{call}"
        );
    }
    let error = master.error("SELECT * FROM kerb_preview_grant('Team', 'cloud')");
    assert_eq!(
        error.hint().unwrap(),
        "Did you mean \"team\"? A role is written exactly as it is called."
    );

    // What is foretold is what comes true.
    let foretold = master.rows("SELECT * FROM kerb_preview_grant('cloud', 'team')");
    su.run("GRANT cloud TO team");
    assert_eq!(
        master.rows(
            "SELECT role_name, ad_path, iam_path FROM kerb_conflicts() WHERE role_name <> \
            'both@A.B'"
        ),
        foretold
    );
}

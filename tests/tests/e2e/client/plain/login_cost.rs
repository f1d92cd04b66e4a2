//! An administrator in so many roles that each of its logins is slow.

use kerbrole_client::LoginCost;
use kerbrole_tests::postgres_server::SUPERUSER;

use super::*;

/// How many roles the administrator is in, as the server itself answers.
fn memberships(su: &mut Session) -> u32 {
    let count = "SELECT count(*) FROM pg_roles WHERE pg_has_role('rds_master', oid, 'MEMBER') \
         AND rolname <> 'rds_master'";
    su.one(count).parse().unwrap()
}

/// Makes the administrator a member of so many new principals, as creating them would have since
/// 16: ADMIN and nothing else, granted by the bootstrap superuser.
fn make_a_member(c: &Context<'_>, su: &mut Session, principals: u32) {
    let options = if c.major() >= 16 { ", INHERIT FALSE, SET FALSE" } else { "" };
    su.run(&format!(
        "DO $$ BEGIN FOR i IN 1..{principals} LOOP \
           EXECUTE format('CREATE USER %I', 'p' || i || '@A.B'); END LOOP; \
         EXECUTE (SELECT 'GRANT ' || string_agg(quote_ident(rolname), ', ') \
           || ' TO rds_master WITH ADMIN OPTION{options}' FROM pg_roles \
           WHERE rolname LIKE 'p%@A.B'); END $$"
    ));
}

/// From how many roles on somebody should know.
fn threshold(c: &Context<'_>) -> u32 {
    (0..).find(|&roles| LoginCost::of(roles, c.major()).is_slow()).unwrap()
}

fn told(roles: u32) -> String {
    format!("NOTICE:  as a member of {roles} roles \"rds_master\" logs in slowly")
}

const SLOWLY: &str = "logs in slowly";

/// Each role counts once, by however many ways it is reached; and nothing is said of a few.
pub(super) fn memberships_are_counted_as_the_server_does(c: &Context<'_>) {
    let mut su = c.superuser();
    // 2^24 ways from one end to the other.
    su.run("CREATE ROLE d0");
    for level in 1..=24 {
        let (above, below) = (level - 1, level);
        su.run(&format!(
            "CREATE ROLE l{level} IN ROLE d{above}; CREATE ROLE r{level} IN ROLE d{above}; \
             CREATE ROLE d{below} IN ROLE l{level}, r{level}"
        ));
    }
    su.run("GRANT d24 TO rds_master");
    let expected = memberships(&mut su);
    assert!(expected > 3 * 24, "{expected}");
    by_plain_statements(c, "rds_master", async |kerbrole| {
        assert_eq!(kerbrole.server().memberships, expected);
        assert_eq!((kerbrole.slow_login(), kerbrole.slow_login_after(1)), (None, None));
    });
    su.run("GRANT rds_ad TO d0");
    by_plain_statements(c, "rds_master", async |kerbrole| {
        assert!(kerbrole.server().is_nested);
        assert_eq!(kerbrole.server().memberships, expected + 1);
    });
}

pub(super) fn whoever_makes_its_logins_slow_is_told_before(c: &Context<'_>) {
    let mut su = c.superuser();
    if c.major() >= 16 {
        su.run("GRANT rds_ad TO rds_master WITH ADMIN OPTION");
    }
    let (slow, before) = (threshold(c), memberships(&mut su));
    assert!(slow <= 5_000, "{slow}");
    make_a_member(c, &mut su, slow - 2 - before);
    let run = |arguments: &[&str]| {
        let (code, _, err) = command(c, "rds_master", &[arguments, &["--accept-nesting"]].concat());
        (code, err)
    };
    let quietly = |arguments: &[&str], expected: i32| {
        let (code, err) = run(arguments);
        assert_eq!(code, expected, "{arguments:?}: {err}");
        assert!(!err.contains(SLOWLY), "{arguments:?}: {err}");
    };
    quietly(&["add", "ann@a.b"], 0);
    quietly(&["nesting"], i32::from(c.major() >= 16));
    if c.major() < 16 {
        // Nobody becomes a member of what it creates.
        su.run("CREATE ROLE q1; CREATE ROLE q2; GRANT q1, q2 TO rds_master");
        assert_eq!(memberships(&mut su), slow);
        quietly(&["add", "bob@a.b"], 0);
        let (code, err) = run(&["nesting"]);
        assert_eq!((code, err.contains(&told(slow))), (0, true), "{err}");
        return;
    }
    assert_eq!(memberships(&mut su), slow - 1);
    // Who is there already costs nothing more.
    quietly(&["add", "ann@a.b", "--if-not-exists"], 0);
    let (code, err) = run(&["add", "bob@a.b", "--dry-run"]);
    assert_eq!((code, err.contains(&told(slow))), (0, true), "{err}");
    assert_eq!(memberships(&mut su), slow - 1);
    let (code, err) = run(&["add", "ann@a.b", "bob@a.b", "--if-not-exists"]);
    assert_eq!((code, err.contains(&told(slow))), (0, true), "{err}");
    assert!(err.contains("kerbrole install-sql") && err.contains("kerbrole nesting"), "{err}");
    assert_eq!(memberships(&mut su), slow, "as it was said");
    let (code, err) = run(&["diff", "bob@a.b", "cyd@a.b", "dan@a.b"]);
    assert_eq!((code, err.contains(&told(slow + 2))), (1, true), "{err}");
    quietly(&["diff", "ann@a.b", "bob@a.b"], 0);
    quietly(&["disable", "ann@a.b"], 0);
}

/// What is slow is told where somebody looks, and ends by the statements that are named: by a
/// superuser, and by nobody else.
pub(super) fn what_makes_logins_slow_can_be_ended(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let slow = threshold(c);
    let before = memberships(&mut su);
    make_a_member(c, &mut su, slow - before);
    c.server.run_script_as(SUPERUSER, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap();
    let has = memberships(&mut su);
    assert_eq!(has, slow);

    let url = format!("host={} port={}", c.server.socket().display(), c.server.port);
    let doctor = |user: &str| {
        let all = ["doctor", "--realm", "a.b", "--kdc", "127.0.0.1:1", "--timeout", "2"];
        let more = ["--principal", "p1@a.b", "--format", "csv", "-d", &url];
        let (_, out, err) = command(c, user, &[&all[..], &more].concat());
        let row = out.lines().find(|row| row.starts_with("server: memberships of the user,"));
        row.unwrap_or_else(|| panic!("{out}{err}")).to_string()
    };
    let row = doctor("rds_master");
    assert!(row.contains(",no,") && row.contains(&format!("{slow} roles")), "{row}");
    assert!(row.contains("kerbrole nesting lists the statements"), "{row}");
    let row = doctor("rdsadmin");
    assert!(row.contains(",yes,") && row.contains("is a member of 0 roles"), "{row}");

    // The owner of the functions bears what is added by them.
    let (code, _, err) = command(c, "rds_master", &["add", "eve@a.b"]);
    assert_eq!((code, err.contains(SLOWLY)), (0, false), "{err}");
    assert_eq!(memberships(&mut su), slow);
    let answer = "SELECT ok, detail, fix FROM kerbrole.self_test() \
         WHERE question = 'your memberships'";
    let of_master = master.rows(answer).remove(0);
    assert!(of_master[0] == "f" && of_master[1].contains(&format!("{slow} roles")));
    let fix = of_master[2].split_once(": ").unwrap().1;
    assert_eq!(fix.matches("REVOKE").count(), 3, "{fix}");
    if c.major() >= 16 {
        assert_eq!(master.code(fix), "42501");
    }
    su.run(fix);
    assert_eq!(memberships(&mut su), slow - 3);
    assert_eq!(master.rows(answer)[0][0], "t");

    let (code, out, err) = command(c, "rds_master", &["nesting", "--no-headers"]);
    if c.major() < 16 {
        // Whoever may grant them may take them away.
        assert_eq!((code, out.as_str()), (0, ""), "{err}");
        return;
    }
    assert_eq!((code, out.lines().count()), (1, (slow - 3 - before) as usize), "{err}");
    assert_eq!(master.code(out.lines().next().unwrap()), "42501");
    su.run(&out);
    assert_eq!(memberships(&mut su), before);
    let (code, out, err) = command(c, "rds_master", &["nesting"]);
    assert_eq!((code, out.contains("REVOKE"), err.contains(SLOWLY)), (0, false, false), "{err}");
}

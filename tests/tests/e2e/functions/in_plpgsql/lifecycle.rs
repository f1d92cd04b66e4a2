//! The functions in PL/pgSQL over the years: upgraded, dumped, restored, taken away.

use std::fs;
use std::process::Command;

use kerbrole_tests::postgres_server::{SUPERUSER, Server};
use kerbrole_tests::sandbox::run;
use kerbrole_tests::version::workspace;

use super::{contents, install, let_install};
use crate::fixture::{Context, Session};

/// sql/kerbrole.sql as it is here.
pub(super) fn script() -> String {
    fs::read_to_string(workspace().join("sql/kerbrole.sql")).unwrap()
}

/// The same script as another version of it, which does more besides.
pub(super) fn version(number: &str, besides: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    let script = script()
        .replace(&format!("kerbrole {own}: Kerb"), &format!("kerbrole {number}: Kerb"))
        .replace(&format!("    SELECT '{own}'\n"), &format!("    SELECT '{number}'\n"));
    assert!(!script.contains(&format!("'{own}'")), "the version is elsewhere as well");
    let end = "\n$kerbrole$;\n";
    assert_eq!(script.matches(end).count(), 1);
    script.replace(end, &format!("\n{besides}{end}"))
}

/// What an earlier version had that this one has not, and what it had not yet: a function that was
/// given up, one with other arguments, an internal one, one that does something else, a setting.
const EARLIER: &str = "
CREATE FUNCTION kerbrole.kerb_gone(username text) RETURNS text LANGUAGE sql AS 'SELECT $1';
REVOKE ALL ON FUNCTION kerbrole.kerb_gone(text) FROM PUBLIC;
DROP FUNCTION kerbrole.kerb_enable_principal(text, text);
CREATE FUNCTION kerbrole.kerb_enable_principal(username text) RETURNS text LANGUAGE sql
AS 'SELECT $1';
REVOKE ALL ON FUNCTION kerbrole.kerb_enable_principal(text) FROM PUBLIC;
DROP FUNCTION kerbrole.kerb_case_audit();
CREATE FUNCTION kerbrole.gone() RETURNS void LANGUAGE sql AS 'SELECT';
CREATE OR REPLACE FUNCTION kerbrole.kerb_conflicts() RETURNS TABLE (role_name text, ad_path text[],
    iam_path text[], fix text)
LANGUAGE sql AS $$SELECT 'earlier', NULL::text[], NULL::text[], ''$$;
DROP TRIGGER check_value ON kerbrole.settings;
INSERT INTO kerbrole.settings VALUES ('given_up', 'x');
";

/// The contents without what was granted to one role.
fn but_for(role: &str, contents: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let granted = regex::Regex::new(&format!(r",?{role}=[^,}}]*")).unwrap();
    let plain = |cell: String| {
        if !cell.starts_with('{') {
            return cell;
        }
        // In any order: who was granted something first comes first.
        let mut rights: Vec<_> = granted
            .replace_all(&cell, "")
            .trim_matches(['{', '}'])
            .split(',')
            .map(String::from)
            .collect();
        rights.sort();
        rights.join(",")
    };
    contents.into_iter().map(|row| row.into_iter().map(plain).collect()).collect()
}

/// What `GRANT EXECUTE` gave somebody.
fn executable(su: &mut Session, role: &str) -> Vec<String> {
    su.column(&format!(
        "SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(p.proacl) a WHERE \
         p.pronamespace = 'kerbrole'::regnamespace AND a.grantee = '{role}'::regrole ORDER BY 1"
    ))
}

pub(super) fn an_upgrade_keeps_what_was_granted_and_set(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let_install(c, &mut su);
    install(c, "rds_master");
    let fresh = contents(&mut su);
    su.run("SELECT kerbrole.uninstall(); DROP ROLE kerbrole_owner");

    master.run(&version("0.0.1", EARLIER));
    assert_eq!(master.one("SELECT kerbrole.version()"), "0.0.1");
    su.run("CREATE ROLE desk LOGIN");
    master.run(
        "SELECT kerbrole.set('default_realm', 'a.b'); GRANT EXECUTE ON FUNCTION \
         kerbrole.kerb_disable_principal(text, text, boolean), \
         kerbrole.kerb_enable_principal(text), kerbrole.kerb_gone(text) TO desk; \
         GRANT SELECT ON kerbrole.kerb_principals TO desk",
    );
    su.run("REVOKE EXECUTE ON FUNCTION kerbrole.kerb_list_principals() FROM rds_superuser");
    // What somebody made of the functions stays as it is.
    su.run("CREATE VIEW public.conflicts AS SELECT * FROM kerbrole.kerb_conflicts()");
    assert_eq!(su.one("SELECT role_name FROM public.conflicts"), "earlier");
    master.notices();
    master.run(&script());
    assert_eq!(master.notices(), ["there is no setting \"given_up\" any more"]);
    assert_eq!(
        executable(&mut su, "desk"),
        [
            "kerbrole.kerb_disable_principal(text,text,boolean)",
            // In place of the one with other arguments.
            "kerbrole.kerb_enable_principal(text,text)",
        ]
    );
    let granted = "SELECT has_table_privilege('desk', 'kerbrole.kerb_principals', 'SELECT')";
    assert_eq!(su.one(granted), "t");
    let revoked = "SELECT has_function_privilege('rds_superuser', \
        'kerbrole.kerb_list_principals()', 'EXECUTE')";
    assert_eq!(su.one(revoked), "f");
    su.run("GRANT EXECUTE ON FUNCTION kerbrole.kerb_list_principals() TO rds_superuser");
    let now = but_for("desk", contents(&mut su));
    assert_eq!(now, but_for("desk", fresh), "as if nothing had been before");
    assert_eq!(
        su.rows("SELECT name, value FROM kerbrole.settings ORDER BY 1"),
        [["default_realm", "a.b"]]
    );
    assert_eq!(su.rows("SELECT * FROM public.conflicts"), Vec::<Vec<String>>::new());
    assert_eq!(master.one("SELECT kerbrole.kerb_add_principal('ann')"), "ann@A.B");
    // The settings are looked at again.
    assert_eq!(master.code("SELECT kerbrole.set('given_up', 'x')"), "42704");
    let mut desk = c.connect("desk");
    desk.run("SELECT kerbrole.kerb_disable_principal('ann')");
    desk.run("SELECT kerbrole.kerb_enable_principal('ann')");
    assert_eq!(desk.code("SELECT * FROM kerbrole.kerb_conflicts()"), "42501");
}

/// The script of the last commit that had another one; none in a source without its history.
fn script_before() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "safe.directory=*", "-C"])
            .arg(workspace())
            .args(arguments)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let commits = git(&["log", "-n", "50", "--format=%H", "--", "sql/kerbrole.sql"])?;
    let mut scripts = commits.lines().map(|of| git(&["show", &format!("{of}:sql/kerbrole.sql")]));
    scripts.find_map(|old| old.filter(|old| *old != script()))
}

pub(super) fn upgraded_from_the_commit_before_it_is_the_same(c: &Context<'_>) {
    let Some(before) = script_before() else { return };
    let (mut su, mut master) = (c.superuser(), c.master());
    let_install(c, &mut su);
    install(c, "rds_master");
    let fresh = contents(&mut su);
    su.run("SELECT kerbrole.uninstall(); DROP ROLE kerbrole_owner; CREATE ROLE desk LOGIN");
    master.run(&before);
    master.run(
        "SELECT kerbrole.set('default_realm', 'a.b'); SELECT kerbrole.kerb_add_principal('ann'); \
         GRANT EXECUTE ON FUNCTION kerbrole.kerb_disable_principal(text, text, boolean) TO desk",
    );
    master.run(&script());
    assert_eq!(but_for("desk", contents(&mut su)), but_for("desk", fresh));
    c.connect("desk").run("SELECT kerbrole.kerb_disable_principal('ann')");
    assert_eq!(
        su.rows("SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname ~ '@'"),
        [["ann@A.B", "f"]]
    );
    master.run("SELECT kerbrole.kerb_drop_principal('ann')");
}

pub(super) fn an_upgrade_waits_for_what_others_made_of_a_function(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let_install(c, &mut su);
    master.run(&version("0.0.1", EARLIER));
    su.run("CREATE VIEW public.of_gone AS SELECT kerbrole.kerb_gone('ann')");
    let before = contents(&mut su);
    for user in ["rds_master", SUPERUSER] {
        let error = c.connect(user).error(&script());
        assert_eq!(error.code().code(), "2BP01", "{user}");
        assert_eq!(
            error.detail(),
            Some(
                "view public.of_gone depends on function kerbrole.kerb_gone(text)\n\
                 Nothing was changed."
            ),
            "{user}"
        );
        assert_eq!(contents(&mut su), before, "{user}");
    }
    su.run("DROP VIEW public.of_gone");
    master.run(&script());
    assert_eq!(master.one("SELECT kerbrole.version()"), env!("CARGO_PKG_VERSION"));
    // Nor does it go under them.
    su.run("CREATE VIEW public.of_mine AS SELECT * FROM kerbrole.kerb_conflicts()");
    su.run("CREATE TABLE public.realms (realm text CHECK (kerbrole.checked_realm(realm) <> ''))");
    let error = master.error("SELECT kerbrole.uninstall()");
    assert_eq!(error.code().code(), "2BP01");
    let detail = error.detail().unwrap();
    for other in ["view public.of_mine", "table public.realms"] {
        assert!(detail.contains(other), "{detail}");
    }
    su.run("DROP VIEW public.of_mine; DROP TABLE public.realms");
    master.run("SELECT kerbrole.uninstall()");
    assert_eq!(su.one("SELECT to_regnamespace('kerbrole')"), "NULL");
}

/// pg_dump, pg_restore and their like, as the superuser.
pub(super) fn on(server: &Server, program: &str, arguments: &[&str]) -> Command {
    let mut command = server.command(program);
    command
        .arg("-h")
        .arg(server.socket())
        .args(["-p", &server.port.to_string(), "-U", SUPERUSER])
        .args(arguments);
    command
}

/// What `self_test()` says, but for what differs from one run to the next: nothing does.
fn self_test(session: &mut Session) -> Vec<Vec<String>> {
    let rows = session.rows("SELECT question, ok, detail, fix FROM kerbrole.self_test()");
    assert!(rows.len() > 10);
    rows
}

pub(super) fn dumped_and_restored_it_works_and_upgrades(c: &Context<'_>) {
    let mut su = c.superuser();
    let_install(c, &mut su);
    install(c, "rds_master");
    let mut master = c.master();
    su.run("CREATE ROLE desk LOGIN");
    master.run(
        "SELECT kerbrole.set('default_realm', 'a.b'); SELECT kerbrole.kerb_add_principal('ann'); \
         GRANT EXECUTE ON FUNCTION kerbrole.kerb_disable_principal(text, text, boolean) TO desk",
    );
    let (there, tested) = (but_for("nobody", contents(&mut su)), self_test(&mut master));
    let folder = c.sandbox.path().join(format!("dumped-{}", c.major()));
    fs::create_dir(&folder).unwrap();
    let (dump, roles) = (folder.join("database"), folder.join("roles"));
    let file = |path: &std::path::Path| path.to_str().unwrap().to_string();
    run(&mut on(c.server, "pg_dump", &["-Fc", "-f", &file(&dump), "postgres"])).unwrap();
    run(&mut on(c.server, "pg_dumpall", &["--roles-only", "-f", &file(&roles)])).unwrap();

    let works = |server: &Server, database: &str, principal: &str| {
        let mut su = Session::open(server, SUPERUSER, database).unwrap();
        let mut master = Session::open(server, "rds_master", database).unwrap();
        assert_eq!(but_for("nobody", contents(&mut su)), there, "{database}");
        assert_eq!(self_test(&mut master), tested, "{database}");
        let add = format!("SELECT kerbrole.kerb_add_principal('{principal}')");
        assert_eq!(master.one(&add), format!("{principal}@A.B"));
        let mut desk = Session::open(server, "desk", database).unwrap();
        desk.run(&format!("SELECT kerbrole.kerb_disable_principal('{principal}')"));
        // By whoever installed it there, who never ran the script here.
        master.run(&version("9.9.9", ""));
        assert_eq!(master.one("SELECT kerbrole.version()"), "9.9.9");
        master.run("SELECT kerbrole.set('default_realm', 'c.d')");
        master.run("SELECT kerbrole.uninstall()");
        assert_eq!(su.one("SELECT to_regnamespace('kerbrole')"), "NULL", "{database}");
        assert_eq!(su.one("SELECT count(*) FROM pg_proc WHERE prosrc ~ 'kerbrole[.]'"), "0");
    };
    su.run("CREATE DATABASE restored");
    let restore = |database: &str, server: &Server| {
        // The schema public is in the dump as well.
        let arguments = ["-e", "-c", "--if-exists", "-d", database, &file(&dump)];
        run(&mut on(server, "pg_restore", &arguments)).unwrap();
    };
    restore("restored", c.server);
    works(c.server, "restored", "bob");
    assert_eq!(self_test(&mut master), tested, "the other database goes on");

    // Another server has the roles first. It has those of RDS already.
    let other = c.own_server("restored", &["krb_caseins_users = off"]);
    let mut psql = other.0.psql(SUPERUSER, "postgres");
    run(psql.args(["-q", "-f", &file(&roles)])).unwrap();
    restore("postgres", &other.0);
    works(&other.0, "postgres", "bob");
    let mut there = Session::open(&other.0, SUPERUSER, "postgres").unwrap();
    nothing_is_left(&mut there);
    master.run("SELECT kerbrole.uninstall()");
    su.run("DROP DATABASE restored");
    nothing_is_left(&mut su);
}

/// After the functions went: the owner, and with it whatever it had or gave, can go too.
pub(super) fn nothing_is_left(su: &mut Session) {
    let owned = "SELECT classid::regclass::text, deptype FROM pg_shdepend WHERE refobjid = \
        'kerbrole_owner'::regrole AND classid <> 'pg_auth_members'::regclass";
    assert_eq!(su.rows(owned), Vec::<Vec<String>>::new());
    if su.one("SELECT current_setting('server_version_num')::int >= 160000") == "t" {
        // A grantor stays as long as what it granted.
        for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname ~ '@'") {
            su.run(&format!("GRANT rds_ad TO {role}"));
        }
        su.run("DROP OWNED BY kerbrole_owner");
    }
    su.run("DROP ROLE kerbrole_owner");
    assert_eq!(
        su.one(
            "SELECT count(*) FROM pg_roles r WHERE r.rolname ~ '^kerbrole_' OR EXISTS (SELECT FROM \
             pg_database d WHERE d.datacl::text ~ 'kerbrole')"
        ),
        "0"
    );
    let stay = "SELECT bool_and(pg_has_role(oid, 'rds_ad', 'MEMBER')) FROM pg_roles WHERE rolname \
        ~ '@'";
    assert_eq!(su.one(stay), "t", "principals stay what they were");
}

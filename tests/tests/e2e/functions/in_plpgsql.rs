//! The functions in PL/pgSQL (sql/kerbrole.sql): do they come and go as they should, and are they
//! those of the extension and of the core? What they do is tried by the suite `conformance`.

mod accounts;
mod graphs;
mod lifecycle;
mod lists;
mod names;
mod tle;

use kerbrole_client::{AddOptions, Backend, Kerbrole, LoginCost};
use tokio_postgres::{Client, NoTls};

use crate::cases;
use crate::fixture::{Context, Session};
use accounts::accounts_come_to_the_same;
use graphs::conflicts_and_previews_are_those_of_the_extension;
use kerbrole_tests::postgres_server::SUPERUSER;
use lifecycle::*;
use lists::lists_come_to_the_same;
use names::names_are_those_of_the_core;
use tle::with_pg_tle_it_is_an_extension;

cases! {
    BareEachVersion: installed_twice_it_is_the_same_and_goes_without_a_trace,
        an_administrator_installs_it_and_is_nested_nowhere, execute_is_all_that_a_help_desk_needs,
        who_may_not_call_a_function_gets_nothing_done_by_its_back_door,
        a_lookalike_is_not_called, a_login_costs_what_the_core_says,
        the_script_calls_nothing_of_somebody_elses;
    BareEnds: names_are_those_of_the_core, an_upgrade_keeps_what_was_granted_and_set,
        an_upgrade_waits_for_what_others_made_of_a_function,
        upgraded_from_the_commit_before_it_is_the_same,
        dumped_and_restored_it_works_and_upgrades, with_pg_tle_it_is_an_extension,
        many_principals_are_created_by_roles_that_only_the_owner_may_act_as,
        with_an_event_trigger_the_owner_creates_everything;
    Ends: conflicts_and_previews_are_those_of_the_extension, lists_come_to_the_same,
        accounts_come_to_the_same;
}

/// `KERBROLE_TIMES=10` compares ten times as many names and graphs.
fn times() -> usize {
    std::env::var("KERBROLE_TIMES").map_or(1, |times| times.parse().unwrap())
}

/// Runs the script as somebody.
fn install(c: &Context<'_>, user: &str) -> String {
    c.server.run_script_as(user, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]).unwrap()
}

/// Lets the administrator install it where stock rules do not.
fn let_install(c: &Context<'_>, su: &mut Session) {
    su.run("GRANT CREATE ON DATABASE postgres TO rds_master");
    if c.major() >= 16 {
        su.run("GRANT rds_ad TO rds_master WITH ADMIN OPTION, INHERIT FALSE, SET FALSE");
    }
}

fn a_login_costs_what_the_core_says(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    for roles in [0, 1, 17, 999, 3_230, 4_000, 10_000, 123_456, 2_000_000] {
        let estimate = LoginCost::of(roles, c.major()).estimate().as_nanos();
        // In the core tenths of a nanosecond are left out.
        let said = su.one(&format!("SELECT floor(kerbrole.login_cost({roles}) * 1e9)"));
        assert!(said.parse::<u128>().unwrap().abs_diff(estimate) <= 30, "{roles}: {said}");
    }
    let few = c.master().rows(
        "SELECT ok, detail, (SELECT count(*) FROM pg_roles WHERE pg_has_role(oid, 'MEMBER') \
         AND rolname <> current_user), fix FROM kerbrole.self_test() \
         WHERE question = 'your memberships'",
    );
    let [ok, detail, count, fix] = &few[0][..] else { panic!("{few:?}") };
    assert_eq!((ok.as_str(), fix.as_str()), ("t", "NULL"));
    assert_eq!(*detail, format!("\"rds_master\" is a member of {count} roles"));
}

/// All that there is in the schema, with whose it is and who may what.
fn contents(su: &mut Session) -> Vec<Vec<String>> {
    su.rows(
        "SELECT 'function', p.oid::regprocedure::text, p.proowner::regrole, p.proacl, \
           md5(p.prosrc), p.proconfig::text, obj_description(p.oid, 'pg_proc') \
         FROM pg_proc p WHERE p.pronamespace = 'kerbrole'::regnamespace \
         UNION ALL SELECT 'relation', r.relname::text, r.relowner::regrole, r.relacl, \
           r.relkind::text, NULL, obj_description(r.oid, 'pg_class') \
         FROM pg_class r WHERE r.relnamespace = 'kerbrole'::regnamespace \
         UNION ALL SELECT 'schema', n.nspname::text, n.nspowner::regrole, n.nspacl, NULL, NULL, \
           obj_description(n.oid, 'pg_namespace') \
         FROM pg_namespace n WHERE n.nspname = 'kerbrole' ORDER BY 1, 2",
    )
}

fn installed_twice_it_is_the_same_and_goes_without_a_trace(c: &Context<'_>) {
    let mut su = c.superuser();
    let objects = "SELECT (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_class), \
        (SELECT count(*) FROM pg_type), (SELECT count(*) FROM pg_namespace), \
        (SELECT count(*) FROM pg_shdescription), (SELECT count(*) FROM pg_description)";
    let before = su.rows(objects);
    install(c, SUPERUSER);
    let first = contents(&mut su);
    assert!(first.len() > 100, "{}", first.len());
    su.run(
        "SELECT kerbrole.set('default_realm', 'a.b'); SELECT kerbrole.kerb_add_principal('ann'); \
         REVOKE EXECUTE ON FUNCTION kerbrole.kerb_case_audit() FROM rds_superuser",
    );
    let set = contents(&mut su);
    install(c, SUPERUSER);
    assert_eq!(contents(&mut su), set, "what was granted and set stays");
    assert_eq!(su.one("SELECT kerbrole.kerb_canonicalize('ann')"), "ann@A.B");
    su.run("SELECT kerbrole.uninstall()");
    assert_eq!(su.rows(objects), before, "nothing is left but the owner and the principal");
    assert_eq!(
        su.column("SELECT rolname FROM pg_roles WHERE rolname ~ 'kerbrole|@' ORDER BY 1"),
        ["ann@A.B", "kerbrole_owner"]
    );
    if c.major() >= 16 {
        // A grantor stays as long as what it granted.
        assert_eq!(su.code("DROP ROLE kerbrole_owner"), "2BP01");
        su.run("GRANT rds_ad TO \"ann@A.B\"; DROP OWNED BY kerbrole_owner");
    }
    su.run("DROP ROLE kerbrole_owner");
    assert_eq!(su.one("SELECT pg_has_role('ann@A.B', 'rds_ad', 'MEMBER')"), "t");
}

fn an_administrator_installs_it_and_is_nested_nowhere(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    let_install(c, &mut su);
    assert_eq!(install(c, "rds_master"), "", "nothing to warn of");
    install(c, "rds_master");
    master.run("SELECT kerbrole.kerb_add_principal('ann', 'a.b')");
    let members = "SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.roleid IN \
        ('rds_ad'::regrole, '\"ann@A.B\"'::regrole) AND m.member <> '\"ann@A.B\"'::regrole AND \
        m.grantor <> m.member ORDER BY 1";
    let of_master = su.column(members);
    if c.major() >= 16 {
        // ADMIN on rds_ad, without INHERIT and SET, is what the administrator was given.
        assert_eq!(of_master, ["kerbrole_owner", "kerbrole_owner", "rds_master"]);
    } else {
        assert_eq!(of_master, Vec::<String>::new());
    }
    assert_eq!(
        su.rows(
            "SELECT o.rolname, o.rolcanlogin, o.rolcreaterole, (SELECT count(*) FROM \
             pg_auth_members m WHERE m.roleid = o.oid) FROM pg_roles o JOIN pg_namespace n ON \
             n.nspowner = o.oid WHERE n.nspname = 'kerbrole'"
        ),
        [["kerbrole_owner", "f", "t", "0"]],
        "nobody is a member of the owner"
    );
    // Whoever installed it may upgrade it and take it away, and nobody else.
    su.run("CREATE ROLE other LOGIN CREATEROLE; GRANT rds_superuser TO other");
    let mut other = c.connect("other");
    for call in ["set('default_realm', 'a.b')", "uninstall()", "run_as_owner('SELECT 1')"] {
        assert_eq!(other.code(&format!("SELECT kerbrole.{call}")), "42501", "{call}");
    }
    master.run("SELECT kerbrole.set('default_realm', 'a.b'); SELECT kerbrole.uninstall()");
    assert_eq!(su.one("SELECT to_regnamespace('kerbrole')"), "NULL");
}

fn execute_is_all_that_a_help_desk_needs(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    su.run(
        "CREATE ROLE desk LOGIN; GRANT EXECUTE ON FUNCTION \
         kerbrole.kerb_add_principal(text, text, text[], boolean), \
         kerbrole.kerb_disable_principal(text, text, boolean) TO desk; CREATE ROLE team",
    );
    let mut desk = c.connect("desk");
    assert_eq!(desk.one("SELECT kerbrole.kerb_add_principal('ann', 'a.b')"), "ann@A.B");
    desk.run("SELECT kerbrole.kerb_disable_principal('ann', 'a.b')");
    assert_eq!(su.one("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ann@A.B'"), "f");
    // Nothing beyond: no other function, and groups only with the right to grant them.
    let before = su.traces();
    for call in [
        "kerb_enable_principal('ann', 'a.b')",
        "kerb_drop_principal('ann', 'a.b')",
        "kerb_add_principal('bob', 'a.b', groups => '{team}')",
        "kerb_add_principals('{bob@a.b}')",
    ] {
        assert_eq!(desk.code(&format!("SELECT kerbrole.{call}")), "42501", "{call}");
        assert_eq!(su.traces(), before, "{call}");
    }
}

/// Calls a function that takes `count` new principals.
fn add_many(session: &mut Session, realm: &str, count: usize) {
    let added = session.one(&format!(
        "SELECT count(*) FROM kerbrole.kerb_add_principals(ARRAY(SELECT 'p' || i || '@{realm}' \
         FROM generate_series(1, {count}) AS i))"
    ));
    assert_eq!(added, count.to_string());
}

/// How many principals each role is a member of whose name begins with `kerbrole_`.
fn created(su: &mut Session) -> Vec<Vec<String>> {
    su.rows(
        "SELECT r.rolname, count(p.oid) FROM pg_roles r LEFT JOIN pg_auth_members m ON m.member = \
         r.oid LEFT JOIN pg_roles p ON p.oid = m.roleid AND p.rolname ~ '@' WHERE r.rolname ~ \
         '^kerbrole_' GROUP BY 1 ORDER BY 1",
    )
}

fn many_principals_are_created_by_roles_that_only_the_owner_may_act_as(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    install(c, SUPERUSER);
    let installed = contents(&mut su);
    add_many(&mut master, "few.b", 100);
    if c.major() < 16 {
        add_many(&mut master, "many.b", 1000);
        assert_eq!(created(&mut su), [["kerbrole_owner", "0"]], "nobody collects memberships");
        return;
    }
    assert_eq!(created(&mut su), [["kerbrole_owner", "100"]]);
    // One that somebody else may act as has the name and nothing else.
    su.run(
        "CREATE ROLE eve CREATEROLE; CREATE ROLE kerbrole_creator_1 CREATEROLE; \
         GRANT kerbrole_creator_1 TO eve WITH SET TRUE; \
         GRANT kerbrole_creator_1 TO kerbrole_owner WITH INHERIT TRUE, SET TRUE",
    );
    // Whoever calls has settings for what they create themselves.
    master.run("SET createrole_self_grant = 'inherit'");
    add_many(&mut master, "one.b", 700);
    add_many(&mut master, "two.b", 150);
    assert_eq!(master.one("SHOW createrole_self_grant"), "inherit");
    assert_eq!(
        created(&mut su),
        [
            ["kerbrole_creator_1", "0"],
            ["kerbrole_creator_2", "500"],
            ["kerbrole_creator_3", "350"],
            ["kerbrole_owner", "100"]
        ]
    );
    assert_eq!(contents(&mut su), installed, "between two calls all is the owner's");
    let members = "SELECT r.rolname, r.rolcanlogin, string_agg(DISTINCT m.member::regrole::text, \
        ' ') FROM pg_roles r JOIN pg_auth_members m ON m.roleid = r.oid WHERE r.rolname ~ \
        'creator_[23]' GROUP BY 1, 2 ORDER BY 1";
    assert_eq!(
        su.rows(members),
        [
            ["kerbrole_creator_2", "f", "kerbrole_owner"],
            ["kerbrole_creator_3", "f", "kerbrole_owner"]
        ]
    );
    assert_eq!(
        su.column(
            "SELECT count(*) FROM pg_shdepend WHERE classid <> 'pg_auth_members'::\
         regclass AND refobjid IN (SELECT oid FROM pg_roles WHERE rolname ~ 'creator')"
        ),
        ["0"]
    );
    // Everything that is done with one of them is.
    let granted = "SELECT DISTINCT grantor::regrole::text FROM pg_auth_members WHERE roleid = \
        'rds_ad'::regrole AND member::regrole::text ~ '@'";
    assert_eq!(su.column(granted), ["kerbrole_owner"]);
    master.run(
        "SELECT kerbrole.kerb_rename_principal('p1@one.b', 'first@one.b'); \
         SELECT kerbrole.kerb_disable_principal('first@one.b'); \
         SELECT kerbrole.kerb_enable_principal('first@one.b'); \
         SELECT kerbrole.kerb_drop_principal('first@one.b')",
    );
    // And with many, whoever created each.
    let sync = |absent: &str, keep: usize| {
        format!(
            "SELECT action, count(*) FROM kerbrole.kerb_sync_principals(ARRAY(SELECT 'p' || i || \
             '@' || r FROM generate_series(2, {keep}) AS i, unnest('{{few.b,one.b}}'::text[]) AS \
             r WHERE r = 'one.b' OR i <= 80), '{absent}', false) GROUP BY 1 ORDER BY 1"
        )
    };
    let can_login = "SELECT count(*) FILTER (WHERE rolcanlogin), count(*) FILTER (WHERE NOT \
        rolcanlogin) FROM pg_roles WHERE rolname ~ '@'";
    assert_eq!(master.rows(&sync("disable", 600)), [["disable", "121"]]);
    assert_eq!(su.rows(can_login), [["828", "121"]]);
    assert_eq!(master.rows(&sync("disable", 650)), [["enable", "50"]]);
    assert_eq!(su.rows(can_login), [["878", "71"]]);
    assert_eq!(master.rows(&sync("drop", 600)), [["drop", "121"]]);
    assert_eq!(su.rows(can_login), [["828", "0"]]);
    let moved = "SELECT count(*), count(problem) FROM kerbrole.kerb_rename_realm('one.b', 'two.c', \
        false)";
    assert_eq!(master.rows(moved), [["599", "0"]]);
    assert_eq!(
        su.column(
            "SELECT split_part(rolname, '@', 2) || count(*) FROM pg_roles WHERE rolname ~ '@' \
             GROUP BY split_part(rolname, '@', 2) ORDER BY 1"
        ),
        ["FEW.B79", "TWO.B150", "TWO.C599"]
    );
    assert_eq!(contents(&mut su), installed);
    // What uninstall() says takes it all away.
    su.notices();
    su.run("SELECT kerbrole.uninstall()");
    let said = su.db_notices().into_iter().find_map(|notice| notice.hint().map(String::from));
    let said = said.unwrap();
    let (_, statements) = said.split_once("then runs: ").unwrap();
    assert_eq!(
        statements,
        "DROP OWNED BY kerbrole_owner; DROP ROLE kerbrole_owner, kerbrole_creator_2, \
         kerbrole_creator_3;"
    );
    su.run(statements);
    assert_eq!(su.column("SELECT rolname FROM pg_roles WHERE rolname ~ '^kerbrole_'").len(), 1);
}

/// An event trigger would run with the owner's rights, and see the caller's temporary tables.
fn with_an_event_trigger_the_owner_creates_everything(c: &Context<'_>) {
    let (mut su, mut master) = (c.superuser(), c.master());
    install(c, SUPERUSER);
    su.run(
        "CREATE TABLE ran (tag text); GRANT INSERT ON ran TO PUBLIC; CREATE FUNCTION note() \
         RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.ran VALUES (tg_tag); \
         END'; CREATE EVENT TRIGGER note ON ddl_command_start EXECUTE FUNCTION note()",
    );
    add_many(&mut master, "many.b", 150);
    let collects = if c.major() >= 16 { "150" } else { "0" };
    assert_eq!(created(&mut su), [["kerbrole_owner", collects]]);
    master.run(
        "SELECT kerbrole.kerb_sync_principals(ARRAY(SELECT 'p' || i || '@many.b' FROM \
         generate_series(1, 100) AS i), 'drop', false)",
    );
    let left = if c.major() >= 16 { "100" } else { "0" };
    assert_eq!(created(&mut su), [["kerbrole_owner", left]]);
    assert_eq!(su.one("SELECT count(*) FROM ran"), "0");
    su.run("ALTER EVENT TRIGGER note DISABLE");
    add_many(&mut master, "more.b", 150);
    assert_eq!(created(&mut su).len(), if c.major() >= 16 { 2 } else { 1 });
    su.run("DROP EVENT TRIGGER note; DROP FUNCTION note(); DROP TABLE ran");
}

/// The view that the functions write into is there for everybody.
fn who_may_not_call_a_function_gets_nothing_done_by_its_back_door(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    su.run("SELECT kerbrole.kerb_add_principal('ann', 'a.b')");
    su.run("CREATE ROLE nobody_much LOGIN; GRANT CREATE ON SCHEMA public TO nobody_much");
    let mut nobody = c.connect("nobody_much");
    let before = su.traces();
    let insert = |columns: &str, values: &str| {
        format!("INSERT INTO kerbrole.request ({columns}) VALUES ({values}) RETURNING answer")
    };
    let arguments = "'{\"username\": \"ann@a.b\", \"role_name\": \"ann@A.B\", \"principals\": \
        [\"eve@a.b\"]}'";
    let functions = su.column(
        "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'kerbrole'::regnamespace AND \
         proname ~ '^kerb_'",
    );
    assert!(functions.len() > 10);
    for function in functions.iter().map(String::as_str).chain(["x", "run", "uninstall"]) {
        let tried = [
            insert("function, arguments", &format!("'{function}', {arguments}")),
            insert("function", &format!("'{function}'")),
            insert("function, caller", &format!("'{function}', 'rdsadmin'")),
            insert(
                "function, arguments, caller",
                &format!("'{function}', {arguments}, 'rdsadmin'"),
            ),
        ];
        for tried in tried {
            assert_eq!(nobody.code(&tried), "42501", "{tried}");
        }
    }
    for internal in [
        "kerbrole.add('{\"principals\": [\"eve@a.b\"]}')",
        "kerbrole.drop('{\"role_name\": \"ann@A.B\"}')",
        "kerbrole.run('DROP ROLE \"ann@A.B\"', 'x')",
        "kerbrole.run_as_owner('CREATE ROLE eve')",
        "kerbrole.set('ad_role', 'x')",
    ] {
        assert_eq!(nobody.code(&format!("SELECT {internal}")), "42501", "{internal}");
    }
    for statement in [
        "INSERT INTO kerbrole.settings VALUES ('ad_role', 'x')",
        "CREATE TABLE kerbrole.mine ()",
        "CREATE FUNCTION kerbrole.kerb_conflicts(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        assert_eq!(nobody.code(statement), "42501", "{statement}");
    }
    // A trigger of one's own would name any caller, and so would COPY.
    su.run("GRANT CREATE ON DATABASE postgres TO nobody_much");
    nobody.run(
        "CREATE SCHEMA mine; CREATE TABLE mine.request (function text, arguments jsonb, caller \
         name, answer jsonb)",
    );
    let trigger = "CREATE TRIGGER answer BEFORE INSERT ON mine.request FOR EACH ROW EXECUTE \
        FUNCTION kerbrole.answer()";
    assert_eq!(nobody.code(trigger), "42501");
    su.run("GRANT EXECUTE ON FUNCTION kerbrole.answer() TO nobody_much");
    nobody.run(trigger);
    let add = "'kerb_add_principal', '{\"principals\": [\"eve@a.b\"]}', 'rdsadmin'";
    assert_eq!(nobody.code(&format!("INSERT INTO mine.request VALUES ({add})")), "42501");
    assert_eq!(nobody.code("COPY kerbrole.request (function, caller) FROM STDIN"), "42501");
    // What the caller made is not found, whatever the search path says.
    nobody.run(
        "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION USING ERRCODE = ''ZZ001''; END'; \
         CREATE FUNCTION pg_temp.setting(text) RETURNS text LANGUAGE sql AS 'SELECT ''x'''; \
         CREATE TEMP TABLE pg_roles (oid oid, rolname name); \
         SET search_path = pg_temp, public, pg_catalog; SET kerbrole.ad_role = 'x'; \
         SET kerbrole.default_realm = 'x.y'",
    );
    assert_eq!(nobody.one("SELECT kerbrole.kerb_canonicalize('Ann', 'a.b')"), "Ann@A.B");
    assert_eq!(nobody.code("SELECT kerbrole.kerb_canonicalize('ann')"), "22023");
    assert_eq!(su.traces(), before);
}

/// Whoever may create a schema, or a role, waits for an administrator to install.
fn the_script_calls_nothing_of_somebody_elses(c: &Context<'_>) {
    let mut su = c.superuser();
    let_install(c, &mut su);
    su.run(
        "CREATE ROLE eve LOGIN; GRANT CREATE ON DATABASE postgres TO eve; \
         CREATE ROLE maker LOGIN CREATEROLE",
    );
    let installed =
        |user: &str| c.server.run_script_as(user, "kerbrole.sql", "postgres", &["ON_ERROR_STOP=1"]);
    c.connect("eve").run(
        "CREATE SCHEMA kerbrole; GRANT USAGE ON SCHEMA kerbrole TO PUBLIC; \
         CREATE FUNCTION kerbrole.run_as_owner(text) RETURNS void LANGUAGE plpgsql AS \
         'BEGIN CREATE ROLE of_eve; END'",
    );
    for user in [SUPERUSER, "rds_master"] {
        let refused = installed(user).unwrap_err().to_string();
        assert!(refused.contains("somebody else's") && refused.contains("\"eve\""), "{refused}");
    }
    assert_eq!(su.one("SELECT to_regrole('of_eve')"), "NULL");
    su.run("DROP SCHEMA kerbrole CASCADE");
    // A role of that name which somebody may act as is not made the owner.
    c.connect("maker").run("CREATE ROLE kerbrole_owner LOGIN");
    let refused = installed(SUPERUSER).unwrap_err().to_string();
    assert!(refused.contains("that somebody may act as"), "{refused}");
    su.run("ALTER ROLE kerbrole_owner NOLOGIN");
    if c.major() >= 16 {
        // Its maker is a member of it.
        assert!(installed(SUPERUSER).unwrap_err().to_string().contains("may act as"));
    }
    su.run("DROP ROLE kerbrole_owner");
    // Somebody else's upgrade is refused, and a superuser's is none of the owner's functions.
    installed("rds_master").unwrap();
    assert!(installed("maker").unwrap_err().to_string().contains("permission denied to upgrade"));
    su.run(
        "CREATE OR REPLACE FUNCTION kerbrole.run_as_owner(statements text) RETURNS void LANGUAGE \
         plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'",
    );
    installed(SUPERUSER).unwrap();
}

fn a_lookalike_is_not_called(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run("CREATE ROLE eve LOGIN; GRANT CREATE ON DATABASE postgres TO eve");
    let mut eve = c.connect("eve");
    eve.run(
        "CREATE SCHEMA kerbrole; GRANT USAGE ON SCHEMA kerbrole TO PUBLIC; \
         CREATE FUNCTION kerbrole.kerb_add_principals(text[], text[], boolean) RETURNS TABLE \
         (principal text, role_name text, action text) LANGUAGE plpgsql AS \
         'BEGIN ALTER ROLE eve SUPERUSER; END'; \
         CREATE FUNCTION kerbrole.setting(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'; \
         COMMENT ON SCHEMA kerbrole IS 'kerbrole 0.1.0: Kerberos principals as roles'",
    );
    let seen = |user: &str| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut config = tokio_postgres::Config::new();
            config.host_path(c.server.socket()).port(c.server.port).user(user).dbname("postgres");
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            let kerbrole = Kerbrole::<Client>::new(&client).await.unwrap();
            let found = kerbrole.server().sql_functions.clone();
            if user == SUPERUSER {
                kerbrole
                    .add_principal("ann@a.b", None, &AddOptions::new().if_not_exists(true))
                    .await
                    .unwrap();
            }
            (kerbrole.backend(), found.map(|found| (found.owner, found.is_trusted)))
        })
    };
    let of_eve = Some(("eve".to_string(), false));
    assert_eq!(seen(SUPERUSER), (Backend::PlainSql, of_eve.clone()));
    assert_eq!(seen("rds_master"), (Backend::PlainSql, of_eve));
    assert_eq!(seen("eve").0, Backend::SqlFunctions, "one's own are one's own");
    assert_eq!(su.one("SELECT rolsuper FROM pg_roles WHERE rolname = 'eve'"), "f");
    // The real ones are, by whoever has no more to lose than their owner.
    su.run("DROP SCHEMA kerbrole CASCADE; REVOKE CREATE ON DATABASE postgres FROM eve");
    install(c, SUPERUSER);
    let theirs = |is_trusted| Some(("kerbrole_owner".to_string(), is_trusted));
    assert_eq!(seen("rds_master"), (Backend::SqlFunctions, theirs(true)));
    assert_eq!(seen("rdsadmin"), (Backend::PlainSql, theirs(false)));
    // One function of somebody else's among them is enough.
    su.run("ALTER FUNCTION kerbrole.kerb_conflicts() OWNER TO eve");
    assert_eq!(seen("rds_master"), (Backend::PlainSql, theirs(false)));
    su.run("ALTER FUNCTION kerbrole.kerb_conflicts() OWNER TO kerbrole_owner");
    su.run("GRANT CREATE ON SCHEMA kerbrole TO eve");
    assert_eq!(seen("rds_master"), (Backend::PlainSql, theirs(false)));
}

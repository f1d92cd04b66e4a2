//! What the functions say of a role on the way, and what comes of the login.

use std::process::Command;

use kerbrole_tests::report::{Evidence, Expected, Key};
use kerbrole_tests::sandbox::run;

use crate::fixture::{Context, REALM, Session};
use crate::{FUNCTION_ANSWERS, REPORT, cases};

use Expected::{LogsIn, NamesDiffer, NoPassword, NoSuchRole, NotPermitted, SentToIam};

cases! {
    Every: what_enabling_warns_of_keeps_somebody_out, who_is_listed_with_a_path_gets_in,
        findings_of_the_audit_come_true, names_that_are_refused, a_rule_for_case_that_is_set;
    EachVersion: the_locale_of_the_postmaster;
}

/// Somebody who asks the functions, and somebody who then logs in.
struct Scene<'c> {
    c: &'c Context<'c>,
    rows: Evidence<'c>,
    su: Session,
    master: Session,
}

impl<'c> Scene<'c> {
    fn new(c: &'c Context<'_>) -> Self {
        let rows = REPORT.evidence(FUNCTION_ANSWERS, c.server, c.caseins, "hand");
        Self { c, rows, su: c.superuser(), master: c.master() }
    }

    /// Tries the role with a ticket of this user.
    fn told(
        &self,
        who: &str,
        user: &str,
        role: &str,
        [said, should]: [&str; 2],
        expected: Expected,
    ) {
        let ticket = self.c.kdc.ticket_of(user).unwrap();
        self.rows.told(
            who,
            Key::Ticket(&ticket, &format!("{user}@{REALM}")),
            role,
            [said, should],
            expected,
        );
    }

    /// Enables, and says which WARNING came of it, and the SQL in its HINT.
    fn enable(&mut self, role: &str) -> (&'static str, String) {
        self.master.call("SELECT kerb_enable_principal($1)", &[&role]).unwrap();
        let mut warnings = self.master.db_notices();
        warnings.retain(|notice| notice.severity() == "WARNING");
        assert!(warnings.len() < 2, "{warnings:?}");
        let Some(warning) = warnings.first() else { return (NO_WARNING, String::new()) };
        let said = match warning.message() {
            text if text.contains("is not a member of rds_ad") => NOT_IN_AD,
            text if text.contains("both rds_ad and rds_iam") => IN_BOTH,
            text => panic!("{text}"),
        };
        (said, warning.hint().unwrap().to_string())
    }
}

const NO_WARNING: &str = "no WARNING";
const NOT_IN_AD: &str = "WARNING: not in rds_ad";
const IN_BOTH: &str = "WARNING: in both";

fn what_enabling_warns_of_keeps_somebody_out(c: &Context<'_>) {
    let mut scene = Scene::new(c);
    let [gwen, hugo] = ["gwen", "hugo"].map(|user| format!("{user}@{REALM}"));
    scene.su.run(&format!("CREATE ROLE \"{gwen}\"; CREATE ROLE \"{hugo}\" IN ROLE rds_ad"));
    let (said, hint) = scene.enable(&gwen);
    scene.told("gwen, enabled without rds_ad", "gwen", &gwen, [said, NOT_IN_AD], NoPassword);
    scene.master.run(hint.strip_suffix(" makes it one.").unwrap());
    let (said, _) = scene.enable(&gwen);
    scene.told("gwen, after the statement in the HINT", "gwen", &gwen, [said, NO_WARNING], LogsIn);

    let (said, _) = scene.enable(&hugo);
    scene.told("hugo, enabled", "hugo", &hugo, [said, NO_WARNING], LogsIn);
    scene.su.wait_for_no_sessions(&hugo);
    scene.su.run(&format!(
        "CREATE ROLE apps IN ROLE rds_iam; GRANT apps TO rds_master WITH ADMIN OPTION; GRANT apps \
         TO \"{hugo}\""
    ));
    scene.master.run(&format!("SELECT kerb_disable_principal('{hugo}')"));
    let (said, hint) = scene.enable(&hugo);
    scene.told(
        "hugo, enabled as a member of a group in rds_iam",
        "hugo",
        &hugo,
        [said, IN_BOTH],
        SentToIam,
    );
    scene.su.run(hint.strip_prefix("To end that: ").unwrap());
    let (said, _) = scene.enable(&hugo);
    scene.told("hugo, after the REVOKE in the HINT", "hugo", &hugo, [said, NO_WARNING], LogsIn);

    // A second role for the tickets of one person stays closed, also when the setting is changed.
    let [ann, other] = ["ann", "Ann"].map(|user| format!("{user}@{REALM}"));
    scene.su.run(&format!(
        "CREATE USER \"{ann}\" IN ROLE rds_ad; CREATE ROLE \"{other}\" IN ROLE rds_ad"
    ));
    let error = scene.su.error(&format!("SELECT kerb_enable_principal('{other}')"));
    let said = error.code().code();
    scene.told(
        "Ann, who was to be enabled beside ann",
        "Ann",
        &other,
        [said, "42710"],
        NotPermitted,
    );
}

fn who_is_listed_with_a_path_gets_in(c: &Context<'_>) {
    let mut scene = Scene::new(c);
    let role = format!("iris@{REALM}");
    let path = "SELECT coalesce(ad_path::text, 'ad_path is NULL') FROM kerb_list_principals() \
        WHERE role_name = $1";
    scene.su.run(&format!("CREATE USER \"{role}\""));
    let said = scene.master.call(path, &[&role]).unwrap();
    scene.told(
        "iris, on the list without a path",
        "iris",
        &role,
        [&said, "ad_path is NULL"],
        NoPassword,
    );
    scene.su.run(&format!("CREATE ROLE team IN ROLE rds_ad; GRANT team TO \"{role}\""));
    let said = scene.master.call(path, &[&role]).unwrap();
    let should = format!("{{{role},team,rds_ad}}");
    scene.told("iris, on the list with a path", "iris", &role, [&said, &should], LogsIn);
}

/// A name of more than 63 bytes.
const LONG: &str = "a-service-with-quite-a-long-name-indeed-it-is-called";

fn findings_of_the_audit_come_true(c: &Context<'_>) {
    let mut scene = Scene::new(c);
    for role in ["alice", "Bob", "dan", "Dan"].map(|user| format!("{user}@{REALM}")) {
        scene.su.run(&format!("CREATE USER \"{role}\" IN ROLE rds_ad"));
    }
    let lower = format!("carol@{}", REALM.to_lowercase());
    scene.su.run(&format!(
        "CREATE USER \"{lower}\" IN ROLE rds_ad; CREATE USER \"{LONG}@{REALM}\" IN ROLE rds_ad"
    ));
    let long = format!("{LONG}@{REALM}")[..63].to_string();
    let here = |user: &str| format!("{user}@{REALM}");
    let audit = "SELECT coalesce(string_agg(problem, ', '), 'nothing') FROM kerb_case_audit() \
        WHERE $1 = ANY (role_names)";
    // Who, the ticket, the role, and with the setting off and on what is said and what is seen.
    for (who, user, role, off, on) in [
        (
            "alice, with a name like others",
            "alice",
            here("alice"),
            ("nothing", LogsIn),
            ("nothing", LogsIn),
        ),
        ("Bob", "Bob", here("Bob"), ("opened_by_caseins", LogsIn), ("closed_by_caseins", LogsIn)),
        (
            "bob, Bob's role",
            "bob",
            here("Bob"),
            ("opened_by_caseins", NamesDiffer),
            ("closed_by_caseins", LogsIn),
        ),
        (
            "carol, realm in lower case",
            "carol",
            lower,
            ("unreachable_realm_case, opened_by_caseins", NamesDiffer),
            ("closed_by_caseins", LogsIn),
        ),
        ("dan", "dan", here("dan"), ("case_collision", LogsIn), ("case_collision", LogsIn)),
        (
            "dan, Dan's role",
            "dan",
            here("Dan"),
            ("case_collision, opened_by_caseins", NamesDiffer),
            ("case_collision, closed_by_caseins", LogsIn),
        ),
        (
            "a name that was cut",
            LONG,
            long,
            ("unreachable_length", NamesDiffer),
            ("unreachable_length", NamesDiffer),
        ),
    ] {
        let said = scene.master.call(audit, &[&role]).unwrap();
        let (should, expected) = if c.caseins { on } else { off };
        scene.told(&format!("{who}, by kerb_case_audit"), user, &role, [&said, should], expected);
    }
}

fn names_that_are_refused(c: &Context<'_>) {
    let mut scene = Scene::new(c);
    scene.master.run(&format!("SELECT kerb_add_principal('ann', '{REALM}')"));
    for (who, user, should) in [
        ("Ann, who was to be added beside ann", "Ann", "42710"),
        ("a principal of more than 63 bytes, who was to be added", LONG, "42622"),
    ] {
        let role = format!("{user}@{REALM}");
        let refused = scene.master.call("SELECT kerb_add_principal($1)", &[&role]).unwrap_err();
        scene.told(who, user, &role, [refused.code().code(), should], NoSuchRole);
    }
}

fn a_rule_for_case_that_is_set(c: &Context<'_>) {
    let mut scene = Scene::new(c);
    for (rule, username) in [("lower", "alice"), ("preserve", "Alice")] {
        scene.su.run(&format!("ALTER DATABASE postgres SET kerbrole.username_case = '{rule}'"));
        let should = format!("{username}@{REALM}");
        let role = c.master().call("SELECT kerb_add_principal('Alice', $1)", &[&REALM]).unwrap();
        for user in ["alice", "Alice"] {
            let who = format!("{user}, role added as Alice with kerbrole.username_case = {rule}");
            let expected = if user == username || c.caseins { LogsIn } else { NamesDiffer };
            scene.told(&who, user, &role, [&role, &should], expected);
        }
        scene.su.wait_for_no_sessions(&role);
        scene.su.run(&format!("DROP ROLE \"{role}\""));
    }
}

/// With an LC_CTYPE of single bytes the server folds parts of letters: the last bytes of é and ù
/// are Š and š in ISO-8859-2, those of è and ø Ё and ё in CP1251.
fn the_locale_of_the_postmaster(c: &Context<'_>) {
    let own = c.own_server("locale", &["krb_caseins_users = on"]);
    let server = &own.0;
    let rows = REPORT.evidence(FUNCTION_ANSWERS, server, true, "hand");
    let role = format!("zoéè@{REALM}");
    let mut su = Session::open(server, "rdsadmin", "postgres").unwrap();
    su.run(&format!("CREATE EXTENSION pg_kerbrole; CREATE USER \"{role}\" IN ROLE rds_ad"));
    drop(su);
    let folder = server.socket().join("locales");
    run(&mut c.sandbox.as_server_user(Command::new("mkdir").arg(&folder))).unwrap();
    let own_ticket = c.kdc.ticket_of("zoéè").unwrap();
    let said = || {
        let mut su = Session::open(server, "rdsadmin", "postgres").unwrap();
        let check = "SELECT coalesce(ok::text, 'not known') FROM kerb_check_principal($1) WHERE \
            check_name = 'case_rule'";
        let audit = "SELECT coalesce(string_agg(problem || ' ' || role_names::text, ', '), \
            'nothing') FROM kerb_case_audit() \
                     WHERE problem = 'folded_by_locale'";
        format!(
            "case_rule: {}; audit: {}",
            su.call(check, &[&role]).unwrap(),
            su.call(audit, &[]).unwrap()
        )
    };
    let alter = |sql: &str| Session::open(server, "rdsadmin", "postgres").unwrap().run(sql);
    let found = format!("case_rule: not known; audit: folded_by_locale {{{role}}}");
    for (language, charmap, other) in
        [("pl_PL", "ISO-8859-2", "zoùè"), ("ru_RU", "CP1251", "zoéø"), ("C", "UTF-8", "ZOÉÈ")]
    {
        let other_ticket = c.kdc.ticket_of(other).unwrap();
        let locale = format!("{language}.{charmap}");
        let folds = language != "C";
        if folds {
            let mut localedef = Command::new("localedef");
            localedef
                .args(["--no-archive", "-i", language, "-f", charmap])
                .arg(folder.join(&locale));
            run(&mut c.sandbox.as_server_user(&localedef)).unwrap();
        }
        server.set_environment(&[("LC_ALL", &locale), ("LOCPATH", folder.to_str().unwrap())]);
        for preloaded in [false, true] {
            let libraries = if preloaded { "pg_kerbrole" } else { "DEFAULT" };
            alter(&format!("ALTER SYSTEM SET shared_preload_libraries = {libraries}"));
            server.restart().unwrap();
            let should = match (preloaded, folds) {
                (false, _) => "case_rule: not known; audit: nothing",
                (true, true) => &found,
                (true, false) => "case_rule: true; audit: nothing",
            };
            let library = if preloaded { "library preloaded" } else { "library not preloaded" };
            let try_one = |user: &str, ticket, expected| {
                let who = format!(
                    "{user}, zoéè's role, with the server's LC_CTYPE {locale} and the {library}"
                );
                let principal = format!("{user}@{REALM}");
                rows.told(
                    &who,
                    Key::Ticket(ticket, &principal),
                    &role,
                    [&said(), should],
                    expected,
                );
            };
            try_one("zoéè", &own_ticket, LogsIn);
            try_one(other, &other_ticket, if folds { LogsIn } else { NamesDiffer });
        }
    }
    server
        .set_environment(&[("LC_ALL", "pl_PL.ISO-8859-2"), ("LOCPATH", folder.to_str().unwrap())]);
    alter("ALTER SYSTEM SET krb_caseins_users = off");
    server.restart().unwrap();
    let rows = REPORT.evidence(FUNCTION_ANSWERS, server, false, "hand");
    let (other_ticket, other) = (c.kdc.ticket_of("zoùè").unwrap(), format!("zoùè@{REALM}"));
    let who =
        "zoùè, zoéè's role, with the server's LC_CTYPE pl_PL.ISO-8859-2 and krb_caseins_users off";
    let should = format!("case_rule: true; audit: folded_by_locale {{{role}}}");
    rows.told(who, Key::Ticket(&other_ticket, &other), &role, [&said(), &should], NamesDiffer);
}

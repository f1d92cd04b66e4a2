//! What an administrator types at first, and that doing what the software then says ends in a
//! login.

use kerbrole_tests::domain_controller::Asked;
use kerbrole_tests::report::Expected::{self, LogsIn, NamesDiffer, NotPermitted};
use kerbrole_tests::sandbox::wait_until;

use crate::accounts::{
    ACCENT_IN_UPPER_CASE, COMPUTER, MIXED_CASE, OTHER_NAME, OTHER_SUFFIX, SPACE_AND_APOSTROPHE,
    UMLAUT,
};
use crate::ad_cases;
use crate::administrator::{Administrator, Typed, in_quotes};
use crate::directory::{Context, REALM};

ad_cases! {
    EitherWay: every_first_attempt_ends_in_a_login;
    Extension: a_notice_says_when_case_matters,
    netbios_domains_can_be_mapped,
    an_allow_list_stops_the_suffix_of_a_upn,
    a_realm_without_a_key_is_pointed_out,
    a_role_in_another_case_is_named,
    a_ticket_for_a_upn_is_explained;
}

use Asked::{Canonical, EnterpriseCanonical};

/// What is needed after the first attempt.
struct Attempt {
    account: &'static str,
    typed: Typed,
    /// How many refusals come before there is a role.
    refusals: usize,
    /// Whether the login then needs a fix of `kerb_check_principal`: with the setting off, and with
    /// it on.
    mended: (bool, bool),
}

fn alone(account: &'static str, username: &str, refusals: usize, mended: (bool, bool)) -> Attempt {
    Attempt { account, typed: Typed::alone(username), refusals, mended }
}

fn beside(
    account: &'static str,
    username: &str,
    realm: &str,
    refusals: usize,
    mended: (bool, bool),
) -> Attempt {
    Attempt { account, typed: Typed::with_realm(username, realm), refusals, mended }
}

const AT_ONCE: (bool, bool) = (false, false);
const ONLY_WITH_IT_OFF: (bool, bool) = (true, false);
const EITHER_WAY: (bool, bool) = (true, true);

fn attempts() -> Vec<Attempt> {
    let lower = "corp.example.com";
    vec![
        beside(MIXED_CASE, "JDoe", lower, 0, AT_ONCE),
        beside(MIXED_CASE, "jdoe", lower, 0, ONLY_WITH_IT_OFF),
        beside(MIXED_CASE, "JDOE", REALM, 0, ONLY_WITH_IT_OFF),
        beside(MIXED_CASE, "JDoe", "CORP", 1, AT_ONCE),
        beside(MIXED_CASE, r"CORP\jdoe", lower, 1, AT_ONCE),
        beside(MIXED_CASE, "JDoe@corp.example.com", lower, 1, AT_ONCE),
        beside(MIXED_CASE, "\"JDoe\"", lower, 1, AT_ONCE),
        alone(MIXED_CASE, "JDoe", 1, AT_ONCE),
        alone(MIXED_CASE, "jdoe@corp.example.com", 0, ONLY_WITH_IT_OFF),
        alone(MIXED_CASE, r"CORP\jdoe", 1, ONLY_WITH_IT_OFF),
        beside(OTHER_SUFFIX.0, OTHER_SUFFIX.1, lower, 1, AT_ONCE),
        alone(OTHER_SUFFIX.0, OTHER_SUFFIX.1, 0, EITHER_WAY),
        alone(OTHER_SUFFIX.0, "jean@corp.com@corp.example.com", 1, AT_ONCE),
        alone(OTHER_SUFFIX.0, r"jean\@corp.com@CORP.EXAMPLE.COM", 1, AT_ONCE),
        beside(OTHER_NAME.0, OTHER_NAME.1, lower, 1, AT_ONCE),
        beside(OTHER_NAME.0, "maximilian.mustermann", lower, 1, AT_ONCE),
        beside(OTHER_NAME.0, "max.mustermann", lower, 0, EITHER_WAY),
        beside(ACCENT_IN_UPPER_CASE, "Élise", lower, 0, AT_ONCE),
        beside(ACCENT_IN_UPPER_CASE, "élise", lower, 0, EITHER_WAY),
        alone(ACCENT_IN_UPPER_CASE, "elise@corp.example.com", 0, EITHER_WAY),
        beside(UMLAUT, "Jürgen", lower, 0, ONLY_WITH_IT_OFF),
        beside(UMLAUT, "JÜRGEN", lower, 0, EITHER_WAY),
        beside(UMLAUT, "juergen@corp.com", lower, 1, AT_ONCE),
        beside(COMPUTER, "WS01$", lower, 0, AT_ONCE),
        beside(COMPUTER, "ws01$", lower, 0, ONLY_WITH_IT_OFF),
        beside(COMPUTER, "WS01", lower, 0, EITHER_WAY),
        beside(COMPUTER, "host/ws01.corp.example.com", lower, 1, AT_ONCE),
        alone(COMPUTER, "host/ws01.corp.example.com@CORP.EXAMPLE.COM", 1, AT_ONCE),
        alone(SPACE_AND_APOSTROPHE, "Mary O'Neill", 1, AT_ONCE),
        beside(SPACE_AND_APOSTROPHE, "mary o'neill", lower, 0, ONLY_WITH_IT_OFF),
    ]
}

/// What Windows sends for the account: the user principal name where it has one with another
/// suffix, else the account's name.
fn as_windows_asks(account: &str) -> (&str, Asked) {
    [OTHER_SUFFIX, OTHER_NAME]
        .into_iter()
        .find(|(name, _)| *name == account)
        .map_or((account, Canonical), |(_, upn)| (upn, EnterpriseCanonical))
}

fn every_first_attempt_ends_in_a_login(c: &Context<'_>) {
    let mut su = c.superuser();
    for Attempt { account, typed, refusals, mended } in attempts() {
        let mut administrator = Administrator::of(c, account);
        let (role, refused) = administrator.add(typed.clone());
        assert_eq!(refused, refusals, "{typed:?} became {role}");
        let (name, asked) = as_windows_asks(account);
        let needs_mending = if c.caseins() { mended.1 } else { mended.0 };
        administrator.sees_to_the_login(name, asked, &role, &typed, needs_mending);
        for role in su.column("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname LIKE '%@%'")
        {
            su.run(&format!("DROP ROLE {role}"));
        }
    }
}

/// The NOTICE names both spellings that a ticket can have, and the directory's is the one that
/// opens the role.
fn a_notice_says_when_case_matters(c: &Context<'_>) {
    let mut master = c.master();
    let role = master.call("SELECT kerb_add_principal('JDOE', $1)", &[&REALM]).unwrap();
    let notices: Vec<_> = master
        .db_notices()
        .iter()
        .map(|notice| notice.hint().unwrap_or_default().to_string())
        .collect();
    assert_eq!(notices.len(), usize::from(!c.caseins()), "{notices:?}");
    assert!(
        notices
            .iter()
            .all(|hint| hint
                .contains("as the directory stores it when asked for the canonical name"))
    );
    let as_typed = c.ticket("JDOE", Asked::AsTyped);
    c.log_in(MIXED_CASE, "kinit JDOE", &as_typed, &role, LogsIn);
    let stored = c.ticket("JDOE", Canonical);
    let expected = if c.caseins() { LogsIn } else { NamesDiffer };
    c.log_in(MIXED_CASE, "kinit -C JDOE", &stored, &role, expected);
}

/// The other half of the HINT about `CORP\jdoe`.
fn netbios_domains_can_be_mapped(c: &Context<'_>) {
    let corp = c.domain().netbios_name();
    let spelled = Typed::alone(&format!(r"{corp}\JDoe"));
    let mut master = c.master();
    let hint = master
        .error(&format!("SELECT kerb_add_principal('{}')", spelled.username))
        .hint()
        .unwrap()
        .to_string();
    let setting = hint
        .split_whitespace()
        .find(|word| word.starts_with("kerbrole."))
        .unwrap()
        .trim_end_matches('.');
    c.superuser().run(&format!("ALTER DATABASE postgres SET {setting} = '{corp}={REALM}'"));

    let mut administrator = Administrator::of(c, MIXED_CASE);
    let (role, refusals) = administrator.add(spelled.clone());
    assert_eq!(refusals, 0);
    administrator.sees_to_the_login("jdoe", Canonical, &role, &spelled, false);
    c.superuser().run(&format!("DROP ROLE \"{role}\""));
    // The domain in the realm's place: the HINT names the realm itself now.
    let sql = format!("SELECT kerb_add_principal('JDoe', '{corp}')");
    let hint = c.master().error(&sql).hint().unwrap().to_string();
    assert_eq!(in_quotes(&hint, '\''), Some(REALM));
}

/// Without the list `jean@corp.com` makes a role of the realm CORP.COM, which
/// `kerb_check_principal` mends; with it, nothing is made.
fn an_allow_list_stops_the_suffix_of_a_upn(c: &Context<'_>) {
    c.superuser().run(&format!("ALTER DATABASE postgres SET kerbrole.allowed_realms = '{REALM}'"));
    let typed = Typed::alone(OTHER_SUFFIX.1);
    let mut administrator = Administrator::of(c, OTHER_SUFFIX.0);
    let (role, refusals) = administrator.add(typed.clone());
    assert_eq!(refusals, 1);
    administrator.sees_to_the_login(OTHER_SUFFIX.1, EnterpriseCanonical, &role, &typed, false);
    assert_eq!(
        c.superuser().column("SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'"),
        [role]
    );
}

/// A superuser sees beside the keytab that the realm is not the server's own.
fn a_realm_without_a_key_is_pointed_out(c: &Context<'_>) {
    let wrong = Administrator::of(c, OTHER_SUFFIX.0).add(Typed::alone(OTHER_SUFFIX.1)).0;
    let right =
        Administrator::of(c, OTHER_SUFFIX.0).add(Typed::with_realm(OTHER_SUFFIX.0, REALM)).0;
    let mut su = c.superuser();
    let mut keytab = |role: &str| {
        su.call("SELECT detail FROM kerb_check_principal($1) WHERE check_name = 'keytab'", &[&role])
            .unwrap()
    };
    let strange = wrong.rsplit_once('@').unwrap().1;
    assert!(keytab(&wrong).contains(&format!("none in {strange}")), "{}", keytab(&wrong));
    assert!(!keytab(&right).contains("none in"), "{}", keytab(&right));
}

/// Once the spelling of the ticket is known, a second role is refused, and the first one, named by
/// the HINT, can be renamed.
fn a_role_in_another_case_is_named(c: &Context<'_>) {
    c.superuser().run("ALTER DATABASE postgres SET kerbrole.username_case = 'preserve'");
    let mut master = c.master();
    let first = Administrator::of(c, MIXED_CASE).add(Typed::with_realm("jdoe", REALM)).0;
    let ticket = c.ticket(MIXED_CASE, Canonical);
    let how = Canonical.command(MIXED_CASE);
    let principal = ticket.principal().unwrap();
    let add: &str = "SELECT kerb_add_principal($1)";
    let hint = master.call(add, &[&principal]).unwrap_err().hint().unwrap().to_string();
    assert_eq!(in_quotes(&hint, '"'), Some(first.as_str()));

    // A slip while the role is to be disabled: the HINT names the one that there is.
    let disable = "SELECT kerb_disable_principal($1)";
    let slip = master.call(disable, &[&principal]).unwrap_err().hint().unwrap().to_string();
    let meant = in_quotes(&slip, '\'').unwrap().to_string();
    assert_eq!(meant, first);
    master.call(disable, &[&meant]).unwrap();
    c.log_in(MIXED_CASE, &how, &ticket, &first, refused_when_disabled(c));
    master.call("SELECT kerb_enable_principal($1)", &[&meant]).unwrap();

    // The login that was refused counts until its process has gone, which is after
    // pg_stat_activity has forgotten it.
    let mut su = c.superuser();
    let sessions = "SELECT coalesce(sum(sessions), 0) FROM kerb_list_principals()";
    wait_until(|| su.one(sessions) == "0").unwrap();
    let rename = "SELECT kerb_rename_principal($1, NULL, $2)";
    let role = master.call(rename, &[&first, &MIXED_CASE]).unwrap();
    c.log_in(MIXED_CASE, &how, &ticket, &role, LogsIn);
}

/// The ticket is looked at before the role is: another spelling is all that the log tells while the
/// setting is off.
fn refused_when_disabled(c: &Context<'_>) -> Expected {
    match c.caseins() {
        true => NotPermitted,
        false => NamesDiffer,
    }
}

/// Who asks for a ticket by a user principal name, and not for the canonical one, gets a name that
/// no role can have.
fn a_ticket_for_a_upn_is_explained(c: &Context<'_>) {
    let (account, upn) = OTHER_SUFFIX;
    let role = Administrator::of(c, account).add(Typed::with_realm(account, REALM)).0;
    let enterprise = c.ticket(upn, Asked::Enterprise);
    let principal = enterprise.principal().unwrap();
    c.log_in(account, &Asked::Enterprise.command(upn), &enterprise, &role, NamesDiffer);
    let check = "SELECT detail FROM kerb_check_principal($1)";
    let hint = c.master().call(check, &[&principal]).unwrap_err().hint().unwrap().to_string();
    assert!(hint.contains("kinit -C"), "{hint}");
    let canonical = c.ticket(upn, EnterpriseCanonical);
    c.log_in(account, &EnterpriseCanonical.command(upn), &canonical, &role, LogsIn);
    assert!(hint.contains("the account's own name"), "{hint}");
    let own = c.ticket(account, Asked::AsTyped);
    c.log_in(account, &Asked::AsTyped.command(account), &own, &role, LogsIn);
}

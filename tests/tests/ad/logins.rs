//! Who may log in as which role: the spelling of the account, of the ticket and of the role.

use kerbrole_core::quote_identifier;
use kerbrole_tests::domain_controller::Asked;
use kerbrole_tests::report::Expected::{LogsIn, NamesDiffer, NoSuchRole, NotPermitted};

use crate::accounts::{
    ACCENT_IN_UPPER_CASE, COMPUTER, DISABLED, MIXED_CASE, OTHER_NAME, OTHER_SUFFIX,
    SPACE_AND_APOSTROPHE, UMLAUT,
};
use crate::ad_cases;
use crate::directory::{Context, REALM};

ad_cases! {
    EitherWay:
    a_role_spelled_as_the_account,
    a_role_in_lower_case,
    only_the_exact_role_is_there,
    no_ticket_no_login,
    a_machine_without_its_dollar_is_a_user_of_that_name;
}

use Asked::{AsTyped, Canonical, Enterprise, EnterpriseCanonical};

/// An account, what its user types for a ticket, and the user part that the ticket gets.
const TICKETS: &[(&str, &str, Asked, &str)] = &[
    (MIXED_CASE, "JDoe", AsTyped, "JDoe"),
    (MIXED_CASE, "jdoe", AsTyped, "jdoe"),
    (MIXED_CASE, "JDOE", AsTyped, "JDOE"),
    (MIXED_CASE, "jdoe", Canonical, "JDoe"),
    (MIXED_CASE, "JDOE", Canonical, "JDoe"),
    (MIXED_CASE, "jdoe@corp.example.com", Enterprise, r"jdoe\@corp.example.com"),
    (MIXED_CASE, "jdoe@corp.example.com", EnterpriseCanonical, "JDoe"),
    (MIXED_CASE, "jdoe@CORP", EnterpriseCanonical, "JDoe"),
    (OTHER_SUFFIX.0, "jean", AsTyped, "jean"),
    (OTHER_SUFFIX.0, "Jean", Canonical, "jean"),
    (OTHER_SUFFIX.0, OTHER_SUFFIX.1, Enterprise, r"jean\@corp.com"),
    (OTHER_SUFFIX.0, OTHER_SUFFIX.1, EnterpriseCanonical, "jean"),
    (OTHER_NAME.0, OTHER_NAME.1, Enterprise, r"maximilian.mustermann\@corp.com"),
    (OTHER_NAME.0, OTHER_NAME.1, EnterpriseCanonical, "mmuster"),
    (ACCENT_IN_UPPER_CASE, "Élise", AsTyped, "Élise"),
    (ACCENT_IN_UPPER_CASE, "ÉLISE", AsTyped, "ÉLISE"),
    (ACCENT_IN_UPPER_CASE, "élise", AsTyped, "élise"),
    (ACCENT_IN_UPPER_CASE, "élise", Canonical, "Élise"),
    // The account's user principal name is elise@corp.example.com.
    (ACCENT_IN_UPPER_CASE, "elise", AsTyped, "elise"),
    (ACCENT_IN_UPPER_CASE, "elise", Canonical, "Élise"),
    (ACCENT_IN_UPPER_CASE, "elise@corp.example.com", EnterpriseCanonical, "Élise"),
    (UMLAUT, "jürgen", AsTyped, "jürgen"),
    (UMLAUT, "Jürgen", AsTyped, "Jürgen"),
    (UMLAUT, "JÜRGEN", AsTyped, "JÜRGEN"),
    (UMLAUT, "JÜRGEN", Canonical, "jürgen"),
    (COMPUTER, "WS01$", AsTyped, "WS01$"),
    (COMPUTER, "ws01$", AsTyped, "ws01$"),
    (COMPUTER, "WS01", AsTyped, "WS01"),
    (COMPUTER, "ws01$", Canonical, "WS01$"),
    (COMPUTER, "ws01", Canonical, "WS01$"),
    (SPACE_AND_APOSTROPHE, "Mary O'Neill", AsTyped, "Mary O'Neill"),
    (SPACE_AND_APOSTROPHE, "mary o'neill", AsTyped, "mary o'neill"),
    (SPACE_AND_APOSTROPHE, "mary o'neill", Canonical, "Mary O'Neill"),
];

/// The role of an account, as it is made of what was typed, tried with every ticket of the account.
fn try_all(c: &Context<'_>, typed: impl Fn(&str) -> String) {
    let admin = c.admin();
    let mut su = c.superuser();
    for &(account, name, asked, in_ticket) in TICKETS {
        let typed = typed(account);
        let role = admin.try_add(&typed, Some(REALM)).unwrap();
        let ticket = c.ticket(name, asked);
        let principal = format!("{in_ticket}@{REALM}");
        assert_eq!(ticket.principal().unwrap(), principal, "{}", asked.command(name));
        let opens = role == principal || (c.caseins() && role.eq_ignore_ascii_case(&principal));
        let expected = if opens { LogsIn } else { NamesDiffer };
        c.log_in(account, &asked.command(name), &ticket, &role, expected);
        su.run(&format!("DROP ROLE {}", quote_identifier(&role)));
    }
}

/// What is right wherever clients ask for the canonical name, as Windows does: each of its tickets
/// opens the role, under either setting.
fn a_role_spelled_as_the_account(c: &Context<'_>) {
    try_all(c, str::to_string);
    let canonical: Vec<_> = TICKETS
        .iter()
        .filter(|(_, _, asked, _)| matches!(asked, Canonical | EnterpriseCanonical))
        .collect();
    assert!(canonical.iter().all(|(account, _, _, in_ticket)| account == in_ticket));
}

/// The usual form on RDS. While the setting is off, who has upper-case letters in the directory
/// gets in only with a ticket asked for in lower case.
fn a_role_in_lower_case(c: &Context<'_>) {
    try_all(c, str::to_ascii_lowercase);
}

/// The setting is about the ticket: the name of the role that a client asks for is looked up as it
/// is.
fn only_the_exact_role_is_there(c: &Context<'_>) {
    let admin = c.admin();
    let role = admin.try_add(MIXED_CASE, Some(REALM)).unwrap();
    let ticket = c.ticket(MIXED_CASE, Canonical);
    let how = Canonical.command(MIXED_CASE);
    for other in ["JDoe", "jdoe", "JDOE"].map(|user| format!("{user}@{REALM}")) {
        let expected = if other == role { LogsIn } else { NoSuchRole };
        c.log_in(MIXED_CASE, &how, &ticket, &other, expected);
    }
    c.log_in(MIXED_CASE, &how, &ticket, &role, LogsIn);
    admin.disable(&role, false);
    c.log_in(MIXED_CASE, &how, &ticket, &role, NotPermitted);
    admin.enable(&role);
    c.log_in(MIXED_CASE, &how, &ticket, &role, LogsIn);
}

/// Disabled in the directory: the role is there, and nobody gets a ticket for it.
fn no_ticket_no_login(c: &Context<'_>) {
    let role = c.admin().try_add(DISABLED, Some(REALM)).unwrap();
    for asked in [AsTyped, Canonical] {
        let seen = c.try_ticket(DISABLED, asked).map_or_else(|error| error, |_| "a ticket".into());
        let (_, why) = seen.split_once(": ").unwrap_or(("", &seen));
        let expected =
            "kinit: Client's credentials have been revoked while getting initial credentials";
        c.take_down(DISABLED, &format!("none ({})", asked.command(DISABLED)), &role, expected, why);
    }
}

/// Where there is no user WS01, the KDC lets the machine WS01$ be one. So the role of somebody who
/// has left the directory is not safe from who can join a machine to it under that name: it is to
/// be dropped or disabled, too.
fn a_machine_without_its_dollar_is_a_user_of_that_name(c: &Context<'_>) {
    let admin = c.admin();
    let role = admin.try_add("WS01", Some(REALM)).unwrap();
    let ticket = c.ticket("WS01", AsTyped);
    c.log_in(COMPUTER, &AsTyped.command("WS01"), &ticket, &role, LogsIn);
    admin.disable(&role, false);
    c.log_in(COMPUTER, &AsTyped.command("WS01"), &ticket, &role, NotPermitted);
}

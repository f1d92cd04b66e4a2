//! The accounts of the directory, each with one thing about its name that has kept people out.

use kerbrole_tests::domain_controller::Account;

/// Upper and lower case.
pub const MIXED_CASE: &str = "JDoe";
/// A user principal name with a suffix that is not the realm.
pub const OTHER_SUFFIX: (&str, &str) = ("jean", "jean@corp.com");
/// A user principal name that has nothing in common with the name of the account.
pub const OTHER_NAME: (&str, &str) = ("mmuster", "maximilian.mustermann@corp.com");
/// An upper-case letter that PostgreSQL does not fold.
pub const ACCENT_IN_UPPER_CASE: &str = "Élise";
/// A letter that is not ASCII, among some that are.
pub const UMLAUT: &str = "jürgen";
/// Nobody gets a ticket for this one.
pub const DISABLED: &str = "Gone";
/// A machine.
pub const COMPUTER: &str = "WS01$";
/// As old directories have them: a space and an apostrophe.
pub const SPACE_AND_APOSTROPHE: &str = "Mary O'Neill";

pub fn all() -> Vec<Account> {
    vec![
        Account::user(MIXED_CASE).upn("jdoe@corp.example.com"),
        Account::user(OTHER_SUFFIX.0).upn(OTHER_SUFFIX.1),
        Account::user(OTHER_NAME.0).upn(OTHER_NAME.1),
        Account::user(ACCENT_IN_UPPER_CASE).upn("elise@corp.example.com"),
        Account::user(UMLAUT).upn("juergen@corp.com"),
        Account::user(DISABLED).disabled(),
        Account::computer(COMPUTER),
        Account::user(SPACE_AND_APOSTROPHE),
    ]
}

/// Accounts of servers, each with another thing about its name.
pub fn services(realm: &str) -> Vec<Account> {
    let domain = realm.to_lowercase();
    vec![
        Account::user("svc-upper").service(&format!("POSTGRES/upper.{domain}")),
        Account::user("svc-short").service("postgres/short"),
    ]
}

//! Somebody who makes logins and does what the software says: an error's HINT, a row of
//! `kerb_check_principal`.

use kerbrole_tests::admin::Admin;
use kerbrole_tests::domain_controller::Asked;
use kerbrole_tests::fixture::Session;
use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::report::Expected::{LogsIn, NamesDiffer};

use crate::directory::{Context, REALM};

/// What is handed to `kerb_add_principal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub username: String,
    pub realm: Option<String>,
}

impl Typed {
    pub fn alone(username: &str) -> Self {
        Self { username: username.into(), realm: None }
    }

    pub fn with_realm(username: &str, realm: &str) -> Self {
        Self { username: username.into(), realm: Some(realm.into()) }
    }
}

/// Knows the directory, where an account's name can be looked up, and otherwise only what the
/// software says.
pub struct Administrator<'c> {
    c: &'c Context<'c>,
    admin: Admin,
    session: Session,
    /// The sAMAccountName of whoever is to log in.
    account: &'c str,
}

impl<'c> Administrator<'c> {
    pub fn of(c: &'c Context<'c>, account: &'c str) -> Self {
        Self { c, admin: c.admin(), session: c.master(), account }
    }

    /// Adds the principal, by the advice of each refusal. The role's name, and how many refusals
    /// there were.
    pub fn add(&mut self, first: Typed) -> (String, usize) {
        let mut typed = first;
        for refusals in 0..4 {
            match self.admin.try_add(&typed.username, typed.realm.as_deref()) {
                Ok(role) => return (role, refusals),
                Err(error) => {
                    let hint =
                        error.hint().unwrap_or_else(|| panic!("{typed:?}: {error}: no HINT"));
                    let next = self.follow(&hint, &typed);
                    assert_ne!(next, typed, "the HINT leads nowhere: {hint}");
                    typed = next;
                }
            }
        }
        panic!("refused again and again, the last time {typed:?}");
    }

    /// What to type instead. A value that the HINT names is taken as it stands there.
    fn follow(&self, hint: &str, typed: &Typed) -> Typed {
        let value = in_quotes(hint, '\'');
        let own_name = typed.username.rsplit(['\\', '/']).next().unwrap_or_default();
        if hint.starts_with("Write either ") || hint.starts_with("Give the realm as well") {
            Typed::alone(value.expect(hint))
        } else if hint.starts_with("Write the directory's DNS name") {
            Typed { realm: Some(value.unwrap_or(REALM).into()), ..typed.clone() }
        } else if hint.starts_with("Write the username and the realm") {
            Typed::alone(&format!("{own_name}@{REALM}"))
        } else if hint.starts_with("Check the realm's spelling") {
            Typed {
                username: typed.username.rsplit_once('@').unwrap().0.into(),
                realm: Some(REALM.into()),
            }
        } else if hint.starts_with("Write the name without quotes") {
            Typed { username: typed.username.replace('"', ""), ..typed.clone() }
        } else if hint.contains("sAMAccountName@REALM") {
            Typed::alone(&format!("{}@{REALM}", self.account))
        } else if hint.contains("sAMAccountName") {
            Typed::with_realm(self.account, REALM)
        } else {
            panic!("this HINT names nothing to type: {hint}")
        }
    }

    /// Runs what `kerb_check_principal` has to say about the principal of a ticket, and returns the
    /// role that it names in the end.
    pub fn mend(&mut self, ticket: &Ticket) -> String {
        let principal = ticket.principal().unwrap();
        for _ in 0..3 {
            let checks = self.admin.check(&principal);
            let Some(fix) = checks
                .iter()
                .filter(|row| row.ok == Some(false))
                .find_map(|row| row.fix.as_deref())
            else {
                let exists = checks.iter().find(|row| row.name == "role_exists").unwrap();
                return in_quotes(&exists.detail, '"')
                    .unwrap_or_else(|| panic!("no role is named: {exists:?}"))
                    .into();
            };
            self.session.run(fix);
        }
        panic!("kerb_check_principal('{principal}') finds something to mend again and again");
    }

    /// The login with the ticket that Windows would ask for. Where it `needs_mending`, the log says
    /// that the names differ, and what `kerb_check_principal` says of that ticket ends it.
    pub fn sees_to_the_login(
        &mut self,
        name: &str,
        asked: Asked,
        role: &str,
        first: &Typed,
        needs_mending: bool,
    ) {
        let ticket = self.c.ticket(name, asked);
        let how = format!("{}, after typing {}", asked.command(name), in_words(first));
        if !needs_mending {
            return self.c.log_in(self.account, &how, &ticket, role, LogsIn);
        }
        self.c.log_in(self.account, &how, &ticket, role, NamesDiffer);
        let mended = self.mend(&ticket);
        self.c.log_in(
            self.account,
            &format!("{how}, and the fix of kerb_check_principal"),
            &ticket,
            &mended,
            LogsIn,
        );
    }
}

fn in_words(typed: &Typed) -> String {
    match &typed.realm {
        Some(realm) => format!("('{}', '{realm}')", typed.username),
        None => format!("('{}')", typed.username),
    }
}

/// The first value between two quotes of this kind.
pub fn in_quotes(text: &str, quote: char) -> Option<&str> {
    // An apostrophe inside a word is none.
    let opening = text
        .match_indices(quote)
        .map(|(at, _)| at)
        .find(|&at| at == 0 || text[..at].ends_with([' ', '(']))?;
    let rest = &text[opening + 1..];
    let closing = rest
        .match_indices(quote)
        .map(|(at, _)| at)
        .find(|&at| !rest[at + 1..].starts_with(char::is_alphanumeric))?;
    Some(&rest[..closing])
}

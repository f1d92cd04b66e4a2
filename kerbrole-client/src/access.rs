//! Who is to have access, by what a directory says, and what that comes to.

mod portions;

use std::collections::HashSet;
use std::fmt;

use kerbrole_core::{
    AbsentPolicy, AccessAction, AccessError, RemovalLimit, RoleName, Sid, quote_comment,
};

use crate::error::Error;

/// An account of a directory, and what it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AccessPerson {
    /// The principal: `alice@CORP.EXAMPLE.COM`.
    pub principal: String,
    /// The account.
    pub sid: Sid,
    /// Whether the directory lets it log in.
    pub enabled: bool,
    /// The roles that it is to be a member of, exactly as they are called; each is one of those of
    /// [`Access::role`].
    pub roles: Vec<String>,
}

impl AccessPerson {
    /// An account that may log in and has no further role.
    pub fn new(principal: impl Into<String>, sid: Sid) -> Self {
        Self { principal: principal.into(), sid, enabled: true, roles: Vec::new() }
    }

    /// Whether the directory lets it log in.
    #[must_use]
    pub fn enabled(mut self, yes: bool) -> Self {
        self.enabled = yes;
        self
    }

    /// Gives it these roles as well, exactly as they are called.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item: Into<String>>) -> Self {
        self.roles.extend(roles.into_iter().map(Into::into));
        self
    }
}

/// Who is to have access, and what becomes of others.
///
/// A role is its account's where the comment on it ends in `[kerbrole:S-1-5-21-…-1104]`: it follows
/// the account when that is renamed, and another account of the same name does not get it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Access {
    /// Everybody whose account was read.
    pub people: Vec<AccessPerson>,
    /// The roles that are granted and revoked, exactly as they are called: no other is.
    pub roles: Vec<String>,
    /// The domains that were read whole: nobody of another one is absent.
    pub domains: Vec<Sid>,
    /// What becomes of principals of these domains that are not among the people.
    pub absent: AbsentPolicy,
    /// Principals, or roles, to which nothing is done.
    pub except: Vec<String>,
    /// How many people may lose something at once; a tenth where nobody says otherwise.
    pub limit: RemovalLimit,
    /// Whether the sessions of those end who may not log in any more.
    pub terminate: bool,
}

impl Access {
    /// Of nobody yet; others stay as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// And this account.
    #[must_use]
    pub fn person(mut self, person: AccessPerson) -> Self {
        self.people.push(person);
        self
    }

    /// And these accounts.
    #[must_use]
    pub fn people(mut self, people: impl IntoIterator<Item = AccessPerson>) -> Self {
        self.people.extend(people);
        self
    }

    /// Grants and revokes this role, exactly as it is called.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Grants and revokes these roles: [`Access::role`] for each.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item: Into<String>>) -> Self {
        self.roles.extend(roles.into_iter().map(Into::into));
        self
    }

    /// This domain, `S-1-5-21-a-b-c`, was read whole: who is bound to an account of it and is not
    /// among the people is absent.
    #[must_use]
    pub fn domain(mut self, domain: Sid) -> Self {
        self.domains.push(domain);
        self
    }

    /// What becomes of those who are absent.
    #[must_use]
    pub fn absent(mut self, absent: AbsentPolicy) -> Self {
        self.absent = absent;
        self
    }

    /// Does nothing to this principal, or role.
    #[must_use]
    pub fn except(mut self, name: impl Into<String>) -> Self {
        self.except.push(name.into());
        self
    }

    /// How many people may be disabled, dropped or taken out of a role at once.
    #[must_use]
    pub fn limit(mut self, limit: RemovalLimit) -> Self {
        self.limit = limit;
        self
    }

    /// Ends the sessions of those who may not log in any more.
    #[must_use]
    pub fn terminate(mut self, yes: bool) -> Self {
        self.terminate = yes;
        self
    }
}

/// A statement of the difference, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AccessRow {
    /// What it is a part of.
    pub action: AccessAction,
    /// The role.
    pub role_name: RoleName,
    /// The statement, ready to be pasted into psql; `None` with [`AccessAction::Leave`].
    pub statement: Option<String>,
    /// Why it is done, or is not.
    pub reason: String,
}

impl AccessRow {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(
        action: AccessAction,
        role_name: RoleName,
        statement: Option<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self { action, role_name, statement, reason: reason.into() }
    }

    /// What is compared: why something is done may be told in other words.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        (self.action, &self.role_name, &self.statement)
            == (other.action, &other.role_name, &other.statement)
    }
}

/// What [`Access`] would come to, to be shown, kept and carried out, or not.
///
/// `Display` is a script for psql, in one transaction, with what is left as it is in comments;
/// nothing where there is nothing to do. With the feature `serde` it can be kept, looked at by
/// somebody else and carried out later: what is in it only says what has to come out, and where the
/// server's own plan is another one nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AccessPlan {
    pub(crate) access: Access,
    pub(crate) rows: Vec<AccessRow>,
    pub(crate) principals: usize,
    pub(crate) at_most: usize,
    /// Whether the extension's settings have a part in how many.
    pub(crate) by_settings: bool,
}

impl AccessPlan {
    /// For a test that has no server, with a limit that nothing reaches; otherwise
    /// [`Kerbrole::plan_access`](crate::Kerbrole::plan_access) makes it.
    pub fn new(access: &Access, rows: impl IntoIterator<Item = AccessRow>) -> Self {
        Self {
            access: access.clone(),
            rows: rows.into_iter().collect(),
            principals: 0,
            at_most: usize::MAX,
            by_settings: false,
        }
    }

    /// What it was made from.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The statements, in order, and then why some are left as they are.
    pub fn rows(&self) -> &[AccessRow] {
        &self.rows
    }

    /// Whether there is nothing to do; some may be left as they are all the same.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.statement.is_none())
    }

    /// How many roles something is done to.
    pub fn count(&self, action: AccessAction) -> usize {
        Self::roles(&self.rows, |one| one == action)
    }

    /// How many people would be disabled, dropped or taken out of a role.
    pub fn losses(&self) -> usize {
        Self::losses_of(&self.rows)
    }

    pub(crate) fn losses_of(rows: &[AccessRow]) -> usize {
        use AccessAction::{Disable, Drop, Revoke};
        Self::roles(rows, |action| matches!(action, Disable | Drop | Revoke))
    }

    fn roles(rows: &[AccessRow], is_it: impl Fn(AccessAction) -> bool) -> usize {
        let rows = rows.iter().filter(|row| is_it(row.action));
        rows.map(|row| &row.role_name).collect::<HashSet<_>>().len()
    }

    /// How many principals are bound to accounts of the domains that were read; 0 where nobody
    /// would lose anything.
    pub fn principals(&self) -> usize {
        self.principals
    }

    /// How many people may lose something at once.
    pub fn at_most(&self) -> usize {
        self.at_most
    }

    /// Whether it may be carried out.
    ///
    /// # Errors
    /// 53400 when more people would lose something than may at once.
    pub fn refuse_too_many(&self) -> Result<(), Error> {
        let (people, principals, at_most) = (self.losses(), self.principals, self.at_most);
        if people > at_most {
            let refusal = AccessError::TooManyLosses { people, principals, at_most }.into();
            return Err(match self.by_settings {
                true => Error::by_settings(refusal),
                false => refusal.into(),
            });
        }
        Ok(())
    }
}

impl fmt::Display for AccessPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        writeln!(f, "BEGIN;")?;
        for row in &self.rows {
            match &row.statement {
                Some(statement) => writeln!(f, "{statement}")?,
                None => {
                    let why = format!("{}: {}", row.role_name, row.reason);
                    writeln!(f, "{}", quote_comment(&why))?;
                }
            }
        }
        writeln!(f, "COMMIT;")
    }
}

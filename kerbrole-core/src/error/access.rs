//! What keeps an account of a directory from having the role that it should.

use crate::names::role_name::RoleName;
use crate::names::sid::Sid;
use crate::quote::literal;
use crate::report::{Report, shown_by_its_report};
use crate::sqlstate::SqlState as S;
use crate::text::visible;

/// What is wrong with a list of accounts and their roles, or with one account of it.
///
/// `Display` is the message; [`sqlstate`](Self::sqlstate), [`detail`](Self::detail) and
/// [`hint`](Self::hint) are the rest of what PostgreSQL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// A SID that is none of an account of a domain, where one has to be.
    NoAccount {
        /// The SID.
        sid: Sid,
    },
    /// A SID that is none of a domain, where one has to be.
    NoDomain {
        /// The SID.
        sid: Sid,
    },
    /// How many may lose something is no number and no percentage.
    Limit {
        /// As it was given.
        value: String,
    },
    /// A principal's own role among those that are granted to others.
    PrincipalAsGroup {
        /// The role.
        role: RoleName,
    },
    /// Somebody is to have a role that is not among those that the list is about.
    NotManaged {
        /// As it was given.
        role: String,
    },
    /// More people would lose something than may at once.
    TooManyLosses {
        /// How many.
        people: usize,
        /// How many principals are bound to accounts of these domains.
        principals: usize,
        /// The limit.
        at_most: usize,
    },
    /// The name is that of a role that is bound to another account.
    NameOfAnother {
        /// The role of that name.
        role: RoleName,
        /// The account that should have it.
        sid: Sid,
        /// The account that has it.
        bound_to: Sid,
    },
    /// Two accounts with one name, or names that differ by case only.
    NamedAlike {
        /// The name.
        role: RoleName,
        /// One of the other accounts.
        other: Sid,
    },
    /// One account that is on the list more than once.
    ListedTwice {
        /// The account.
        sid: Sid,
    },
    /// Several roles that are bound to one account.
    BoundTwice {
        /// The account.
        sid: Sid,
        /// One of the roles.
        role: RoleName,
        /// Another one.
        other: RoleName,
    },
    /// A role that is bound to an account and has no principal's name.
    NoPrincipal {
        /// The role.
        role: RoleName,
        /// The account.
        sid: Sid,
    },
    /// A comment that is no text, so that it cannot be kept when the role is bound.
    CommentUnwritable {
        /// The role.
        role: RoleName,
    },
    /// A membership that cannot be revoked without taking others' away.
    GrantedOn {
        /// Whose membership it is.
        role: RoleName,
        /// What it is a member of, and granted to others.
        group: RoleName,
    },
}

impl AccessError {
    pub(crate) fn report(&self) -> Report {
        let is = |sqlstate: S, message: String| Report::new(sqlstate, message);
        match self {
            Self::NoAccount { sid } => {
                is(S::InvalidParameterValue, format!("{sid} is no account of a domain")).hint(
                    "The objectSid of a user begins with S-1-5-21- and has four more numbers.",
                )
            }
            Self::NoDomain { sid } => is(S::InvalidParameterValue, format!("{sid} is no domain"))
                .hint(
                    "The objectSid of a domain begins with S-1-5-21- and has three more numbers.",
                ),
            Self::Limit { value } => is(
                S::InvalidParameterValue,
                format!("invalid limit for removals: \"{}\"", visible(value)),
            )
            .hint("Write a number of people, or a percentage from '1%' to '100%'."),
            Self::PrincipalAsGroup { role } => is(
                S::InvalidParameterValue,
                format!("role \"{role}\" is a principal's and is granted to nobody"),
            )
            .hint("Grant what the person has by a role of its own, which nobody logs in as."),
            Self::NotManaged { role } => is(
                S::InvalidParameterValue,
                format!("role \"{}\" is not among those that are granted here", visible(role)),
            )
            .hint("List in roles every role that somebody is to have."),
            Self::TooManyLosses { people, principals, at_most } => is(
                S::ConfigurationLimitExceeded,
                format!(
                    "{people} people would be disabled, dropped or taken out of a role, and at \
                     most {at_most} may be at once"
                ),
            )
            .detail(format!(
                "{principals} principals are bound to accounts of the domains that were read."
            ))
            .hint("Look at what would be done. If it is right, raise the limit for this run."),
            Self::NameOfAnother { role, sid, bound_to } => is(
                S::DuplicateObject,
                format!(
                    "role \"{role}\" is bound to {bound_to}, and its name is now that of {sid}"
                ),
            )
            .detail(
                "The role is kept from logging in; the account gets none until the name is free.",
            )
            .hint(format!(
                "Rename or drop it. Only where the two are one person: COMMENT ON ROLE {} IS {};",
                role.quoted(),
                literal(&format!("[kerbrole:{sid}]"))
            )),
            Self::NamedAlike { role, other } => is(
                S::DuplicateObject,
                format!("account {other} has the name \"{role}\" as well"),
            )
            .detail("With krb_caseins_users on, one person's ticket would open the other's role.")
            .hint("Read each domain once, and give each a realm of its own."),
            Self::ListedTwice { sid } => {
                is(S::DuplicateObject, format!("account {sid} is on the list more than once"))
                    .hint("List each account once, with all of its roles.")
            }
            Self::BoundTwice { sid, role, other } => is(
                S::DuplicateObject,
                format!("roles \"{role}\" and \"{other}\" are both bound to {sid}"),
            )
            .hint(format!(
                "End the binding of the one that is not the account's: COMMENT ON ROLE {} IS NULL;",
                other.quoted()
            )),
            Self::NoPrincipal { role, sid } => is(
                S::InvalidParameterValue,
                format!("role \"{role}\" is bound to {sid} and has no principal's name"),
            )
            .hint(format!(
                "End the binding, or give the role the account's name: COMMENT ON ROLE {} IS NULL;",
                role.quoted()
            )),
            Self::CommentUnwritable { role } => is(
                S::InvalidParameterValue,
                format!("the comment on role \"{role}\" is no text in this database"),
            )
            .hint(format!("Write it anew, or end it: COMMENT ON ROLE {} IS NULL;", role.quoted())),
            Self::GrantedOn { role, group } => is(
                S::DependentObjectsStillExist,
                format!("role \"{role}\" granted \"{group}\" to others and stays a member of it"),
            )
            .hint(format!(
                "Grant it to them anew, and run: REVOKE {} FROM {} CASCADE;",
                group.quoted(),
                role.quoted()
            )),
        }
    }
}

shown_by_its_report!(AccessError);

impl std::error::Error for AccessError {}

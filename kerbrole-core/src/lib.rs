//! What a Kerberos or Active Directory login role of PostgreSQL is called, which memberships it may have, and
//! which statements make it so.
//!
//! On Amazon RDS and Aurora, and on any PostgreSQL with GSSAPI, a directory user logs in as a role whose name is
//! the Kerberos principal, `"alice@CORP.EXAMPLE.COM"`, and which is a member of `rds_ad`. This crate holds the
//! rules and nothing else: it opens no connection and runs no statement, so that the extension `pg_kerbrole` and
//! the crate `kerbrole-client` decide and report alike.
//!
//! | question | answer |
//! | --- | --- |
//! | what is the role called? | [`NameRules::canonicalize`] → [`Canonical`] |
//! | is that a possible name? | [`Username`], [`Realm`], [`Principal`], [`RoleName`]: parsed once, valid ever after |
//! | who is a member of both? | [`MembershipGraph::conflicts`] → [`Conflict`] |
//! | which role is meant? | [`NameRules::meant`] → [`Meant`] |
//! | who has access? | [`list_principals`] → [`ListedPrincipal`] |
//! | what has to be run? | [`plan_add`], [`plan_drop`], [`plan_disable`], [`plan_enable`], [`plan_rename`], [`plan_rename_realm`], [`plan_sync`] |
//! | why can this person not log in? | [`check_principal`] → [`Check`] |
//! | which names are a danger? | [`case_audit`] → [`CaseFinding`] |
//! | what went wrong? | [`Error`]: SQLSTATE, message, DETAIL, HINT |
//!
//! ```
//! use kerbrole_core::NameRules;
//!
//! let rules = NameRules { caseins_users: true, ..NameRules::default() };
//! let name = rules.canonicalize("Alice", Some("corp.example.com"))?;
//! assert_eq!(name.principal.to_string(), "alice@CORP.EXAMPLE.COM");
//! # Ok::<(), kerbrole_core::Error>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod access_list;
mod add;
mod audit;
mod case;
mod check;
mod config_lines;
mod conflict;
mod error;
mod graph;
mod hba;
mod keytab;
mod list;
mod login;
mod names;
mod neighbourhood;
mod places;
mod powers;
mod quote;
mod realm;
mod removal;
mod rename;
mod rights;
mod role;
mod rules;
mod statement;
mod sync;
mod target;
mod username;

pub use access_list::{GrantedBy, grants_query};
pub use add::{AddAction, AddOutcome, AddPlan, AddRequest, plan_add};
pub use audit::{CaseFinding, CaseProblem, FixWith, case_audit};
pub use case::{HighBytes, case_variant_at_least, equal_ignoring_case, fold_case};
pub use check::{
    Check, ConnectionLimit, DatabaseFacts, KeytabFacts, Library, LoginFacts, LoginTrigger, Room, ServerFacts,
    SettingOf, SlotFacts, StartupFacts, StartupSetting, check_principal, check_too_long, login_settings_query,
    preloaded,
};
pub use config_lines::{ConfigLine, config_lines, ident_lines, with_quotes};
pub use conflict::{Added, Conflict, ConflictRule, NewConflict};
pub use error::{Error, LARGEST_LIST, LONGEST_ARGUMENT, LONGEST_LIST, SqlState};
pub use graph::{Membership, MembershipGraph, PathStep, RoleOid};
pub use hba::{HbaLine, HbaVerdict, IdentLine, Login, Match, Word};
pub use keytab::keytab_principals;
pub use list::{ListedPrincipal, list_principals};
pub use login::{LoginPlan, plan_disable, plan_enable};
pub use names::{Principal, RoleName};
pub use neighbourhood::{MembershipCatalog, few_below, neighbourhood, neighbourhood_of_conflicts};
pub use powers::{Groups, Power, refuse_powers};
pub use quote::{array_elements, array_literal, quote_identifier, quote_literal};
pub use realm::Realm;
pub use removal::{Dependants, DropOutcome, DropPlan, ForeignGrant, GrantMade, Holding, plan_drop};
pub use rename::{Move, RenamePlan, plan_rename, plan_rename_realm, refuse_moves};
pub use rights::{Held, Lack, Runner, lacks_in_words, missing, missing_rights_of, roles_concerned};
pub use role::{Elevated, Role, RoleSet};
pub use rules::{Canonical, NameRules, NetbiosDomains, RealmList, UsernameCase};
pub use statement::{MembershipOptions, Revoke, Statement};
pub use sync::{Absent, SyncAction, SyncPlan, SyncRequest, SyncStep, plan_sync};
pub use target::{Meant, changeable};
pub use username::Username;

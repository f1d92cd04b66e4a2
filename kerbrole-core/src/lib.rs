//! What a Kerberos or Active Directory login role of PostgreSQL is called, which memberships it may
//! have, and which statements make it so.
//!
//! On Amazon RDS and Aurora, and on any PostgreSQL with GSSAPI, a directory user logs in as a role
//! whose name is the Kerberos principal, `"alice@CORP.EXAMPLE.COM"`, and which is a member of
//! `rds_ad`. This crate holds the rules and nothing else: it opens no connection and runs no
//! statement, so that the extension `pg_kerbrole` and the crate `kerbrole-client` decide and report
//! alike.
//!
//! | question | answer |
//! | --- | --- |
//! | what is the role called? | [`NameRules::canonicalize`] → [`Canonical`] |
//! | is that a possible name? | [`Username`], [`Realm`], [`Principal`], [`RoleName`] |
//! | who is a member of both? | [`Cluster::conflicts`] → [`Conflict`] |
//! | which role is meant? | [`NameRules::meant`] → [`PrincipalRef`] |
//! | who has access? | [`list_principals`] → [`ListedPrincipal`] |
//! | what has to be read for that? | [`Reading`] → [`Cluster`] |
//! | what has to be run? | [`plan_add`], [`plan_drop`], [`plan_disable`], [`plan_enable`] |
//! | … for several at once? | [`plan_rename`], [`plan_rename_realm`], [`plan_sync`] |
//! | … for a directory's accounts? | [`Sid`], [`RoleComment`], [`plan_access`] |
//! | why can this person not log in? | [`check_principal`] → [`Check`] |
//! | do memberships make a login slow? | [`LoginCost`] |
//! | is a realm misspelt? | [`UnknownRealms`] → [`UnknownRealm`] |
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

mod diagnose;
mod error;
#[cfg(feature = "serde")]
mod keeping;
mod lookup;
mod memberships;
mod names;
mod oid;
mod plan;
mod quote;
mod report;
mod roles;
mod rule;
mod sqlstate;
mod statement;
mod text;
mod vocabulary;

pub use diagnose::case_audit::{CaseFinding, CaseProblem, case_audit};
pub use diagnose::check::{
    Check, ConnectionLimit, DatabaseFacts, KeytabFacts, Library, LoginFacts, LoginTrigger, NO_ROLE,
    Room, ServerFacts, SettingOf, SlotFacts, StartupFacts, StartupSetting, check_principal,
    check_too_long, login_settings_query, preloaded,
};
pub use diagnose::config_lines::{ConfigLine, config_lines, ident_lines, with_quotes};
pub use diagnose::fix_with::FixWith;
pub use diagnose::hba::{HbaLine, HbaVerdict, IdentLine, LoginAttempt, Match, Word};
pub use diagnose::keytab::keytab_principals;
pub use diagnose::list::{ListedPrincipal, list_principals};
pub use diagnose::login_cost::{LoginCost, SlowLogin};
pub use diagnose::unknown_realms::{UnknownRealm, UnknownRealms};
pub use error::{AccessError, Error, LARGEST_LIST, LONGEST_ARGUMENT, LONGEST_LIST, Warning};
pub use lookup::{PrincipalRef, changeable, existing_role};
pub use memberships::cluster::Cluster;
pub use memberships::conflicts::NewConflict;
pub use memberships::fix::Added;
pub use memberships::graph::{Membership, MembershipGraph};
pub use memberships::neighbourhood::{
    Around, MembershipCatalog, few_below, neighbourhood, neighbourhood_of_conflicts,
};
pub use memberships::powers::{Groups, refuse_powers};
pub use memberships::reading::Reading;
pub use names::case::{HighBytes, case_variant_at_least, equal_ignoring_case, fold_case};
pub use names::error::NameError;
pub use names::principal::Principal;
pub use names::realm::Realm;
pub use names::role_name::RoleName;
pub use names::rules::{Canonical, NameRules, NetbiosDomains, RealmList, UsernameCase};
pub use names::sid::Sid;
pub use names::username::Username;
pub use oid::{BOOTSTRAP_SUPERUSER, RoleOid};
pub use plan::access::difference::AccessPlan;
pub use plan::access::limit::RemovalLimit;
pub use plan::access::plan_access;
pub use plan::access::request::{AccessPerson, AccessRequest};
pub use plan::access::step::{AccessAction, AccessReason, AccessStep};
pub use plan::add::{AddAction, AddOutcome, AddPlan, AddRequest, plan_add};
pub use plan::drop::{DropOutcome, DropPlan, plan_drop};
pub use plan::enable::{LoginPlan, plan_disable, plan_enable};
pub use plan::rename::{RealmRename, RenamePlan, plan_rename, plan_rename_realm, refuse_moves};
pub use plan::rights::{
    Held, Lack, Runner, lacks_in_words, missing, missing_rights_of, roles_concerned,
};
pub use plan::sync::{AbsentPolicy, SyncAction, SyncPlan, SyncRequest, SyncStep, plan_sync};
pub use quote::{
    array_elements, array_literal, comment as quote_comment, literal, quote_identifier,
    quote_literal,
};
pub use roles::comment::RoleComment;
pub use roles::dependants::{Dependants, ForeignGrant, GrantMade, Holding};
pub use roles::foreign_grants::{GrantedBy, grants_query};
pub use roles::path::PathStep;
pub use roles::power::Power;
pub use roles::role::{Elevated, Role};
pub use roles::role_set::RoleSet;
pub use rule::{Conflict, ConflictRule};
pub use sqlstate::SqlState;
pub use statement::{MembershipOptions, Revoke, Statement};
pub use text::is_invisible;
pub use vocabulary::{Language, vocabulary};

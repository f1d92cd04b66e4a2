//! What the questions have in common.

use crate::diagnose::check::answer::Check;
use crate::diagnose::check::facts::LoginFacts;
use crate::diagnose::fix_with::FixWith;
use crate::memberships::cluster::Cluster;
use crate::memberships::node::Node;
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::quote::{literal, quote_identifier};
use crate::roles::role::Role;

/// The questions about one role, with all that their answers depend on.
pub(super) struct Questions<'q> {
    pub(super) facts: &'q LoginFacts<'q>,
    pub(super) both: &'q RuleReach<'q>,
    pub(super) cluster: &'q Cluster,
    pub(super) role: Option<&'q Role>,
    pub(super) name: RoleName,
}

/// The answer to what is asked about a role that is not there.
pub const NO_ROLE: &str = "there is no role to look at";

impl Questions<'_> {
    pub(super) fn node(&self) -> Option<Node> {
        self.cluster.graph.node(self.oid()?)
    }

    pub(super) fn oid(&self) -> Option<RoleOid> {
        self.role.map(|role| role.oid)
    }

    pub(super) fn literal(&self) -> String {
        literal(self.name.as_str())
    }

    pub(super) fn by_function(&self) -> bool {
        self.facts.fix_with == FixWith::Functions
    }

    pub(super) fn is_superuser(&self) -> bool {
        self.role.is_some_and(|role| role.elevated.superuser)
    }

    /// An answer about the role, or that there is none.
    pub(super) fn of_role(&self, name: &'static str, answer: impl FnOnce(&Role) -> Check) -> Check {
        match self.role {
            Some(role) => answer(role),
            None => Check { name, ok: Some(false), detail: NO_ROLE.into(), fix: None },
        }
    }

    /// The database's name, as it can be shown.
    pub(super) fn database_name(&self) -> String {
        String::from_utf8_lossy(&self.facts.database.name).into_owned()
    }

    /// A statement with the database's name in it. Where that cannot be spelled here, the statement
    /// takes it from where it is run.
    pub(super) fn of_database(&self, before: &str, after: &str) -> String {
        if self.facts.database.is_spelled {
            return format!("{before}{}{after};", quote_identifier(&self.database_name()));
        }
        let body = format!(
            "BEGIN EXECUTE pg_catalog.format('%s%I%s', {}, pg_catalog.current_database(), {}); END",
            literal(before),
            literal(after)
        );
        format!("DO {};", literal(&body))
    }
}

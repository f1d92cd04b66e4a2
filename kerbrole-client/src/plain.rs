//! The same without the extension: plain statements, by whoever is connected.

mod adding;
mod batch;
mod catalog;
mod dropping;
mod lifecycle;
mod rights;
mod sets;
mod sync;
mod walk;

use std::collections::HashMap;

use kerbrole_core::{
    AddAction, AddRequest, Canonical, CaseFinding as CoreFinding, ConflictRule, ConnectionLimit, Dependants,
    DropOutcome, DropPlan, Error as Refusal, FixWith, GrantedBy, HighBytes, Holding, LoginFacts, LoginPlan,
    MembershipGraph, MembershipOptions, NameError, NameRules, PrincipalRef, Realm, RenamePlan, Role, RoleName, RoleOid,
    RoleSet, Statement, SyncRequest, Warning, case_audit, check_principal, check_too_long, list_principals, plan_add,
    plan_disable, plan_drop, plan_enable, plan_rename, plan_rename_realm, plan_sync, refuse_moves,
};
use tokio_postgres::GenericClient;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::error::{Error, Undone};
use crate::probe::Server;
use crate::types::{
    AddOptions, Added, CaseFinding, Check, Conflict, DropOptions, Dropped, ListedPrincipal, Plan, PrincipalState,
    RealmRename, SyncRow, names,
};
use batch::Batch;
pub(crate) use batch::CONFLICT_SEEN;
use catalog::Catalog;

/// How often something is planned anew when somebody else was faster.
const ATTEMPTS: usize = 3;

/// What is tried again when somebody else was faster.
struct Attempts {
    left: usize,
    first: Option<Error>,
}

impl Attempts {
    fn new() -> Self {
        Self { left: ATTEMPTS - 1, first: None }
    }

    /// How it ends, or nothing where it is to be tried again. The caller's transaction can have
    /// failed with the first attempt: then its error is the one to tell.
    fn settle<T>(
        &mut self,
        outcome: Result<T, Error>,
        somebody_was_faster: fn(&Error) -> bool,
    ) -> Option<Result<T, Error>> {
        match outcome {
            Err(error) if self.left > 0 && somebody_was_faster(&error) => {
                self.left -= 1;
                self.first.get_or_insert(error);
                None
            }
            Err(error) if error.code() == Some(SqlState::IN_FAILED_SQL_TRANSACTION) => {
                Some(Err(self.first.take().unwrap_or(error)))
            }
            outcome => Some(outcome),
        }
    }
}

/// Everything that an operation depends on.
pub(crate) struct Plain<'k, C> {
    pub(crate) client: &'k C,
    pub(crate) server: &'k Server,
    pub(crate) rules: &'k NameRules,
    pub(crate) rule: &'k ConflictRule,
    pub(crate) accept_nesting: bool,
}

impl<C: GenericClient> Plain<'_, C> {
    fn catalog(&self) -> Catalog<'_, C> {
        Catalog { client: self.client, server: self.server }
    }

    fn of_rule(&self) -> [String; 2] {
        [self.rule.ad_role(), self.rule.iam_role()].map(ToString::to_string)
    }

    fn name_grantors(&self) -> bool {
        self.server.names_grantors()
    }

    async fn about(&self, meant: &PrincipalRef) -> Result<RoleSet, Error> {
        self.catalog().roles_spelled_like([meant.role_name().to_string()]).await
    }

    /// A role, all that it is a member of, and the roles of the rule.
    async fn with_rule(&self, role: Option<&Role>) -> Result<MembershipGraph, Error> {
        let of_rule = self.catalog().roles_spelled_like(self.of_rule()).await?;
        let oids: Vec<_> = self
            .of_rule()
            .iter()
            .filter_map(|name| of_rule.get(name).map(|role| role.oid))
            .chain(role.map(|role| role.oid))
            .collect();
        self.catalog().neighbourhood(&[], &oids).await
    }

    pub(crate) async fn list(&self) -> Result<Vec<ListedPrincipal>, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        let sessions = self.catalog().sessions().await?;
        let mut listed = Vec::new();
        list_principals(roles.iter().map(|role| (role.oid, role.can_login)), &graph, self.rule, |p| {
            listed.push(ListedPrincipal {
                role_name: p.role_name.to_string(),
                username: p.username.into(),
                realm: p.realm.into(),
                can_login: p.can_login,
                groups: names(p.groups()),
                ad_path: p.ad_path().map(names),
                iam_path: p.iam_path().map(names),
                sessions: sessions.get(&p.oid).copied().unwrap_or(0),
            });
        })?;
        Ok(listed)
    }

    pub(crate) async fn check(&self, meant: Result<PrincipalRef, NameError>) -> Result<Vec<Check>, Error> {
        let checks = match meant {
            Err(NameError::TooLong { role, bytes }) => check_too_long(&role, bytes),
            meant => {
                let meant = meant?;
                let roles = self.about(&meant).await?;
                let role = meant.find(&roles).ok();
                let graph = self.with_rule(role).await?;
                let (limit, database) = self.catalog().login_facts(role.map(|role| role.oid)).await?;
                let sessions = self.catalog().sessions().await?;
                let sessions = role.and_then(|role| sessions.get(&role.oid).copied()).unwrap_or(0);
                let facts = LoginFacts {
                    caseins_users: self.rules.caseins_users,
                    high_bytes: HighBytes::Unknown,
                    roles: &roles,
                    graph: &graph,
                    role_limit: ConnectionLimit { limit, sessions },
                    database,
                    startup: self.catalog().startup(role).await?,
                    server: None,
                    fix_with: FixWith::Statements,
                };
                check_principal(&meant, &facts, self.rule, self.name_grantors())?
            }
        };
        Ok(checks.into_iter().map(|c| Check { name: c.name.into(), ok: c.ok, detail: c.detail, fix: c.fix }).collect())
    }

    pub(crate) async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        let (_, graph) = self.catalog().everything().await?;
        Ok(graph.conflicts(self.rule, self.name_grantors())?.iter().map(conflict).collect())
    }

    pub(crate) async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        let findings = case_audit(&roles, &graph, self.rule, self.rules, &HighBytes::Unknown, FixWith::Statements)?;
        let finding = |CoreFinding { problem, roles, detail, fix }| CaseFinding {
            problem,
            role_names: names(&roles),
            detail,
            fix,
        };
        Ok(findings.into_iter().map(finding).collect())
    }
}

fn conflict(conflict: &kerbrole_core::Conflict) -> Conflict {
    let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
    Conflict {
        role_name: conflict.role.to_string(),
        ad_path: names(&conflict.ad_path),
        iam_path: names(&conflict.iam_path),
        fix: fix.join(" "),
    }
}

fn quoted(name: &str) -> String {
    kerbrole_core::quote_identifier(name)
}

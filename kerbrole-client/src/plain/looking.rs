//! Questions about principals, answered by the catalogues that anybody may read.

use std::collections::HashMap;

use kerbrole_core::{
    Canonical, CaseFinding as CoreFinding, ConnectionLimit, FixWith, HighBytes, LoginFacts,
    NameError, PrincipalRef, Reading, RoleComment, RoleName, case_audit, check_principal,
    check_too_long, list_principals,
};
use tokio_postgres::GenericClient;

use super::Plain;
use crate::error::Error;
use crate::results::{
    CaseFinding, Check, ListedPrincipal, PrincipalSource, PrincipalState, all_as_shown, as_shown,
    names,
};

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn list(&self) -> Result<Vec<ListedPrincipal>, Error> {
        let cluster = self.read_all().await?;
        let sessions = self.catalog().sessions().await?;
        let comments = self.catalog().role_comments().await?;
        let mut listed = Vec::new();
        let logins = cluster.roles.iter().map(|role| (role.oid, role.can_login));
        list_principals(logins, &cluster, |p| {
            let sid = comments.get(&p.oid).and_then(RoleComment::sid);
            listed.push(ListedPrincipal {
                role_name: as_shown(p.role_name),
                username: p.username.into(),
                realm: p.realm.into(),
                can_login: p.can_login,
                groups: all_as_shown(p.groups()),
                ad_path: p.ad_path().map(names),
                iam_path: p.iam_path().map(names),
                sessions: sessions.get(&p.oid).copied().unwrap_or(0),
                sid: sid.cloned(),
                source: PrincipalSource::of(sid),
            });
        })?;
        Ok(listed)
    }

    pub(crate) async fn check(
        &self,
        meant: Result<PrincipalRef, NameError>,
    ) -> Result<Vec<Check>, Error> {
        let checks = match meant {
            Err(NameError::TooLong { role, bytes }) => check_too_long(&role, bytes),
            meant => {
                let meant = meant?;
                let cluster = self.read(&meant.reading(self.rule)).await?;
                let role = meant.find(&cluster.roles).ok();
                let (limit, database) =
                    self.catalog().login_facts(role.map(|role| role.oid)).await?;
                let sessions = self.catalog().sessions().await?;
                let sessions = role.and_then(|role| sessions.get(&role.oid).copied()).unwrap_or(0);
                let facts = LoginFacts {
                    caseins_users: self.rules.caseins_users,
                    high_bytes: HighBytes::Unknown,
                    role_limit: ConnectionLimit { limit, sessions },
                    database,
                    startup: self.catalog().startup(role).await?,
                    server: None,
                    fix_with: FixWith::Statements,
                };
                check_principal(&meant, &cluster, &facts)?
            }
        };
        Ok(checks
            .into_iter()
            .map(|c| Check { name: c.name.into(), ok: c.ok, detail: c.detail, fix: c.fix })
            .collect())
    }

    pub(crate) async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        let cluster = self.read_all().await?;
        let findings = case_audit(&cluster, self.rules, &HighBytes::Unknown, FixWith::Statements)?;
        let finding = |CoreFinding { problem, roles, detail, fix }| CaseFinding {
            problem,
            role_names: roles,
            detail,
            fix,
        };
        Ok(findings.into_iter().map(finding).collect())
    }

    /// How each of these principals stands.
    pub(crate) async fn state_of(
        &self,
        principals: &[(String, Canonical)],
    ) -> Result<Vec<(RoleName, PrincipalState)>, Error> {
        let wanted: Vec<_> =
            principals.iter().map(|(_, canonical)| canonical.role_name()).collect();
        let reading =
            Reading::of_rule(self.rule).and_groups_of(wanted.iter().map(ToString::to_string));
        let cluster = self.read(&reading).await?;
        let mut states = HashMap::new();
        let found = wanted.iter().filter_map(|name| cluster.roles.get(name.as_str()));
        list_principals(found.map(|role| (role.oid, role.can_login)), &cluster, |p| {
            let state = match p.ad_path() {
                None => PrincipalState::NotInAd,
                Some(_) if !p.can_login => PrincipalState::Disabled,
                Some(_) => PrincipalState::Enabled,
            };
            states.insert(p.role_name.to_string(), state);
        })?;
        let state =
            |name: &RoleName| states.get(name.as_str()).copied().unwrap_or(PrincipalState::Absent);
        Ok(wanted.iter().map(|name| (name.clone(), state(name))).collect())
    }
}

//! Dropping, by whoever has the rights that it takes and no others.

use kerbrole_core::{
    DropOutcome, DropPlan, Error as Refusal, GrantedBy, MembershipOptions, PrincipalRef, Role,
    RoleName, RoleOid, Statement, Warning, existing_role, plan_drop,
};
use tokio_postgres::GenericClient;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::Plain;
use super::attempts::Attempts;
use super::rights::may_grant;
use crate::error::Error;
use crate::options::DropOptions;
use crate::results::Dropped;

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn plan_drop(
        &self,
        meant: &PrincipalRef,
        options: &DropOptions,
    ) -> Result<Option<DropPlan>, Error> {
        let names = [meant.role_name().to_string()].into_iter().chain(options.heir.clone());
        let cluster = self.read_roles(names).await?;
        let role = match meant.find_changeable(&cluster) {
            Err(Refusal::PrincipalMissing { .. }) if options.if_exists => return Ok(None),
            found => found?,
        };
        let heir = match &options.heir {
            Some(name) => Some(existing_role(&cluster.roles, name)?.name.clone()),
            None => None,
        };
        let mut dependants =
            self.catalog().dependants(&[role.oid]).await?.remove(&role.oid).unwrap_or_default();
        if dependants.holdings.iter().any(|holding| holding.here && holding.privileges > 0) {
            dependants.foreign_grants =
                self.catalog().privileges(role.oid, GrantedBy::Others).await?;
        }
        let plan = plan_drop(role, &dependants, heir.as_ref(), &cluster)?;
        let gone = plan.outcome == DropOutcome::Dropped;
        let statements = self.with_own_rights(role, plan.statements, gone).await?;
        Ok(Some(DropPlan { statements, ..plan }))
    }

    pub(crate) async fn drop(
        &self,
        meant: &PrincipalRef,
        options: &DropOptions,
    ) -> Result<Dropped, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_drop(meant, options).await;
            if let Some(outcome) = attempts.settle(outcome, Error::is_changed_meanwhile) {
                return outcome;
            }
        }
    }

    async fn try_drop(
        &self,
        meant: &PrincipalRef,
        options: &DropOptions,
    ) -> Result<Dropped, Error> {
        let Some(plan) = self.plan_drop(meant, options).await? else { return Ok(Dropped::Missing) };
        let gone = plan.outcome == DropOutcome::Dropped;
        let (role, statements) = (plan.role, plan.statements);
        match self.change(&statements).await {
            Ok(()) if gone => Ok(Dropped::Dropped(role.name)),
            Ok(()) => self.what_keeps(role.name, None).await,
            // Privileges that only their objects' owners can take away, or what names the role
            // otherwise. Whoever may not do anything at all may not do this either.
            Err(error) if is_kept_by_what_hangs_on_it(&error, &statements) => {
                let reassign =
                    statements.into_iter().filter(|s| matches!(s, Statement::ReassignOwned { .. }));
                let mut less = Vec::new();
                if role.can_login {
                    less.push(Statement::ForbidLogin { role: role.name.clone() });
                }
                less.extend(reassign);
                let less = match self.with_own_rights(&role, less, false).await {
                    Ok(less) => less,
                    // The caller's transaction has failed.
                    Err(_) => return Err(error),
                };
                match self.change(&less).await {
                    Ok(()) => self.what_keeps(role.name, Some(&error)).await,
                    Err(second) if second.code() == Some(SqlState::IN_FAILED_SQL_TRANSACTION) => {
                        Err(error)
                    }
                    Err(second) => Err(second),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// What still hangs on a role that was to be dropped and is disabled, by the catalogue as it is
    /// now.
    pub(crate) async fn what_keeps(
        &self,
        role_name: RoleName,
        refused: Option<&Error>,
    ) -> Result<Dropped, Error> {
        let roles = self.catalog().roles_spelled_like([role_name.clone()]).await?;
        let Some(role) = roles.get(role_name.as_str()) else {
            return Ok(Dropped::Dropped(role_name));
        };
        let dependants =
            self.catalog().dependants(&[role.oid]).await?.remove(&role.oid).unwrap_or_default();
        let here = dependants.holdings.iter().any(|holding| holding.here);
        let nothing = dependants.holdings.is_empty();
        let told = Warning::OnlyDisabled { role: role.name.clone(), holdings: dependants.holdings }
            .detail();
        let mut kept_by = told.unwrap_or_default().trim_end_matches('.').to_string();
        match refused {
            Some(error) if nothing => kept_by = error.detail().unwrap_or_else(|| error.to_string()),
            Some(_) if here => kept_by.push_str(
                "; what is here only the owners of the objects can take away, or a superuser",
            ),
            _ => {}
        }
        Ok(Dropped::OnlyDisabled { role_name, kept_by })
    }

    /// These statements by the rights of whoever is connected.
    ///
    /// Without DROP OWNED, which would drop an object that somebody gives to the role in the
    /// instant before: the extension can keep them from it, a statement cannot. Its privileges are
    /// revoked one by one; what else names the role keeps it from being dropped.
    ///
    /// REASSIGN OWNED, and since 16 ending what the role granted, need the role's own rights:
    /// whoever is no superuser inherits them for as long as the transaction lasts.
    async fn with_own_rights(
        &self,
        role: &Role,
        statements: Vec<Statement>,
        gone: bool,
    ) -> Result<Vec<Statement>, Error> {
        let needs_its_rights = statements.iter().any(|statement| match statement {
            Statement::ReassignOwned { .. } => true,
            Statement::RevokeGrant { name_grantor, .. } => *name_grantor,
            _ => false,
        });
        let joins =
            needs_its_rights && !self.server.is_superuser && !self.has_rights_of(role.oid).await?;
        let (join, leave) = if joins { self.join(role).await? } else { (None, None) };
        let statements = self.hand_over_in_own_name(role, statements).await?;
        let mut all: Vec<_> = join.into_iter().collect();
        for statement in statements {
            match statement {
                Statement::DropOwned { role: name } => {
                    let privileges = self.catalog().privileges(role.oid, GrantedBy::Owner).await?;
                    all.extend(privileges.into_iter().map(|grant| Statement::RevokePrivileges {
                        privileges: grant.privileges,
                        object: grant.object,
                        role: name.clone(),
                    }));
                }
                other => all.push(other),
            }
        }
        all.extend(leave.filter(|_| !gone));
        Ok(all)
    }

    /// How the administrator comes to inherit what a role may do, and what takes it back: exactly
    /// as it was.
    ///
    /// Since 16 a membership is there once for each grantor: a further one is best, and where every
    /// grantor has given one already, that one inherits for a while.
    async fn join(&self, role: &Role) -> Result<(Option<Statement>, Option<Statement>), Error> {
        let (granted, member) = (role.name.clone(), RoleName::new(self.server.user.as_str())?);
        let plain = Statement::GrantWith {
            granted: granted.clone(),
            member: member.clone(),
            options: MembershipOptions {
                admin: false,
                inherit_and_set: self.server.names_grantors().then_some((true, false)),
            },
        };
        if !self.server.names_grantors() {
            const IS_MEMBER: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
                 JOIN pg_catalog.pg_roles me ON me.oid OPERATOR(pg_catalog.=) m.member \
                 WHERE me.rolname OPERATOR(pg_catalog.=) current_user \
                 AND m.roleid OPERATOR(pg_catalog.=) $1)";
            let rows = self.client.query_typed(IS_MEMBER, &[(&role.oid, Type::OID)]).await?;
            if rows.first().ok_or_else(Error::no_answer)?.try_get(0)? {
                // A member without INHERIT: another membership would give it no more.
                return Ok((None, None));
            }
            let (role, name_grantor) = (member.clone(), false);
            return Ok((
                Some(plain),
                Some(Statement::RevokeGrant { role, granted, member, name_grantor }),
            ));
        }
        let ask = format!(
            "SELECT g.rolname::pg_catalog.text, \
             EXISTS (SELECT FROM pg_catalog.pg_auth_members own \
               WHERE own.roleid OPERATOR(pg_catalog.=) m.roleid \
               AND own.member OPERATOR(pg_catalog.=) me.oid \
               AND own.grantor OPERATOR(pg_catalog.=) g.oid) \
             FROM pg_catalog.pg_auth_members m \
             JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) m.member \
             JOIN pg_catalog.pg_roles me ON me.rolname OPERATOR(pg_catalog.=) current_user \
             WHERE m.roleid OPERATOR(pg_catalog.=) $1 AND {} \
             ORDER BY 2, g.oid OPERATOR(pg_catalog.<>) me.oid, g.oid LIMIT 1",
            may_grant("ARRAY[$1]")
        );
        let rows = self.client.query_typed(&ask, &[(&role.oid, Type::OID)]).await?;
        let Some(row) = rows.first() else {
            // The server refuses it, and what is missing is told.
            return Ok((Some(plain), None));
        };
        let grantor = RoleName::new(row.try_get::<_, String>(0)?)?;
        let inherits = |inherit, set| Statement::GrantBy {
            granted: granted.clone(),
            member: member.clone(),
            admin: None,
            inherit: Some(inherit),
            set,
            grantor: grantor.clone(),
        };
        let is_there: bool = row.try_get(1)?;
        Ok(if is_there {
            (Some(inherits(true, None)), Some(inherits(false, None)))
        } else {
            let leave = Statement::RevokeGrant {
                role: grantor.clone(),
                granted: granted.clone(),
                member: member.clone(),
                name_grantor: true,
            };
            (Some(inherits(true, Some(false))), Some(leave))
        })
    }

    /// Memberships that the role granted are granted anew by somebody who stays. Since 16 whoever
    /// is no superuser has to say who: otherwise the server might take the very role that goes.
    async fn hand_over_in_own_name(
        &self,
        role: &Role,
        statements: Vec<Statement>,
    ) -> Result<Vec<Statement>, Error> {
        let hands_over =
            statements.iter().any(|statement| matches!(statement, Statement::GrantWith { .. }));
        if !hands_over || self.server.is_superuser || !self.server.names_grantors() {
            return Ok(statements);
        }
        let grantors = self.catalog().grantors_instead_of(role).await?;
        let user = RoleName::new(self.server.user.as_str())?;
        let in_own_name = |statement| match statement {
            Statement::GrantWith { granted, member, options } => {
                let grantor = grantors.get(&granted).unwrap_or(&user).clone();
                let (inherit, set) = options.inherit_and_set.unzip();
                // Whoever grants it has ADMIN already, and cannot be given it by itself.
                let admin = (member != grantor).then_some(options.admin);
                Statement::GrantBy { granted, member, admin, inherit, set, grantor }
            }
            other => other,
        };
        Ok(statements.into_iter().map(in_own_name).collect())
    }

    async fn has_rights_of(&self, role: RoleOid) -> Result<bool, Error> {
        const ASK: &str = "SELECT pg_catalog.pg_has_role($1, 'USAGE')";
        let rows = self.client.query_typed(ASK, &[(&role, Type::OID)]).await?;
        Ok(rows.first().ok_or_else(Error::no_answer)?.try_get(0)?)
    }
}

fn is_kept_by_what_hangs_on_it(error: &Error, statements: &[Statement]) -> bool {
    let revokes = |s: &Statement| {
        matches!(s, Statement::RevokePrivileges { .. } | Statement::RevokeAs { .. })
    };
    match error.code() {
        Some(code) if code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST => true,
        Some(code) if code == SqlState::INSUFFICIENT_PRIVILEGE => {
            !error.is_lacking() && statements.iter().any(revokes)
        }
        _ => false,
    }
}

//! Disabling, enabling, renaming and dropping.

use super::*;

impl<C: GenericClient> Plain<'_, C> {
    fn rights_to_change(&self, role: &RoleName) -> String {
        let (user, role) = (quoted(&self.server.user), role.quoted());
        match self.server.nests_creators() {
            true => format!(
                "Changing a role needs CREATEROLE and ADMIN on it: GRANT {role} TO {user} WITH ADMIN OPTION; Where the extension can be installed, EXECUTE on its functions is \
                 enough."
            ),
            false => format!("Changing a role needs CREATEROLE: ALTER ROLE {user} CREATEROLE;"),
        }
    }

    async fn change(&self, role: &RoleName, statements: &[Statement]) -> Result<(), Error> {
        if statements.is_empty() {
            return Ok(());
        }
        let batch = Batch::of(statements);
        self.client
            .batch_execute(batch.sql())
            .await
            .map_err(|e| Error::from(e).or_else_grant(|| self.rights_to_change(role)))
    }

    /// Whether the principal that is meant is there.
    pub(crate) async fn exists(&self, meant: &Meant) -> Result<bool, Error> {
        Ok(meant.find(&self.about(meant).await?).is_ok())
    }

    pub(crate) async fn plan_disable(&self, meant: &Meant) -> Result<LoginPlan, Error> {
        Ok(plan_disable(meant, &self.about(meant).await?, self.rule)?)
    }

    pub(crate) async fn disable(&self, meant: &Meant, terminate: bool) -> Result<String, Error> {
        let plan = self.plan_disable(meant).await?;
        self.change(&plan.role.name, &plan.statements).await?;
        if terminate {
            const END: &str = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
                 WHERE usesysid OPERATOR(pg_catalog.=) $1 AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()";
            self.client.query_typed(END, &[(&plan.role.oid, Type::OID)]).await.map_err(|e| {
                let grant =
                    || format!("Ending sessions needs: GRANT pg_signal_backend TO {};", quoted(&self.server.user));
                Error::from(e).or_else_grant(grant)
            })?;
        }
        Ok(plan.role.name.to_string())
    }

    pub(crate) async fn plan_enable(&self, meant: &Meant) -> Result<LoginPlan, Error> {
        let roles = self.about(meant).await?;
        let graph = self.with_rule(meant.find(&roles).ok()).await?;
        Ok(plan_enable(meant, &roles, &graph, self.rules, self.rule, self.name_grantors())?)
    }

    pub(crate) async fn enable(&self, meant: &Meant) -> Result<String, Error> {
        let plan = self.plan_enable(meant).await?;
        self.change(&plan.role.name, &plan.statements).await?;
        Ok(plan.role.name.to_string())
    }

    pub(crate) async fn plan_rename(&self, meant: &Meant, new: &Canonical) -> Result<RenamePlan, Error> {
        let names = [meant.role_name().to_string(), new.role_name().to_string()];
        let roles = self.catalog().roles_spelled_like(names).await?;
        let sessions = self.catalog().sessions().await?;
        let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
        Ok(plan_rename(meant, new, &roles, self.rule, count)?)
    }

    pub(crate) async fn rename(&self, meant: &Meant, new: &Canonical) -> Result<String, Error> {
        let plan = self.plan_rename(meant, new).await?;
        self.change(&plan.role.name, plan.statement.as_slice()).await?;
        Ok(plan.to.to_string())
    }

    pub(crate) async fn rename_realm(&self, old: &Realm, new: &Realm, dry_run: bool) -> Result<Vec<Moved>, Error> {
        self.rules.allow(new)?;
        let all = self.catalog().all_roles().await?;
        let roles: RoleSet = all.iter().cloned().collect();
        let sessions = self.catalog().sessions().await?;
        let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
        let moves = plan_rename_realm(old, new, &all, &roles, self.rule, count)?;
        if !dry_run {
            refuse_moves(&moves)?;
            let statements: Vec<_> = moves.iter().filter_map(kerbrole_core::Move::statement).collect();
            if let Some(first) = moves.first() {
                self.change(&first.role.name, &statements).await?;
            }
        }
        let problem = |problem: Refusal| match problem.detail() {
            Some(detail) => format!("{problem}. {detail}"),
            None => problem.to_string(),
        };
        Ok(moves
            .into_iter()
            .map(|m| Moved { old_name: m.role.name.to_string(), new_name: m.new_name, problem: m.problem.map(problem) })
            .collect())
    }

    pub(crate) async fn plan_drop(&self, meant: &Meant, options: &DropOptions) -> Result<Option<DropPlan>, Error> {
        let names = [meant.role_name().to_string()].into_iter().chain(options.heir.clone());
        let roles = self.catalog().roles_spelled_like(names).await?;
        let role = match meant.find_changeable(&roles, self.rule) {
            Err(Refusal::PrincipalMissing { .. }) if options.if_exists => return Ok(None),
            found => found?,
        };
        let heir = match &options.heir {
            Some(name) => {
                let other = || roles.other_spelling(name).map(|role| role.name.clone());
                let missing = || Refusal::RoleMissing { role: name.clone(), other: other() };
                Some(roles.get(name).ok_or_else(missing)?.name.clone())
            }
            None => None,
        };
        let mut dependants = self.catalog().dependants(&[role.oid]).await?.remove(&role.oid).unwrap_or_default();
        if dependants.holdings.iter().any(|holding| holding.here && holding.privileges > 0) {
            dependants.foreign_grants = self.catalog().privileges(role.oid, GrantedBy::Others).await?;
        }
        let plan = plan_drop(role, &dependants, heir.as_ref(), self.rule, self.name_grantors())?;
        let gone = plan.outcome == DropOutcome::Dropped;
        let statements = self.without_drop_owned(role, plan.statements, gone).await?;
        Ok(Some(DropPlan { statements, ..plan }))
    }

    pub(crate) async fn drop(&self, meant: &Meant, options: &DropOptions) -> Result<Dropped, Error> {
        let Some(plan) = self.plan_drop(meant, options).await? else { return Ok(Dropped::Missing) };
        let gone = plan.outcome == DropOutcome::Dropped;
        let (role, statements) = (plan.role, plan.statements);
        let name = role.name.to_string();
        match self.change(&role.name, &statements).await {
            Ok(()) if gone => Ok(Dropped::Gone(name)),
            Ok(()) => Ok(Dropped::OnlyDisabled(name)),
            // Privileges that only their objects' owners can take away, or what names the role otherwise. Whoever may not do anything at all may not do this either.
            Err(error) if is_kept_by_what_hangs_on_it(&error, &statements) => {
                let forbid = Statement::ForbidLogin { role: role.name.clone() };
                match self.change(&role.name, &[forbid]).await {
                    Ok(()) => Ok(Dropped::OnlyDisabled(name)),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The same without DROP OWNED, which would drop an object that somebody gives to the role in the instant before: the extension can keep them from it, a
    /// statement cannot. Its privileges are revoked one by one; what else names the role keeps it from being dropped.
    ///
    /// REASSIGN OWNED needs the role's own rights: whoever is no superuser becomes a member for as long as the transaction lasts.
    async fn without_drop_owned(
        &self,
        role: &Role,
        statements: Vec<Statement>,
        gone: bool,
    ) -> Result<Vec<Statement>, Error> {
        let mut all = Vec::new();
        let reassigns = statements.iter().any(|s| matches!(s, Statement::ReassignOwned { .. }));
        let joins = reassigns && !self.server.is_superuser && !self.has_rights_of(role.oid).await?;
        let member = RoleName::new(self.server.user.as_str())?;
        if joins {
            let inherit_and_set = self.name_grantors().then_some((true, true));
            let options = MembershipOptions { admin: false, inherit_and_set };
            all.push(Statement::GrantWith { granted: role.name.clone(), member: member.clone(), options });
        }
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
        if joins && !gone {
            let (role, granted) = (member.clone(), role.name.clone());
            all.push(Statement::RevokeGrant { role, granted, member, name_grantor: self.name_grantors() });
        }
        Ok(all)
    }

    async fn has_rights_of(&self, role: RoleOid) -> Result<bool, Error> {
        const ASK: &str = "SELECT pg_catalog.pg_has_role($1, 'USAGE')";
        let rows = self.client.query_typed(ASK, &[(&role, Type::OID)]).await?;
        Ok(rows.first().ok_or_else(Error::no_answer)?.try_get(0)?)
    }
}

fn is_kept_by_what_hangs_on_it(error: &Error, statements: &[Statement]) -> bool {
    let revokes = |s: &Statement| matches!(s, Statement::RevokePrivileges { .. } | Statement::RevokeAs { .. });
    match error.code() {
        Some(code) if code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST => true,
        Some(code) if code == SqlState::INSUFFICIENT_PRIVILEGE => statements.iter().any(revokes),
        _ => false,
    }
}

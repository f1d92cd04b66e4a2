//! Adding principals and granting roles, with the look after the commit.

use super::*;

impl<C: GenericClient> Plain<'_, C> {
    /// What is to be run to add these.
    pub(crate) async fn plan_add(
        &self,
        principals: &[(String, Canonical)],
        options: &AddOptions,
    ) -> Result<Plan, Error> {
        let request = AddRequest {
            principals: principals.to_vec(),
            groups: options.groups.clone(),
            if_not_exists: options.if_not_exists,
        };
        let principals = principals.iter().map(|(_, canonical)| canonical.role_name().to_string());
        // Whoever creates a role becomes a member of it, and so does everybody below: whether they were in both before counts.
        let creator = self.server.nests_creators().then(|| self.server.user.clone());
        let wanted =
            principals.clone().chain(options.groups.iter().cloned()).chain(self.of_rule()).chain(creator.clone());
        let roles = self.catalog().roles_spelled_like(wanted).await?;
        let oid = |name: &String| roles.get(name).map(|role| role.oid);
        let below: Vec<_> = principals.chain(creator).filter_map(|name| oid(&name)).collect();
        let above: Vec<_> = self.of_rule().iter().chain(&options.groups).filter_map(oid).collect();
        let graph = self.catalog().neighbourhood(&below, &above).await?;
        let add = plan_add(&request, &roles, &graph, self.rule, self.name_grantors())?;
        let outcomes = add
            .outcomes
            .iter()
            .map(|o| Added { principal: o.principal.clone(), role_name: o.role.to_string(), action: o.action })
            .collect();
        Ok(Plan { statements: add.plain_statements(self.rule), outcomes, add })
    }

    /// Adds these, all or none.
    pub(crate) async fn add(
        &self,
        principals: &[(String, Canonical)],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_add(principals, options).await;
            if let Some(outcome) = attempts.settle(outcome, somebody_was_faster) {
                return outcome;
            }
        }
    }

    async fn try_add(&self, principals: &[(String, Canonical)], options: &AddOptions) -> Result<Vec<Added>, Error> {
        let plan = self.plan_add(principals, options).await?;
        self.carry_out(&plan).await?;
        Ok(plan.outcomes)
    }

    pub(super) async fn carry_out(&self, plan: &Plan) -> Result<(), Error> {
        if plan.statements.is_empty() {
            return Ok(());
        }
        let creates = plan.add.roles(AddAction::Created).next().is_some();
        if creates && self.server.nests_creators() && !self.server.is_nested && !self.accept_nesting {
            return Err(Error::would_nest(&self.server.user, self.rule.ad_role()));
        }
        // Until the commit nobody else sees the new roles: of those that are granted the same the first speaks for all.
        let of = |action| plan.changed().filter(move |outcome| outcome.action == action);
        let first_of_each = plan.add.grants.iter().filter_map(|grant| match grant {
            Statement::Grant { members, .. } => members.first().map(ToString::to_string),
            _ => None,
        });
        let changed = of(AddAction::Adopted).chain(of(AddAction::Created).take(1));
        let changed: Vec<_> = changed.map(|outcome| outcome.role_name.clone()).chain(first_of_each).collect();
        let batch = Batch::of(&plan.statements).guarded(self.server, self.rule, &changed, &plan.add.conflicts_before);
        self.run(&batch, &plan.statements).await?;
        self.look_again(plan).await
    }

    /// The rule once more on what is committed by now. What others granted meanwhile may make a conflict together with this; each of the two sees it then, and takes
    /// its own part back.
    async fn look_again(&self, plan: &Plan) -> Result<(), Error> {
        let changed: Vec<_> = plan.changed().map(|outcome| outcome.role_name.clone()).collect();
        let graph = self.catalog().neighbourhood_named(&changed, &self.of_rule()).await?;
        let Err(refusal) = plan.add.check_after(&graph, self.rule, self.name_grantors()) else { return Ok(()) };
        if self.catalog().inside_a_transaction().await? {
            // The caller's transaction to roll back.
            return Err(refusal.into());
        }
        if let Err(error) = self.client.batch_execute(Batch::of(&taken_back(plan)).sql()).await {
            return Err(stays(refusal, error));
        }
        let removes =
            |statement: &Statement| matches!(statement, Statement::ForbidLogin { .. } | Statement::DropRole { .. });
        let undone = if plan.statements.iter().any(removes) { Undone::Additions } else { Undone::All };
        Err(Error::taken_back(refusal, undone))
    }

    /// A plain GRANT that keeps the rule.
    pub(crate) async fn grant_role(&self, granted: &str, member: &str) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_grant(granted, member).await;
            if let Some(outcome) = attempts.settle(outcome, somebody_was_faster) {
                return outcome;
            }
        }
    }

    async fn try_grant(&self, granted: &str, member: &str) -> Result<(), Error> {
        let (graph, granted, member) = self.for_grant(granted, member).await?;
        let before = graph.refuse_grant(granted.oid, member.oid, self.rule, self.name_grantors())?;
        let grant = Statement::Grant { roles: vec![granted.name.clone()], members: vec![member.name.clone()] };
        let changed = [member.name.to_string()];
        let grant = [grant];
        let batch = Batch::of(&grant).guarded(self.server, self.rule, &changed, &before);
        self.run(&batch, &grant).await?;
        let (graph, ..) = self.for_grant(granted.name.as_str(), member.name.as_str()).await?;
        let Some(new) =
            graph.new_conflict(&before, &kerbrole_core::Added::default(), self.rule, self.name_grantors())?
        else {
            return Ok(());
        };
        let refusal = new.refusal(self.rule);
        if self.catalog().inside_a_transaction().await? {
            return Err(refusal.into());
        }
        let (granted, member) = (granted.name, member.name);
        let revoke = Statement::RevokeGrant { role: granted.clone(), granted, member, name_grantor: false };
        match self.client.batch_execute(Batch::of(&[revoke]).sql()).await {
            Ok(()) => Err(Error::taken_back(refusal, Undone::All)),
            Err(error) => Err(stays(refusal, error)),
        }
    }

    /// Both roles, what is below the member, and what is above either.
    async fn for_grant(&self, granted: &str, member: &str) -> Result<(MembershipGraph, Role, Role), Error> {
        let wanted = [granted.to_string(), member.to_string()].into_iter().chain(self.of_rule());
        let roles = self.catalog().roles_spelled_like(wanted).await?;
        let find = |name: &str| {
            let other = || roles.other_spelling(name).map(|role| role.name.clone());
            roles.get(name).cloned().ok_or_else(|| Refusal::RoleMissing { role: name.into(), other: other() })
        };
        let (granted, member) = (find(granted)?, find(member)?);
        let of_rule = self.of_rule();
        let of_rule = of_rule.iter().filter_map(|name| roles.get(name)).map(|role| role.oid);
        let above: Vec<_> = of_rule.chain([granted.oid]).collect();
        Ok((self.catalog().neighbourhood(&[member.oid], &above).await?, granted, member))
    }

    pub(crate) async fn preview_grant(&self, granted: &str, member: &str) -> Result<Vec<Conflict>, Error> {
        let (graph, granted, member) = self.for_grant(granted, member).await?;
        Ok(graph.preview_grant(granted.oid, member.oid, self.rule)?.iter().map(conflict).collect())
    }

    /// How each of these principals stands.
    pub(crate) async fn state_of(
        &self,
        principals: &[(String, Canonical)],
    ) -> Result<Vec<(String, PrincipalState)>, Error> {
        let wanted: Vec<_> = principals.iter().map(|(_, canonical)| canonical.role_name().to_string()).collect();
        let roles = self.catalog().roles_spelled_like(wanted.iter().cloned().chain(self.of_rule())).await?;
        let oids: Vec<_> =
            wanted.iter().cloned().chain(self.of_rule()).filter_map(|name| roles.get(&name).map(|r| r.oid)).collect();
        let graph = self.catalog().neighbourhood(&[], &oids).await?;
        let mut states = HashMap::new();
        let found = wanted.iter().filter_map(|name| roles.get(name)).map(|role| (role.oid, role.can_login));
        list_principals(found, &graph, self.rule, |p| {
            let state = match p.ad_path() {
                None => PrincipalState::NotInAd,
                Some(_) if !p.can_login => PrincipalState::Disabled,
                Some(_) => PrincipalState::Whole,
            };
            states.insert(p.role_name.to_string(), state);
        })?;
        let state = |name: &String| states.get(name).copied().unwrap_or(PrincipalState::Absent);
        Ok(wanted.iter().map(|name| (name.clone(), state(name))).collect())
    }

    /// The statements by which a superuser ends what creating principals made of this user.
    pub(crate) async fn nesting_of_user(&self) -> Result<Vec<String>, Error> {
        const ASK: &str = "SELECT r.rolname::pg_catalog.text, g.rolname::pg_catalog.text FROM pg_catalog.pg_auth_members m \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) m.roleid JOIN pg_catalog.pg_roles u ON u.oid OPERATOR(pg_catalog.=) m.member \
             JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) m.grantor \
             WHERE u.rolname OPERATOR(pg_catalog.=) current_user AND m.grantor OPERATOR(pg_catalog.=) 10 AND m.admin_option ORDER BY 1";
        if !self.name_grantors() {
            return Ok(Vec::new());
        }
        let user = RoleName::new(self.server.user.as_str())?;
        let mut statements = Vec::new();
        for row in self.client.query_typed(ASK, &[]).await? {
            let role = RoleName::new(row.try_get::<_, String>(0)?)?;
            if role.principal().is_some() {
                let grantor = RoleName::new(row.try_get::<_, String>(1)?)?;
                let revoke =
                    Statement::RevokeGrant { role: grantor, granted: role, member: user.clone(), name_grantor: true };
                statements.push(revoke.script());
            }
        }
        Ok(statements)
    }
}

/// Somebody else created the same role, or granted the same, between the look and the change; or a grant was seen that makes a conflict. The next look tells.
pub(super) fn somebody_was_faster(error: &Error) -> bool {
    match error.code() {
        Some(code) if code == SqlState::DUPLICATE_OBJECT || code == SqlState::UNIQUE_VIOLATION => true,
        Some(code) if code == SqlState::UNDEFINED_OBJECT => true,
        _ => error.saw_a_conflict() || error.is_changed_meanwhile(),
    }
}

/// A conflict that was made, and cannot be taken back.
fn stays(refusal: Refusal, error: tokio_postgres::Error) -> Error {
    let refusal = match refusal {
        Refusal::Conflict { mut conflict, others, ad_role, iam_role, fix, .. } => {
            conflict.fix = fix;
            Warning::ConflictMade { conflict, others, ad_role, iam_role }.into()
        }
        other => other,
    };
    Error::taken_back(refusal, Undone::Not(Error::from(error).to_string()))
}

/// What undoes a plan that was carried out.
fn taken_back(plan: &Plan) -> Vec<Statement> {
    let created: Vec<_> = plan.add.roles(AddAction::Created).collect();
    let mut statements = Vec::new();
    for statement in &plan.statements {
        match statement {
            Statement::Grant { roles, members } => {
                for member in members.iter().filter(|member| !created.contains(member)) {
                    statements.extend(roles.iter().map(|granted| Statement::RevokeGrant {
                        role: granted.clone(),
                        granted: granted.clone(),
                        member: member.clone(),
                        name_grantor: false,
                    }));
                }
            }
            Statement::AllowLogin { role } => statements.push(Statement::ForbidLogin { role: role.clone() }),
            _ => {}
        }
    }
    statements.extend(created.into_iter().map(|role| Statement::DropRole { role: role.clone() }));
    statements
}

//! The same without the extension: plain statements, by whoever is connected.

mod batch;
mod catalog;

use std::collections::HashMap;

use kerbrole_core::{
    Absent, AddAction, AddRequest, Canonical, CaseFinding as CoreFinding, ConflictRule, ConnectionLimit, Dependants,
    DropOutcome, DropPlan, Error as Refusal, FixWith, GrantedBy, LoginFacts, LoginPlan, Meant, MembershipGraph,
    MembershipOptions, NameRules, Realm, RenamePlan, Role, RoleName, RoleOid, RoleSet, Statement, SyncRequest,
    case_audit, check_principal, check_too_long, list_principals, plan_add, plan_disable, plan_drop, plan_enable,
    plan_rename, plan_rename_realm, plan_sync, refuse_moves,
};
use tokio_postgres::GenericClient;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::error::Error;
use crate::probe::Server;
use crate::types::{
    AddOptions, Added, CaseFinding, Check, Conflict, DropOptions, Dropped, ListedPrincipal, Moved, Plan,
    PrincipalState, SyncRow, names,
};
use batch::{Batch, CONFLICT_SEEN};
use catalog::Catalog;

/// How often a batch is planned anew when somebody else was faster.
const ATTEMPTS: usize = 3;

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
        let wanted = principals.clone().chain(options.groups.iter().cloned()).chain(self.of_rule());
        let roles = self.catalog().roles_spelled_like(wanted).await?;
        let oid = |name: &String| roles.get(name).map(|role| role.oid);
        let below: Vec<_> = principals.filter_map(|name| oid(&name)).collect();
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
        let mut attempt = 1;
        loop {
            let plan = self.plan_add(principals, options).await?;
            match self.carry_out(&plan).await {
                Ok(()) => return Ok(plan.outcomes),
                Err(error) if attempt < ATTEMPTS && somebody_was_faster(&error) => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn carry_out(&self, plan: &Plan) -> Result<(), Error> {
        if plan.statements.is_empty() {
            return Ok(());
        }
        let creates = plan.add.roles(AddAction::Created).next().is_some();
        if creates && self.server.nests_creators() && !self.server.is_nested && !self.accept_nesting {
            return Err(Error::would_nest(&self.server.user, self.rule.ad_role()));
        }
        let changed: Vec<_> = plan.changed().map(|outcome| outcome.role_name.clone()).collect();
        let batch = Batch::of(&plan.statements).guarded(self.server, self.rule, &changed, &plan.add.conflicts_before);
        self.client
            .batch_execute(batch.sql())
            .await
            .map_err(|e| Error::from(e).or_else_grant(|| self.rights_to_add()))?;
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
        self.client.batch_execute(Batch::of(&taken_back(plan)).sql()).await?;
        Err(Error::taken_back(refusal))
    }

    fn rights_to_add(&self) -> String {
        let (user, ad) = (quoted(&self.server.user), self.rule.ad_role().quoted());
        let createrole = format!("ALTER ROLE {user} CREATEROLE;");
        match self.server.nests_creators() {
            true => format!(
                "Creating roles needs CREATEROLE ({createrole}), and granting {ad} ADMIN on it (GRANT {ad} TO {user} WITH ADMIN OPTION;), which is itself a membership of {ad}. \
                 Further groups need ADMIN on them. Where the extension can be installed, EXECUTE on its functions is enough."
            ),
            false => format!("Creating roles and granting them needs CREATEROLE: {createrole}"),
        }
    }

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

    async fn about(&self, meant: &Meant) -> Result<RoleSet, Error> {
        self.catalog().roles_spelled_like([meant.role_name().to_string()]).await
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
        let dependants = self.catalog().dependants(&[role.oid]).await?.remove(&role.oid).unwrap_or_default();
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

    pub(crate) async fn list(&self) -> Result<Vec<ListedPrincipal>, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        let sessions = self.catalog().sessions().await?;
        let listed = list_principals(roles, &graph, self.rule)?;
        Ok(listed
            .into_iter()
            .map(|p| ListedPrincipal {
                role_name: p.principal.to_string(),
                username: p.principal.username().to_string(),
                realm: p.principal.realm().to_string(),
                can_login: p.can_login,
                groups: names(&p.groups),
                ad_path: p.ad_path.as_deref().map(names),
                iam_path: p.iam_path.as_deref().map(names),
                sessions: sessions.get(&p.oid).copied().unwrap_or(0),
            })
            .collect())
    }

    pub(crate) async fn check(&self, meant: Result<Meant, Refusal>) -> Result<Vec<Check>, Error> {
        let checks = match meant {
            Err(Refusal::TooLong { role, bytes }) => check_too_long(&role, bytes),
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
                    roles: &roles,
                    graph: &graph,
                    role_limit: ConnectionLimit { limit, sessions },
                    database,
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

    pub(crate) async fn preview_grant(&self, granted: &str, member: &str) -> Result<Vec<Conflict>, Error> {
        let (graph, granted, member) = self.for_grant(granted, member).await?;
        Ok(graph.preview_grant(granted.oid, member.oid, self.rule)?.iter().map(conflict).collect())
    }

    /// A plain GRANT that keeps the rule.
    pub(crate) async fn grant_role(&self, granted: &str, member: &str) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            match self.try_grant(granted, member).await {
                Err(error) if attempt < ATTEMPTS && somebody_was_faster(&error) => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_grant(&self, granted: &str, member: &str) -> Result<(), Error> {
        let (graph, granted, member) = self.for_grant(granted, member).await?;
        let before = graph.refuse_grant(granted.oid, member.oid, self.rule, self.name_grantors())?;
        let grant = Statement::Grant { roles: vec![granted.name.clone()], members: vec![member.name.clone()] };
        let changed = [member.name.to_string()];
        let batch = Batch::of(&[grant]).guarded(self.server, self.rule, &changed, &before);
        self.client.batch_execute(batch.sql()).await.map_err(|e| {
            let admin =
                || format!("GRANT {} TO {} WITH ADMIN OPTION;", granted.name.quoted(), quoted(&self.server.user));
            Error::from(e).or_else_grant(admin)
        })?;
        let (graph, ..) = self.for_grant(granted.name.as_str(), member.name.as_str()).await?;
        let Some(new) = graph.new_conflict(&before, [], self.rule, self.name_grantors())? else { return Ok(()) };
        let refusal = new.refusal(self.rule);
        if self.catalog().inside_a_transaction().await? {
            return Err(refusal.into());
        }
        let (granted, member) = (granted.name, member.name);
        let revoke = Statement::RevokeGrant { role: granted.clone(), granted, member, name_grantor: false };
        self.client.batch_execute(Batch::of(&[revoke]).sql()).await?;
        Err(Error::taken_back(refusal))
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

    pub(crate) async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        let findings = case_audit(&roles, &graph, self.rule, self.rules, FixWith::Statements)?;
        let finding = |CoreFinding { problem, roles, detail, fix }| CaseFinding {
            problem,
            role_names: names(&roles),
            detail,
            fix,
        };
        Ok(findings.into_iter().map(finding).collect())
    }

    pub(crate) async fn sync(
        &self,
        wanted: Vec<(String, Canonical)>,
        absent: Absent,
        at_most: Option<usize>,
        dry_run: bool,
    ) -> Result<Vec<SyncRow>, Error> {
        let (roles, graph) = self.catalog().everything().await?;
        let request = SyncRequest { wanted, absent, at_most };
        let plan_with = |known: &HashMap<RoleOid, Dependants>, asked: &mut Vec<RoleOid>| {
            plan_sync(&request, &roles, &graph, self.rule, self.name_grantors(), |oids| {
                *asked = oids.to_vec();
                known.clone()
            })
        };
        // What hangs on those who are to be dropped is asked for once it is known who they are.
        let mut asked = Vec::new();
        let mut plan = plan_with(&HashMap::new(), &mut asked)?;
        if !asked.is_empty() {
            let mut known = self.catalog().dependants(&asked).await?;
            // Whoever has anything is dropped one by one, or disabled: a batch that fails for one would fail for all.
            for dependants in known.values_mut() {
                dependants.holdings.iter_mut().for_each(|holding| holding.here = false);
                dependants.foreign_grants.clear();
            }
            plan = plan_with(&known, &mut asked)?;
        }
        if !dry_run {
            plan.refusal.clone().map_or(Ok(()), Err)?;
            self.carry_out_sync(&plan).await?;
        }
        Ok(plan
            .steps
            .into_iter()
            .map(|step| SyncRow {
                action: step.action,
                statement: in_plain_words(&step.statement),
                role_name: step.role.to_string(),
            })
            .collect())
    }

    async fn carry_out_sync(&self, plan: &kerbrole_core::SyncPlan) -> Result<(), Error> {
        if plan.steps.is_empty() {
            return Ok(());
        }
        let additions = Plan {
            statements: plan.add.plain_statements(self.rule),
            outcomes: plan
                .add
                .outcomes
                .iter()
                .map(|o| Added { principal: o.principal.clone(), role_name: o.role.to_string(), action: o.action })
                .collect(),
            add: plan.add.clone(),
        };
        let rest = plan.steps.iter().skip(plan.add.statements.len()).map(|step| step.statement.clone());
        let statements = additions.statements.iter().cloned().chain(rest).collect();
        let whole = Plan { statements, ..additions };
        self.carry_out(&whole).await
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
        let found: Vec<Role> = wanted.iter().filter_map(|name| roles.get(name)).cloned().collect();
        let listed = list_principals(found, &graph, self.rule)?;
        let state = |name: &String| match listed.iter().find(|p| p.principal.to_string() == *name) {
            None => PrincipalState::Absent,
            Some(p) if p.ad_path.is_none() => PrincipalState::NotInAd,
            Some(p) if !p.can_login => PrincipalState::Disabled,
            Some(_) => PrincipalState::Whole,
        };
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

fn is_kept_by_what_hangs_on_it(error: &Error, statements: &[Statement]) -> bool {
    let revokes = |s: &Statement| matches!(s, Statement::RevokePrivileges { .. } | Statement::RevokeAs { .. });
    match error.code() {
        Some(code) if code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST => true,
        Some(code) if code == SqlState::INSUFFICIENT_PRIVILEGE => statements.iter().any(revokes),
        _ => false,
    }
}

/// A statement as it is carried out here.
fn in_plain_words(statement: &Statement) -> String {
    match statement {
        Statement::CreateLogin { role, member_of } => {
            let grant = Statement::Grant { roles: vec![member_of.clone()], members: vec![role.clone()] };
            format!("{} {}", Statement::CreateUser { role: role.clone() }.script(), grant.script())
        }
        other => other.script(),
    }
}

/// Somebody else created the same role, or granted the same, between the look and the change; or a grant was seen that makes a conflict. The next look tells.
fn somebody_was_faster(error: &Error) -> bool {
    match error.code() {
        Some(code) if code == SqlState::DUPLICATE_OBJECT || code == SqlState::UNIQUE_VIOLATION => true,
        Some(code) if code == SqlState::UNDEFINED_OBJECT => true,
        _ => error.to_string() == CONFLICT_SEEN,
    }
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

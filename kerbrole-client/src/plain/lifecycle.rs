//! Disabling, enabling and renaming.

use kerbrole_core::{
    Canonical, LoginPlan, PrincipalRef, Realm, RealmRename as Move, RenamePlan, Role, RoleName,
    Statement, lacks_in_words, literal, missing_rights_of, plan_disable, plan_enable, plan_rename,
    plan_rename_realm, refuse_moves,
};
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::Plain;
use super::attempts::Attempts;
use super::batch::Batch;
use crate::error::{Error, SessionsLeft};
use crate::results::RealmRename;

impl<C: GenericClient> Plain<'_, C> {
    pub(super) async fn change(&self, statements: &[Statement]) -> Result<(), Error> {
        if statements.is_empty() {
            Ok(())
        } else {
            self.run(&Batch::of(statements), statements).await.map(drop)
        }
    }

    /// Whether the principal that is meant is there.
    pub(crate) async fn exists(&self, meant: &PrincipalRef) -> Result<bool, Error> {
        Ok(meant.find(&self.read_roles([meant.role_name()]).await?.roles).is_ok())
    }

    pub(crate) async fn plan_disable(&self, meant: &PrincipalRef) -> Result<LoginPlan, Error> {
        Ok(plan_disable(meant, &self.read_roles([meant.role_name()]).await?)?)
    }

    pub(crate) async fn disable(
        &self,
        meant: &PrincipalRef,
        terminate: bool,
    ) -> Result<RoleName, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_disable(meant, terminate).await;
            if let Some(outcome) = attempts.settle(outcome, Error::is_changed_meanwhile) {
                return outcome;
            }
        }
    }

    async fn try_disable(&self, meant: &PrincipalRef, terminate: bool) -> Result<RoleName, Error> {
        let plan = self.plan_disable(meant).await?;
        self.change(&plan.statements).await?;
        if terminate {
            self.end_sessions(&plan.role).await?;
        }
        Ok(plan.role.name)
    }

    /// Ends the sessions of a role that is disabled, or says which go on.
    ///
    /// Whoever may not end one is not let try: the error would take the caller's transaction with
    /// it, and NOLOGIN. The question is the server's own (`pg_signal_backend`,
    /// src/backend/storage/ipc/signalfuncs.c); a role that is changed here is no superuser's.
    pub(super) async fn end_sessions(&self, role: &Role) -> Result<(), Error> {
        const END: &str = "SELECT pg_catalog.pg_has_role(usesysid, 'USAGE') \
             OR pg_catalog.pg_has_role('pg_signal_backend'::pg_catalog.name, 'USAGE') AS may_end, \
             CASE WHEN pg_catalog.pg_has_role(usesysid, 'USAGE') \
             OR pg_catalog.pg_has_role('pg_signal_backend'::pg_catalog.name, 'USAGE') \
               THEN pg_catalog.pg_terminate_backend(pid) END \
             FROM pg_catalog.pg_stat_activity WHERE usesysid OPERATOR(pg_catalog.=) $1 \
             AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() \
             AND coalesce(backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend'";
        let rows = self.client.query_typed(END, &[(&role.oid, Type::OID)]).await?;
        let mut left = 0;
        for row in &rows {
            left += usize::from(!row.try_get::<_, bool>(0)?);
        }
        if left == 0 {
            return Ok(());
        }
        let is_committed = !self.catalog().inside_a_transaction().await?;
        let hint = self.rights_to_end_sessions(role).await?;
        let (role, user) = (role.name.clone(), self.server.user.clone());
        Err(Error::sessions_left(SessionsLeft { role, user, left, is_committed, hint }))
    }

    async fn rights_to_end_sessions(&self, role: &Role) -> Result<String, Error> {
        let signal = RoleName::new("pg_signal_backend")?;
        let (runner, mut held) = self.runner_and_held(std::slice::from_ref(&signal), &[]).await?;
        let held = held.remove(&signal).unwrap_or_default();
        let lacks = missing_rights_of(&signal, &runner, held, self.server.names_grantors());
        if lacks.is_empty() {
            return Ok("The right to end them was given meanwhile: run it again.".into());
        }
        Ok(format!(
            "{} Whoever has them can end the sessions: \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {};",
            lacks_in_words(&runner, &lacks, self.rule.ad_role(), true),
            literal(role.name.as_str())
        ))
    }

    pub(crate) async fn plan_enable(&self, meant: &PrincipalRef) -> Result<LoginPlan, Error> {
        let cluster = self.read(&meant.reading(self.rule)).await?;
        Ok(plan_enable(meant, self.rules, &cluster)?)
    }

    pub(crate) async fn enable(&self, meant: &PrincipalRef) -> Result<RoleName, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_enable(meant).await;
            if let Some(outcome) = attempts.settle(outcome, Error::is_changed_meanwhile) {
                return outcome;
            }
        }
    }

    async fn try_enable(&self, meant: &PrincipalRef) -> Result<RoleName, Error> {
        let plan = self.plan_enable(meant).await?;
        self.change(&plan.statements).await?;
        Ok(plan.role.name)
    }

    pub(crate) async fn plan_rename(
        &self,
        meant: &PrincipalRef,
        new: &Canonical,
    ) -> Result<RenamePlan, Error> {
        let cluster = self.read_roles([meant.role_name(), new.role_name()]).await?;
        let sessions = self.catalog().sessions().await?;
        let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
        Ok(plan_rename(meant, new, &cluster, count)?)
    }

    pub(crate) async fn rename(
        &self,
        meant: &PrincipalRef,
        new: &Canonical,
    ) -> Result<RoleName, Error> {
        let mut attempts = Attempts::new();
        loop {
            let outcome = self.try_rename(meant, new).await;
            if let Some(outcome) = attempts.settle(outcome, Error::is_changed_meanwhile) {
                return outcome;
            }
        }
    }

    async fn try_rename(&self, meant: &PrincipalRef, new: &Canonical) -> Result<RoleName, Error> {
        let plan = self.plan_rename(meant, new).await?;
        self.change(plan.statement.as_slice()).await?;
        Ok(plan.to)
    }

    /// Renames them; where `planned` says who is to be renamed, those or nobody.
    pub(crate) async fn rename_realm(
        &self,
        old: &Realm,
        new: &Realm,
        planned: Option<&[RealmRename]>,
    ) -> Result<Vec<RealmRename>, Error> {
        let moves = self.moves(old, new).await?;
        let rows = shown(&moves);
        if planned.is_some_and(|planned| planned != rows) {
            return Err(Error::plan_changed());
        }
        refuse_moves(&moves)?;
        let statements: Vec<_> = moves.iter().filter_map(Move::statement).collect();
        self.change(&statements).await?;
        Ok(rows)
    }

    pub(crate) async fn plan_rename_realm(
        &self,
        old: &Realm,
        new: &Realm,
    ) -> Result<Vec<RealmRename>, Error> {
        Ok(shown(&self.moves(old, new).await?))
    }

    async fn moves(&self, old: &Realm, new: &Realm) -> Result<Vec<Move>, Error> {
        self.rules.allow(new)?;
        let cluster = self.unread().with_roles(self.catalog().all_roles().await?);
        let sessions = self.catalog().sessions().await?;
        let count = |role: &Role| sessions.get(&role.oid).copied().unwrap_or(0);
        Ok(plan_rename_realm(old, new, &cluster, count)?)
    }
}

fn shown(moves: &[Move]) -> Vec<RealmRename> {
    let one = |m: &Move| RealmRename {
        problem: m.problem_in_words(),
        old_name: m.role.name.clone(),
        new_name: m.new_name.clone(),
    };
    moves.iter().map(one).collect()
}

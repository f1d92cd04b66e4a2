//! The rule that no role is in both roles, and GRANT that keeps it.

use kerbrole_core::{
    Added, Cluster, Error as Refusal, Reading, Role, RoleName, Statement, Warning, existing_role,
};
use tokio_postgres::GenericClient;

use super::Plain;
use super::attempts::{Attempts, somebody_was_faster};
use super::batch::Batch;
use super::written::revoke;
use crate::error::{Error, Undone};
use crate::fault::{self, Fault, Step};
use crate::results::{Conflict, names};

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        Ok(self.read_all().await?.conflicts()?.iter().map(conflict).collect())
    }

    pub(crate) async fn preview_grant(
        &self,
        granted: &str,
        member: &str,
    ) -> Result<Vec<Conflict>, Error> {
        let (cluster, granted, member) = self.for_grant(granted, member).await?;
        Ok(cluster.preview_grant(granted.oid, member.oid)?.iter().map(conflict).collect())
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
        fault::gate(self.client, Step::Plan).await?;
        let (cluster, granted, member) = self.for_grant(granted, member).await?;
        let before = cluster.refuse_grant(granted.oid, member.oid)?;
        let grant = Statement::Grant {
            roles: vec![granted.name.clone()],
            members: vec![member.name.clone()],
        };
        let changed = [member.name.to_string()];
        let grant = [grant];
        let batch = Batch::of(&grant).guarded(self.server, self.rule, &changed, &before);
        let by = self.run(&batch, &grant).await?;
        fault::gate(self.client, Step::Again).await?;
        if fault::is(self.client, Fault::NoSecondLook).await? {
            return Ok(());
        }
        let (cluster, ..) = self.for_grant(granted.name.as_str(), member.name.as_str()).await?;
        let Some(new) = cluster.new_conflict(&before, &Added::default())? else {
            return Ok(());
        };
        let conflict = new.conflict.clone();
        let refusal = new.refusal(self.rule);
        if self.catalog().inside_a_transaction().await? {
            return Err(refusal.into());
        }
        fault::gate(self.client, Step::TakeBack).await?;
        let (granted, member) = (granted.name, member.name);
        if fault::is(self.client, Fault::WrongHalf).await? {
            self.run_unlooked(&fault::other_half(&conflict, &granted, &member)).await?;
            return Err(Error::taken_back(refusal, Undone::All));
        }
        let written = match by {
            Some(by) => self.written(&by, &[member.to_string()]).await,
            None => return Err(refusal.into()),
        };
        match written {
            // It was there before: the conflict is of others.
            Ok(written) if !written.is_own(&granted, &member) => Err(refusal.into()),
            Ok(_) => match self.run_unlooked(&[revoke(granted, member)]).await {
                Ok(()) => Err(Error::taken_back(refusal, Undone::All)),
                Err(error) => Err(stays(refusal, error.into())),
            },
            Err(error) => Err(stays(refusal, error)),
        }
    }

    /// Both roles, and what is to be read for the GRANT.
    async fn for_grant(&self, granted: &str, member: &str) -> Result<(Cluster, Role, Role), Error> {
        let cluster = self.read(&Reading::of_grant(granted, member, self.rule)).await?;
        let [granted, member] =
            [granted, member].map(|name| existing_role(&cluster.roles, name).cloned());
        Ok((cluster, granted?, member?))
    }

    /// The statements by which a superuser ends what creating principals made of this user.
    pub(crate) async fn end_nesting(&self) -> Result<Vec<Statement>, Error> {
        const ASK: &str = "SELECT r.rolname::pg_catalog.text, g.rolname::pg_catalog.text \
             FROM pg_catalog.pg_auth_members m \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) m.roleid \
             JOIN pg_catalog.pg_roles u ON u.oid OPERATOR(pg_catalog.=) m.member \
             JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) m.grantor \
             WHERE u.rolname OPERATOR(pg_catalog.=) current_user \
             AND m.grantor OPERATOR(pg_catalog.=) 10 AND m.admin_option ORDER BY 1";
        if !self.server.names_grantors() {
            return Ok(Vec::new());
        }
        let user = RoleName::new(self.server.user.as_str())?;
        let mut statements = Vec::new();
        for row in self.client.query_typed(ASK, &[]).await? {
            let role = RoleName::new(row.try_get::<_, String>(0)?)?;
            if role.principal().is_some() {
                let grantor = RoleName::new(row.try_get::<_, String>(1)?)?;
                let revoke = Statement::RevokeGrant {
                    role: grantor,
                    granted: role,
                    member: user.clone(),
                    name_grantor: true,
                };
                statements.push(revoke);
            }
        }
        Ok(statements)
    }
}

fn conflict(conflict: &kerbrole_core::Conflict) -> Conflict {
    let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
    Conflict {
        role_name: conflict.role.clone(),
        ad_path: names(&conflict.ad_path),
        iam_path: names(&conflict.iam_path),
        fix: fix.join(" "),
    }
}

/// A conflict that was made, and cannot be taken back.
pub(super) fn stays(refusal: Refusal, error: Error) -> Error {
    let refusal = match refusal {
        Refusal::Conflict { mut conflict, others, ad_role, iam_role, fix, .. } => {
            conflict.fix = fix;
            Warning::ConflictMade { conflict, others, ad_role, iam_role }.into()
        }
        other => other,
    };
    Error::taken_back(refusal, Undone::Not(error.to_string()))
}

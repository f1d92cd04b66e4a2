//! Faults that are built in on purpose, and places where a test stops a session: both only with the
//! feature `faults`, which only tests of this repository have. Without it all of this is nothing.
//!
//! Each fault is a variant of the model in tests/model; the test that replays what the checker
//! found against it sets `kerbrole.fault` in its session, as for the extension's faults, and shows
//! that what is promised breaks on a real server.

/// What is wrong. The names are those of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "faults"), allow(dead_code, reason = "nothing is wrong"))]
pub(crate) enum Fault {
    NoSecondLook,
    WrongHalf,
    TwoTransactions,
}

/// A step of the model, before which a session can be stopped: the second key of an advisory lock,
/// of which the first is `kerbrole.gate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Plan = 1,
    Begin = 2,
    Write = 3,
    Check = 4,
    Commit = 5,
    Again = 6,
    TakeBack = 7,
}

#[cfg(not(feature = "faults"))]
mod built {
    use kerbrole_core::{Conflict, RoleName, Statement};
    use tokio_postgres::{Error, GenericClient};

    use crate::fault::{Fault, Step};

    pub(crate) async fn is(_: &impl GenericClient, _: Fault) -> Result<bool, Error> {
        Ok(false)
    }

    pub(crate) async fn gate(_: &impl GenericClient, _: Step) -> Result<(), Error> {
        Ok(())
    }

    pub(crate) const fn gate_sql(_: Step) -> String {
        String::new()
    }

    pub(crate) const fn other_half(_: &Conflict, _: &RoleName, _: &RoleName) -> [Statement; 0] {
        []
    }

    pub(crate) fn halves(statements: &[Statement]) -> (&[Statement], &[Statement]) {
        (&[], statements)
    }
}

#[cfg(feature = "faults")]
mod built {
    use kerbrole_core::{Conflict, PathStep, RoleName, Statement};
    use tokio_postgres::{Error, GenericClient};

    use crate::fault::{Fault, Step};

    /// Whether this is what is wrong.
    pub(crate) async fn is(client: &impl GenericClient, fault: Fault) -> Result<bool, Error> {
        const ASK: &str = "SELECT pg_catalog.current_setting('kerbrole.fault', true)";
        let name = match fault {
            Fault::NoSecondLook => "no_second_look",
            Fault::WrongHalf => "wrong_half",
            Fault::TwoTransactions => "two_transactions",
        };
        let row = client.query_one(ASK, &[]).await?;
        Ok(row.try_get::<_, Option<&str>>(0)? == Some(name))
    }

    /// Waits until a test lets this session take the step.
    pub(crate) async fn gate(client: &impl GenericClient, step: Step) -> Result<(), Error> {
        client.batch_execute(&gate_sql(step)).await
    }

    /// The same as a part of a batch.
    pub(crate) fn gate_sql(step: Step) -> String {
        let each = |function: &str| {
            format!(
                "SELECT pg_catalog.{function}(gate::pg_catalog.int4, {}) \
                 FROM pg_catalog.current_setting('kerbrole.gate', true) AS gate \
                 WHERE gate OPERATOR(pg_catalog.<>) '';\n",
                step as i32
            )
        };
        each("pg_advisory_lock") + &each("pg_advisory_unlock")
    }

    /// The first membership of that way of a conflict which this one is no part of.
    pub(crate) fn other_half(
        conflict: &Conflict,
        granted: &RoleName,
        member: &RoleName,
    ) -> Vec<Statement> {
        let own = [Some(member), Some(granted)];
        let steps = |path: &[PathStep; 2]| path.each_ref().map(PathStep::role) == own;
        let is_own = |path: &[PathStep]| path.array_windows().any(steps);
        let other = match is_own(&conflict.iam_path) {
            true => &conflict.ad_path,
            false => &conflict.iam_path,
        };
        let first = other.first().and_then(PathStep::role);
        let revoke = first.zip(other.get(1).and_then(PathStep::role)).map(|(member, role)| {
            Statement::RevokeGrant {
                role: role.clone(),
                granted: role.clone(),
                member: member.clone(),
                name_grantor: false,
            }
        });
        revoke.into_iter().collect()
    }

    /// What creates roles, and the rest.
    pub(crate) fn halves(statements: &[Statement]) -> (&[Statement], &[Statement]) {
        let creates = |statement: &Statement| matches!(statement, Statement::CreateUser { .. });
        statements.split_at(statements.iter().rposition(creates).map_or(0, |last| last + 1))
    }
}

pub(crate) use built::{gate, gate_sql, halves, is, other_half};

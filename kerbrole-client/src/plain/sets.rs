//! Adding several sets of principals, each with its groups, in one message.

use tokio_postgres::GenericClient;

use super::Plain;
use super::attempts::{ATTEMPTS, somebody_was_faster};
use crate::each::Set;
use crate::error::Error;
use crate::options::AddOptions;
use crate::plan::Plan;
use crate::results::Added;

impl<C: GenericClient> Plain<'_, C> {
    /// What is to be run to add all of them. Nobody is in two of the sets; outcomes are in the
    /// order of the sets.
    pub(crate) async fn plan_sets(&self, sets: &[Set], if_not_exists: bool) -> Result<Plan, Error> {
        let mut whole = Plan::of(Vec::new());
        for set in sets {
            let options = AddOptions { groups: set.groups.clone(), if_not_exists };
            let plan = self.plan_add(&set.principals, &options).await?;
            whole.outcomes.extend(plan.outcomes);
            whole.add.outcomes.extend(plan.add.outcomes);
            whole.add.statements.extend(plan.add.statements);
            whole.add.grants.extend(plan.add.grants);
            whole.add.conflicts_before.extend(plan.add.conflicts_before);
        }
        whole.statements = whole.add.plain_statements(self.rule);
        Ok(whole)
    }

    /// Adds them, all or none.
    pub(crate) async fn add_sets(
        &self,
        sets: &[Set],
        if_not_exists: bool,
    ) -> Result<Vec<Added>, Error> {
        let mut attempt = 1;
        loop {
            let plan = self.plan_sets(sets, if_not_exists).await?;
            match self.carry_out(&plan).await {
                Ok(()) => return Ok(plan.outcomes),
                Err(error) if attempt < ATTEMPTS && somebody_was_faster(&error) => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

//! Adding several sets of principals, each with its groups, in one message.

use std::collections::BTreeSet;

use kerbrole_core::{AddPlan, AddRequest, plan_add};
use tokio_postgres::GenericClient;

use super::Plain;
use super::attempts::{ATTEMPTS, somebody_was_faster};
use crate::each::Set;
use crate::error::Error;
use crate::plan::Plan;
use crate::results::Added;

impl<C: GenericClient> Plain<'_, C> {
    /// What is to be run to add all of them. Nobody is in two of the sets; outcomes are in the
    /// order of the sets.
    ///
    /// The server is looked at once for all of them: each look goes through all roles that it has,
    /// and a long list may have as many sets as principals.
    pub(crate) async fn plan_sets(&self, sets: &[Set], if_not_exists: bool) -> Result<Plan, Error> {
        let request = |set: &Set| AddRequest {
            principals: set.principals.clone(),
            groups: set.groups.clone(),
            if_not_exists,
        };
        if sets.is_empty() {
            return Ok(Plan::of(Vec::new()));
        }
        let principals = sets.iter().flat_map(|set| &set.principals);
        let groups: BTreeSet<&String> = sets.iter().flat_map(|set| &set.groups).collect();
        let reading = self
            .reading_to_add()
            .and_members_of(principals.map(|(_, canonical)| canonical.role_name()))
            .and_groups_of(groups.into_iter().cloned());
        let mut cluster = self.read_roles(reading.names()).await?;
        let mut read = self.catalog().memberships_around(&reading.around(&cluster.roles)).await?;
        let mut whole = AddPlan::default();
        for request in sets.iter().map(request) {
            // What is around one set only: to go through all of it for each would take the square.
            let of_set = self.reading_to_add_these(&request).around(&cluster.roles);
            cluster.graph = read.neighbourhood(&of_set);
            let plan = plan_add(&request, &cluster)?;
            whole.outcomes.extend(plan.outcomes);
            whole.statements.extend(plan.statements);
            whole.grants.extend(plan.grants);
            whole.conflicts_before.extend(plan.conflicts_before);
        }
        Ok(self.planned(whole))
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

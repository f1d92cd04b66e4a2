//! Whether all of several principals are there, before anything is done to one of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kerbrole_core::{Error as Refusal, PrincipalRef, Reading, RoleName};
use tokio_postgres::GenericClient;

use super::Plain;
use crate::error::Error;

impl<C: GenericClient> Plain<'_, C> {
    /// The role of each, as it is called, or what is said of one that is missing.
    pub(crate) async fn find_principals(
        &self,
        principals: &[(String, PrincipalRef)],
    ) -> Result<Vec<Result<RoleName, Error>>, Error> {
        if principals.is_empty() {
            return Ok(Vec::new());
        }
        let mut reading = Reading::of_rule(self.rule);
        for (_, meant) in principals {
            reading = reading.and_groups_of(meant.reading(self.rule).groups_of().iter().cloned());
        }
        let cluster = self.read(&reading).await?;
        let mut first_of: HashMap<RoleName, &str> = HashMap::new();
        let mut found = Vec::with_capacity(principals.len());
        for (typed, meant) in principals {
            let role = match meant.find(&cluster.roles) {
                Ok(role) => role.name.clone(),
                Err(missing) => {
                    found.push(Err(missing.into()));
                    continue;
                }
            };
            match first_of.entry(role.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(typed);
                }
                Entry::Occupied(first) => {
                    let (first, second) = (first.get().to_string(), typed.clone());
                    return Err(Refusal::NamedTwice { role, first, second }.into());
                }
            }
            found.push(Ok(role));
        }
        Ok(found)
    }
}

//! A plan for more people than one transaction can lock.

use std::collections::HashMap;

use crate::names::role_name::RoleName;
use crate::plan::access::difference::AccessPlan;
use crate::plan::access::step::AccessStep;
use crate::statement::Statement;

impl AccessPlan {
    /// The plan in parts that are to be carried out one after the other, each about so many roles
    /// at most; the renames, which depend on each other, are a part of their own where there is
    /// more than one.
    ///
    /// COMMENT ON ROLE and CREATE ROLE each keep a lock to the end of the transaction. All that is
    /// done to one role is in one part, so that nobody is left half changed where the next one
    /// fails; a new look at the server finds what is left to do.
    pub fn portions(&self, roles: usize) -> Vec<Self> {
        let is_rename =
            |step: &AccessStep| matches!(step.statement, Some(Statement::Rename { .. }));
        let mut place: HashMap<&RoleName, usize> = HashMap::new();
        for step in self.steps.iter().filter(|step| step.statement.is_some() && !is_rename(step)) {
            let next = place.len();
            place.entry(&step.role).or_insert(next);
        }
        let has_renames = self.steps.iter().any(is_rename);
        let of = |steps| Self {
            steps,
            conflicts_before: self.conflicts_before.clone(),
            ..Self::default()
        };
        if place.len() <= roles {
            return vec![of(self.steps.clone())];
        }
        let mut portions: Vec<Vec<AccessStep>> = vec![Vec::new(); place.len().div_ceil(roles)];
        let mut renames = Vec::new();
        for step in self.steps.iter().filter(|step| step.statement.is_some()) {
            match place.get(&step.role) {
                _ if is_rename(step) => renames.push(step.clone()),
                Some(place) => portions[place / roles].push(step.clone()),
                None => {}
            }
        }
        let first = has_renames.then_some(renames);
        first.into_iter().chain(portions).map(of).collect()
    }
}

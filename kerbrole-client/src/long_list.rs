//! What adding a very long list comes to, looked at in portions.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use kerbrole_core::{AddAction, fold_case};
use tokio_postgres::GenericClient;

use crate::Kerbrole;
use crate::each::Wanted;
use crate::error::Error;
use crate::options::AddOptions;
use crate::results::Added;

/// How many are looked at together. Each look goes through all roles that there are, and what is
/// read for one portion is forgotten before the next.
const PORTION: usize = 10_000;

impl<C: GenericClient> Kerbrole<'_, C> {
    /// What [`Kerbrole::add_each`] would do with each of a list, in order, without the statements:
    /// for a list that is so long that it is added in portions, so that nothing of it is begun
    /// where something in its end is wrong.
    ///
    /// Memory does not grow with the list but by a number for each name of it. It is gone through
    /// twice, and a third time where somebody may be named twice. Between two portions others may
    /// change something.
    ///
    /// Only reads.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principals`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn preview_add_each<I>(
        &self,
        wanted: I,
        options: &AddOptions,
        mut look: impl FnMut(Added),
    ) -> Result<(), Error>
    where
        I: IntoIterator<Item = Wanted, IntoIter: Clone>,
    {
        let mut wanted = wanted.into_iter();
        let twice = self.named_twice(wanted.clone(), options)?;
        let mut again = HashSet::new();
        loop {
            let portion: Vec<_> = wanted.by_ref().take(PORTION).collect();
            if portion.is_empty() {
                return Ok(());
            }
            for mut added in self.plan_add_each(&portion, options).await?.outcomes {
                let folded = fold_case(added.role_name.as_str());
                if twice.contains(&folded) && !again.insert(folded) {
                    // By then the first has been added.
                    added.action = AddAction::Unchanged;
                }
                look(added);
            }
        }
    }

    /// The names, case aside, of those who are named more than once, where that is allowed.
    ///
    /// A number stands for each name: of those whose numbers are the same, which are few, the names
    /// are compared.
    fn named_twice<I>(&self, wanted: I, options: &AddOptions) -> Result<HashSet<String>, Error>
    where
        I: Iterator<Item = Wanted> + Clone,
    {
        let hasher = RandomState::new();
        let folded = |one: &Wanted| -> Result<String, Error> {
            let canonical = self.rules().canonicalize(&one.principal, None)?;
            Ok(fold_case(canonical.role_name().as_str()))
        };
        let (mut seen, mut suspects) = (HashSet::new(), HashSet::new());
        for one in wanted.clone() {
            let number = hasher.hash_one(folded(&one)?);
            if !seen.insert(number) {
                suspects.insert(number);
            }
        }
        drop(seen);
        if suspects.is_empty() {
            return Ok(HashSet::new());
        }
        let mut named = Vec::new();
        for one in wanted {
            if suspects.contains(&hasher.hash_one(folded(&one)?)) {
                named.push(one);
            }
        }
        self.sets(&named, options)?;
        let (mut once, mut twice) = (HashSet::new(), HashSet::new());
        for one in &named {
            let name = folded(one)?;
            if !once.insert(name.clone()) {
                twice.insert(name);
            }
        }
        Ok(twice)
    }
}

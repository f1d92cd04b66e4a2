//! Adding many principals of which each has groups of its own, all or none.

use std::collections::{BTreeSet, HashMap};

use kerbrole_core::{AddAction, Canonical, Error as Refusal, RoleName, fold_case};
use tokio_postgres::GenericClient;

use crate::Kerbrole;
use crate::error::Error;
use crate::options::AddOptions;
use crate::plan::Plan;
use crate::results::Added;

/// A principal, and the roles that it is to be a member of besides `rds_ad`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Wanted {
    /// `user@REALM`, or whatever else the server's rules for names understand.
    pub principal: String,
    /// Exactly as they are called; the connection's user must have the right to grant them.
    pub groups: Vec<String>,
}

/// Those who get the same groups.
#[derive(Debug, Default)]
pub(crate) struct Set {
    pub(crate) groups: Vec<String>,
    pub(crate) principals: Vec<(String, Canonical)>,
    /// Where each of them stands in the list.
    places: Vec<usize>,
}

/// A list, put together by groups.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    sets: Vec<Set>,
    /// Places at which somebody is named again, as it was typed there, and the role.
    again: Vec<(usize, String, RoleName)>,
}

impl Sets {
    /// Outcomes in the order of the sets, as they are to be in the order of the list.
    fn in_order(self, outcomes: Vec<Added>) -> Vec<Added> {
        let places = self.sets.iter().flat_map(|set| set.places.iter().copied());
        let mut placed: Vec<_> = places.zip(outcomes).collect();
        placed.extend(self.again.into_iter().map(|(place, principal, role)| {
            (place, Added { principal, role_name: role, action: AddAction::Unchanged })
        }));
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, added)| added).collect()
    }
}

/// Whoever is named twice is an error, as within one set, unless that is allowed: then the groups
/// of both count.
fn sets(
    canonical: Vec<(&Wanted, Canonical)>,
    of_all: &[String],
    if_not_exists: bool,
) -> Result<Sets, Refusal> {
    let mut all = Sets::default();
    let mut first_of: HashMap<String, usize> = HashMap::new();
    let of_each = |(wanted, _): &(&Wanted, Canonical)| -> Vec<String> {
        of_all.iter().chain(&wanted.groups).cloned().collect()
    };
    let of_each: Vec<Vec<String>> = canonical.iter().map(of_each).collect();
    let mut groups: Vec<BTreeSet<&str>> = of_each.iter().map(|groups| names(groups)).collect();
    for (place, (wanted, one)) in canonical.iter().enumerate() {
        let role = one.role_name();
        let Some(&first) = first_of.get(&fold_case(role.as_str())) else {
            first_of.insert(fold_case(role.as_str()), place);
            continue;
        };
        let (typed, other) = &canonical[first];
        let other = other.role_name();
        if other != role {
            return Err(Refusal::CaseCollision { role, other, both_new: true });
        }
        if !if_not_exists {
            return Err(Refusal::NamedTwice {
                role,
                first: typed.principal.clone(),
                second: wanted.principal.clone(),
            });
        }
        groups[first].extend(names(&wanted.groups));
        all.again.push((place, wanted.principal.clone(), role));
    }
    let again: BTreeSet<usize> = all.again.iter().map(|(place, ..)| *place).collect();
    let mut set_of: HashMap<&BTreeSet<&str>, usize> = HashMap::new();
    for (place, (wanted, one)) in
        canonical.into_iter().enumerate().filter(|(place, _)| !again.contains(place))
    {
        let at = *set_of.entry(&groups[place]).or_insert_with(|| {
            let groups = groups[place].iter().map(ToString::to_string).collect();
            all.sets.push(Set { groups, ..Set::default() });
            all.sets.len() - 1
        });
        all.sets[at].principals.push((wanted.principal.clone(), one));
        all.sets[at].places.push(place);
    }
    Ok(all)
}

fn names(groups: &[String]) -> BTreeSet<&str> {
    groups.iter().map(String::as_str).collect()
}

impl<C: GenericClient> Kerbrole<'_, C> {
    pub(crate) fn sets<'w>(
        &self,
        wanted: &'w [Wanted],
        options: &AddOptions,
    ) -> Result<Sets, Error> {
        let one = |wanted: &'w Wanted| -> Result<_, Error> {
            Ok((wanted, self.rules().canonicalize(&wanted.principal, None)?))
        };
        let canonical = wanted.iter().map(one).collect::<Result<_, _>>()?;
        Ok(sets(canonical, &options.groups, options.if_not_exists)?)
    }

    /// Creates the login roles of many principals of which each has groups of its own, all or none,
    /// and says in the same order what became of each.
    ///
    /// The groups of the options are for all of them. With
    /// [`if_not_exists`](AddOptions::if_not_exists) a role that exists is taken as it is and given
    /// what it lacks, and whoever is named twice gets the groups of both places.
    ///
    /// One statement by the functions, one message with plain statements: nobody ever sees a part
    /// of it.
    ///
    /// # Privileges
    /// Those of [`Kerbrole::add_principals`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principals`].
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn add_each(
        &self,
        wanted: &[Wanted],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        let sets = self.sets(wanted, options)?;
        let if_not_exists = options.if_not_exists;
        let outcomes = match self.functions() {
            Some(functions) => {
                let plain = self.plain();
                let plan = plain.plan_sets(&sets.sets, if_not_exists);
                let plan = self.plan_to_look(plan).await;
                let added = functions.add_sets(&sets.sets, if_not_exists).await?;
                self.look_after(plan).await?;
                added
            }
            None => self.plain().add_sets(&sets.sets, if_not_exists).await?,
        };
        Ok(sets.in_order(outcomes))
    }

    /// What [`Kerbrole::add_each`] would run, as data and as SQL, without running it.
    ///
    /// Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principals`], but for privileges.
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn plan_add_each(
        &self,
        wanted: &[Wanted],
        options: &AddOptions,
    ) -> Result<Plan, Error> {
        let sets = self.sets(wanted, options)?;
        let if_not_exists = options.if_not_exists;
        let mut plan = self.plain().plan_sets(&sets.sets, if_not_exists).await?;
        plan.outcomes = sets.in_order(std::mem::take(&mut plan.outcomes));
        Ok(plan)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use kerbrole_core::NameRules;

    fn put(list: &[(&str, &[&str])], if_not_exists: bool) -> Result<Sets, Refusal> {
        let wanted: Vec<_> = list
            .iter()
            .map(|(principal, groups)| Wanted {
                principal: (*principal).into(),
                groups: groups.iter().map(ToString::to_string).collect(),
            })
            .collect();
        let rules = NameRules::default();
        let canonical =
            wanted.iter().map(|w| (w, rules.canonicalize(&w.principal, None).unwrap())).collect();
        sets(canonical, &[], if_not_exists)
    }

    fn shown(sets: &Sets) -> Vec<(Vec<&str>, Vec<&str>)> {
        sets.sets
            .iter()
            .map(|set| {
                (
                    set.groups.iter().map(String::as_str).collect(),
                    set.principals.iter().map(|(typed, _)| typed.as_str()).collect(),
                )
            })
            .collect()
    }

    #[test]
    fn the_same_groups_go_together_in_whatever_order_they_are_named() {
        let sets =
            put(&[("a@x.y", &["g", "h"]), ("b@x.y", &[]), ("c@x.y", &["h", "g", "g"])], false)
                .unwrap();
        assert_eq!(
            shown(&sets),
            [(vec!["g", "h"], vec!["a@x.y", "c@x.y"]), (vec![], vec!["b@x.y"])]
        );
        let added = |name: &str| Added {
            principal: name.into(),
            role_name: RoleName::new(name).unwrap(),
            action: AddAction::Created,
        };
        let ordered = sets.in_order(["a", "c", "b"].map(added).to_vec());
        assert_eq!(
            ordered.iter().map(|one| one.principal.as_str()).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn whoever_is_named_twice_is_found_across_groups() {
        let twice: &[(&str, &[&str])] = &[("a@x.y", &["g"]), ("a@X.Y", &["h"])];
        assert!(matches!(put(twice, false), Err(Refusal::NamedTwice { .. })));
        assert_eq!(shown(&put(twice, true).unwrap()), [(vec!["g", "h"], vec!["a@x.y"])]);
        let collides: &[(&str, &[&str])] = &[("a@x.y", &["g"]), ("A@x.y", &["h"])];
        assert!(matches!(put(collides, true), Err(Refusal::CaseCollision { both_new: true, .. })));
    }
}

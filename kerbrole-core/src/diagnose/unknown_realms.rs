//! Realms of new principals that nobody is of yet: a new domain, or a typing mistake.

use std::collections::{BTreeMap, HashSet};

use crate::error::Warning;
use crate::names::principal::{KnownRealms, Principal, principal_parts};
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;

/// How many realms are compared with those that are there: who adds principals of more new realms
/// at once has no typing mistake.
const COMPARED: usize = 10;

/// How many realms that are there are remembered, so that each is compared once. A cluster can have
/// as many as it has roles; of those beyond, some are compared again.
const REMEMBERED: usize = 1000;

/// How many letters may be wrong in a realm that is near another one, and of how many at most one
/// is.
const NEAR: usize = 3;

/// A realm of a new principal that no principal is of yet, while there are principals of others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnknownRealm {
    /// The realm.
    pub realm: Realm,
    /// The first new principal of it.
    pub principal: RoleName,
    /// The realm of principals that are there whose spelling is the nearest, if one is near: at
    /// most three letters, and one in three, are added, missing, exchanged or swapped.
    pub nearest: Option<Realm>,
}

impl From<UnknownRealm> for Warning {
    fn from(UnknownRealm { realm, principal, nearest }: UnknownRealm) -> Self {
        Self::NewRealm { realm, principal, nearest }
    }
}

/// The search for such realms, among the names of the roles that are there.
///
/// Whoever reads them asks first whether [there is anybody](Self::see) of these realms, and ends
/// when [none is left](Self::is_empty): mostly the first principal that is found. Only for what is
/// left the other realms are [compared](Self::compare).
#[derive(Debug, Clone)]
pub struct UnknownRealms {
    /// By realm, the first new principal of it.
    unknown: BTreeMap<String, RoleName>,
    nearest: BTreeMap<String, (usize, String)>,
    compared: HashSet<String>,
    others: bool,
}

impl UnknownRealms {
    /// The realms of new principals that the rules do not name: what `default_realm`,
    /// `allowed_realms` or `netbios_domains` name, somebody vouched for.
    pub fn of<'p>(principals: impl IntoIterator<Item = &'p Principal>, rules: &NameRules) -> Self {
        let mut unknown = BTreeMap::new();
        for principal in principals {
            let realm = principal.realm();
            if !unknown.contains_key(realm.as_str()) && !rules.name_realm(realm) {
                unknown.insert(realm.to_string(), principal.role_name());
            }
        }
        Self { unknown, nearest: BTreeMap::new(), compared: HashSet::new(), others: false }
    }

    /// Whether there is no such realm (any more).
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Takes note of a role that is there: where it is a principal's, its realm is known.
    pub fn see(&mut self, role_name: &str) {
        if let Some((_, realm)) = role_name.split_once('@')
            && self.unknown.contains_key(realm)
            && principal_parts(role_name, &mut KnownRealms::default()).is_some()
        {
            self.unknown.remove(realm);
        }
    }

    /// Compares the realm of a role that is there with those that nobody is of. All of them have
    /// been [seen](Self::see) before.
    pub fn compare(&mut self, role_name: &str) {
        let Some((_, realm)) = role_name.split_once('@') else { return };
        if self.compared.contains(realm)
            || principal_parts(role_name, &mut KnownRealms::default()).is_none()
        {
            return;
        }
        self.others = true;
        if self.compared.len() < REMEMBERED {
            self.compared.insert(realm.to_string());
        }
        for unknown in self.unknown.keys().take(COMPARED) {
            let at_most = NEAR.min(unknown.len() / NEAR);
            if unknown.len().abs_diff(realm.len()) > at_most {
                continue;
            }
            let found = (strsim::osa_distance(unknown, realm), realm.to_string());
            if found.0 <= at_most
                && self.nearest.get(unknown).is_none_or(|nearest| found < *nearest)
            {
                self.nearest.insert(unknown.clone(), found);
            }
        }
    }

    /// What was found, in the order of realms: nothing where there are no principals of other
    /// realms.
    pub fn found(self) -> Vec<UnknownRealm> {
        let Self { unknown, nearest, others, .. } = self;
        let known = |realm: &str| Realm::parse(realm).ok();
        let one = |(realm, principal): (String, RoleName)| {
            let nearest = nearest.get(&realm).and_then(|(_, nearest)| known(nearest));
            known(&realm).map(|realm| UnknownRealm { realm, principal, nearest })
        };
        unknown.into_iter().filter(|_| others).filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(new: &[&str], there: &[&str], rules: &NameRules) -> Vec<(String, Option<String>)> {
        let new: Vec<Principal> = new.iter().map(|name| name.parse().unwrap()).collect();
        let mut realms = UnknownRealms::of(&new, rules);
        there.iter().for_each(|name| realms.see(name));
        there.iter().for_each(|name| realms.compare(name));
        let text = |realm: Realm| realm.to_string();
        realms.found().into_iter().map(|one| (text(one.realm), one.nearest.map(text))).collect()
    }

    #[test]
    fn a_new_realm_is_told_with_the_nearest_one() {
        let there = ["rds_ad", "x@CORP.EXAMPLE.ORG", "y@CORP.EXAMPLE.COM", "z@ONPREM.COM", "a@b.c"];
        let told = |new: &str| found(&[new], &there, &NameRules::default());
        for typed in ["CORP.EXMPLE.COM", "CROP.EXAMPLE.COM", "CORP.EXAMPLE.CO", "CCORP.EXAMPLE.COM"]
        {
            let nearest = Some("CORP.EXAMPLE.COM".to_string());
            assert_eq!(told(&format!("u@{typed}")), [(typed.to_string(), nearest)]);
        }
        assert_eq!(told("u@BRANCH.NET"), [("BRANCH.NET".to_string(), None)]);
        assert_eq!(told("u@ONPREM.COM"), []);
        // Not the realm of any ticket: nobody is of it.
        assert_eq!(told("u@B.C"), [("B.C".to_string(), None)]);
    }

    #[test]
    fn nothing_is_told_where_somebody_vouched_or_nobody_is_there() {
        let there = ["x@CORP.EXAMPLE.COM"];
        let rules = [
            NameRules { allowed_realms: "A.B, C.D".parse().unwrap(), ..NameRules::default() },
            NameRules { default_realm: Realm::parse("a.b").ok(), ..NameRules::default() },
            NameRules { netbios_domains: "AB=A.B".parse().unwrap(), ..NameRules::default() },
        ];
        for rules in &rules {
            assert_eq!(found(&["u@a.b"], &there, rules), []);
        }
        assert_eq!(found(&["u@a.b"], &["rds_ad", "app@host"], &NameRules::default()), []);
        assert_eq!(found(&[], &there, &NameRules::default()), []);
    }

    #[test]
    fn of_equally_near_ones_the_first_is_told_whatever_the_order() {
        let rules = NameRules::default();
        let nearest = |there: &[&str]| found(&["u@AAA.BBB"], there, &rules)[0].1.clone();
        for there in [["x@AAA.BBD", "x@AAA.BBC"], ["x@AAA.BBC", "x@AAA.BBD"]] {
            assert_eq!(nearest(&there).as_deref(), Some("AAA.BBC"));
        }
        // A copy of one letter in three is no slip any more.
        assert_eq!(nearest(&["x@AXX.YYB"]), None);
    }

    #[test]
    fn each_new_realm_is_told_once_and_many_are_not_compared() {
        let new: Vec<_> =
            (10..40).flat_map(|n| ["u", "v"].map(|u| format!("{u}@CORP{n}.COM"))).collect();
        let new: Vec<_> = new.iter().map(String::as_str).collect();
        let told = found(&new, &["x@CORP.COM"], &NameRules::default());
        assert_eq!(told.len(), 30);
        assert_eq!(told.iter().filter(|(_, nearest)| nearest.is_some()).count(), COMPARED);
    }
}

//! Roles whose names were cut when they were made.

use std::collections::{HashMap, HashSet};

use crate::diagnose::case_audit::{Audit, CaseFinding, CaseProblem};
use crate::names::principal::Principal;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;

impl Audit<'_> {
    /// Roles whose names the server cut. The name alone does not say for certain, so there has to
    /// be a sign: it is as long as a name can be, and what is left is no principal, or its realm is
    /// the beginning of one that is known.
    pub(super) fn cut<'r>(
        &self,
        suspects: impl Iterator<Item = &'r Role>,
        rules: &NameRules,
        roles: &RoleSet,
    ) -> Vec<CaseFinding> {
        // A name that cannot be written is held longer than it is.
        let can_be_written = |role: &&Role| role.name.unwritable_oid().is_none();
        let suspects: Vec<_> =
            suspects.filter(can_be_written).filter(|role| may_be_cut(role.name.as_str())).collect();
        if suspects.is_empty() {
            return Vec::new();
        }
        let mut known: HashSet<String> = rules.known_realms().map(ToString::to_string).collect();
        let shorter = roles.iter().filter(|role| !may_be_cut(role.name.as_str()));
        known.extend(
            shorter.filter_map(|role| role.name.principal()).map(|p| p.realm().to_string()),
        );
        // Every beginning of a known realm, the realm itself excepted.
        let mut beginnings: HashMap<&str, &str> = HashMap::new();
        for realm in &known {
            for end in 0..realm.len() {
                // Of several the first by name, so that the same cluster gives the same answer.
                beginnings
                    .entry(&realm[..end])
                    .and_modify(|first| *first = (*first).min(realm))
                    .or_insert(realm);
            }
        }
        suspects
            .into_iter()
            .filter_map(|role| {
                let realm = role
                    .name
                    .as_str()
                    .split_once('@')
                    .map_or("", |(_, realm)| realm)
                    .to_ascii_uppercase();
                let original = beginnings.get(realm.as_str());
                let is_one = !known.contains(&realm)
                    && (original.is_some() || role.name.as_str().parse::<Principal>().is_err());
                is_one.then(|| CaseFinding {
                    problem: CaseProblem::UnreachableLength,
                    roles: vec![role.name.clone()],
                    detail: match original {
                        Some(realm) if !realm.is_empty() => format!(
                            "The name was cut at 63 bytes, probably in the realm {realm}; a ticket \
                             has the whole name and does not match. The account needs a shorter \
                             sAMAccountName."
                        ),
                        _ => {
                            "The name was cut at 63 bytes, or is none that a directory gives out: \
                             no ticket matches it. The account needs a shorter sAMAccountName."
                                .into()
                        }
                    },
                    fix: self.disable(role),
                })
            })
            .collect()
    }
}

/// Whether a name is as long as one that was cut: 63 bytes, or up to three less where the next
/// character had several.
fn may_be_cut(name: &str) -> bool {
    name.len() == RoleName::MAX_BYTES
        || (name.len() + 3 >= RoleName::MAX_BYTES && !name.contains('@'))
}

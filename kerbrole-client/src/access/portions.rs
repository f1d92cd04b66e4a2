//! A plan for more people than one call can lock.

use std::collections::{HashMap, HashSet};

use kerbrole_core::{AbsentPolicy, AccessAction, NameRules, RoleName, fold_case};

use super::{Access, AccessPerson, AccessPlan, AccessRow};

/// What is to be done to one role.
#[derive(Default)]
struct Of {
    /// Whether the role gets its account now, so that no other can be this one's.
    is_bound: bool,
    /// Whether nothing is but added, and nothing is left as it is.
    is_added_to: bool,
}

impl AccessPlan {
    /// The plan in parts that are called for one after the other: first those to whom something is
    /// added and nothing else, so many at a time, and then everybody, for all the rest. `None`
    /// where there are no more roles than that.
    ///
    /// Each part is only done as it stands here, and so is the rest: whoever turns out to depend on
    /// somebody of another part ends it.
    pub(crate) fn portions(&self, rules: &NameRules, roles: usize) -> Option<Vec<Self>> {
        let done = self.rows.iter().filter(|row| row.statement.is_some());
        if done.map(|row| &row.role_name).collect::<HashSet<_>>().len() <= roles {
            return None;
        }
        let of_roles = self.of_roles();
        let has_renames = self.rows.iter().any(|row| row.action == AccessAction::Rename);
        let added: Vec<(RoleName, &AccessPerson)> = self
            .access
            .people
            .iter()
            .filter_map(|person| {
                let name = rules.canonicalize(&person.principal, None).ok()?.role_name();
                let of = of_roles.get(&fold_case(name.as_str()))?;
                (of.is_added_to && (of.is_bound || !has_renames)).then_some((name, person))
            })
            .collect();
        let mut place: HashMap<&RoleName, usize> = HashMap::with_capacity(added.len());
        for (number, (name, _)) in added.iter().enumerate() {
            place.insert(name, number / roles);
        }
        let of_people = |people: &[(RoleName, &AccessPerson)]| Access {
            people: people.iter().map(|(_, person)| (*person).clone()).collect(),
            // Nobody is absent whom this part does not name.
            domains: Vec::new(),
            absent: AbsentPolicy::Keep,
            ..self.access.without_people()
        };
        let mut portions: Vec<_> = added
            .chunks(roles)
            .map(|people| Self { rows: Vec::new(), ..self.with(of_people(people)) })
            .collect();
        let mut rest = Vec::new();
        for row in &self.rows {
            match place.get(&row.role_name) {
                Some(&place) => portions[place].rows.push(row.clone()),
                None => rest.push(row.clone()),
            }
        }
        if rest.iter().any(|row| row.statement.is_some()) {
            portions.push(Self { rows: rest, ..self.with(self.access.clone()) });
        }
        Some(portions)
    }

    /// By the names of the roles, whatever their case.
    fn of_roles(&self) -> HashMap<String, Of> {
        use AccessAction::{Adopt, Bind, Create, Enable, Grant};
        let mut of_roles: HashMap<String, Of> = HashMap::new();
        let mut add = |AccessRow { action, role_name, .. }: &AccessRow| {
            let of = of_roles
                .entry(fold_case(role_name.as_str()))
                .or_insert(Of { is_bound: false, is_added_to: true });
            of.is_bound |= *action == Bind;
            of.is_added_to &= matches!(action, Create | Adopt | Bind | Grant | Enable);
        };
        self.rows.iter().for_each(&mut add);
        of_roles
    }

    fn with(&self, access: Access) -> Self {
        let (principals, at_most, by_settings) = (self.principals, self.at_most, self.by_settings);
        Self { access, rows: Vec::new(), principals, at_most, by_settings }
    }
}

impl Access {
    fn without_people(&self) -> Self {
        let (roles, except, limit) = (self.roles.clone(), self.except.clone(), self.limit);
        Self { roles, except, limit, terminate: self.terminate, ..Self::default() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const SIDS: &str = "S-1-5-21-1-2-3";

    fn access(names: &[&str]) -> Access {
        let person = |(number, name): (usize, &&str)| {
            let sid = format!("{SIDS}-{}", 1000 + number).parse().unwrap();
            AccessPerson::new(format!("{name}@A.B"), sid).roles(["team"])
        };
        Access::new()
            .people(names.iter().enumerate().map(person))
            .role("team")
            .domain(SIDS.parse().unwrap())
            .absent(AbsentPolicy::Drop)
    }

    fn row(text: &str) -> AccessRow {
        let (action, name) = text.split_once(' ').unwrap();
        let action = AccessAction::ALL.into_iter().find(|one| one.as_str() == action).unwrap();
        let statement = (action != AccessAction::Leave).then(|| text.to_string());
        AccessRow::new(action, RoleName::new(format!("{name}@A.B")).unwrap(), statement, "")
    }

    /// Who is in each part, and what is done in it.
    fn parts(names: &[&str], rows: &[&str]) -> Vec<(Vec<String>, Vec<String>)> {
        let plan = AccessPlan::new(&access(names), rows.iter().map(|text| row(text)));
        let parts = plan.portions(&NameRules::default(), 2).unwrap();
        let name = |name: &str| name.trim_end_matches("@A.B").to_string();
        parts
            .iter()
            .map(|part| {
                let people = part.access.people.iter().map(|person| name(&person.principal));
                let row = |row: &AccessRow| {
                    format!("{} {}", row.action.as_str(), name(row.role_name.as_str()))
                };
                (people.collect(), part.rows.iter().map(row).collect())
            })
            .collect()
    }

    #[test]
    fn few_are_one_part() {
        let rows = ["create a", "create b", "bind a", "bind b", "leave c", "leave d"];
        let plan = AccessPlan::new(&access(&["a", "b", "c", "d"]), rows.map(row));
        assert_eq!(plan.portions(&NameRules::default(), 2), None);
    }

    #[test]
    fn those_who_gain_go_first_and_the_rest_is_for_everybody() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let rows = [
            "create a",
            "create b",
            "create c",
            "bind a",
            "bind b",
            "bind c",
            "grant a",
            "grant b",
            "grant d",
            "enable e",
            "disable f",
            "revoke d",
            "drop gone",
            "leave c",
        ];
        let text = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            parts(&names, &rows),
            [
                (
                    text(&["a", "b"]),
                    text(&["create a", "create b", "bind a", "bind b", "grant a", "grant b"])
                ),
                (text(&["e"]), text(&["enable e"])),
                (
                    text(&names),
                    text(&[
                        "create c",
                        "bind c",
                        "grant d",
                        "disable f",
                        "revoke d",
                        "drop gone",
                        "leave c"
                    ])
                ),
            ]
        );
    }

    #[test]
    fn in_a_part_nobody_is_absent() {
        let names = ["a", "b", "c"];
        let rows = ["create a", "create b", "create c", "bind a", "bind b", "bind c", "drop gone"];
        let plan = AccessPlan::new(&access(&names), rows.map(row));
        let parts = plan.portions(&NameRules::default(), 2).unwrap();
        let whole = parts.iter().map(|part| (part.access.domains.len(), part.access.absent));
        let (keep, drop) = (AbsentPolicy::Keep, AbsentPolicy::Drop);
        assert_eq!(whole.collect::<Vec<_>>(), [(0, keep), (0, keep), (1, drop)]);
        assert_eq!(parts[2].access, plan.access);
        assert!(parts.iter().all(|part| part.access.roles == ["team"]));
    }

    /// The name of who is renamed is free only afterwards, and who is only granted something may be
    /// the one who is renamed.
    #[test]
    fn whoever_may_wait_for_a_rename_is_with_the_rest() {
        let names = ["a", "B", "c", "d"];
        let rows = ["rename b", "create B", "create c", "bind B", "bind c", "grant a", "grant d"];
        let text = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            parts(&names, &rows),
            [
                (text(&["c"]), text(&["create c", "bind c"])),
                (text(&names), text(&["rename b", "create B", "bind B", "grant a", "grant d"])),
            ]
        );
    }
}

//! What sessions do to memberships, and what has to come of it where nobody else is there: by the
//! definition, and not by anything of kerbrole.

use std::collections::{BTreeMap, BTreeSet};

/// What one statement is about. Names are those of roles.
#[derive(Debug)]
pub enum Does {
    Grant { role: &'static str, member: &'static str },
    Revoke { role: &'static str, member: &'static str },
    Create { name: &'static str, above: &'static [&'static str] },
    Drop { name: &'static str },
    Rename { from: &'static str, to: &'static str },
    Add { names: &'static [&'static str], groups: &'static [&'static str] },
    DropPrincipal { name: &'static str },
    Sync { wanted: &'static str },
}

/// A statement, as it is typed.
#[derive(Debug)]
pub struct Statement {
    pub sql: &'static str,
    pub does: Does,
}

/// What a session does in one transaction.
pub type Program = [Statement];

const P: &str = "p@A.B";
const N: &str = "n@A.B";

const fn typed(sql: &'static str, does: Does) -> Statement {
    Statement { sql, does }
}

/// What a session can do.
pub const MENU: &[&Program] = &[
    &[typed("GRANT rds_iam TO g", Does::Grant { role: "rds_iam", member: "g" })],
    &[typed("GRANT g TO \"p@A.B\"", Does::Grant { role: "g", member: P })],
    &[typed("REVOKE rds_ad FROM \"p@A.B\"", Does::Revoke { role: "rds_ad", member: P })],
    &[typed(
        "CREATE USER \"n@A.B\" IN ROLE rds_ad, g",
        Does::Create { name: N, above: &["rds_ad", "g"] },
    )],
    &[typed("ALTER GROUP h ADD USER g", Does::Grant { role: "h", member: "g" })],
    &[typed("DROP ROLE g", Does::Drop { name: "g" })],
    &[
        typed("ALTER ROLE g RENAME TO old", Does::Rename { from: "g", to: "old" }),
        typed("ALTER ROLE h RENAME TO g", Does::Rename { from: "h", to: "g" }),
    ],
    &[typed("GRANT rds_iam TO \"n@A.B\"", Does::Grant { role: "rds_iam", member: N })],
    &[typed(
        "SELECT kerb_add_principal('n@a.b', groups => '{g}', if_not_exists => true)",
        Does::Add { names: &[N], groups: &["g"] },
    )],
    &[typed(
        "SELECT kerb_add_principals('{n@a.b, p@a.b}', groups => '{g}', if_not_exists => true)",
        Does::Add { names: &[N, P], groups: &["g"] },
    )],
    &[
        typed(
            "SELECT kerb_add_principal('n@a.b', if_not_exists => true)",
            Does::Add { names: &[N], groups: &[] },
        ),
        typed("GRANT g TO \"n@A.B\"", Does::Grant { role: "g", member: N }),
    ],
    &[typed("SELECT kerb_rename_principal('p@a.b', 'n')", Does::Rename { from: P, to: N })],
    &[typed(
        "SELECT kerb_drop_principal('p@a.b', if_exists => true)",
        Does::DropPrincipal { name: P },
    )],
    &[typed(
        "SELECT kerb_sync_principals('{n@a.b}', absent => 'drop', dry_run => false)",
        Does::Sync { wanted: N },
    )],
];

impl Statement {
    /// Whether it is one of our functions, and not typed by somebody who knows of none.
    pub fn is_function(&self) -> bool {
        self.sql.starts_with("SELECT")
    }
}

/// Roles, and who is a member of what: the member first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    pub roles: BTreeSet<String>,
    pub edges: BTreeSet<(String, String)>,
}

impl World {
    /// All that a session can find in the beginning, or make.
    pub const NAMES: [&str; 5] = ["g", "h", "old", P, N];

    /// Where each order begins.
    pub fn start() -> Self {
        Self {
            roles: ["g", "h", P].map(String::from).into(),
            edges: [(P, "rds_ad"), ("h", "rds_iam")].map(|(a, b)| (a.into(), b.into())).into(),
        }
    }

    fn has(&self, role: &str) -> bool {
        role.starts_with("rds_") || self.roles.contains(role)
    }

    /// A role and its members, by any chain.
    fn below(&self, role: &str) -> BTreeSet<String> {
        let mut below = BTreeSet::from([role.to_string()]);
        loop {
            let more = self.edges.iter().filter(|(_, role)| below.contains(role));
            let more: Vec<_> = more.map(|(member, _)| member.clone()).collect();
            let before = below.len();
            below.extend(more);
            if below.len() == before {
                return below;
            }
        }
    }

    fn in_both(&self) -> BTreeSet<String> {
        &self.below("rds_ad") & &self.below("rds_iam")
    }

    /// What comes of a statement, or with which SQLSTATE it ends. Without a guard nothing that is
    /// typed is looked at.
    pub fn after(&self, statement: &Statement, is_guarded: bool) -> Result<Self, &'static str> {
        let after = self.changed(&statement.does)?;
        let is_watched = is_guarded || statement.is_function();
        match is_watched && !after.in_both().is_subset(&self.in_both()) {
            true => Err("0LP01"),
            false => Ok(after),
        }
    }

    fn changed(&self, does: &Does) -> Result<Self, &'static str> {
        let mut after = self.clone();
        match *does {
            Does::Grant { role, member } => {
                self.need(&[role, member])?;
                // Nobody is a member of themselves, by any chain.
                if self.below(member).contains(role) {
                    return Err("0LP01");
                }
                after.add(member, role);
            }
            Does::Revoke { role, member } => {
                self.need(&[role, member])?;
                after.edges.remove(&(member.into(), role.into()));
            }
            Does::Create { name, above } => {
                self.need_none(name)?;
                self.need(above)?;
                after.roles.insert(name.into());
                above.iter().for_each(|role| after.add(name, role));
            }
            Does::Drop { name } => {
                self.need(&[name])?;
                after.remove(name);
            }
            Does::Rename { from, to } => {
                self.need(&[from])?;
                self.need_none(to)?;
                let called = |name: &String| if name == from { to.into() } else { name.clone() };
                after.roles = self.roles.iter().map(called).collect();
                after.edges = self.edges.iter().map(|(a, b)| (called(a), called(b))).collect();
            }
            Does::Add { names, groups } => {
                self.need(groups)?;
                for name in names {
                    after.let_in(name);
                    groups.iter().for_each(|group| after.add(name, group));
                }
            }
            Does::DropPrincipal { name } => after.remove(name),
            Does::Sync { wanted } => {
                let principals = self.below("rds_ad").into_iter().filter(|name| name.contains('@'));
                principals.filter(|name| name != wanted).for_each(|name| after.remove(&name));
                after.let_in(wanted);
            }
        }
        Ok(after)
    }

    fn need(&self, roles: &[&str]) -> Result<(), &'static str> {
        if roles.iter().all(|role| self.has(role)) { Ok(()) } else { Err("42704") }
    }

    fn need_none(&self, role: &str) -> Result<(), &'static str> {
        if self.has(role) { Err("42710") } else { Ok(()) }
    }

    fn add(&mut self, member: &str, role: &str) {
        self.edges.insert((member.into(), role.into()));
    }

    fn remove(&mut self, name: &str) {
        self.roles.remove(name);
        self.edges.retain(|(member, role)| member != name && role != name);
    }

    /// A principal is there, and in `rds_ad`, by whatever chain.
    fn let_in(&mut self, name: &str) {
        self.roles.insert(name.into());
        if !self.below("rds_ad").contains(name) {
            self.add(name, "rds_ad");
        }
    }

    /// The statements that make it.
    pub fn script(&self) -> String {
        let quoted = |name: &str| format!("\"{name}\"");
        let all = Self::NAMES.map(quoted).join(", ");
        let roles = self.roles.iter().map(|name| format!("CREATE ROLE {} LOGIN;", quoted(name)));
        let mut by_role: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (member, role) in &self.edges {
            by_role.entry(role).or_default().push(quoted(member));
        }
        let edges = by_role
            .into_iter()
            .map(|(role, members)| format!("GRANT {} TO {};", quoted(role), members.join(", ")));
        format!("DROP ROLE IF EXISTS {all};{}", roles.chain(edges).collect::<String>())
    }

    /// Where a transaction that is alone leads, or with which SQLSTATE it ends.
    pub fn after_all(&self, program: &Program, is_guarded: bool) -> Result<Self, &'static str> {
        program.iter().try_fold(self.clone(), |world, statement| world.after(statement, is_guarded))
    }
}

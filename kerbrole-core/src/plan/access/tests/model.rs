//! A cluster as it is after statements, by rules written down a second time.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::graph::{Membership, MembershipGraph};
use crate::names::role_name::RoleName;
use crate::oid::RoleOid;
use crate::plan::access::difference::AccessPlan;
use crate::plan::access::plan_access;
use crate::plan::access::request::AccessRequest;
use crate::roles::comment::RoleComment;
use crate::roles::dependants::{Dependants, Holding};
use crate::roles::role::{Elevated, Role};
use crate::rule::ConflictRule;
use crate::statement::Statement;

#[derive(Debug, Clone)]
pub(super) struct ModelRole {
    pub(super) oid: RoleOid,
    pub(super) name: String,
    pub(super) can_login: bool,
    pub(super) has_powers: bool,
    pub(super) comment: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) roles: Vec<ModelRole>,
    /// Member, role, grantor, ADMIN.
    pub(super) edges: HashSet<(RoleOid, RoleOid, RoleOid, bool)>,
    /// Names of roles that have sessions, and of those that own something.
    pub(super) sessions: HashSet<String>,
    pub(super) owners: HashSet<String>,
    next: RoleOid,
}

impl Model {
    /// Roles that nobody logs in as, and `boss`, who grants everything.
    pub(super) fn of<'n>(roles: impl IntoIterator<Item = &'n str>) -> Self {
        let mut model = Self { next: 4, ..Self::default() };
        model.add("boss", false, false);
        roles.into_iter().for_each(|name| model.add(name, false, false));
        model
    }

    pub(super) fn add(&mut self, name: &str, can_login: bool, has_powers: bool) {
        assert!(self.find(name).is_none(), "{name} is there");
        let (oid, name) = (self.next, name.to_string());
        self.next += 1;
        self.roles.push(ModelRole { oid, name, can_login, has_powers, comment: None });
    }

    pub(super) fn find(&self, name: &str) -> Option<&ModelRole> {
        self.roles.iter().find(|role| role.name == name)
    }

    fn role(&mut self, name: &RoleName) -> &mut ModelRole {
        self.roles.iter_mut().find(|role| *name == *role.name).unwrap()
    }

    pub(super) fn oid(&self, name: &str) -> RoleOid {
        self.find(name).unwrap_or_else(|| panic!("there is no {name}")).oid
    }

    pub(super) fn join(&mut self, member: &str, role: &str) {
        self.join_by(member, role, "boss");
    }

    pub(super) fn join_by(&mut self, member: &str, role: &str, grantor: &str) {
        let edge = (self.oid(member), self.oid(role), self.oid(grantor), false);
        assert!(!self.is_below(edge.1, edge.0), "a circle");
        self.edges.insert(edge);
    }

    pub(super) fn admin(&mut self, member: &str, role: &str) {
        let (member, role, boss) = (self.oid(member), self.oid(role), self.oid("boss"));
        self.edges.remove(&(member, role, boss, false));
        self.edges.insert((member, role, boss, true));
    }

    pub(super) fn comment(&mut self, name: &str, comment: Option<String>) {
        let oid = self.oid(name);
        self.roles.iter_mut().find(|role| role.oid == oid).unwrap().comment = comment;
    }

    /// Whether one is a member of the other through any chain, or the same: round by round.
    pub(super) fn is_below(&self, member: RoleOid, role: RoleOid) -> bool {
        let mut above = HashSet::from([member]);
        loop {
            let more = self.edges.iter().filter(|edge| above.contains(&edge.0)).map(|edge| edge.1);
            let more: HashSet<_> = more.filter(|oid| !above.contains(oid)).collect();
            if more.is_empty() {
                return above.contains(&role);
            }
            above.extend(more);
        }
    }

    /// Those in both.
    pub(super) fn conflicts(&self) -> HashSet<RoleOid> {
        let (ad, iam) = (self.oid("rds_ad"), self.oid("rds_iam"));
        let oids = self.roles.iter().map(|role| role.oid);
        oids.filter(|&oid| self.is_below(oid, ad) && self.is_below(oid, iam)).collect()
    }

    pub(super) fn cluster(&self) -> Cluster {
        let name = |text: &str| RoleName::new(text).unwrap();
        let rule = ConflictRule::new(name("rds_ad"), name("rds_iam")).unwrap();
        let roles: Vec<_> = self
            .roles
            .iter()
            .map(|role| Role {
                oid: role.oid,
                name: name(&role.name),
                can_login: role.can_login,
                elevated: Elevated { createdb: role.has_powers, ..Elevated::default() },
            })
            .collect();
        let edges = self.edges.iter().map(|&(member, role, grantor, admin)| Membership {
            role,
            member,
            grantor: Some(grantor),
            admin,
            from_creation: false,
        });
        let graph =
            MembershipGraph::new(roles.iter().map(|role| (role.oid, role.name.clone())), edges);
        Cluster::new(rule, true).with_roles(roles).with_graph(graph)
    }

    pub(super) fn plan(&self, request: &AccessRequest<'_>) -> Result<AccessPlan, Error> {
        let comments: HashMap<_, _> = self
            .roles
            .iter()
            .filter_map(|role| Some((role.oid, RoleComment::read(role.comment.as_ref()?))))
            .collect();
        let owned = |oid: &RoleOid| {
            let role = self.roles.iter().find(|role| role.oid == *oid).unwrap();
            let is_owner = self.owners.contains(&role.name);
            let here = Holding { database: None, here: true, owned: 1, privileges: 0 };
            let holdings = is_owner.then_some(here).into_iter().collect();
            let sessions = self.sessions.contains(&role.name).into();
            (*oid, Dependants { holdings, sessions, ..Dependants::default() })
        };
        plan_access(
            request,
            &self.cluster(),
            &comments,
            |role| self.sessions.contains(role.name.as_str()).into(),
            |_| Ok(()),
            |oids| oids.iter().map(owned).collect(),
        )
    }

    /// Carries a plan out as a server would.
    pub(super) fn run(&mut self, plan: &AccessPlan) {
        for statement in plan.statements() {
            self.execute(statement);
        }
    }

    fn execute(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateLogin { role, member_of } => {
                self.add(role.as_str(), true, false);
                self.join(role.as_str(), member_of.as_str());
            }
            Statement::AllowLogin { role } => self.role(role).can_login = true,
            Statement::ForbidLogin { role } => self.role(role).can_login = false,
            Statement::Comment { role, text } => self.role(role).comment.clone_from(text),
            Statement::Rename { role, to } => {
                assert!(self.find(to.as_str()).is_none(), "{to} is taken");
                self.role(role).name = to.to_string();
            }
            Statement::Grant { roles, members } => {
                for role in roles {
                    members.iter().for_each(|member| self.join(member.as_str(), role.as_str()));
                }
            }
            Statement::RevokeGrant { role, granted, member, name_grantor: true } => {
                let row = [member, granted, role].map(|name| self.oid(name.as_str()));
                let gone = [false, true].map(|admin| (row[0], row[1], row[2], admin));
                assert!(gone.iter().any(|edge| self.edges.remove(edge)), "{statement}");
            }
            Statement::DropRole { role } => {
                assert!(!self.owners.contains(role.as_str()), "{role} owns something");
                let oid = self.oid(role.as_str());
                self.roles.retain(|role| role.oid != oid);
                self.edges.retain(|edge| edge.0 != oid && edge.1 != oid);
            }
            other => panic!("{other}"),
        }
    }
}

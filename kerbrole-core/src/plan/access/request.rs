//! Who is to have access, by what a directory says.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::error::{AccessError, Error};
use crate::memberships::cluster::Cluster;
use crate::memberships::node::Node;
use crate::names::case::fold_case;
use crate::names::error::NameError;
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::names::sid::Sid;
use crate::plan::access::limit::RemovalLimit;
use crate::plan::sync::AbsentPolicy;

/// An account of a directory, and what it is to have.
///
/// There may be a great many, and whoever asks mostly has the texts already: they are borrowed.
#[derive(Debug, Clone)]
pub struct AccessPerson<'a> {
    /// The principal, as it was given.
    pub typed: Cow<'a, str>,
    /// The name of the role that it means; or why no role can be called so.
    pub meant: Result<RoleName, Box<NameError>>,
    /// Whether to tell that the case of its username matters: see
    /// [`Canonical::case_matters`](crate::Canonical::case_matters).
    pub case_matters: bool,
    /// The account.
    pub sid: Sid,
    /// Whether the directory lets it log in.
    pub enabled: bool,
    /// The roles that it is to be a member of, exactly as they are called.
    pub roles: Cow<'a, [String]>,
}

impl<'a> AccessPerson<'a> {
    /// An account that may log in and has no further role.
    pub fn new(typed: impl Into<Cow<'a, str>>, sid: Sid, rules: &NameRules) -> Self {
        let typed = typed.into();
        let meant = rules.canonicalize(&typed, None);
        let case_matters = meant.as_ref().is_ok_and(|canonical| canonical.case_matters);
        let meant = meant.map(|canonical| canonical.role_name()).map_err(Box::new);
        Self { typed, meant, case_matters, sid, enabled: true, roles: Cow::default() }
    }

    /// The name that its role is to have.
    pub(super) fn wanted(&self) -> Option<RoleName> {
        self.meant.as_ref().ok().cloned()
    }

    /// A name to report it by: where none is possible, what was given.
    pub(super) fn shown(&self) -> RoleName {
        let given = || RoleName::new(&self.typed);
        let cut = || RoleName::unwritable(&self.typed.chars().take(63).collect::<String>(), 0);
        self.wanted().unwrap_or_else(|| given().unwrap_or_else(|_| cut()))
    }
}

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct AccessRequest<'a> {
    /// Everybody who is to have access, and everybody else whose account was read.
    pub people: Vec<AccessPerson<'a>>,
    /// The roles that are granted and revoked, exactly as they are called: no other is. `rds_ad` is
    /// not counted among them, since everybody gets it.
    pub roles: Vec<String>,
    /// The domains that were read whole: nobody of another one is absent.
    pub domains: Vec<Sid>,
    /// What becomes of those who are absent.
    pub absent: AbsentPolicy,
    /// Roles to which nothing is done, whatever their case: see [`NameRules::exceptions`].
    pub except: Vec<RoleName>,
    /// How many people may lose something at once.
    pub limit: RemovalLimit,
    /// A further limit, `kerbrole.sync_max_removals`; the smaller one holds.
    pub at_most: Option<usize>,
}

impl NameRules {
    /// The roles that are meant to be left alone: of each text the name of the principal, where it
    /// is one, and the role of exactly this name.
    ///
    /// # Errors
    /// 22023 or 42622 for what can be neither; DETAIL says which element it was.
    pub fn exceptions(
        &self,
        texts: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Vec<RoleName>, Error> {
        let texts: Vec<_> = texts.into_iter().collect();
        let mut roles = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let text = text.as_ref();
            let principal = self.meant(text, None).map(|meant| meant.canonical.role_name());
            let exact = RoleName::new(text);
            if let (Err(_), Err(error)) = (&principal, &exact) {
                let error = Error::from(error.clone());
                return Err(error.of_element("except", texts.len(), at, Some(text)));
            }
            roles.extend([principal, exact].into_iter().flatten());
        }
        Ok(roles)
    }
}

/// The parts of a request that hold for everybody, looked at once.
pub(super) struct Terms<'r> {
    pub(super) request: &'r AccessRequest<'r>,
    /// For each role of the graph whether it is granted and revoked here.
    managed: Vec<bool>,
    except: HashSet<String>,
    domains: HashSet<&'r Sid>,
}

impl<'r> Terms<'r> {
    /// # Errors
    /// 42704 for a role that is missing; 22023 for one that is a principal's, and for a SID that is
    /// none of an account or a domain.
    pub(super) fn of(request: &'r AccessRequest<'r>, cluster: &Cluster) -> Result<Self, Error> {
        let mut managed = vec![false; cluster.graph.len()];
        let of = request.roles.len();
        for (at, group) in request.roles.iter().enumerate() {
            let here = |error: Error| error.of_element("roles", of, at, Some(group));
            let role = cluster.roles.get(group);
            let node = role.and_then(|role| Some((role, cluster.graph.node(role.oid)?)));
            let Some((role, node)) = node else {
                let other = cluster.roles.other_spelling(group).map(|role| role.name.clone());
                return Err(here(Error::GroupMissing { group: group.clone(), other }));
            };
            if role.name.principal().is_some() {
                let role = role.name.clone();
                return Err(here(AccessError::PrincipalAsGroup { role }.into()));
            }
            managed[node.index()] = role.name != *cluster.rule.ad_role();
        }
        for (at, sid) in request.domains.iter().enumerate() {
            if !sid.is_domain() {
                let error = Error::from(AccessError::NoDomain { sid: sid.clone() });
                let text = sid.to_string();
                return Err(error.of_element("domains", request.domains.len(), at, Some(&text)));
            }
        }
        let except = request.except.iter().map(|name| fold_case(name.as_str())).collect();
        let domains = request.domains.iter().collect();
        Ok(Self { request, managed, except, domains })
    }

    pub(super) fn manages(&self, role: Node) -> bool {
        self.managed[role.index()]
    }

    pub(super) fn excepts(&self, name: &RoleName) -> bool {
        !self.except.is_empty() && self.except.contains(&fold_case(name.as_str()))
    }

    /// Whether the domain of this account was read whole.
    pub(super) fn has_read(&self, sid: &Sid) -> bool {
        sid.domain().is_some_and(|domain| self.domains.contains(&domain))
    }
}

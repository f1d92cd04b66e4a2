//! What was found so far, and what it comes to.

use std::collections::{BTreeMap, HashMap};

use kerbrole_core::Sid;

use crate::error::{Error, ErrorKind, words};
use crate::group_name::MappedGroup;
use crate::ldap::entry::Entry;
use crate::ldap::guid::Guid;
use crate::members::{Members, Walked};
use crate::object::{Account, What, object};
use crate::snapshot::{Domain, Group, Person, PersonKind, Snapshot};

/// The most memberships that are kept.
const MOST_EDGES: usize = 20_000_000;

/// Groups and people, and who is directly in what.
pub(super) struct Graph {
    pub(super) groups: Vec<GroupNode>,
    people: Vec<PersonNode>,
    by_guid: HashMap<Guid, Found>,
    by_sid: HashMap<Sid, Found>,
    /// Whoever is in a group, and in no directory under the GUID that it has there.
    foreign: Vec<Sid>,
    /// Members that are neither people nor groups, by what they are.
    others: BTreeMap<String, usize>,
    edges: usize,
    /// A FILETIME.
    now: u64,
}

/// A group.
pub(super) struct GroupNode {
    /// The place of the directory that it is in.
    pub(super) session: usize,
    pub(super) guid: Guid,
    pub(super) sid: Sid,
    pub(super) dn: String,
    groups: Vec<u32>,
}

struct PersonNode {
    session: usize,
    dn: String,
    account: Account,
    groups: Vec<u32>,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Group(usize),
    Person(usize),
    /// Somebody who is somewhere else, by the place among the SIDs of those.
    Foreign(usize),
    Nobody,
}

impl Graph {
    pub(super) fn new(now: u64) -> Self {
        Self {
            groups: Vec::new(),
            people: Vec::new(),
            by_guid: HashMap::new(),
            by_sid: HashMap::new(),
            foreign: Vec::new(),
            others: BTreeMap::new(),
            edges: 0,
            now,
        }
    }

    pub(super) fn by_guid(&self, guid: &Guid) -> Option<Found> {
        self.by_guid.get(guid).copied()
    }

    pub(super) fn by_sid(&self, sid: &Sid) -> Option<Found> {
        self.by_sid.get(sid).copied()
    }

    pub(super) fn foreign(&self, place: usize) -> &Sid {
        &self.foreign[place]
    }

    /// Takes an object in, unless it is there already.
    pub(super) fn add(&mut self, session: usize, entry: Entry) -> Result<(Guid, Found), Error> {
        let object = object(entry, self.now)?;
        if let Some(found) = self.by_guid(&object.guid) {
            return Ok((object.guid, found));
        }
        let found = match object.what {
            What::Group(sid) => {
                let node = GroupNode {
                    session,
                    guid: object.guid,
                    sid: sid.clone(),
                    dn: object.dn,
                    groups: Vec::new(),
                };
                self.groups.push(node);
                self.named(sid, Found::Group(self.groups.len() - 1))?
            }
            What::Account(account) => {
                let sid = account.sid.clone();
                let node = PersonNode { session, dn: object.dn, account, groups: Vec::new() };
                self.people.push(node);
                self.named(sid, Found::Person(self.people.len() - 1))?
            }
            What::Foreign(sid) => {
                self.foreign.push(sid);
                Found::Foreign(self.foreign.len() - 1)
            }
            What::Other(class) => {
                *self.others.entry(words(&class)).or_default() += 1;
                Found::Nobody
            }
        };
        self.by_guid.insert(object.guid, found);
        Ok((object.guid, found))
    }

    fn named(&mut self, sid: Sid, found: Found) -> Result<Found, Error> {
        // Those of BUILTIN are the same in each domain.
        if sid.domain().is_some() && self.by_sid.insert(sid.clone(), found).is_some() {
            return Err(Error::protocol(format!("two objects have the SID {sid}")));
        }
        Ok(found)
    }

    /// Puts somebody, or a group, directly into a group.
    pub(super) fn link(&mut self, group: usize, member: Found) -> Result<(), Error> {
        let place = |at: usize| {
            u32::try_from(at).map_err(|_| Error::new(ErrorKind::Limit, "there are too many groups"))
        };
        self.edges += 1;
        if self.edges > MOST_EDGES {
            let message = format!("there are more than {MOST_EDGES} memberships");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        match member {
            Found::Group(inner) => self.groups[group].groups.push(place(inner)?),
            Found::Person(person) => self.people[person].groups.push(place(group)?),
            Found::Foreign(_) | Found::Nobody => {}
        }
        Ok(())
    }

    /// The primary group of somebody, by its last number.
    pub(super) fn primary_group(&self, person: usize) -> Option<i64> {
        self.people[person].account.primary_group
    }

    /// What it comes to. `roots` are the places of the mapped groups.
    pub(super) fn into_snapshot(
        self,
        domains: Vec<Domain>,
        mapped: &[MappedGroup],
        roots: Vec<usize>,
    ) -> Result<Snapshot, Error> {
        let named = mapped.iter().zip(&roots);
        let mut groups: Vec<_> = named
            .map(|(mapped, &root)| Group {
                name: mapped.name.clone(),
                dn: self.groups[root].dn.clone(),
                sid: self.groups[root].sid.clone(),
                people: 0,
            })
            .collect();
        let walked = self.groups.into_iter();
        let walked = walked.map(|group| Walked { dn: group.dn, groups: group.groups }).collect();
        let mut members = Members { groups: walked, mapped: roots, of: Vec::new() };
        let above = members.mapped_above();
        let mut nodes = self.people;
        nodes.sort_unstable_by(|a, b| a.account.sid.cmp(&b.account.sid));
        let mut people = Vec::new();
        let mut machines = 0;
        for node in nodes {
            let is_machine = node.account.kind != PersonKind::User;
            let each = node.groups.iter().flat_map(|&group| &above[group as usize]);
            let mut its: Vec<_> = each
                .copied()
                .filter(|&group| !is_machine || mapped[group].takes_machines)
                .collect();
            its.sort_unstable();
            its.dedup();
            if its.is_empty() {
                machines += usize::from(is_machine);
                continue;
            }
            for &group in &its {
                groups[group].people += 1;
            }
            members.of.push(node.groups.into());
            people.push(Person {
                sid: node.account.sid,
                sam_account_name: node.account.name,
                realm: domains[node.session].realm.clone(),
                enabled: node.account.enabled,
                kind: node.account.kind,
                dn: node.dn,
                groups: its,
            });
        }
        if let Some((_, empty)) = mapped
            .iter()
            .zip(&groups)
            .find(|(mapped, group)| group.people == 0 && !mapped.may_be_empty)
        {
            let message = format!("nobody is in the group {}", words(&empty.name.to_string()));
            return Err(Error::new(ErrorKind::EmptyGroup, message));
        }
        let warnings = warnings(&self.others, machines);
        Ok(Snapshot { domains, groups, people, warnings, members })
    }
}

fn warnings(others: &BTreeMap<String, usize>, machines: usize) -> Vec<String> {
    let machines = (machines > 0)
        .then(|| format!("{machines} computers or managed service accounts are left out"));
    let others = others.iter();
    let others = others
        .map(|(class, count)| format!("{count} of class {class} cannot log in, and are left out"));
    machines.into_iter().chain(others).collect()
}

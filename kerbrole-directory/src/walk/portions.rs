//! The members of groups, portion by portion.

use std::collections::{HashMap, HashSet};

use rasn_ldap::SearchRequestScope as Scope;

use super::graph::Graph;
use crate::error::{Error, ErrorKind, words};
use crate::ldap::entry::Entry;
use crate::ldap::extended_dn::Member;
use crate::ldap::filter::{any_of, equals};
use crate::ldap::guid::Guid;
use crate::ldap::range;
use crate::ldap::search::Search;
use crate::session::Session;

/// How many groups are read at once: their members are kept until it is known who each of them is.
pub(super) const BATCH: usize = 10;

/// How often a group is read anew that changes meanwhile.
const ATTEMPTS: usize = 5;

/// The most members that one group may have.
const MOST_MEMBERS: usize = 2_000_000;

/// A group's members as far as they are there, and where the next portion begins.
struct Reading {
    members: Vec<Member>,
    next: Option<u64>,
    /// Its uSNChanged, which every change of its members raises.
    changed: Option<i64>,
}

/// The members of some groups of a directory, each with the place of its group.
pub(super) async fn members(
    session: &mut Session,
    graph: &Graph,
    groups: &[usize],
) -> Result<Vec<(usize, Member)>, Error> {
    let guids: Vec<_> = groups.iter().map(|&group| graph.groups[group].guid).collect();
    let mut readings = first_portions(session, &guids).await?;
    let mut all = Vec::new();
    for (&group, guid) in groups.iter().zip(&guids) {
        let dn = &graph.groups[group].dn;
        let reading = readings.remove(guid).ok_or_else(|| not_there(dn))?;
        let members = rest(session, guid, dn, reading).await?;
        if members.is_empty() {
            check_hidden(session, dn).await?;
        }
        all.extend(members.into_iter().map(|member| (group, member)));
    }
    Ok(all)
}

async fn first_portions(
    session: &mut Session,
    guids: &[Guid],
) -> Result<HashMap<Guid, Reading>, Error> {
    let base = session.domain.base_dn.clone();
    let asked = range::from("member", 0);
    let search = Search {
        doing: "the members of groups",
        base: &base,
        scope: Scope::WholeSubtree,
        filter: any_of("objectGUID", guids.iter().map(Guid::bytes)),
        attributes: &["objectGUID", "uSNChanged", &asked],
        extended_dn: true,
    };
    let mut readings = HashMap::new();
    let mut found = |entry: Entry| {
        let guid = entry.needed("objectGUID", entry.value("objectGUID")?)?;
        let guid = Guid::from_bytes(guid).ok_or_else(|| entry.bad("objectGUID"))?;
        let reading = portion(&entry, 0)?;
        let reading = reading.unwrap_or(Reading { members: Vec::new(), next: None, changed: None });
        match readings.insert(guid, reading) {
            None => Ok(()),
            Some(_) => Err(Error::protocol(format!("{}: it came twice", entry.shown()))),
        }
    };
    session.connection.search(&search, &mut found).await?;
    Ok(readings)
}

/// A group's members, from the portion on that is there. Where it changes in between, what was read
/// before and after belongs to two groups: it is read anew.
async fn rest(
    session: &mut Session,
    guid: &Guid,
    dn: &str,
    first: Reading,
) -> Result<Vec<Member>, Error> {
    let mut reading = first;
    for _ in 0..ATTEMPTS {
        let mut is_same = true;
        let mut seen = HashSet::new();
        while let (true, Some(from)) = (is_same, reading.next) {
            let Some(more) = one_portion(session, guid, dn, from).await? else {
                return Err(Error::incomplete(format!(
                    "{}: the members from {from} on did not come",
                    words(dn)
                )));
            };
            is_same = more.changed == reading.changed;
            reading.members.extend(more.members);
            reading.next = more.next;
            if reading.members.len() > MOST_MEMBERS {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("{} has more than {MOST_MEMBERS} members", words(dn)),
                ));
            }
            // A server that begins anew does not come to an end.
            if is_same && !are_new(&mut seen, &reading.members) {
                return Err(Error::protocol(format!("{}: a member came twice", words(dn))));
            }
        }
        if is_same {
            return Ok(reading.members);
        }
        let Some(again) = one_portion(session, guid, dn, 0).await? else { return Ok(Vec::new()) };
        reading = again;
    }
    Err(Error::incomplete(format!("{}: it changes all the time", words(dn)))
        .with_hint("Nothing was changed: try again later."))
}

/// Whether there is nobody twice; those whom `seen` has were looked at already.
fn are_new(seen: &mut HashSet<Guid>, members: &[Member]) -> bool {
    let more = &members[seen.len()..];
    more.iter().all(|member| seen.insert(member.guid))
}

async fn one_portion(
    session: &mut Session,
    guid: &Guid,
    dn: &str,
    from: u64,
) -> Result<Option<Reading>, Error> {
    let base = session.domain.base_dn.clone();
    let asked = range::from("member", from);
    let doing = format!("the members of {}", words(dn));
    let search = Search {
        doing: &doing,
        base: &base,
        scope: Scope::WholeSubtree,
        filter: equals("objectGUID", guid.bytes()),
        attributes: &["objectGUID", "uSNChanged", &asked],
        extended_dn: true,
    };
    let (mut count, mut reading) = (0, None);
    let mut found = |entry: Entry| {
        count += 1;
        reading = portion(&entry, from)?;
        Ok(())
    };
    session.connection.search(&search, &mut found).await?;
    match count {
        1 => Ok(reading),
        0 => Err(not_there(dn)),
        _ => Err(Error::protocol(format!("{doing}: it came twice"))),
    }
}

fn portion(entry: &Entry, from: u64) -> Result<Option<Reading>, Error> {
    let Some(portion) = range::portion(entry, "member", from)? else { return Ok(None) };
    let member = |value: &rasn::types::OctetString| {
        Member::parse(value).ok_or_else(|| {
            let shown = words(&String::from_utf8_lossy(value));
            Error::protocol(format!("{}: its member {shown} has no GUID", entry.shown()))
        })
    };
    let members = portion.values.iter().map(member).collect::<Result<_, _>>()?;
    let changed = entry.number("uSNChanged")?;
    Ok(Some(Reading { members, next: portion.next, changed }))
}

/// A group without members may be one whose members the user may not see: the server says that it
/// is there, and nothing else. Then somebody still says to be in it.
async fn check_hidden(session: &mut Session, dn: &str) -> Result<(), Error> {
    let base = session.domain.base_dn.clone();
    let doing = format!("whether {} is empty", words(dn));
    let search = Search {
        doing: &doing,
        base: &base,
        scope: Scope::WholeSubtree,
        filter: equals("memberOf", dn.as_bytes()),
        attributes: &["objectGUID"],
        extended_dn: false,
    };
    match session.connection.one_of(&search).await? {
        None => Ok(()),
        Some(member) => Err(Error::new(
            ErrorKind::HiddenMembers,
            format!(
                "the members of {} are not to be seen, and {} is one",
                words(dn),
                member.shown()
            ),
        )),
    }
}

fn not_there(dn: &str) -> Error {
    Error::incomplete(format!("the group {} was there, and is not to be seen any more", words(dn)))
        .with_hint("Nothing was changed: try again later.")
}

//! Who the members of groups are.

use std::collections::BTreeMap;

use kerbrole_core::Sid;
use rasn_ldap::{Filter, SearchRequestScope as Scope};

use super::graph::{Found, Graph};
use crate::dn::Dn;
use crate::error::{Error, ErrorKind, words};
use crate::ldap::entry::Entry;
use crate::ldap::extended_dn::Member;
use crate::ldap::filter::{BATCH, any_of};
use crate::ldap::guid::Guid;
use crate::ldap::search::Search;
use crate::object::ATTRIBUTES;
use crate::session::Session;

/// Those who stand for whoever logs in (MS-DTYP, section 2.4.2.4), so that the error can name
/// them.
const EVERYBODY: [(&str, &str); 8] = [
    ("S-1-1-0", "Everyone"),
    ("S-1-5-2", "Network"),
    ("S-1-5-4", "Interactive"),
    ("S-1-5-7", "Anonymous Logon"),
    ("S-1-5-9", "Enterprise Domain Controllers"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-15", "This Organization"),
    ("S-1-5-1000", "Other Organization"),
];

/// Members that are looked for, in order, so that whoever is missing is the same one each time; for
/// each the groups that have it, and the DN.
type Wanted<K> = BTreeMap<K, Vec<(usize, Box<str>)>>;

/// Where a member is looked for.
enum Place {
    /// In the group's own directory, by the GUID.
    Here,
    /// In the directory of this place, by the SID.
    At(usize, Sid),
    /// It is no account and no group.
    Nowhere,
}

/// Looks at the members of groups of a directory, and puts them into the graph.
pub(super) async fn resolve(
    sessions: &mut [Session],
    graph: &mut Graph,
    here: usize,
    members: Vec<(usize, Member)>,
) -> Result<(), Error> {
    let mut by_guid: Wanted<Guid> = BTreeMap::new();
    let mut by_sid: Vec<Wanted<Sid>> = sessions.iter().map(|_| BTreeMap::new()).collect();
    for (group, member) in members {
        match place(sessions, graph, here, group, &member)? {
            Place::Here => match graph.by_guid(&member.guid) {
                Some(Found::Foreign(_)) | None => {
                    by_guid.entry(member.guid).or_default().push((group, member.dn));
                }
                Some(found) => graph.link(group, found)?,
            },
            Place::At(at, sid) => match graph.by_sid(&sid) {
                Some(found) => graph.link(group, found)?,
                None => by_sid[at].entry(sid).or_default().push((group, member.dn)),
            },
            Place::Nowhere => {}
        }
    }
    let guids: Vec<_> = by_guid.keys().copied().collect();
    for batch in guids.chunks(BATCH) {
        let filter = any_of("objectGUID", batch.iter().map(Guid::bytes));
        look(&mut sessions[here], graph, here, filter).await?;
    }
    for (guid, groups) in by_guid {
        let found = graph.by_guid(&guid);
        for (group, dn) in groups {
            match found {
                None => return Err(unknown(graph, group, &dn)),
                // Its `member` came without the SID.
                Some(Found::Foreign(foreign)) => {
                    let sid = Some(graph.foreign(foreign).clone());
                    let member = Member { guid, sid, dn };
                    match place(sessions, graph, here, group, &member)? {
                        Place::At(at, sid) => {
                            by_sid[at].entry(sid).or_default().push((group, member.dn));
                        }
                        Place::Here | Place::Nowhere => {
                            return Err(unknown(graph, group, &member.dn));
                        }
                    }
                }
                Some(found) => graph.link(group, found)?,
            }
        }
    }
    for (at, wanted) in by_sid.into_iter().enumerate() {
        let sids: Vec<_> = wanted.keys().map(Sid::to_bytes).collect();
        for batch in sids.chunks(BATCH) {
            look(&mut sessions[at], graph, at, any_of("objectSid", batch)).await?;
        }
        for (sid, groups) in wanted {
            for (group, dn) in groups {
                match graph.by_sid(&sid) {
                    Some(found) => graph.link(group, found)?,
                    None => return Err(unknown(graph, group, &dn)),
                }
            }
        }
    }
    Ok(())
}

async fn look(
    session: &mut Session,
    graph: &mut Graph,
    at: usize,
    filter: Filter,
) -> Result<(), Error> {
    let base = session.domain.base_dn.clone();
    let search = Search {
        doing: "the members themselves",
        base: &base,
        scope: Scope::WholeSubtree,
        filter,
        attributes: &ATTRIBUTES,
        extended_dn: false,
    };
    let mut found = |entry: Entry| graph.add(at, entry).map(drop);
    session.connection.search_named(&search, &mut found).await
}

/// Where to look for a member: a foreign security principal is only the mark of an account in
/// another domain, and a member from another domain of the forest is not in this one either.
fn place(
    sessions: &[Session],
    graph: &Graph,
    here: usize,
    group: usize,
    member: &Member,
) -> Result<Place, Error> {
    let Some(sid) = &member.sid else {
        // A contact of another domain; one of this domain is counted by its class.
        let is_here = Dn::parse(&member.dn).is_none_or(|dn| sessions[here].has(&dn));
        return Ok(if is_here { Place::Here } else { Place::Nowhere });
    };
    let of_group = || words(&graph.groups[group].dn);
    if let Some(domain) = sid.domain() {
        let at = sessions.iter().position(|session| session.domain.sid == domain);
        return match at {
            Some(at) if at == here => Ok(Place::Here),
            Some(at) => Ok(Place::At(at, sid.clone())),
            None => Err(Error::configuration(format!(
                "{} in the group {} is of a domain that is not among the directories: {sid}",
                words(&member.dn),
                of_group()
            ))
            .with_hint("Add the directory of that domain, or take the member out of the group.")),
        };
    }
    // BUILTIN, whose groups each domain has for itself.
    if sid.to_string().starts_with("S-1-5-32-") {
        return Ok(Place::Here);
    }
    let shown = sid.to_string();
    let name = EVERYBODY.iter().find(|(other, _)| *other == shown).map_or("", |(_, name)| name);
    Err(Error::new(
        ErrorKind::Everybody,
        format!(
            "in the group {} is {shown} {name}, which stands for accounts that no directory lists",
            of_group()
        ),
    ))
}

/// A member that cannot be found is hidden, or of an account that is gone: it could as well be
/// there, and would lose what it has.
fn unknown(graph: &Graph, group: usize, dn: &str) -> Error {
    Error::incomplete(format!(
        "{} is in the group {}, and not to be found",
        words(dn),
        words(&graph.groups[group].dn)
    ))
    .with_hint(
        "Let the user read it; where the account is gone for good, take it out of the group. Where \
         it was deleted just now, try again.",
    )
}

//! The mapped groups themselves, by what they are called.

use rasn_ldap::{Filter, SearchRequestScope as Scope};

use super::graph::{Found, Graph};
use crate::dn::Dn;
use crate::error::{Error, ErrorKind, words};
use crate::group_name::GroupName;
use crate::ldap::entry::Entry;
use crate::ldap::filter::{any, both, equals};
use crate::ldap::search::Search;
use crate::object::ATTRIBUTES;
use crate::session::Session;

/// Finds a mapped group; its place in the graph.
pub(super) async fn find(
    sessions: &mut [Session],
    graph: &mut Graph,
    name: &GroupName,
) -> Result<usize, Error> {
    let doing = format!("the group {}", words(&name.to_string()));
    let at = place(sessions, name)?;
    let session = &mut sessions[at];
    let base = session.domain.base_dn.clone();
    let search = |base, scope, filter| Search {
        doing: &doing,
        base,
        scope,
        filter,
        attributes: &ATTRIBUTES,
        extended_dn: false,
    };
    let connection = &mut session.connection;
    let below = |filter: Filter| search(&base, Scope::WholeSubtree, filter);
    let entry = match name {
        GroupName::Dn(dn) => connection.look_up(&search(dn, Scope::BaseObject, any())).await?,
        GroupName::Sid(sid) => {
            let filter = equals("objectSid", &sid.to_bytes());
            connection.one_of(&below(filter)).await?
        }
        GroupName::Netbios { name, .. } => {
            let of_name = equals("sAMAccountName", name.as_bytes());
            let mut found = Vec::new();
            let filter = both(equals("objectClass", b"group"), of_name);
            let mut keep = |entry: Entry| {
                found.push(entry);
                Ok(())
            };
            connection.search(&below(filter), &mut keep).await?;
            if found.len() > 1 {
                return Err(Error::protocol(format!("{doing}: several have this name")));
            }
            found.pop()
        }
    };
    let missing = |hint: String| {
        Error::new(ErrorKind::NoSuchGroup, format!("there is no {}", &doing["the ".len()..]))
            .with_hint(hint)
    };
    let Some(entry) = entry else {
        return Err(missing(
            "Look at its name, whether it was renamed or moved, and whether the user may see it."
                .into(),
        ));
    };
    // A filter, and a DN, also find what is spelled without its accents.
    if let Some(other) = other_name(name, &entry)? {
        return Err(missing(format!("There is one that is called {other}.")));
    }
    match graph.add(at, entry)? {
        (_, Found::Group(group)) => Ok(group),
        _ => Err(Error::new(ErrorKind::NoSuchGroup, format!("{doing} is no group"))),
    }
}

/// The directory that has to have a group of this name.
fn place(sessions: &[Session], name: &GroupName) -> Result<usize, Error> {
    let is_of = |session: &Session| match name {
        GroupName::Dn(dn) => Dn::parse(dn).is_some_and(|dn| session.has(&dn)),
        GroupName::Sid(sid) => sid.domain().is_some_and(|domain| domain == session.domain.sid),
        GroupName::Netbios { domain, .. } => {
            domain.to_lowercase() == session.domain.netbios.to_lowercase()
        }
    };
    sessions.iter().position(is_of).ok_or_else(|| {
        let known: Vec<_> = sessions
            .iter()
            .map(|Session { domain, .. }| {
                format!("{} ({}, {})", domain.realm, words(&domain.netbios), domain.sid)
            })
            .collect();
        let shown = words(&name.to_string());
        Error::new(
            ErrorKind::NoSuchGroup,
            format!("the group {shown} is of none of the directories"),
        )
        .with_hint(format!("There are {}.", known.join(", ")))
    })
}

/// What the object that was found is called, where that is another name.
fn other_name(name: &GroupName, entry: &Entry) -> Result<Option<String>, Error> {
    let (is_it, called) = match name {
        GroupName::Dn(dn) => (Dn::parse(dn) == Dn::parse(&entry.dn), entry.dn.as_str()),
        GroupName::Sid(sid) => {
            (entry.value("objectSid")? == Some(&sid.to_bytes()[..]), entry.dn.as_str())
        }
        GroupName::Netbios { name, .. } => {
            let called = entry.needed("sAMAccountName", entry.text("sAMAccountName")?)?;
            (called.to_lowercase() == name.to_lowercase(), called)
        }
    };
    Ok((!is_it).then(|| words(called)))
}

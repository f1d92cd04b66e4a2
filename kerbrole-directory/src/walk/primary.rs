//! Primary groups, which are in neither `member` nor `memberOf` (Microsoft, "Primary-Group-ID
//! attribute").

use std::collections::HashMap;

use rasn_ldap::SearchRequestScope as Scope;

use super::graph::{Found, Graph};
use crate::error::Error;
use crate::ldap::entry::Entry;
use crate::ldap::filter::any_of;
use crate::ldap::search::Search;
use crate::object::ATTRIBUTES;
use crate::session::Session;

/// Puts whoever has one of these groups of a directory as the primary group into it.
pub(super) async fn primary(
    sessions: &mut [Session],
    graph: &mut Graph,
    here: usize,
    groups: &[usize],
) -> Result<(), Error> {
    let session = &mut sessions[here];
    let numbered = groups.iter().filter_map(|&group| {
        let sid = &graph.groups[group].sid;
        let is_here = sid.domain().is_some_and(|domain| domain == session.domain.sid);
        is_here.then(|| (i64::from(sid.rid()), group))
    });
    let numbered: HashMap<_, _> = numbered.collect();
    if numbered.is_empty() {
        return Ok(());
    }
    let base = session.domain.base_dn.clone();
    let search = Search {
        doing: "who has a group as the primary group",
        base: &base,
        scope: Scope::WholeSubtree,
        filter: any_of("primaryGroupID", numbered.keys().map(ToString::to_string)),
        attributes: &ATTRIBUTES,
        extended_dn: false,
    };
    let mut found = |entry: Entry| {
        let shown = entry.shown();
        // Trusts have one as well.
        let (_, Found::Person(person)) = graph.add(here, entry)? else { return Ok(()) };
        let number = graph.primary_group(person);
        match number.and_then(|number| numbered.get(&number)) {
            Some(&group) => graph.link(group, Found::Person(person)),
            None => Err(Error::incomplete(format!("{shown}: its primary group has changed"))),
        }
    };
    session.connection.search(&search, &mut found).await
}

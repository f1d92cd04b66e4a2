//! From the mapped groups down to people: breadth first, each group once.
//!
//! The directory could do it by itself (the rule 1.2.840.113556.1.4.1941), a person at a time, and
//! takes a hundred times as long.

mod find;
mod graph;
mod portions;
mod primary;
mod resolve;

use crate::error::Error;
use crate::group_name::MappedGroup;
use crate::object;
use crate::session::Session;
use crate::snapshot::Snapshot;
use graph::Graph;

/// Reads everybody who is in one of the groups.
pub(crate) async fn walk(
    mut sessions: Vec<Session>,
    mapped: &[MappedGroup],
) -> Result<Snapshot, Error> {
    let mut graph = Graph::new(object::now());
    let mut roots = Vec::new();
    for group in mapped {
        roots.push(find::find(&mut sessions, &mut graph, &group.name).await?);
    }
    // What is found on the way is put behind it, and read in its turn.
    let mut read = 0;
    while read < graph.groups.len() {
        let until = graph.groups.len();
        for session in 0..sessions.len() {
            let here = |&group: &usize| graph.groups[group].session == session;
            let groups: Vec<_> = (read..until).filter(here).collect();
            for batch in groups.chunks(portions::BATCH) {
                let members = portions::members(&mut sessions[session], &graph, batch).await?;
                resolve::resolve(&mut sessions, &mut graph, session, members).await?;
                primary::primary(&mut sessions, &mut graph, session, batch).await?;
            }
        }
        read = until;
    }
    graph.into_snapshot(sessions.into_iter().map(|session| session.domain).collect(), mapped, roots)
}

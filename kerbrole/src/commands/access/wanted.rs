//! What an access file makes of what its directories say.

use std::collections::BTreeSet;

use kerbrole_client::{Access, AccessPerson};
use kerbrole_directory::AccessFile;

use crate::commands::directory::{self, Read};

/// The file, and who is to have access by it, and what becomes of others. Of what was read nothing
/// else is kept: it takes as much memory as that does. `ends_sessions` is for a file that does not
/// say whether sessions end of those who may not log in any more.
pub(super) fn wanted(read: Read, ends_sessions: bool) -> (AccessFile, Access) {
    let access = access(&read, ends_sessions);
    (read.file, access)
}

fn access(read: &Read, ends_sessions: bool) -> Access {
    let Read { file, snapshot } = read;
    let access = Access::new()
        .roles(file.roles())
        .absent(file.people.absent)
        .limit(file.removals)
        .terminate(file.people.end_sessions.unwrap_or(ends_sessions));
    let access = file.people.except.iter().fold(access, Access::except);
    let domains = snapshot.domains.iter().map(|domain| domain.sid.clone());
    let access = domains.fold(access, Access::domain);
    access.people(snapshot.people.iter().map(|person| {
        let rules = person.groups.iter().filter_map(|&group| file.access.get(group));
        // Two rules may give one role.
        let roles: BTreeSet<_> = rules.flat_map(|rule| &rule.roles).collect();
        AccessPerson::new(directory::name(person), person.sid.clone())
            .enabled(person.enabled)
            .roles(roles)
    }))
}

//! Reading, from the configuration to what came of it.

use crate::connect;
use crate::directory::Directory;
use crate::error::Error;
use crate::group_name::MappedGroup;
use crate::session::Session;
use crate::snapshot::Snapshot;
use crate::walk;

/// Reads who is in which of the mapped groups: all of it, or an error.
///
/// Groups within groups are followed, also into the other directories; each directory is one
/// domain. The answers come from one server of each, so that a connection that breaks in the middle
/// ends it.
///
/// # Errors
/// Whatever keeps the answer from being whole, by its [`kind`](Error::kind). Nothing is sent where
/// what is configured is not allowed: a password without TLS, an empty one.
///
/// # Privileges
/// Those of Domain Users: to read the groups, their members, and the attributes of accounts.
pub async fn read(directories: &[Directory], groups: &[MappedGroup]) -> Result<Snapshot, Error> {
    for directory in directories {
        directory.check()?;
    }
    let mut sessions: Vec<Session> = Vec::new();
    for directory in directories {
        let session = connect::open(directory).await?;
        if let Some(other) = sessions.iter().find(|o| o.domain.sid == session.domain.sid) {
            let (one, other) = (&session.domain.realm, &other.domain.realm);
            return Err(Error::configuration(format!("{one} and {other} are the same domain")));
        }
        sessions.push(session);
    }
    walk::walk(sessions, groups).await
}

//! Whether something has changed since it was read, which is asked often and has to cost little.

use crate::clock::Clock;
use crate::connect;
use crate::directory::Directory;
use crate::error::Error;
use crate::session::Session;
use crate::snapshot::Domain;

/// Looks whether people or groups were changed after directories were read: one search for one
/// object in each of them, over connections that are kept.
///
/// Each domain controller counts its writes by a number of its own, and writes it on what it has
/// written: `uSNChanged`, which Domain Users may read. Whatever the controller has got from another
/// one counts as well. Not everything is seen in this way: an account that was deleted is not there
/// to be found, and one whose end (`accountExpires`) comes is not written. So a look is a reason
/// to read sooner, and never one to read less often.
pub struct Lookout {
    places: Vec<Place>,
    machines: bool,
}

struct Place {
    directory: Directory,
    read: Domain,
    session: Option<Session>,
}

impl Lookout {
    pub(crate) fn new(each: impl IntoIterator<Item = (Directory, Domain)>, machines: bool) -> Self {
        let place = |(directory, read)| Place { directory, read, session: None };
        Self { places: each.into_iter().map(place).collect(), machines }
    }

    /// Whether something may have changed: a person or a group was written since it was read, or
    /// another domain controller answers now, whose numbers do not compare.
    ///
    /// A connection that has ended meanwhile is made anew.
    ///
    /// # Errors
    /// Where a directory does not answer, by its [`kind`](Error::kind).
    ///
    /// # Privileges
    /// Those of Domain Users. Where `uSNChanged` is not to be seen nothing ever seems to change.
    pub async fn look(&mut self) -> Result<bool, Error> {
        for place in &mut self.places {
            if place.has_changed(self.machines).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Place {
    async fn has_changed(&mut self, machines: bool) -> Result<bool, Error> {
        let limits = self.directory.limits;
        let usn = self.read.highest_usn;
        if let Some(mut session) = self.session.take() {
            session.connection.set_clock(Clock::new(limits.read, limits.total));
            if let Ok(has_changed) = session.has_written_since(usn, machines).await {
                self.session = Some(session);
                return Ok(has_changed);
            }
            // Servers end connections that nothing comes over for long.
        }
        let mut session = connect::open(&self.directory).await?;
        let now = &session.domain;
        // A controller that was restored from a backup has gone back.
        if now.service != self.read.service || now.highest_usn < usn {
            return Ok(true);
        }
        let has_changed = session.has_written_since(usn, machines).await?;
        self.session = Some(session);
        Ok(has_changed)
    }
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let domains: Vec<_> = self.places.iter().map(|place| &place.read).collect();
        f.debug_struct("Lookout").field("domains", &domains).finish_non_exhaustive()
    }
}

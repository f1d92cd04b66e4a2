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
        if !compare(&self.read, &session.domain) {
            return Ok(true);
        }
        let has_changed = session.has_written_since(usn, machines).await?;
        self.session = Some(session);
        Ok(has_changed)
    }
}

/// Whether numbers of a domain controller from before compare with those of the one that answers
/// now. One that was restored from a backup has gone back.
fn compare(before: &Domain, now: &Domain) -> bool {
    now.service == before.service && now.highest_usn >= before.highest_usn
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let domains: Vec<_> = self.places.iter().map(|place| &place.read).collect();
        f.debug_struct("Lookout").field("domains", &domains).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_controller_goes_on_counting() {
        let domain = |service: &str, highest_usn| Domain {
            realm: kerbrole_core::Realm::parse("a.test").unwrap(),
            netbios: "A".into(),
            sid: "S-1-5-21-1-2-3".parse().unwrap(),
            base_dn: "DC=a,DC=test".into(),
            server: "ldaps://played".into(),
            service: service.into(),
            highest_usn,
        };
        let before = domain("CN=DC1", 100);
        assert!(compare(&before, &domain("CN=DC1", 100)));
        assert!(compare(&before, &domain("CN=DC1", 101)));
        assert!(!compare(&before, &domain("CN=DC1", 99)));
        assert!(!compare(&before, &domain("CN=DC2", 101)));
    }
}

//! The access file: which groups of which directories mean which roles, in TOML.
//!
//! ```toml
//! version = 1
//!
//! [directories."corp.example.com"]
//! servers = ["ldaps://dc1.corp.example.com", "ldaps://dc2.corp.example.com"]
//! ca_file = "/etc/kerbrole/corp-ca.pem"
//! bind_user = "svc-kerbrole@corp.example.com"
//! password_file = "/etc/kerbrole/ldap.password"
//!
//! [[access]]
//! group = "CN=DB Analysts,OU=Groups,DC=corp,DC=example,DC=com"
//! roles = ["analysts"]
//!
//! [people]
//! absent = "disable"
//! except = ["administrator@corp.example.com"]
//!
//! [limits]
//! removals = "10%"
//! read_timeout = "60s"
//! total_timeout = "15min"
//! ```

mod error;
mod form;
#[cfg(test)]
mod tests;
mod timeout;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kerbrole_core::{AbsentPolicy, Realm, RemovalLimit};

use crate::directory::{Bind, Directory};
use crate::error::Error;
use crate::group_name::{GroupName, MappedGroup};
use crate::lookout::Lookout;
use crate::secret::Secret;
use crate::server::Server;
use crate::snapshot::Snapshot;

pub use error::AccessFileError;

/// What an access file says, checked as far as that can be done without asking anybody.
///
/// Paths in it that are not absolute are taken from the folder of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessFile {
    /// The directories that are read, one or more, no realm twice.
    pub directories: Vec<DirectoryEntry>,
    /// What groups mean, one or more, no group twice.
    pub access: Vec<AccessRule>,
    /// Who is left out, and what becomes of those who are in no group any more.
    pub people: People,
    /// How many people may lose something in one run.
    pub removals: RemovalLimit,
    /// How long a directory's server may take for one message.
    pub read_timeout: Duration,
    /// How long it may take to read one directory.
    pub total_timeout: Duration,
    /// The servers it is applied to; none stands for the one that is connected to anyway.
    pub servers: Vec<ServerEntry>,
}

/// `[directories."corp.example.com"]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The domain's name in upper case.
    pub realm: Realm,
    /// Its domain controllers; the first that answers is read.
    pub servers: Vec<Server>,
    /// The certificates that the servers' are verified by; `None` for the system's.
    pub ca_file: Option<PathBuf>,
    /// As whom the directory is read.
    pub login: Login,
}

/// As whom a directory is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// By a password that stands in a file of its own.
    Password {
        /// `svc-kerbrole@corp.example.com`, `CORP\svc-kerbrole` or a DN.
        user: String,
        /// The file, which nobody else may read.
        file: PathBuf,
    },
    /// By the ticket that is at hand.
    Kerberos,
}

/// `[[access]]`: what membership in a group means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessRule {
    /// Whose members, nested ones included.
    pub group: GroupName,
    /// What its members are granted, exactly as the roles are called; none means that they may log
    /// in, and nothing more.
    pub roles: Vec<String>,
    /// Whether it may have nobody in it; otherwise that is an error, so that a group which was
    /// emptied by mistake takes nobody's access.
    pub may_be_empty: bool,
}

/// `[people]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct People {
    /// What becomes of a person who is in no group any more.
    pub absent: AbsentPolicy,
    /// Principals that are never touched, `user@realm`.
    pub except: Vec<String>,
    /// Whether computers and managed service accounts in a group are people too.
    pub machines: bool,
    /// Whether sessions of those who are disabled or dropped are ended; `None` where the file says
    /// nothing of it.
    pub end_sessions: Option<bool>,
}

/// `[[servers]]`: a PostgreSQL server that the file is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerEntry {
    /// What it is called in results.
    pub name: String,
    /// A connection string without a password.
    pub dsn: String,
}

impl AccessFile {
    /// Reads a file. At most a mebibyte is taken.
    ///
    /// # Errors
    /// Where it cannot be read or says what cannot be meant, with the file, the line and the
    /// column.
    pub fn read(path: &Path) -> Result<Self, AccessFileError> {
        let text = form::text_of(path).map_err(|error| error.of(path))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|error| error.of(path))
    }

    /// Takes the text of a file. `folder` is where paths begin that are not absolute.
    ///
    /// # Errors
    /// Where it says what cannot be meant, with the line and the column.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, AccessFileError> {
        form::parse(text, folder)
    }

    /// Every role that the file names, each once, in the order of the file: memberships in these
    /// are granted and revoked, and in no other.
    pub fn roles(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let all = self.access.iter().flat_map(|rule| &rule.roles).map(String::as_str);
        all.filter(|role| seen.insert(*role)).collect()
    }

    /// Reads the directories: who is in which group now.
    ///
    /// # Errors
    /// Those of [`read`](crate::read()); [`Configuration`](crate::ErrorKind::Configuration) where a
    /// password file cannot be read, or others can use it.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let directories = self.directories()?;
        let mapped = |rule: &AccessRule| {
            MappedGroup::new(rule.group.clone())
                .may_be_empty(rule.may_be_empty)
                .takes_machines(self.people.machines)
        };
        let groups: Vec<_> = self.access.iter().map(mapped).collect();
        crate::read(&directories, &groups).await
    }

    /// A lookout for changes of the directories after they were read.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) where a password file cannot be read, or
    /// others can use it.
    pub fn lookout(&self, read: &Snapshot) -> Result<Lookout, Error> {
        let each = self.directories()?.into_iter().zip(read.domains.iter().cloned());
        Ok(Lookout::new(each, self.people.machines))
    }

    fn directories(&self) -> Result<Vec<Directory>, Error> {
        let limited = |entry: &DirectoryEntry| {
            let directory = entry.directory()?;
            Ok(directory.read_timeout(self.read_timeout).total_timeout(self.total_timeout))
        };
        self.directories.iter().map(limited).collect()
    }
}

impl DirectoryEntry {
    fn directory(&self) -> Result<Directory, Error> {
        let bind = match &self.login {
            Login::Password { user, file } => Bind::simple(user, Secret::from_file(file)?),
            Login::Kerberos => Bind::Kerberos,
        };
        let directory = Directory::new(self.realm.as_str(), bind)?;
        let directory = self.servers.iter().cloned().fold(directory, Directory::server);
        Ok(match &self.ca_file {
            Some(path) => directory.ca_file(path),
            None => directory,
        })
    }
}

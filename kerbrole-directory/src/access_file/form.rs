//! From the text to what it means, with the place of each mistake.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kerbrole_core::{AbsentPolicy, Realm, RemovalLimit};
use serde::Deserialize;
use toml::Spanned;

use super::error::AccessFileError;
use super::timeout::Timeout;
use super::{AccessFile, AccessRule, DirectoryEntry, Login, People, ServerEntry};
use crate::directory::Limits;
use crate::error::Error;

/// How much of a file is taken; tens of thousands of rules are less.
const LARGEST: u64 = 1 << 20;

/// The one edition of the format.
const VERSION: i64 = 1;

/// What is said of the one field that people expect, and that there is not.
const NO_PASSWORD: &str = "no password stands in this file: put it into a file that nobody else \
                           may read, and name that by password_file";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: Option<Spanned<i64>>,
    #[serde(default)]
    directories: BTreeMap<Spanned<String>, Spanned<DirectoryForm>>,
    #[serde(default)]
    access: Vec<AccessForm>,
    #[serde(default)]
    people: PeopleForm,
    #[serde(default)]
    limits: LimitsForm,
    #[serde(default)]
    servers: Vec<ServerForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryForm {
    servers: Spanned<Vec<Spanned<String>>>,
    ca_file: Option<PathBuf>,
    bind_user: Option<Spanned<String>>,
    password_file: Option<Spanned<PathBuf>>,
    kerberos: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessForm {
    group: Spanned<String>,
    roles: Vec<Spanned<String>>,
    #[serde(default)]
    may_be_empty: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PeopleForm {
    absent: Option<Spanned<String>>,
    #[serde(default)]
    except: Vec<Spanned<String>>,
    #[serde(default)]
    machines: bool,
    end_sessions: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LimitsForm {
    removals: Option<Spanned<Removals>>,
    read_timeout: Option<Spanned<Timeout>>,
    total_timeout: Option<Spanned<Timeout>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a number of people, or a share of them such as \"10%\"")]
enum Removals {
    Number(u32),
    Share(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerForm {
    name: Spanned<String>,
    dsn: Spanned<String>,
}

/// The text of a file, where it is not too long.
pub(super) fn text_of(path: &Path) -> Result<String, AccessFileError> {
    let unreadable = |error: std::io::Error| AccessFileError::new(error.to_string());
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(AccessFileError::new("it is longer than a mebibyte"));
    }
    Ok(text)
}

/// What a text means.
pub(super) fn parse(text: &str, folder: &Path) -> Result<AccessFile, AccessFileError> {
    let form: Form = toml::from_str(text).map_err(|error| {
        let message = error.message();
        let message =
            if message.starts_with("unknown field `password`") { NO_PASSWORD } else { message };
        match error.span() {
            Some(span) => AccessFileError::at(text, span, message),
            None => AccessFileError::new(message),
        }
    })?;
    let reader = Reader { text, folder };
    reader.version(form.version.as_ref())?;
    let directories = reader.directories(form.directories)?;
    let access = reader.access(form.access)?;
    let people = reader.people(form.people)?;
    let read_timeout = reader.timeout(form.limits.read_timeout.as_ref(), Limits::USUAL.read)?;
    let total_timeout = reader.timeout(form.limits.total_timeout.as_ref(), Limits::USUAL.total)?;
    let removals = reader.removals(form.limits.removals)?;
    let servers = reader.servers(form.servers)?;
    Ok(AccessFile { directories, access, people, removals, read_timeout, total_timeout, servers })
}

struct Reader<'t> {
    text: &'t str,
    folder: &'t Path,
}

type Checked<T> = Result<T, AccessFileError>;

impl Reader<'_> {
    fn wrong<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> AccessFileError {
        AccessFileError::at(self.text, at.span(), message)
    }

    fn parsed<T: FromStr<Err = Error>>(&self, given: &Spanned<String>) -> Checked<T> {
        given.get_ref().parse().map_err(|error: Error| {
            let hint = error.hint().map(|hint| format!(". {hint}")).unwrap_or_default();
            self.wrong(given, format!("{error}{hint}"))
        })
    }

    fn beside(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn version(&self, given: Option<&Spanned<i64>>) -> Checked<()> {
        match given {
            Some(version) if *version.get_ref() == VERSION => Ok(()),
            Some(version) => Err(self.wrong(
                version,
                format!("this is read in version {VERSION} of its format, and in no other"),
            )),
            None => Err(AccessFileError::new(format!(
                "it has to say `version = {VERSION}`, before the first table"
            ))),
        }
    }

    fn directories(
        &self,
        given: BTreeMap<Spanned<String>, Spanned<DirectoryForm>>,
    ) -> Checked<Vec<DirectoryEntry>> {
        if given.is_empty() {
            return Err(AccessFileError::new(
                "it names no directory: [directories.\"corp.example.com\"] with servers = \
                 [\"ldaps://dc1.corp.example.com\"]",
            ));
        }
        let mut seen = HashMap::new();
        let mut all = Vec::with_capacity(given.len());
        for (domain, form) in given {
            let entry = self.directory(&domain, &form)?;
            if let Some(other) = seen.insert(entry.realm.clone(), domain.get_ref().clone()) {
                return Err(self.wrong(
                    &domain,
                    format!("the same directory as {other:?}: case makes no difference"),
                ));
            }
            all.push(entry);
        }
        Ok(all)
    }

    fn directory(
        &self,
        domain: &Spanned<String>,
        form: &Spanned<DirectoryForm>,
    ) -> Checked<DirectoryEntry> {
        let realm = Realm::parse(domain.get_ref())
            .map_err(|error| self.wrong(domain, format!("no name of a domain: {error}")))?;
        let form = form.get_ref();
        if form.servers.get_ref().is_empty() {
            return Err(self.wrong(&form.servers, "a directory has at least one server"));
        }
        let servers = form.servers.get_ref().iter().map(|server| self.parsed(server));
        Ok(DirectoryEntry {
            realm,
            servers: servers.collect::<Result<_, _>>()?,
            ca_file: form.ca_file.as_deref().map(|path| self.beside(path)),
            login: self.login(domain, form)?,
        })
    }

    fn login(&self, domain: &Spanned<String>, form: &DirectoryForm) -> Checked<Login> {
        const EITHER: &str = "either bind_user and password_file, or kerberos = true";
        let kerberos = form.kerberos.as_ref().filter(|kerberos| *kerberos.get_ref());
        match (&form.bind_user, &form.password_file, kerberos) {
            (None, None, Some(_)) => Ok(Login::Kerberos),
            (Some(user), Some(file), None) => {
                if user.get_ref().trim().is_empty() {
                    return Err(self.wrong(
                        user,
                        "nobody is called so: directories let an empty \
                         name in as anonymous",
                    ));
                }
                Ok(Login::Password {
                    user: user.get_ref().clone(),
                    file: self.beside(file.get_ref()),
                })
            }
            (None, None, None) => Err(self.wrong(domain, format!("as whom it is read: {EITHER}"))),
            (Some(user), None, None) => {
                Err(self.wrong(user, "whose password is in which file? password_file is missing"))
            }
            (None, Some(file), None) => {
                Err(self.wrong(file, "whose password is it? bind_user is missing"))
            }
            (_, _, Some(kerberos)) => Err(self.wrong(kerberos, EITHER)),
        }
    }

    fn access(&self, given: Vec<AccessForm>) -> Checked<Vec<AccessRule>> {
        if given.is_empty() {
            return Err(AccessFileError::new(
                "it gives nobody access: [[access]] with group = \"CORP\\\\DB Users\" and roles = \
                 []",
            ));
        }
        let mut groups = HashMap::new();
        let mut all = Vec::with_capacity(given.len());
        for form in given {
            let group = self.parsed(&form.group)?;
            // As far as that can be told without asking: one group can be named in several ways.
            let folded = form.group.get_ref().to_ascii_lowercase();
            if groups.insert(folded, ()).is_some() {
                return Err(self.wrong(
                    &form.group,
                    "this group stands here twice: one [[access]] names all its roles",
                ));
            }
            let mut roles: Vec<String> = Vec::with_capacity(form.roles.len());
            for role in form.roles {
                if role.get_ref().is_empty() {
                    return Err(self.wrong(&role, "no role is called so"));
                }
                if roles.contains(role.get_ref()) {
                    return Err(self.wrong(&role, "this role stands here twice"));
                }
                roles.push(role.into_inner());
            }
            all.push(AccessRule { group, roles, may_be_empty: form.may_be_empty });
        }
        Ok(all)
    }

    fn people(&self, form: PeopleForm) -> Checked<People> {
        let absent = match &form.absent {
            Some(absent) => absent.get_ref().parse().map_err(|_| {
                let known = AbsentPolicy::ALL.map(|one| format!("{:?}", one.as_str())).join(", ");
                self.wrong(absent, format!("what becomes of them is one of {known}"))
            })?,
            None => AbsentPolicy::default(),
        };
        let mut except = Vec::with_capacity(form.except.len());
        for one in form.except {
            let is_whole = one
                .get_ref()
                .rsplit_once('@')
                .is_some_and(|(user, realm)| !user.is_empty() && Realm::parse(realm).is_ok());
            if !is_whole {
                return Err(self.wrong(&one, "who is it? user@realm is wanted"));
            }
            except.push(one.into_inner());
        }
        Ok(People { absent, except, machines: form.machines, end_sessions: form.end_sessions })
    }

    fn timeout(&self, given: Option<&Spanned<Timeout>>, usual: Duration) -> Checked<Duration> {
        let Some(given) = given else { return Ok(usual) };
        given.get_ref().duration().map_err(|message| self.wrong(given, message))
    }

    fn removals(&self, given: Option<Spanned<Removals>>) -> Checked<RemovalLimit> {
        let Some(removals) = given else { return Ok(RemovalLimit::default()) };
        let text = match removals.get_ref() {
            Removals::Number(number) => number.to_string(),
            Removals::Share(text) => text.clone(),
        };
        text.parse().map_err(|_| {
            self.wrong(
                &removals,
                "how many people may lose something in one run: a number, or a share of them such \
                 as \"10%\"",
            )
        })
    }

    fn servers(&self, given: Vec<ServerForm>) -> Checked<Vec<ServerEntry>> {
        let mut all: Vec<ServerEntry> = Vec::with_capacity(given.len());
        for ServerForm { name, dsn } in given {
            if name.get_ref().is_empty() {
                return Err(self.wrong(&name, "a server has a name, for the results"));
            }
            if all.iter().any(|one| one.name == *name.get_ref()) {
                return Err(self.wrong(&name, "there are two servers of this name"));
            }
            if dsn.get_ref().trim().is_empty() {
                return Err(self.wrong(&dsn, "where is it? dsn = \"host=… dbname=postgres\""));
            }
            all.push(ServerEntry { name: name.into_inner(), dsn: dsn.into_inner() });
        }
        Ok(all)
    }
}

//! ldapsearch, and what it prints.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kerbrole_tests::authority::Authority;
use kerbrole_tests::domain_controller::{Domain, PASSWORD};
use kerbrole_tests::kerberos::Ticket;
use kerbrole_tests::sandbox::{lossy, output};
use tempfile::NamedTempFile;

use super::READER;

/// An entry: its DN and its attributes, as they come.
pub(super) type Entry = Vec<(String, String)>;

/// A search that is to be run.
pub(super) struct Search<'d> {
    domain: &'d Domain,
    url: String,
    user: String,
    password: String,
    ticket: Option<Ticket>,
    authority: Option<NamedTempFile>,
    options: Vec<String>,
    /// How many seconds it waits for an answer.
    patience: u32,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Found {
    /// 0, the code of the result, or one of OpenLDAP's own.
    pub(super) code: i32,
    pub(super) entries: Vec<Entry>,
    /// Where the directory says that others have more.
    pub(super) references: Vec<String>,
    #[expect(dead_code, reason = "shown where a test fails")]
    error: String,
}

impl Found {
    /// Whether the connection did not come about or was lost: OpenLDAP's own codes are below 0.
    pub(super) fn has_no_contact(&self) -> bool {
        self.code >= 128
    }
}

impl<'d> Search<'d> {
    pub(super) fn new(domain: &'d Domain, url: &str) -> Self {
        Self {
            domain,
            url: url.into(),
            user: READER.into(),
            password: PASSWORD.into(),
            ticket: None,
            authority: None,
            options: Vec::new(),
            patience: 60,
        }
    }

    pub(super) fn user(self, user: &str) -> Self {
        Self { user: user.into(), ..self }
    }

    pub(super) fn password(self, password: &str) -> Self {
        Self { password: password.into(), ..self }
    }

    /// With a ticket in place of the password.
    pub(super) fn ticket(self, ticket: &Ticket) -> Self {
        Self { ticket: Some(ticket.clone()), ..self }
    }

    /// Trusts another authority, and not the domain's.
    pub(super) fn trusting(self, authority: &Authority) -> Self {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), authority.pem()).unwrap();
        Self { authority: Some(file), ..self }
    }

    pub(super) fn with(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(ToString::to_string));
        self
    }

    pub(super) fn patience(self, seconds: u32) -> Self {
        Self { patience: seconds, ..self }
    }

    /// Runs it; the words are a filter and the names of attributes.
    pub(super) fn run(&self, words: &[&str]) -> Found {
        let mut command = Command::new("ldapsearch");
        command.args(["-LLL", "-o", "ldif-wrap=no", "-H", &self.url]);
        command.args(["-b", &self.domain.base_dn()]).args(&self.options);
        let own = self.domain.ca_file();
        let ca = self.authority.as_ref().map_or(own.as_path(), |file| file.path());
        command.env("LDAPTLS_CACERT", ca).env("LDAPTLS_REQCERT", "demand");
        command.env("LDAPTIMEOUT", self.patience.to_string());
        match &self.ticket {
            Some(ticket) => command
                .args(["-Y", "GSSAPI", "-N", "-Q"])
                .env("KRB5_CONFIG", &ticket.config)
                .env("KRB5CCNAME", &ticket.cache),
            None => command.args([
                "-x",
                "-D",
                &format!("{}@{}", self.user, self.domain.realm.to_ascii_lowercase()),
                "-w",
                &self.password,
            ]),
        };
        let said = output(command.args(words)).unwrap();
        let (entries, references) = read(&lossy(&said.stdout));
        let error = lossy(&said.stderr);
        Found { code: said.status.code().unwrap_or(-1), entries, references, error }
    }

    /// The entries of a search that has to come to its end.
    pub(super) fn entries(&self, words: &[&str]) -> Vec<Entry> {
        let found = self.run(words);
        assert_eq!(found.code, 0, "{words:?}: {found:?}");
        found.entries
    }

    /// An attribute's values in the one entry that there has to be, in order.
    pub(super) fn values(&self, filter: &str, attribute: &str) -> Vec<String> {
        let mut entries = self.entries(&[filter, attribute]);
        assert_eq!(entries.len(), 1, "{filter}: {entries:?}");
        let entry = entries.remove(0).into_iter();
        let mut values: Vec<_> =
            entry.filter(|(name, _)| name == attribute).map(|(_, value)| value).collect();
        values.sort();
        values
    }
}

/// Entries and references of LDIF; a value is in base64 where it is not plain.
fn read(ldif: &str) -> (Vec<Entry>, Vec<String>) {
    let (mut entries, mut references) = (Vec::new(), Vec::new());
    for block in ldif.split("\n\n") {
        let mut entry = Entry::new();
        for line in block.lines() {
            if let Some(comment) = line.strip_prefix('#') {
                references.extend(comment.strip_prefix(" ref").map(String::from));
            } else if let Some((name, value)) = line.split_once(": ") {
                let value = match name.strip_suffix(':') {
                    Some(_) => lossy(&BASE64.decode(value).unwrap()),
                    None => value.to_string(),
                };
                entry.push((name.trim_end_matches(':').to_string(), value));
            } else if let Some(name) = line.strip_suffix(':') {
                entry.push((name.to_string(), String::new()));
            }
        }
        // Others are about controls.
        if entry.first().is_some_and(|(name, _)| name == "dn") {
            entries.push(entry);
        }
    }
    (entries, references)
}

//! Lines of pg_hba.conf and pg_ident.conf.

use crate::diagnose::hba::words::Word;

/// A line of pg_hba.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HbaLine {
    /// Its number, from 1.
    pub number: u32,
    /// `local`, `host`, `hostssl`, `hostnossl`, `hostgssenc`, `hostnogssenc`; empty where the
    /// server refuses the line.
    pub kind: String,
    /// Databases, as written.
    pub databases: Vec<Word>,
    /// Users, as written.
    pub users: Vec<Word>,
    /// `all`, `samehost`, `samenet`, a host name or an address.
    pub address: Option<String>,
    /// The mask of an address.
    pub netmask: Option<String>,
    /// `gss`, `reject`, …
    pub method: String,
    /// `include_realm=true`, `map=people`, … as the view shows them: with `include_realm=0` the
    /// option is not there.
    pub options: Vec<String>,
    /// What the server has to say against it.
    pub error: Option<String>,
}

impl HbaLine {
    /// Whether the server refuses the line, and so the file.
    ///
    /// Of one for TLS where there is none it only complains.
    pub fn is_refused(&self) -> bool {
        self.error.is_some() && self.kind.is_empty()
    }

    /// The line about as it was written: `line 4 (host all +rds_ad 10.0.0.0 255.0.0.0 gss
    /// include_realm=true)`.
    pub fn in_words(&self) -> String {
        if self.is_refused() {
            return format!("line {}", self.number);
        }
        let list = |words: &[Word]| words.iter().map(Word::shown).collect::<Vec<_>>().join(",");
        let mut words = vec![self.kind.clone(), list(&self.databases), list(&self.users)];
        words.extend(self.address.clone());
        words.extend(self.netmask.clone());
        words.push(self.method.clone());
        words.extend(self.options.iter().cloned());
        format!("line {} ({})", self.number, words.join(" "))
    }
}

/// A line of pg_ident.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentLine {
    /// Which map it is of.
    pub map: Vec<u8>,
    /// Whom it maps: a name, or `/` and a regular expression.
    pub system_user: Vec<u8>,
    /// The role.
    pub role: Word,
}

//! Passwords in a file, by libpq's rules (PostgreSQL, "The Password File"; `passwordFromFile` in src/interfaces/libpq/fe-connect.c).

use std::fs;
use std::path::Path;

use crate::output::tell;

/// Whose password is looked for.
pub(crate) struct Wanted<'w> {
    /// The host's name, else its address, as it was given; a folder for a socket.
    pub(crate) host: &'w str,
    pub(crate) port: &'w str,
    pub(crate) dbname: &'w str,
    pub(crate) user: &'w str,
}

/// The folder for sockets that libpq is built with on Debian, and elsewhere where /run/postgresql is: such a socket stands in the file as localhost. Any other folder
/// stands for itself, since everybody can listen in /tmp.
const SOCKETS: &str = "/var/run/postgresql";

/// A password file that was read.
pub(crate) struct Passfile(Vec<Line>);

/// Host, port, database, user: as they stand there, and the password.
type Line = ([Field; 4], String);

#[derive(Debug, PartialEq, Eq)]
enum Field {
    /// A lone `*`.
    Any,
    Is(String),
}

impl Passfile {
    /// Reads a file; nothing where there is none. libpq passes over one that others can read, and says so, and so does this.
    pub(crate) fn read(path: &Path) -> Self {
        if others_can_read(path) {
            let path = path.display();
            tell(&format!("kerbrole: {path} can be read by others and is passed over: chmod 600 {path}"));
            return Self(Vec::new());
        }
        // One line in another encoding does not hide the others.
        Self::parse(&fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect())
    }

    /// The password of the first line that matches.
    pub(crate) fn find(&self, wanted: &Wanted<'_>) -> Option<&str> {
        let host = if wanted.host.is_empty() || wanted.host == SOCKETS { "localhost" } else { wanted.host };
        let wanted = [host, wanted.port, wanted.dbname, wanted.user];
        let matches = |fields: &[Field; 4]| {
            fields.iter().zip(wanted).all(|(field, wanted)| match field {
                Field::Any => true,
                Field::Is(text) => text == wanted,
            })
        };
        self.0.iter().find(|(fields, _)| matches(fields)).map(|(_, password)| password.as_str())
    }
}

/// Five fields between colons, `\` before a colon or a `\` that is meant.
fn line(line: &str) -> Option<Line> {
    let mut fields = vec![(String::new(), false)];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            ':' if fields.len() < 5 => fields.push((String::new(), false)),
            '\\' => {
                fields[last].0.extend(chars.next());
                fields[last].1 = true;
            }
            c => fields[last].0.push(c),
        }
    }
    let [host, port, dbname, user, (password, _)] = <[(String, bool); 5]>::try_from(fields).ok()?;
    // An asterisk with a backslash before it is one.
    let field = |(text, escaped): (String, bool)| if text == "*" && !escaped { Field::Any } else { Field::Is(text) };
    Some(([host, port, dbname, user].map(field), password))
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_for_whom_it_names() {
        let file = Passfile::parse(
            "# a comment\nlocalhost:*:*:ann:at home\n10.0.0.1:5432:app:ann:by address\n\\*:*:*:ann:a star\n/tmp:*:*:ann:in tmp\n\
             db.example:5433:*:*:with \\: and \\\\\nshort:line\nlast:*:*:*:",
        );
        let find = |host, port| file.find(&Wanted { host, port, dbname: "app", user: "ann" });
        assert_eq!(find("localhost", "5432"), Some("at home"));
        assert_eq!(find("", "5432"), Some("at home"));
        assert_eq!(find("/var/run/postgresql", "5432"), Some("at home"));
        assert_eq!(find("/tmp", "5432"), Some("in tmp"));
        assert_eq!(find("/somewhere/else", "5432"), None);
        assert_eq!(find("10.0.0.1", "5432"), Some("by address"));
        assert_eq!(find("10.0.0.1", "5433"), None);
        assert_eq!(find("10.0.0.2", "5432"), None, "neither localhost's nor the one of a lone asterisk");
        assert_eq!(find("*", "5432"), Some("a star"));
        assert_eq!(find("db.example", "5433"), Some("with : and \\"));
        assert_eq!(find("last", "1"), Some(""));
        let other = Wanted { host: "localhost", port: "5432", dbname: "app", user: "bob" };
        assert_eq!(file.find(&other), None);
    }

    #[test]
    fn a_byte_that_is_no_utf8_hides_no_other_line() {
        let folder = std::env::temp_dir().join(format!("kerbrole-passfile-{}", std::process::id()));
        fs::write(&folder, b"x:*:*:\xe9lise:y\nlocalhost:*:*:ann:here\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let file = Passfile::read(&folder);
        fs::remove_file(&folder).unwrap();
        let wanted = Wanted { host: "localhost", port: "5432", dbname: "app", user: "ann" };
        assert_eq!(file.find(&wanted), Some("here"));
    }
}

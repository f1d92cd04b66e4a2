//! Passwords in a file, by libpq's rules (PostgreSQL, "The Password File"; `passwordFromFile` in
//! src/interfaces/libpq/fe-connect.c).

use std::fs;
use std::path::Path;

use crate::output::tell_once;

/// Whose password is looked for.
pub(crate) struct Wanted<'w> {
    /// The host's name, else its address, as it was given; a folder for a socket.
    pub(crate) host: &'w str,
    pub(crate) port: &'w str,
    pub(crate) dbname: &'w str,
    pub(crate) user: &'w str,
}

/// The folder for sockets that libpq is built with on Debian, and elsewhere where /run/postgresql
/// is: such a socket stands in the file as localhost. Any other folder stands for itself, since
/// everybody can listen in /tmp.
const SOCKETS: &str = "/var/run/postgresql";

/// A password file that was read.
pub(crate) struct Passfile(Vec<Line>);

/// Host, port, database and user, as they stand there, and the password. They are bytes, in
/// whatever encoding.
type Line = ([Field; 4], Vec<u8>);

#[derive(Debug, PartialEq, Eq)]
enum Field {
    /// A lone `*`.
    Any,
    Is(Vec<u8>),
}

impl Passfile {
    /// Reads a file; nothing where there is none. libpq passes over one that others can read, and
    /// says so, and so does this.
    pub(crate) fn read(path: &Path) -> Self {
        // libpq takes nothing but a file: it would wait for whoever writes into a pipe.
        if !fs::metadata(path).is_ok_and(|data| data.is_file()) {
            return Self(Vec::new());
        }
        if others_can_read(path) {
            let path = path.display();
            tell_once(&format!(
                "kerbrole: {path} can be read by others and is passed over: chmod 600 {path}"
            ));
            return Self(Vec::new());
        }
        Self::parse(&fs::read(path).unwrap_or_default())
    }

    fn parse(bytes: &[u8]) -> Self {
        let lines =
            bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Self(lines.filter(|line| !line.starts_with(b"#")).filter_map(line).collect())
    }

    /// The password of the first line that matches.
    pub(crate) fn find(&self, wanted: &Wanted<'_>) -> Option<&[u8]> {
        let host = if wanted.host.is_empty() || wanted.host == SOCKETS {
            "localhost"
        } else {
            wanted.host
        };
        let wanted = [host, wanted.port, wanted.dbname, wanted.user];
        let matches = |fields: &[Field; 4]| {
            fields.iter().zip(wanted).all(|(field, wanted)| match field {
                Field::Any => true,
                Field::Is(text) => text == wanted.as_bytes(),
            })
        };
        self.0.iter().find(|(fields, _)| matches(fields)).map(|(_, password)| password.as_slice())
    }
}

/// Takes a line apart into five fields between colons, with `\` before a colon or a `\` that is
/// meant. A password ends at a colon, as it does in libpq.
fn line(line: &[u8]) -> Option<Line> {
    let mut fields = vec![(Vec::new(), false)];
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        let last = fields.len() - 1;
        match byte {
            b':' if last == 4 => break,
            b':' => fields.push((Vec::new(), false)),
            b'\\' => {
                // A backslash at the end of the line stands for itself.
                fields[last].0.push(bytes.next().unwrap_or(byte));
                fields[last].1 = true;
            }
            byte => fields[last].0.push(byte),
        }
    }
    let [host, port, dbname, user, (password, _)] =
        <[(Vec<u8>, bool); 5]>::try_from(fields).ok()?;
    // An asterisk with a backslash before it stands for itself.
    let field = |(text, escaped): (Vec<u8>, bool)| {
        if text == b"*" && !escaped { Field::Any } else { Field::Is(text) }
    };
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
            b"# a comment\nlocalhost:*:*:ann:at home\n10.0.0.1:5432:app:ann:by address\n\
             \\*:*:*:ann:a star\n/tmp:*:*:ann:in tmp\n\
             db.example:5433:*:*:with \\: and \\\\: not this\nshort:line\nlast:*:*:*:",
        );
        let find = |host, port| file.find(&Wanted { host, port, dbname: "app", user: "ann" });
        assert_eq!(find("localhost", "5432"), Some(&b"at home"[..]));
        assert_eq!(find("", "5432"), Some(&b"at home"[..]));
        assert_eq!(find("/var/run/postgresql", "5432"), Some(&b"at home"[..]));
        assert_eq!(find("/tmp", "5432"), Some(&b"in tmp"[..]));
        assert_eq!(find("/somewhere/else", "5432"), None);
        assert_eq!(find("10.0.0.1", "5432"), Some(&b"by address"[..]));
        assert_eq!(find("10.0.0.1", "5433"), None);
        assert_eq!(
            find("10.0.0.2", "5432"),
            None,
            "neither localhost's nor the one of a lone asterisk"
        );
        assert_eq!(find("*", "5432"), Some(&b"a star"[..]));
        assert_eq!(find("db.example", "5433"), Some(&b"with : and \\"[..]));
        assert_eq!(find("last", "1"), Some(&b""[..]));
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
        assert_eq!(file.find(&wanted), Some(&b"here"[..]));
    }
}

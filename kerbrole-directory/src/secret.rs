//! A password, and the file that it comes from.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::Error;

/// The longest password file that is read, in bytes. Active Directory takes 256 characters.
const LONGEST: usize = 4_096;

/// A password. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a password. An empty one is refused by [`read`](crate::read()), before anything is
    /// sent: servers take it for a login of nobody's, and say that it succeeded (RFC 4513, section
    /// 5.1.2).
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// Reads a password from a file. A line's end after it does not belong to it.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) where the file cannot be read, can be
    /// read by others, is empty, or is no text of one line. A file of root's may be read by its
    /// group.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let shown = path.display();
        let fail = |error| {
            Error::configuration(format!("the password file {shown} cannot be read: {error}"))
        };
        // To open a pipe would be to wait for whoever writes into it.
        if !path.metadata().map_err(fail)?.is_file() {
            return Err(Error::configuration(format!("the password file {shown} is no file")));
        }
        let file = File::open(path).map_err(fail)?;
        // Of the file that is open, so that nobody can exchange it in between.
        let data = file.metadata().map_err(fail)?;
        if !data.is_file() {
            return Err(Error::configuration(format!("the password file {shown} is no file")));
        }
        if others_can_use(&data) {
            let message = format!("the password file {shown} can be used by others");
            return Err(Error::configuration(message).with_hint(format!("chmod 600 {shown}")));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() || line.contains(['\n', '\0']) || text.len() > LONGEST {
            return Err(Error::configuration(format!(
                "the password file {shown} is not one line of text in UTF-8 with a password"
            )));
        }
        Ok(Self(line.into()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(unix)]
fn others_can_use(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    data.mode() & (if data.uid() == 0 { 0o037 } else { 0o077 }) != 0
}

#[cfg(not(unix))]
fn others_can_use(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::error::ErrorKind;

    fn of(content: &[u8], mode: u32) -> Result<Secret, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        Secret::from_file(file.path())
    }

    #[test]
    fn a_line_is_a_password() {
        for content in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(of(content.as_bytes(), 0o600).unwrap().text(), "s3cret");
        }
        assert_eq!(of(b" s3 cret \n", 0o400).unwrap().text(), " s3 cret ");
    }

    #[test]
    fn a_file_that_others_can_use_is_refused_by_name_and_not_by_content() {
        for mode in [0o604, 0o602, 0o601, 0o620, 0o666] {
            let error = of(b"s3cret", mode).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.hint().unwrap().starts_with("chmod 600 "), "{error:?}");
            assert!(!format!("{error:?}").contains("s3cret"));
        }
    }

    #[test]
    fn what_is_no_password_is_refused() {
        let long = [b'x'; LONGEST + 1];
        for content in [&b""[..], b"\n", b"two\nlines\n", b"nul\0", b"\xff", &long] {
            let error = of(content, 0o600).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{content:?}");
        }
        assert!(Secret::from_file("/nowhere/at/all").is_err());
        assert!(Secret::from_file("/").is_err());
    }

    #[test]
    fn a_pipe_that_nobody_writes_into_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = Secret::from_file(&pipe).unwrap_err();
        assert!(error.to_string().contains("is no file"), "{error}");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("s3cret")), "Secret");
    }
}

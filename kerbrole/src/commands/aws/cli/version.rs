//! Which `aws` it is.

use std::fmt;
use std::io;
use std::time::Duration;

use super::process::{Ended, NoEnd, run};
use crate::failure::Failure;

/// As `aws --version` has it, `2.9.19`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(String);

impl Version {
    /// The major version, which decides what options there are.
    pub(super) fn is_2(&self) -> bool {
        self.0.starts_with("2.")
    }

    /// Out of `aws-cli/2.9.19 Python/3.11.2 …`.
    pub(super) fn parse(said: &str) -> Option<Self> {
        let (_, after) = said.split_once("aws-cli/")?;
        let version = after.split_whitespace().next()?;
        let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
        let major = version.split('.').next().filter(|major| is_number(major))?;
        let is_known = major.parse().is_ok_and(|major: u32| major >= 1);
        is_known.then(|| Self(version.into()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks it.
///
/// # Errors
/// Where there is none, or it is none of AWS's.
pub(super) async fn ask(limit: Duration) -> Result<Version, Failure> {
    let why = match run(&["--version"], limit).await {
        // Before Python 3.4 it was said on standard error.
        Ok(Ended { code: Some(0), out, err }) => {
            let said = format!("{} {err}", String::from_utf8_lossy(&out));
            match Version::parse(&said) {
                Some(version) => return Ok(version),
                None => "the aws on PATH is not AWS's command: aws --version does not say \
                         aws-cli/… and a version"
                    .to_string(),
            }
        }
        Ok(Ended { err, .. }) => {
            let said = err.trim().lines().last().unwrap_or_default();
            format!("aws --version failed: {said}")
        }
        Err(NoEnd::NotRun(error)) if error.kind() == io::ErrorKind::NotFound => {
            "there is no aws command on PATH".into()
        }
        Err(NoEnd::NotRun(error)) => format!("aws cannot be run: {error}"),
        Err(NoEnd::Silent) => format!("aws --version did not end within {} s", limit.as_secs()),
        Err(NoEnd::TooLong) => "aws --version printed without end".into(),
    };
    Err(Failure::Connection(format!(
        "{why}\nHINT:  Install the AWS CLI, version 2 or 1 (Debian's package is awscli), and try \
         aws sts get-caller-identity."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_major_versions_are_told_apart() {
        let two = Version::parse("aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian\n");
        assert!(two.unwrap().is_2());
        let one = Version::parse(" aws-cli/1.45.11 Python/3.11.7 Linux/6.18 botocore/1.43.11");
        assert!(!one.unwrap().is_2());
        for none in ["", "aws-cli/", "aws-cli/x.y", "awscli 2.0", "aws-cli/0.9 Python", "hello"] {
            assert_eq!(Version::parse(none), None, "{none}");
        }
    }
}

//! How a connection is protected: the parameters that begin with `ssl`.

use std::path::Path;

use super::Parameters;
use crate::exit::Failure;

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(Failure::usage(
                    "the sslmode is none: write disable, allow, prefer, require, verify-ca or \
                     verify-full"
                        .into(),
                ));
            }
        })
    }
}

/// How the connection is protected.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    /// TLS from the first byte, and the protocol named in the handshake.
    pub(crate) direct: bool,
    /// A file, or `system`.
    pub(crate) roots: Option<String>,
    /// Whether there is a list of revoked certificates, which libpq would look at.
    pub(crate) has_revocations: bool,
}

impl Tls {
    /// Takes these parameters out of the others.
    pub(super) fn of(parameters: &mut Parameters, home: Option<&Path>) -> Result<Self, Failure> {
        let roots = parameters
            .remove("sslrootcert")
            .filter(|path| !path.is_empty())
            .or_else(|| default_root(home));
        let mode = parameters.remove("sslmode").map(|text| SslMode::parse(&text)).transpose()?;
        let mode = match (roots.as_deref(), mode) {
            // The certificates of the machine vouch for half the world, so that the name has to be
            // right too. libpq demands that as well.
            (Some("system"), None) => SslMode::VerifyFull,
            (Some("system"), Some(mode)) if mode != SslMode::VerifyFull => {
                return Err(Failure::usage(
                    "with sslrootcert=system nothing weaker than sslmode=verify-full is of use: \
                     write that, or leave sslmode out"
                        .into(),
                ));
            }
            (_, mode) => mode.unwrap_or_default(),
        };
        let direct = match parameters.remove("sslnegotiation").as_deref() {
            None | Some("postgres") => false,
            Some("direct")
                if matches!(mode, SslMode::Disable | SslMode::Allow | SslMode::Prefer) =>
            {
                return Err(Failure::usage(
                    "sslnegotiation=direct needs sslmode=require, verify-ca or verify-full".into(),
                ));
            }
            Some("direct") => true,
            Some(_) => {
                return Err(Failure::usage(
                    "the sslnegotiation is none: write postgres or direct".into(),
                ));
            }
        };
        let has_revocations = home.is_some_and(|home| home.join(".postgresql/root.crl").exists());
        Ok(Self { mode, direct, roots, has_revocations })
    }
}

/// The file of root certificates that is looked at unless another is named.
fn default_root(home: Option<&Path>) -> Option<String> {
    let path = home?.join(".postgresql/root.crt");
    path.exists().then(|| path.display().to_string())
}

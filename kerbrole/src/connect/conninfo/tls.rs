//! How a connection is protected: the parameters that begin with `ssl`.

use std::path::{Path, PathBuf};

use openssl::ssl::SslVersion;

use super::Parameters;
use crate::failure::Failure;

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
    /// A file of certificates that were revoked, and a folder of them.
    pub(crate) revoked: (Option<String>, Option<String>),
    pub(crate) client: ClientCertificate,
    /// Whether the server is told by which name it is meant (RFC 6066, "Server Name Indication").
    pub(crate) names_server: bool,
    /// The oldest and the newest protocol.
    pub(crate) versions: (SslVersion, Option<SslVersion>),
}

/// What the client shows to a server that asks who it is.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// What the key is encrypted with.
    pub(crate) password: Option<String>,
}

impl ClientCertificate {
    fn of(parameters: &mut Parameters, home: Option<&Path>) -> Result<Self, Failure> {
        let mut take = |keyword: &str, default: &str| {
            let given = parameters.remove(keyword).filter(|path| !path.is_empty());
            given.map(PathBuf::from).or_else(|| Some(home?.join(default)))
        };
        let certificate = take("sslcert", ".postgresql/postgresql.crt");
        let key = take("sslkey", ".postgresql/postgresql.key");
        let certificate = match parameters.remove("sslcertmode").as_deref() {
            None | Some("" | "allow") => certificate,
            Some("disable") => None,
            Some("require") => {
                return Err(Failure::usage(
                    "sslcertmode=require has one find out whether the server asked for a \
                     certificate, which kerbrole cannot: have the server demand one \
                     (clientcert=verify-full in pg_hba.conf), or use psql"
                        .into(),
                ));
            }
            Some(_) => {
                return Err(Failure::usage(
                    "the sslcertmode is none: write disable or allow".into(),
                ));
            }
        };
        // libpq takes what has a colon for a key that an engine of OpenSSL keeps.
        if cfg!(unix) && key.as_ref().is_some_and(|key| key.to_string_lossy().contains(':')) {
            return Err(Failure::usage(
                "sslkey names a key of an engine, which kerbrole cannot ask: name a file, or use \
                 psql"
                    .into(),
            ));
        }
        Ok(Self { certificate, key, password: parameters.remove("sslpassword") })
    }
}

impl Tls {
    /// Takes these parameters out of the others.
    pub(super) fn of(parameters: &mut Parameters, home: Option<&Path>) -> Result<Self, Failure> {
        let roots = parameters
            .remove("sslrootcert")
            .filter(|path| !path.is_empty())
            .or_else(|| at_home(home, ".postgresql/root.crt"));
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
        let mut revoked = (
            parameters.remove("sslcrl").filter(|path| !path.is_empty()),
            parameters.remove("sslcrldir").filter(|path| !path.is_empty()),
        );
        if revoked == (None, None) {
            revoked.0 = at_home(home, ".postgresql/root.crl");
        }
        Ok(Self {
            mode,
            direct,
            roots,
            revoked,
            client: ClientCertificate::of(parameters, home)?,
            names_server: parameters.remove("sslsni").is_none_or(|text| text.starts_with('1')),
            versions: versions(parameters)?,
        })
    }
}

/// Reads `ssl_min_protocol_version` and `ssl_max_protocol_version`. kerbrole speaks nothing older
/// than TLS 1.2, as libpq does unless it is told to.
fn versions(parameters: &mut Parameters) -> Result<(SslVersion, Option<SslVersion>), Failure> {
    let mut take = |keyword: &str| {
        let text = parameters.remove(keyword).unwrap_or_default().to_ascii_lowercase();
        Ok(match text.as_str() {
            "" => None,
            "tlsv1" => Some((SslVersion::TLS1, 0)),
            "tlsv1.1" => Some((SslVersion::TLS1_1, 1)),
            "tlsv1.2" => Some((SslVersion::TLS1_2, 2)),
            "tlsv1.3" => Some((SslVersion::TLS1_3, 3)),
            _ => {
                return Err(Failure::usage(format!(
                    "the {keyword} is none: write TLSv1.2 or TLSv1.3"
                )));
            }
        })
    };
    let oldest = take("ssl_min_protocol_version")?
        .filter(|&(_, number)| number >= 2)
        .unwrap_or((SslVersion::TLS1_2, 2));
    let newest = take("ssl_max_protocol_version")?;
    if newest.is_some_and(|(_, number)| number < oldest.1) {
        return Err(Failure::usage(
            "the ssl_max_protocol_version is older than the ssl_min_protocol_version, or than \
             TLSv1.2, the oldest that kerbrole speaks"
                .into(),
        ));
    }
    Ok((oldest.0, newest.map(|(version, _)| version)))
}

/// A file that is looked at unless another is named.
fn at_home(home: Option<&Path>, name: &str) -> Option<String> {
    let path = home?.join(name);
    path.exists().then(|| path.display().to_string())
}

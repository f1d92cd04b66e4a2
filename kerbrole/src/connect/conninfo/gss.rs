//! Tickets, and encryption by GSSAPI: `gssencmode`, `krbsrvname`, `gssdelegation`, `require_auth`.

#[cfg(feature = "gssapi")]
use tokio_postgres_gssapi::{GssEncMode, RequireAuth};

use super::Parameters;
use crate::failure::Failure;

/// libpq's `krbsrvname` where nobody says another one (`PG_KRB_SRVNAM` of its build).
const SERVICE: &str = "postgres";

/// How a ticket is used.
#[derive(Debug)]
pub(crate) struct Gss {
    /// The service's name with the KDC, before the host's.
    pub(crate) service: String,
    #[cfg(feature = "gssapi")]
    pub(crate) mode: GssEncMode,
    /// Whether the server gets a ticket with which it can act as the user.
    #[cfg(feature = "gssapi")]
    pub(crate) delegates: bool,
    /// Which methods of authentication the server may ask for.
    #[cfg(feature = "gssapi")]
    pub(crate) require_auth: RequireAuth,
}

impl Gss {
    /// Takes these parameters out of the others.
    pub(super) fn of(parameters: &mut Parameters) -> Result<Self, Failure> {
        let service = parameters.remove("krbsrvname").filter(|name| !name.is_empty());
        let service = service.unwrap_or_else(|| SERVICE.into());
        let mode = parameters.remove("gssencmode");
        if !matches!(mode.as_deref(), None | Some("disable" | "prefer" | "require")) {
            return Err(Failure::usage(
                "the gssencmode is none: write disable, prefer or require".into(),
            ));
        }
        let delegates =
            parameters.remove("gssdelegation").is_some_and(|text| text.starts_with('1'));
        let require_auth = parameters.remove("require_auth");
        if require_auth.as_deref() == Some("") {
            // libpq takes it for a demand that no server meets.
            return Err(Failure::usage(
                "require_auth is empty: name a method, or leave it out, also of the environment"
                    .into(),
            ));
        }
        Self::with(service, mode.as_deref(), delegates, require_auth.as_deref())
    }

    #[cfg(feature = "gssapi")]
    fn with(
        service: String,
        mode: Option<&str>,
        delegates: bool,
        require_auth: Option<&str>,
    ) -> Result<Self, Failure> {
        let mode = match mode {
            Some("disable") => GssEncMode::Disable,
            Some("require") => GssEncMode::Require,
            _ => GssEncMode::Prefer,
        };
        let require_auth = require_auth.unwrap_or_default().parse().map_err(
            // It names no method as it was written: one could be a part of something else.
            |error: tokio_postgres_gssapi::Error| {
                Failure::usage(format!(
                    "{error}: write gss, sspi, password, md5, scram-sha-256 or none, with commas \
                     between them, or each with a ! before it"
                ))
            },
        )?;
        Ok(Self { service, mode, delegates, require_auth })
    }

    #[cfg(not(feature = "gssapi"))]
    fn with(
        service: String,
        mode: Option<&str>,
        delegates: bool,
        require_auth: Option<&str>,
    ) -> Result<Self, Failure> {
        let asked = [
            ("gssencmode=require", mode == Some("require")),
            ("gssdelegation=1", delegates),
            ("require_auth", require_auth.is_some()),
        ];
        match asked.iter().find(|(_, is_asked)| *is_asked) {
            None => Ok(Self { service }),
            Some((what, _)) => Err(Failure::usage(format!(
                "{what} cannot be kept: this kerbrole is built without GSSAPI, which Cargo's \
                 feature gssapi builds in"
            ))),
        }
    }
}

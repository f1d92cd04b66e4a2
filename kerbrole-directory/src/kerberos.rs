//! A security context of Kerberos, on the client's side.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error as GssError;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, OidSet};

use crate::error::{Error, ErrorKind, words};
use crate::wire::seal::Mechanism;

/// What has to hold once the login is over.
const NEEDED: [(CtxFlags, &str); 3] = [
    (CtxFlags::GSS_C_MUTUAL_FLAG, "the server has not proved who it is"),
    (CtxFlags::GSS_C_INTEG_FLAG, "the security context cannot sign"),
    (CtxFlags::GSS_C_CONF_FLAG, "the security context cannot encrypt"),
];

/// A login at `ldap/host` with the process's ticket.
pub(crate) struct Kerberos {
    host: String,
    context: Option<ClientCtx>,
}

impl Kerberos {
    /// A login that has not begun. Nobody is asked.
    pub(crate) fn new(host: &str) -> Self {
        Self { host: host.into(), context: None }
    }

    fn begin(&self) -> Result<ClientCtx, Error> {
        let mechanisms = OidSet::singleton(GSS_MECH_KRB5).map_err(|e| failed(e, "no ticket"))?;
        let credential = Cred::acquire(None, None, CredUsage::Initiate, Some(&mechanisms))
            .map_err(|e| failed(e, "no ticket").with_hint("Get a ticket with kinit."))?;
        let service = format!("ldap@{}", self.host);
        let name = Name::new(service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))
            .map_err(|e| failed(e, &format!("the name {service} is none")))?;
        let flags = CtxFlags::GSS_C_MUTUAL_FLAG
            | CtxFlags::GSS_C_REPLAY_FLAG
            | CtxFlags::GSS_C_SEQUENCE_FLAG
            | CtxFlags::GSS_C_INTEG_FLAG
            | CtxFlags::GSS_C_CONF_FLAG;
        Ok(ClientCtx::new(Some(credential), name, flags, Some(GSS_MECH_KRB5)))
    }

    fn context(&mut self) -> Result<&mut ClientCtx, Error> {
        self.context.as_mut().ok_or_else(|| Error::protocol("the login has not begun"))
    }
}

impl Mechanism for Kerberos {
    fn step(&mut self, token: Option<&[u8]>) -> Result<(Option<Vec<u8>>, bool), Error> {
        if self.context.is_none() {
            self.context = Some(self.begin()?);
        }
        let doing = format!("no login at ldap/{}", self.host);
        let context = self.context()?;
        let out = context.step(token, None).map_err(|e| failed(e, &doing))?;
        let is_complete = context.is_complete();
        if is_complete {
            let has = context.flags().map_err(|e| failed(e, &doing))?;
            if let Some((_, lack)) = NEEDED.iter().find(|(flag, _)| !has.contains(*flag)) {
                return Err(Error::new(ErrorKind::Credentials, *lack));
            }
        }
        Ok((out.map(|token| token.to_vec()), is_complete))
    }

    fn wrap(&mut self, encrypts: bool, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let doing = "a message could not be sealed";
        let token = self.context()?.wrap(encrypts, plain).map_err(|e| failed(e, doing))?;
        // gss_wrap signs only where it cannot encrypt.
        if encrypts && !is_encrypted(&token) {
            return Err(Error::new(ErrorKind::Credentials, "a message was not encrypted by AES")
                .with_hint("Give the user and the server keys for AES."));
        }
        Ok(token.to_vec())
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<(Vec<u8>, bool), Error> {
        let opened = self.context()?.unwrap(token).map_err(|e| {
            let error = failed(e, "a sealed message cannot be opened");
            Error::new(ErrorKind::Protocol, error.to_string())
        })?;
        Ok((opened.to_vec(), is_encrypted(token)))
    }
}

/// Whether a token of `gss_wrap` says that it is encrypted: RFC 4121, section 4.2.6.2, TOK_ID and
/// the flag Sealed, which the checksum covers.
///
/// `gss_unwrap` says it in `conf_state`, which libgssapi does not hand on. The older tokens, of RC4
/// and DES, count as not encrypted.
fn is_encrypted(token: &[u8]) -> bool {
    matches!(token, [0x05, 0x04, flags, ..] if flags & 0x02 != 0)
}

/// A call failed. The words have to be taken on the thread where that happened.
fn failed(error: GssError, doing: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("{doing}: {}", words(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_whether_it_is_encrypted() {
        assert!(is_encrypted(&[0x05, 0x04, 0x03, 0xff]));
        assert!(!is_encrypted(&[0x05, 0x04, 0x01, 0xff]));
        assert!(!is_encrypted(&[0x60, 0x81, 0x90]));
        assert!(!is_encrypted(&[]));
    }
}

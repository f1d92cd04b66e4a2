//! A security context of GSSAPI, on the client's side.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext};
use libgssapi::credential::Cred;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE};
use libgssapi::util::{GssIov, GssIovFake, GssIovType};

use crate::error::{Error, ErrorKind};
use crate::machine::seal::is_sealed;

/// What one step came to.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) token: Option<Vec<u8>>,
    pub(crate) is_complete: bool,
}

/// A mechanism that has taken a step, on another thread.
pub(crate) type Stepped = (Box<dyn Mechanism>, Step);

/// What a mechanism does; tests have one without a KDC.
pub(crate) trait Mechanism: Send {
    /// Takes a step. May ask a KDC, and wait for it.
    fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error>;

    /// How many bytes at most are wrapped into `longest`.
    fn longest_plain(&mut self, longest: usize) -> Result<usize, Error>;

    /// Encrypts.
    fn wrap(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error>;

    /// Decrypts, and verifies that this is the message that comes next.
    fn unwrap(&mut self, token: &[u8], out: &mut Vec<u8>) -> Result<(), Error>;
}

/// What a context is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    /// `postgres@host`, as GSSAPI writes a service on a host.
    pub(crate) name: String,
    pub(crate) delegates: bool,
    pub(crate) encrypts: bool,
}

/// A context of Kerberos.
pub(crate) struct Kerberos {
    context: ClientCtx,
    service: Service,
}

impl Kerberos {
    /// A context that has not begun. Nobody is asked.
    pub(crate) fn new(credential: Cred, service: Service) -> Result<Self, Error> {
        let name = Name::new(service.name.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))
            .map_err(|e| Error::gssapi(e, &format!("the name {} is none", service.name)))?;
        // As fe-secure-gssapi.c and fe-auth.c have them.
        let mut flags = CtxFlags::GSS_C_MUTUAL_FLAG;
        if service.encrypts {
            flags |= CtxFlags::GSS_C_REPLAY_FLAG
                | CtxFlags::GSS_C_SEQUENCE_FLAG
                | CtxFlags::GSS_C_CONF_FLAG
                | CtxFlags::GSS_C_INTEG_FLAG;
        }
        if service.delegates {
            flags |= CtxFlags::GSS_C_DELEG_FLAG;
        }
        let context = ClientCtx::new(Some(credential), name, flags, Some(GSS_MECH_KRB5));
        Ok(Self { context, service })
    }

    /// What was asked for, a mechanism need not have brought.
    fn check(&self) -> Result<(), Error> {
        let has = self
            .context
            .flags()
            .map_err(|e| Error::gssapi(e, "the security context cannot be looked at"))?;
        if !has.contains(CtxFlags::GSS_C_MUTUAL_FLAG) {
            return Err(Error::new(
                ErrorKind::NotAuthenticated,
                "the server has not proved who it is",
            ));
        }
        let encryption = CtxFlags::GSS_C_CONF_FLAG | CtxFlags::GSS_C_INTEG_FLAG;
        if self.service.encrypts && !has.contains(encryption) {
            return Err(Error::new(
                ErrorKind::EncryptionRefused,
                "the security context cannot encrypt",
            ));
        }
        Ok(())
    }
}

impl Mechanism for Kerberos {
    fn step(&mut self, token: Option<&[u8]>) -> Result<Step, Error> {
        let out = self
            .context
            .step(token, None)
            .map_err(|e| Error::gssapi(e, &format!("no login at {}", self.service.name)))?;
        let is_complete = self.context.is_complete();
        if is_complete {
            self.check()?;
        }
        let token = out.filter(|token| !token.is_empty()).map(|token| token.to_vec());
        Ok(Step { token, is_complete })
    }

    fn longest_plain(&mut self, longest: usize) -> Result<usize, Error> {
        // The one call for it that libgssapi has; like gss_wrap_size_limit it uses no sequence
        // number, as a packet on trial would.
        let mut data = vec![0; longest];
        let mut buffers = [
            GssIovFake::new(GssIovType::Header),
            GssIov::new(GssIovType::Data, &mut data).as_fake(),
            GssIovFake::new(GssIovType::Padding),
            GssIovFake::new(GssIovType::Trailer),
        ];
        self.context
            .wrap_iov_length(true, &mut buffers)
            .map_err(|e| Error::gssapi(e, "the size of a packet cannot be told"))?;
        let [header, _, padding, trailer] = &buffers;
        // Padding differs with the length, up to a block of 16 bytes.
        let more = header.len() + padding.len().max(16) + trailer.len();
        longest
            .checked_sub(more)
            .filter(|plain| *plain > 0)
            .ok_or_else(|| Error::new(ErrorKind::Gssapi, "nothing can be wrapped into a packet"))
    }

    fn wrap(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let token = self
            .context
            .wrap(true, plain)
            .map_err(|e| Error::gssapi(e, "a packet could not be encrypted"))?;
        // gss_wrap signs only where it cannot encrypt.
        if !is_sealed(&token) {
            return Err(Error::new(ErrorKind::Gssapi, "a packet was not encrypted"));
        }
        out.extend_from_slice(&token);
        Ok(())
    }

    fn unwrap(&mut self, token: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if !is_sealed(token) {
            return Err(Error::new(
                ErrorKind::NotAuthenticated,
                "the server sent a packet that is not encrypted",
            ));
        }
        let plain = self
            .context
            .unwrap(token)
            .map_err(|e| Error::gssapi(e, "a packet could not be decrypted"))?;
        out.extend_from_slice(&plain);
        Ok(())
    }
}

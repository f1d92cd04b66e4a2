/// Which kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no ticket, or not for the principal that was asked for.
    NoCredentials,
    /// There is a ticket, and its time is over.
    CredentialsExpired,
    /// The KDC knows no service of this name: `postgres/` and the host as it was given.
    UnknownService,
    /// No KDC of the realm answered, or none is known.
    KdcUnreachable,
    /// The clocks of this machine and of the KDC or the server are too far apart.
    ClockSkew,
    /// The server's keytab does not hold the key with which its ticket was issued.
    WrongKey,
    /// Client, KDC and server have no encryption type in common.
    EncryptionType,
    /// The server did not prove who it is before it let the client in, or cannot.
    NotAuthenticated,
    /// The server takes no encryption by GSSAPI, and `require` was asked for.
    EncryptionRefused,
    /// The server asked for a method that [`require_auth`](crate::RequireAuth) does not allow, or
    /// for none.
    MethodNotAllowed,
    /// The server sent what the protocol does not have at this place.
    Protocol,
    /// The server hung up in the middle of the login.
    Closed,
    /// The login took longer than `connect_timeout`.
    TimedOut,
    /// TLS failed.
    Tls,
    /// The server has no TLS, and `sslmode` asks for it.
    TlsRefused,
    /// The connector was used without [`bind`](crate::MakeGssConnect::bind), or with a
    /// configuration that cannot be kept.
    Configuration,
    /// The connection failed.
    Io,
    /// Something else that the GSSAPI library says.
    Gssapi,
}

impl ErrorKind {
    /// What to do about it, where that is the same for all of a kind.
    pub(crate) fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials => "Get a ticket with kinit, or name a client keytab.",
            Self::CredentialsExpired => "Get a new ticket with kinit.",
            Self::UnknownService => {
                "Connect by the name that the service is registered under with the KDC \
                 (postgres/<host>); aliases and addresses are other names."
            }
            Self::KdcUnreachable => {
                "Check the realm in krb5.conf or the DNS, and whether its KDC can be reached."
            }
            Self::ClockSkew => "Set the clocks: five minutes are the most that is tolerated.",
            Self::WrongKey => {
                "Write the server's keytab anew: its key or key version is not the KDC's."
            }
            Self::EncryptionType => {
                "Give the service a key of a type that the client allows, such as AES."
            }
            Self::EncryptionRefused => {
                "Use gss_enc_mode Prefer or Disable, or a server that was built with GSSAPI."
            }
            Self::Closed => "The server's log may say why.",
            Self::MethodNotAllowed
            | Self::NotAuthenticated
            | Self::Protocol
            | Self::Configuration
            | Self::TimedOut
            | Self::Tls
            | Self::TlsRefused
            | Self::Io
            | Self::Gssapi => return None,
        })
    }

    /// Whether it was said on this side, without a word of the server's: another attempt would wait
    /// for the same again. [`without_ticket`](crate::MakeGssConnect::without_ticket) is for that.
    pub fn is_local(self) -> bool {
        matches!(
            self,
            Self::NoCredentials
                | Self::CredentialsExpired
                | Self::UnknownService
                | Self::KdcUnreachable
                | Self::ClockSkew
                | Self::EncryptionType
                | Self::Gssapi
        )
    }
}

/// Which kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No server could be connected to, or the connection broke.
    Unreachable,
    /// The server could not be verified, or TLS failed otherwise.
    Tls,
    /// The server does not take the user and the password, or there is no ticket that it takes.
    Credentials,
    /// The server will not do what it is asked for, whoever asks.
    Refused,
    /// The server has no time for it now (`busy`, `unavailable`), or ended the connection.
    Busy,
    /// A limit of the server's ended a search before its end: time, size or an administrator's.
    Limit,
    /// Something that has to be in an answer is not: the rest would look as if it were gone.
    Incomplete,
    /// The server sent what the protocol does not have at this place.
    Protocol,
    /// It took longer than the time limit.
    TimedOut,
    /// There is no group of this name, or what has it is no group.
    NoSuchGroup,
    /// A mapped group has nobody in it.
    EmptyGroup,
    /// A group has members, and the user may not see them.
    HiddenMembers,
    /// In a group is one that stands for whoever logs in, such as Authenticated Users.
    Everybody,
    /// A part of the directory is on another server, which is not followed.
    Referral,
    /// What was asked for cannot be kept, or is not allowed; nothing was sent.
    Configuration,
}

impl ErrorKind {
    /// What to do about it, where that is the same for all of a kind.
    pub(super) fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::Unreachable => {
                "Check the server's name and port (636 for ldaps://, 389 for ldap://), and the \
                 firewalls between."
            }
            Self::Tls => {
                "Name the file with the directory's root certificate, and the server by the name \
                 that its certificate is for."
            }
            Self::Busy | Self::TimedOut => "Nothing was changed: try again later.",
            Self::Limit => "Raise the limit of the directory's query policy, or map fewer people.",
            Self::EmptyGroup => {
                "Nothing was changed. If nobody is meant to be in it, say that it may be empty."
            }
            Self::HiddenMembers => {
                "Let the user read the attribute member of the group and of those within it."
            }
            Self::Everybody => "Take it out of the group: name those who are meant.",
            Self::Referral => "Name a server of the domain that holds the object.",
            Self::Credentials
            | Self::Refused
            | Self::Incomplete
            | Self::Protocol
            | Self::NoSuchGroup
            | Self::Configuration => return None,
        })
    }

    /// Whether another server of the same directory may fare better. One that does not take a
    /// password is the last that gets it: each refusal counts towards a lockout.
    pub(crate) fn is_of_the_server(self) -> bool {
        matches!(self, Self::Unreachable | Self::Tls | Self::Busy | Self::TimedOut)
    }
}

//! Tickets of the domain's accounts.

use super::Domain;
use super::account::PASSWORD;
use crate::kerberos::{Ticket, escaped, kinit};
use crate::sandbox::Result;

/// How a client asks for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// `kinit name`: the ticket is spelled as the name was typed.
    AsTyped,
    /// `kinit -C name`: spelled as the directory stores it.
    Canonical,
    /// `kinit -E name@suffix`: by a user principal name.
    Enterprise,
    /// `kinit -E -C name@suffix`: what Windows does with a user principal name.
    EnterpriseCanonical,
}

impl Asked {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::AsTyped => &[],
            Self::Canonical => &["-C"],
            Self::Enterprise => &["-E"],
            Self::EnterpriseCanonical => &["-E", "-C"],
        }
    }

    /// What one types at the shell.
    pub fn command(self, name: &str) -> String {
        [&["kinit"], self.options(), &[name]].concat().join(" ")
    }
}

impl Domain {
    /// A ticket, spelled as the name is, that may be handed on to a server.
    ///
    /// # Errors
    /// With what kinit says, when the KDC refuses it.
    pub fn forwardable_ticket(&self, name: &str) -> Result<Ticket> {
        let principal = format!("{}@{}", escaped(name), self.realm);
        kinit(self.sandbox, &self.config(), &["-f"], &principal, PASSWORD)
    }

    /// A ticket. The enterprise forms take a user principal name, the others the name of an
    /// account.
    ///
    /// # Errors
    /// With what kinit says, when the KDC refuses it.
    pub fn ticket(&self, name: &str, asked: Asked) -> Result<Ticket> {
        let principal = match asked {
            Asked::AsTyped | Asked::Canonical => format!("{}@{}", escaped(name), self.realm),
            // kinit adds the default realm itself.
            Asked::Enterprise | Asked::EnterpriseCanonical => name.into(),
        };
        kinit(self.sandbox, &self.config(), asked.options(), &principal, PASSWORD)
    }
}

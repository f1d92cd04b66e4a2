//! What is asked.

use std::time::Duration;

use kerbrole_client::Realm;

use crate::arguments::{DoctorArguments, RuleOptions};
use crate::commands::realm;
use crate::failure::Failure;
use crate::host::Host;

/// What is asked, as the arguments say it.
pub(super) struct Questions {
    pub(super) realm: Realm,
    /// Empty: the hosts of the realm's own name, as a directory has it.
    pub(super) kdcs: Vec<Host>,
    /// With its realm.
    pub(super) principal: Option<String>,
    /// The server's, to hold a ticket against.
    pub(super) keytab: Option<String>,
    pub(super) dns_port: u16,
    pub(super) password_port: u16,
    /// How long each step may take.
    pub(super) timeout: Duration,
}

impl Questions {
    /// # Errors
    /// For a realm or a host that can be none.
    pub(super) fn of(arguments: &DoctorArguments, rules: &RuleOptions) -> Result<Self, Failure> {
        let realm = realm::parse(&arguments.realm)?;
        let of = rules.default_realm.clone().unwrap_or_else(|| realm.clone());
        let principal = arguments.principal.as_deref().map(|typed| rules.with_realm(typed, of));
        Ok(Self {
            realm,
            kdcs: arguments.kdc.iter().map(|kdc| Host::parse(kdc)).collect::<Result<_, _>>()?,
            principal,
            keytab: arguments.keytab.clone(),
            dns_port: arguments.dns_port,
            password_port: arguments.password_port,
            timeout: Duration::from_secs(arguments.timeout),
        })
    }
}

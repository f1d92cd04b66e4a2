//! An account of an Active Directory.

use super::ldif;

/// The password of every account; directories refuse one without digits.
pub(super) const PASSWORD: &str = "Correct horse battery staple 1";

/// userAccountControl (Microsoft, "UserAccountControl property flags")
const ACCOUNTDISABLE: u32 = 0x2;
const NORMAL_ACCOUNT: u32 = 0x200;
const WORKSTATION_TRUST_ACCOUNT: u32 = 0x1000;

/// msDS-SupportedEncryptionTypes: AES with 128 and with 256 bits. Without it the directory makes
/// keys that clients call deprecated.
pub(super) const AES: u32 = 0x18;

/// An account of the directory, to be added.
#[derive(Debug, Clone)]
pub struct Account {
    name: String,
    class: &'static str,
    control: u32,
    more: Vec<(&'static str, String)>,
}

impl Account {
    /// A person, by the sAMAccountName.
    pub fn user(name: &str) -> Self {
        Self { name: name.into(), class: "user", control: NORMAL_ACCOUNT, more: Vec::new() }
    }

    /// A machine; its name ends in `$`.
    pub fn computer(name: &str) -> Self {
        Self { class: "computer", control: WORKSTATION_TRUST_ACCOUNT, ..Self::user(name) }
    }

    /// Gives it a user principal name.
    #[must_use]
    pub fn upn(self, upn: &str) -> Self {
        self.with("userPrincipalName", upn)
    }

    /// Gives it a service principal, such as `postgres/localhost`.
    #[must_use]
    pub fn service(self, principal: &str) -> Self {
        self.with("servicePrincipalName", principal)
            .with("msDS-SupportedEncryptionTypes", &AES.to_string())
    }

    /// Disables it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.control |= ACCOUNTDISABLE;
        self
    }

    fn with(mut self, attribute: &'static str, value: &str) -> Self {
        self.more.push((attribute, value.into()));
        self
    }

    /// The account as LDIF; values in base64, as what is not ASCII has to be.
    pub(super) fn ldif(&self, base: &str) -> String {
        // Nothing that a sAMAccountName may hold has a meaning of its own inside a DN.
        let dn = format!("CN={},{base}", self.name);
        let quoted = ldif::utf16(&format!("\"{PASSWORD}\""));
        let control = self.control.to_string();
        let mut values = vec![
            ("dn", dn.as_bytes()),
            ("objectClass", self.class.as_bytes()),
            ("sAMAccountName", self.name.as_bytes()),
            ("unicodePwd", &quoted),
            ("userAccountControl", control.as_bytes()),
        ];
        values.extend(self.more.iter().map(|(attribute, value)| (*attribute, value.as_bytes())));
        ldif::entry(&values)
    }
}

//! An account of an Active Directory.

use super::ldif;

/// The password of every account; directories refuse one without digits.
pub const PASSWORD: &str = "Correct horse battery staple 1";

/// userAccountControl (Microsoft, "UserAccountControl property flags")
pub(super) const ACCOUNTDISABLE: u32 = 0x2;
const PASSWD_NOTREQD: u32 = 0x20;
pub(super) const NORMAL_ACCOUNT: u32 = 0x200;
const WORKSTATION_TRUST_ACCOUNT: u32 = 0x1000;

/// msDS-SupportedEncryptionTypes: AES with 128 and with 256 bits. Without it the directory makes
/// keys that clients call deprecated.
pub(super) const AES: u32 = 0x18;

/// An account of the directory, to be added. It is in CN=Users, and has [`PASSWORD`].
#[derive(Debug, Clone)]
pub struct Account {
    cn: String,
    class: &'static str,
    /// What a contact has not got.
    name_and_control: Option<(String, u32)>,
    has_password: bool,
    more: Vec<(String, String)>,
}

impl Account {
    /// A person, by the sAMAccountName.
    pub fn user(name: &str) -> Self {
        Self {
            cn: name.into(),
            class: "user",
            name_and_control: Some((name.into(), NORMAL_ACCOUNT)),
            has_password: true,
            more: Vec::new(),
        }
    }

    /// A machine; its name ends in `$`.
    pub fn computer(name: &str) -> Self {
        let name_and_control = Some((name.into(), WORKSTATION_TRUST_ACCOUNT));
        Self { class: "computer", name_and_control, ..Self::user(name) }
    }

    /// A group managed service account, whose password the directory makes; its name ends in `$`.
    pub fn managed_service(name: &str) -> Self {
        let account = Self { class: "msDS-GroupManagedServiceAccount", ..Self::computer(name) };
        let host = name.trim_end_matches('$');
        account
            .without_password()
            .with("msDS-ManagedPasswordInterval", "30")
            .with("dNSHostName", host)
    }

    /// An address of somebody who has no account.
    pub fn contact(name: &str) -> Self {
        let account = Self { class: "contact", name_and_control: None, ..Self::user(name) };
        Self { has_password: false, ..account }
    }

    /// Gives it a common name that is not the account's.
    #[must_use]
    pub fn cn(mut self, cn: &str) -> Self {
        self.cn = cn.into();
        self
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
        if let Some((_, control)) = &mut self.name_and_control {
            *control |= ACCOUNTDISABLE;
        }
        self
    }

    /// Without a password, from which the directory would make keys: so many are added sooner.
    #[must_use]
    pub fn without_password(mut self) -> Self {
        self.has_password = false;
        if let Some((_, control)) = &mut self.name_and_control
            && *control & NORMAL_ACCOUNT != 0
        {
            *control |= PASSWD_NOTREQD;
        }
        self
    }

    /// Gives it one more value of an attribute.
    #[must_use]
    pub fn with(mut self, attribute: &str, value: &str) -> Self {
        self.more.push((attribute.into(), value.into()));
        self
    }

    /// The account as LDIF.
    pub(super) fn ldif(&self, base: &str) -> String {
        let dn = format!("CN={},{base}", ldif::escaped(&self.cn));
        let quoted = ldif::utf16(&format!("\"{PASSWORD}\""));
        let control = self.name_and_control.as_ref().map(|(_, control)| control.to_string());
        let mut values = vec![("dn", dn.as_bytes()), ("objectClass", self.class.as_bytes())];
        if let (Some((name, _)), Some(control)) = (&self.name_and_control, &control) {
            values.push(("sAMAccountName", name.as_bytes()));
            values.push(("userAccountControl", control.as_bytes()));
        }
        if self.has_password {
            values.push(("unicodePwd", &quoted));
        }
        let more = self.more.iter();
        values.extend(more.map(|(attribute, value)| (attribute.as_str(), value.as_bytes())));
        ldif::entry(&values)
    }
}

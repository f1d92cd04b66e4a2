//! A group of an Active Directory.

use super::ldif;

/// Where a group can be used, and who can be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Accounts and global groups of its domain; the global catalogue has no members of it.
    Global,
    /// Whatever there is, people of trusted domains as well.
    DomainLocal,
    /// Accounts and groups of the forest.
    Universal,
}

/// A group, to be added. It is in CN=Users, and a security group.
#[derive(Debug, Clone)]
pub struct Group {
    name: String,
    cn: String,
    scope: Scope,
    is_for_mail: bool,
    members: Vec<String>,
}

impl Group {
    /// A group without members, by the sAMAccountName.
    pub fn new(name: &str, scope: Scope) -> Self {
        let members = Vec::new();
        Self { name: name.into(), cn: name.into(), scope, is_for_mail: false, members }
    }

    /// Gives it a common name that is not the account's.
    #[must_use]
    pub fn cn(mut self, cn: &str) -> Self {
        self.cn = cn.into();
        self
    }

    /// Makes it a distribution group, which is for mail.
    #[must_use]
    pub fn for_mail(mut self) -> Self {
        self.is_for_mail = true;
        self
    }

    /// Members by their DNs; one of another domain by `<SID=S-1-…>`.
    #[must_use]
    pub fn members<D: Into<String>>(mut self, dns: impl IntoIterator<Item = D>) -> Self {
        self.members.extend(dns.into_iter().map(Into::into));
        self
    }

    /// groupType (MS-ADTS 2.2.12)
    fn kind(&self) -> i32 {
        const SECURITY_ENABLED: i32 = i32::MIN;
        let scope = match self.scope {
            Scope::Global => 0x2,
            Scope::DomainLocal => 0x4,
            Scope::Universal => 0x8,
        };
        if self.is_for_mail { scope } else { scope | SECURITY_ENABLED }
    }

    /// The group as LDIF.
    pub(super) fn ldif(&self, base: &str) -> String {
        let dn = format!("CN={},{base}", ldif::escaped(&self.cn));
        let kind = self.kind().to_string();
        let mut values = vec![
            ("dn", dn.as_bytes()),
            ("objectClass", b"group"),
            ("sAMAccountName", self.name.as_bytes()),
            ("groupType", kind.as_bytes()),
        ];
        values.extend(self.members.iter().map(|dn| ("member", dn.as_bytes())));
        ldif::entry(&values)
    }
}

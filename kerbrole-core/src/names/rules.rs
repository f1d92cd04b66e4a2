//! The rules by which what somebody typed becomes the exact name of a role.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::names::error::NameError;
use crate::names::principal::Principal;
use crate::names::realm::Realm;
use crate::names::role_name::RoleName;
use crate::names::username::Username;

/// What happens to the case of a username: the setting `kerbrole.username_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UsernameCase {
    /// With `krb_caseins_users` on, ASCII lower case; with it off, as typed, because only a ticket
    /// of exactly that spelling will match.
    #[default]
    Auto,
    /// Always ASCII lower case.
    Lower,
    /// Always as typed.
    Preserve,
}

/// A comma-separated list of realms: the setting `kerbrole.allowed_realms`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RealmList(Vec<Realm>);

impl RealmList {
    /// The realms.
    pub fn iter(&self) -> impl Iterator<Item = &Realm> {
        self.0.iter()
    }

    fn contains(&self, realm: &Realm) -> bool {
        self.0.contains(realm)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for RealmList {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        items(text).map(Realm::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Which realm a NetBIOS domain stands for: the setting `kerbrole.netbios_domains`, written
/// `CORP=CORP.EXAMPLE.COM, ONPREM=ONPREM.COM`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetbiosDomains(BTreeMap<String, Realm>);

impl NetbiosDomains {
    /// The realm of `domain`, in whichever case it is written.
    pub fn realm_of(&self, domain: &str) -> Option<&Realm> {
        self.0.get(&domain.to_ascii_uppercase())
    }
}

impl FromStr for NetbiosDomains {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut domains = BTreeMap::new();
        for item in items(text) {
            let Some((domain, realm)) = item.split_once('=') else {
                return Err(NameError::NetbiosDomains { item: item.into() });
            };
            let domain = domain.trim().to_ascii_uppercase();
            let realm = Realm::parse(realm.trim())?;
            if domain.is_empty() || domains.insert(domain, realm).is_some() {
                return Err(NameError::NetbiosDomains { item: item.into() });
            }
        }
        Ok(Self(domains))
    }
}

/// The items of a comma-separated list; blanks around them do not matter, and nor does a comma too
/// many.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Everything that the name of a role depends on besides what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameRules {
    /// The server's `krb_caseins_users`: whether it ignores case when it compares a role with a
    /// principal.
    pub caseins_users: bool,
    /// `kerbrole.username_case`
    pub username_case: UsernameCase,
    /// `kerbrole.default_realm`: the realm of a username that comes without one.
    pub default_realm: Option<Realm>,
    /// `kerbrole.allowed_realms`: empty means any.
    pub allowed_realms: RealmList,
    /// `kerbrole.netbios_domains`
    pub netbios_domains: NetbiosDomains,
}

/// A principal whose spelling is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The principal.
    pub principal: Principal,
    /// Whether to tell the user that the case of the username matters: it was kept because the
    /// server tells upper and lower case apart, and it holds a letter in upper case.
    pub case_matters: bool,
}

impl Canonical {
    /// The exact name of the role.
    pub fn role_name(&self) -> RoleName {
        self.principal.role_name()
    }
}

impl NameRules {
    /// The principal that `username` and `realm` mean.
    ///
    /// Accepted are
    ///
    /// | username | realm | |
    /// | --- | --- | --- |
    /// | `alice` | `corp.example.com` | |
    /// | `alice@corp.example.com` | `None` | |
    /// | `CORP\alice` | `None` | where `netbios_domains` maps CORP |
    /// | `alice` | `None` | where there is a `default_realm` |
    ///
    /// # Errors
    /// 22023 for a malformed username or realm, another spelling, or a realm that is not among
    /// `allowed_realms`; 42622 and 42939 as [`Principal::new`] says.
    pub fn canonicalize(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<Canonical, NameError> {
        let (username, realm) = self.split(username, realm)?;
        self.allow(&realm)?;
        let (username, case_matters) = match (self.username_case, self.caseins_users) {
            (UsernameCase::Lower, _) | (UsernameCase::Auto, true) => {
                (username.to_lower_case(), false)
            }
            (UsernameCase::Auto, false) => {
                let case_matters = username.has_upper_case();
                (username, case_matters)
            }
            (UsernameCase::Preserve, _) => (username, false),
        };
        Ok(Canonical { principal: Principal::new(username, realm)?, case_matters })
    }

    /// The realms that the settings name.
    pub(crate) fn known_realms(&self) -> impl Iterator<Item = &Realm> {
        self.default_realm
            .iter()
            .chain(self.allowed_realms.iter())
            .chain(self.netbios_domains.0.values())
    }

    /// Whether a setting names this realm: somebody vouched for it.
    pub(crate) fn name_realm(&self, realm: &Realm) -> bool {
        self.known_realms().any(|known| known == realm)
    }

    /// Whether new principals may be of this realm.
    ///
    /// # Errors
    /// 22023 when they may not.
    pub fn allow(&self, realm: &Realm) -> Result<(), NameError> {
        if !self.allowed_realms.is_empty() && !self.allowed_realms.contains(realm) {
            return Err(NameError::RealmNotAllowed {
                realm: realm.to_string(),
                allowed: self.allowed_realms.iter().map(ToString::to_string).collect(),
            });
        }
        self.check_single_label(realm)
    }

    pub(crate) fn split(
        &self,
        typed: &str,
        realm: Option<&str>,
    ) -> Result<(Username, Realm), NameError> {
        if let Some(realm) = realm {
            if let Some((_, in_username)) = typed.rsplit_once('@')
                && in_username.eq_ignore_ascii_case(realm)
            {
                return Err(NameError::RealmTwice { spelling: typed.into(), realm: realm.into() });
            }
            return Ok((Username::parse(typed)?, Realm::parse(realm)?));
        }
        if let Some((username, realm)) = typed.split_once('@') {
            if realm.contains('@') {
                return Err(NameError::TwoAtSigns { spelling: typed.into() });
            }
            return Ok((Username::parse(username)?, Realm::parse(realm)?));
        }
        if let Some((domain, username)) = typed.split_once('\\') {
            let Some(realm) = self.netbios_domains.realm_of(domain) else {
                return Err(NameError::NetbiosUnknown { domain: domain.into() });
            };
            return Ok((Username::parse(username)?, realm.clone()));
        }
        let username = Username::parse(typed)?;
        match &self.default_realm {
            Some(realm) => Ok((username, realm.clone())),
            None => Err(NameError::RealmMissing { username: typed.into() }),
        }
    }

    /// A realm of one label is nearly always a NetBIOS domain in the wrong place, and a role made
    /// with it could never log in. The few directories that really have one say so in a setting.
    fn check_single_label(&self, realm: &Realm) -> Result<(), NameError> {
        let known =
            self.allowed_realms.contains(realm) || self.default_realm.as_ref() == Some(realm);
        if !realm.is_single_label() || known {
            return Ok(());
        }
        let meant = self.netbios_domains.realm_of(realm.as_str()).map(ToString::to_string);
        Err(NameError::RealmSingleLabel { realm: realm.to_string(), meant })
    }
}

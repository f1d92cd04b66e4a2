//! The rules by which what somebody typed becomes the exact name of a role.

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
    /// The principal that `username` and `realm` mean. Accepted are
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules() -> NameRules {
        NameRules {
            default_realm: Some(Realm::parse("corp.example.com").unwrap()),
            netbios_domains: "CORP = corp.example.com , onprem=ONPREM.COM,".parse().unwrap(),
            ..NameRules::default()
        }
    }

    fn name(
        rules: &NameRules,
        username: &str,
        realm: Option<&str>,
    ) -> Result<String, &'static str> {
        rules
            .canonicalize(username, realm)
            .map(|c| c.principal.to_string())
            .map_err(|e| e.sqlstate().code())
    }

    #[test]
    fn every_spelling_leads_to_the_same_name() {
        for (username, realm) in [
            ("alice", Some("corp.example.com")),
            ("alice@corp.example.com", None),
            ("CORP\\alice", None),
            ("corp\\alice", None),
            ("alice", None),
        ] {
            assert_eq!(
                name(&rules(), username, realm),
                Ok("alice@CORP.EXAMPLE.COM".into()),
                "{username} {realm:?}"
            );
        }
        assert_eq!(name(&rules(), "OnPrem\\alice", None), Ok("alice@ONPREM.COM".into()));
    }

    #[test]
    fn other_spellings_are_refused() {
        for (username, realm) in [
            ("alice@corp.example.com", Some("corp.example.com")),
            ("alice@corp.com", Some("corp.example.com")),
            ("CORP\\alice", Some("corp.example.com")),
            ("OTHER\\alice", None),
            ("CORP\\", None),
            ("\\alice", None),
            ("a@b@C.D", None),
            ("jean\\@corp.com@CORP.EXAMPLE.COM", None),
            ("@corp.example.com", None),
            ("alice@", None),
            ("alice", Some("")),
            ("alice", Some("CORP")),
            ("", None),
            ("", Some("corp.example.com")),
        ] {
            assert_eq!(name(&rules(), username, realm), Err("22023"), "{username} {realm:?}");
        }
        assert_eq!(name(&NameRules::default(), "alice", None), Err("22023"), "no default realm");
        assert_eq!(name(&NameRules::default(), "CORP\\alice", None), Err("22023"), "no domains");
    }

    #[test]
    fn case_follows_the_rule() {
        for (username_case, caseins_users, expected, case_matters) in [
            (UsernameCase::Auto, false, "AliceÉ@A.B", true),
            (UsernameCase::Auto, true, "aliceÉ@A.B", false),
            (UsernameCase::Lower, false, "aliceÉ@A.B", false),
            (UsernameCase::Lower, true, "aliceÉ@A.B", false),
            (UsernameCase::Preserve, false, "AliceÉ@A.B", false),
            (UsernameCase::Preserve, true, "AliceÉ@A.B", false),
        ] {
            let rules = NameRules { username_case, caseins_users, ..NameRules::default() };
            let canonical = rules.canonicalize("AliceÉ", Some("a.b")).unwrap();
            assert_eq!(
                (canonical.principal.to_string().as_str(), canonical.case_matters),
                (expected, case_matters),
                "{rules:?}"
            );
        }
        assert!(
            !NameRules::default().canonicalize("aliceÉ", Some("a.b")).unwrap().case_matters,
            "É is no letter that folds"
        );
    }

    #[test]
    fn only_allowed_realms_pass() {
        let rules =
            NameRules { allowed_realms: "corp.example.com, LAB".parse().unwrap(), ..rules() };
        assert!(name(&rules, "alice@CORP.example.COM", None).is_ok());
        assert!(
            name(&rules, "alice@lab", None).is_ok(),
            "a realm of one label that a setting names"
        );
        assert_eq!(name(&rules, "alice@corp.example.org", None), Err("22023"));
        assert_eq!(name(&rules, "ONPREM\\alice", None), Err("22023"));
    }

    #[test]
    fn a_reserved_name_is_one_after_folding() {
        let folding = NameRules { caseins_users: true, ..NameRules::default() };
        assert_eq!(name(&folding, "PG_x", Some("A.B")), Err("42939"));
        assert_eq!(name(&NameRules::default(), "PG_x", Some("A.B")), Ok("PG_x@A.B".into()));
    }

    #[test]
    fn malformed_settings_are_refused() {
        for text in ["CORP", "=A.B", "CORP=", "CORP=A B", "CORP=A.B,corp=C.D"] {
            assert_eq!(
                text.parse::<NetbiosDomains>().unwrap_err().sqlstate().code(),
                "22023",
                "{text}"
            );
        }
        assert!("A.B, C D".parse::<RealmList>().is_err());
        assert_eq!("".parse::<RealmList>().unwrap(), RealmList::default());
    }

    proptest! {
        #[test]
        fn canonicalizing_twice_changes_nothing(
            username in "[\\PC]{1,24}", realm in "[A-Za-z0-9.-]{1,20}", caseins_users: bool,
            username_case in prop_oneof![
                Just(UsernameCase::Auto), Just(UsernameCase::Lower), Just(UsernameCase::Preserve),
            ],
        ) {
            let rules = NameRules { caseins_users, username_case, ..NameRules::default() };
            if let Ok(once) = rules.canonicalize(&username, Some(&realm)) {
                let again = rules.canonicalize(&once.principal.to_string(), None).unwrap();
                prop_assert_eq!(&again, &once);
                let (username, realm) = (once.principal.username(), once.principal.realm());
                let again = rules.canonicalize(username.as_str(), Some(realm.as_str())).unwrap();
                prop_assert_eq!(&again, &once);
            }
        }
    }
}

//! Which spellings mean which principal, and which are refused.

use crate::names::realm::Realm;
use crate::names::rules::{NameRules, NetbiosDomains, RealmList, UsernameCase};
use proptest::prelude::*;

fn rules() -> NameRules {
    NameRules {
        default_realm: Some(Realm::parse("corp.example.com").unwrap()),
        netbios_domains: "CORP = corp.example.com , onprem=ONPREM.COM,".parse().unwrap(),
        ..NameRules::default()
    }
}

fn name(rules: &NameRules, username: &str, realm: Option<&str>) -> Result<String, &'static str> {
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
    let rules = NameRules { allowed_realms: "corp.example.com, LAB".parse().unwrap(), ..rules() };
    assert!(name(&rules, "alice@CORP.example.COM", None).is_ok());
    assert!(name(&rules, "alice@lab", None).is_ok(), "a realm of one label that a setting names");
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

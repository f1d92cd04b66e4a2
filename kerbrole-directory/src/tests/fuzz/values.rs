//! Values of attributes: members, GUIDs, SIDs, ranges, names.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rasn::types::SetOf;
use rasn_ldap::{PartialAttribute, SearchResultEntry};

use super::corpus::MEMBERS;
use crate::dn::Dn;
use crate::group_name::GroupName;
use crate::ldap::entry::Entry;
use crate::ldap::extended_dn::Member;
use crate::ldap::guid::Guid;
use crate::ldap::range::portion;
use crate::server::Server;

/// A text with pieces taken out, repeated and put in.
fn disturbed(text: &str, changes: &[(usize, usize, String)]) -> String {
    changes.iter().fold(text.to_string(), |text, (at, count, other)| {
        let all: Vec<char> = text.chars().collect();
        let at = at % (all.len() + 1);
        let rest = &all[(at + count).min(all.len())..];
        all[..at].iter().copied().chain(other.chars()).chain(rest.iter().copied()).collect()
    })
}

fn changes() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let pieces =
        vec!["", "<", ">", ";", "=", "<GUID=", "<SID=", ">;", "S-1-5-", "-", "0", "f", "F"];
    let other = prop_oneof![3 => select(pieces).prop_map(String::from), 1 => ".{0,3}"];
    vec((any::<usize>(), 0..6_usize, other), 0..4)
}

fn a_member() -> impl Strategy<Value = String> {
    (any::<usize>(), changes())
        .prop_map(|(which, changes)| disturbed(&MEMBERS[which % MEMBERS.len()], &changes))
}

/// A description of `member`, mostly with a range.
fn a_description() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            4 => (0..6_u64).prop_map(|number| number.to_string()),
            1 => any::<u64>().prop_map(|number| number.to_string()),
            1 => "[0-9+ *-]{0,4}",
        ]
    };
    let end = prop_oneof![1 => Just("*".to_string()), 2 => number()];
    prop_oneof![
        6 => (number(), end).prop_map(|(low, high)| format!("member;range={low}-{high}")),
        1 => Just("member".to_string()),
        1 => "[mM]ember;[a-z=;0-9*-]{0,12}",
        1 => Just("memberOf".to_string()),
    ]
}

/// From where on, and up to where by a description that has a range as MS-ADTS writes it; `None`
/// for the end.
fn range(description: &str) -> Option<(u64, Option<u64>)> {
    let lower = description.to_lowercase();
    let (low, high) = lower.strip_prefix("member;range=")?.split_once('-')?;
    let high = if high == "*" { None } else { Some(high.parse().ok()?) };
    Some((low.parse().ok()?, high))
}

#[test]
fn each_member_of_the_corpus_is_one() {
    for member in MEMBERS.iter() {
        assert!(Member::parse(member.as_bytes()).is_some(), "{member}");
    }
}

kerbrole_fuzz::fuzz! {
    "ldap";

    #[test]
    fn a_member_is_what_its_value_says(text in a_member()) {
        let Some(member) = Member::parse(text.as_bytes()) else { return Ok(()) };
        let sid = member.sid.map(|sid| format!("<SID={sid}>;")).unwrap_or_default();
        let guid = format!("<guid={}>;", member.guid);
        // The GUID in whatever case, and the rest exactly.
        let head = text.strip_suffix(&*member.dn).unwrap();
        let rest = match head.to_ascii_lowercase().find(&guid) {
            Some(at) => [&head[..at], &head[at + guid.len()..]].concat(),
            None => String::from("no GUID"),
        };
        prop_assert_eq!(rest, sid);
        prop_assert!(!member.dn.starts_with('<'));
    }

    #[test]
    fn no_bytes_are_too_odd_for_a_member(bytes in vec(any::<u8>(), 0..60)) {
        prop_assert!(Member::parse(&bytes).is_none_or(|_| bytes.starts_with(b"<")));
    }

    #[test]
    fn a_guid_has_one_text_but_for_its_case(
        text in "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f-]{34,38}|.{0,40}",
        bytes in vec(any::<u8>(), 0..20),
    ) {
        if let Some(guid) = Guid::parse(&text) {
            prop_assert_eq!(guid.to_string(), text.to_ascii_lowercase());
        }
        match Guid::from_bytes(&bytes) {
            Some(guid) => {
                prop_assert_eq!(Guid::parse(&guid.to_string()), Some(guid));
                prop_assert_eq!(&guid.bytes()[..], &bytes[..]);
            }
            None => prop_assert_ne!(bytes.len(), 16),
        }
    }

    /// The last portion is what says so: `*`, or an attribute without portions.
    #[test]
    fn a_portion_is_the_last_where_its_name_says_so(
        attributes in vec((a_description(), 0..5_usize), 1..4),
        first in 0..5_u64,
    ) {
        let each = attributes.iter().map(|(name, count)| {
            let values = (0..*count).map(|n| n.to_string().into_bytes().into()).collect();
            PartialAttribute::new(name.as_str().into(), SetOf::from_vec(values))
        });
        let entry = SearchResultEntry::new("CN=g,DC=c".into(), each.collect());
        let Ok(entry) = Entry::try_from(entry) else { return Ok(()) };
        let is_member = |name: &str| {
            let lower = name.to_lowercase();
            lower == "member" || lower.starts_with("member;")
        };
        let filled: Vec<_> =
            attributes.iter().filter(|(name, count)| is_member(name) && *count > 0).collect();
        match portion(&entry, "member", first) {
            Ok(None) => prop_assert!(filled.is_empty(), "{filled:?} is left out"),
            Ok(Some(portion)) => {
                let [(name, count)] = filled.as_slice() else {
                    return Err(TestCaseError::fail("one of several"));
                };
                let until = first + u64::try_from(*count).unwrap();
                prop_assert_eq!(portion.values.len(), *count);
                match range(name) {
                    None => {
                        let found = (name.to_lowercase(), first, portion.next);
                        prop_assert_eq!(found, ("member".into(), 0, None));
                    }
                    Some((low, None)) => prop_assert_eq!((low, portion.next), (first, None)),
                    Some((low, Some(high))) => {
                        prop_assert_eq!((low, portion.next), (first, Some(until)));
                        prop_assert_eq!(high, until - 1);
                    }
                }
            }
            Err(_) => {}
        }
    }

    #[test]
    fn no_name_is_too_odd(
        text in prop_oneof![a_member(), "[a-zA-Z=,+#;\\\\\" <>é0-9]{0,40}", ".{0,40}"],
    ) {
        if let Some(dn) = Dn::parse(&text) {
            prop_assert!(dn.is_below(&dn));
        }
        if let Err(error) = text.parse::<GroupName>() {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
        let url = format!("ldaps://{text}");
        if let Ok(server) = url.parse::<Server>() {
            prop_assert!(!server.host().is_empty() && server.port() > 0);
        } else if text.contains('@') {
            let error = url.parse::<Server>().unwrap_err().to_string();
            prop_assert!(!error.contains(&text), "{error} has a password");
        }
    }
}

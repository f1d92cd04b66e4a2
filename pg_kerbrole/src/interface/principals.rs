//! Which principals SQL arguments mean.

use kerbrole_core::{Canonical, Error, PrincipalRef, UnknownRealm, UnknownRealms};

use crate::interface::args::{Names, Text};
use crate::report::Raise;
use crate::server::realms;
use crate::settings;

/// What two SQL arguments mean.
pub(crate) fn canonical(username: Option<Text>, realm: Option<Text>) -> Canonical {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    settings::name_rules().canonicalize(&username, realm.as_deref()).or_raise()
}

/// Which principal, that is there already, two SQL arguments mean.
pub(crate) fn meant(username: Option<Text>, realm: Option<Text>) -> PrincipalRef {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    settings::name_rules().meant(&username, realm.as_deref()).or_raise()
}

/// What the elements of a list of new principals mean, each beside what was typed.
pub(crate) fn canonical_each(principals: Names) -> Vec<(String, Canonical)> {
    settings::name_rules().canonicalize_each(names(Some(principals), "principals")).or_raise()
}

/// The realms of new principals that nobody is of yet, before they are created.
pub(crate) fn unknown_realms(principals: &[(String, Canonical)]) -> Vec<UnknownRealm> {
    let principals = principals.iter().map(|(_, canonical)| &canonical.principal);
    let new = UnknownRealms::of(principals, &settings::name_rules());
    realms::nobody_is_of(new, settings::conflict_rule().ad_role())
}

/// The elements of a list, none of which may be NULL.
pub(crate) fn names(texts: Option<Names>, list: &'static str) -> Vec<String> {
    let texts: Vec<_> = texts.into_iter().flatten().collect();
    let of = texts.len();
    let not_null = |(at, text): (usize, Option<Text>)| {
        let null = || Error::Null { argument: "an element of a list" };
        text.ok_or_else(|| null().of_element(list, of, at, None)).or_raise().into()
    };
    texts.into_iter().enumerate().map(not_null).collect()
}

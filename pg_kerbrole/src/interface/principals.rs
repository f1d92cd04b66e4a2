//! Which principals SQL arguments mean.

use kerbrole_core::{Canonical, Error, PrincipalRef};

use crate::interface::args::{Names, Text};
use crate::report::Raise;
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

/// The elements of a list, none of which may be NULL.
pub(crate) fn names(texts: Option<Names>, argument: &'static str) -> Vec<String> {
    let not_null = |text: Option<Text>| text.ok_or(Error::Null { argument }).or_raise().into();
    texts.into_iter().flatten().map(not_null).collect()
}

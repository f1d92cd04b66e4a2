//! `kerb_canonicalize`: the exact name of a principal's role.

use kerbrole_core::{Canonical, Error, Meant};
use pgrx::prelude::*;

use crate::args::Text;
use crate::report::{Raise, notice};
use crate::settings;

/// The exact name of the role that `username` (and `realm`) logs in as. Changes nothing; anyone may call it.
///
/// Errors: 22023, 42622, 42939 as for `kerb_add_principal`.
#[pg_extern(stable)]
#[search_path(pg_catalog, pg_temp)]
fn kerb_canonicalize(username: Option<Text>, realm: default!(Option<Text>, "NULL")) -> String {
    let canonical = canonical(username, realm);
    notice_case([&canonical]);
    canonical.principal.to_string()
}

/// What two SQL arguments mean.
pub(crate) fn canonical(username: Option<Text>, realm: Option<Text>) -> Canonical {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    settings::name_rules().canonicalize(&username, realm.as_deref()).or_raise()
}

/// Which principal, that is there already, two SQL arguments mean.
pub(crate) fn meant(username: Option<Text>, realm: Option<Text>) -> Meant {
    let username: String = username.ok_or(Error::Null { argument: "username" }).or_raise().into();
    let realm: Option<String> = realm.map(Into::into);
    settings::name_rules().meant(&username, realm.as_deref()).or_raise()
}

/// Tells the caller, once, that the case of some names matters.
pub(crate) fn notice_case<'a>(names: impl IntoIterator<Item = &'a Canonical>) {
    let mut names = names.into_iter().filter(|name| name.case_matters);
    let Some(first) = names.next() else { return };
    let principal = &first.principal;
    let message = match names.count() {
        0 => format!("principal \"{principal}\" has upper-case letters: only a ticket spelled exactly so will match"),
        more => format!(
            "principal \"{principal}\" and {more} more have upper-case letters: only tickets spelled exactly so will match"
        ),
    };
    notice(
        message,
        "The KDC spells the ticket as the user types it, or as the directory stores it when asked for the canonical name. \
         The usual form is lower case; with krb_caseins_users on, case would not matter.",
    );
}

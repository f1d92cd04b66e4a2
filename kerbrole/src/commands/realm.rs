//! The realm that subcommands about a directory take.

use kerbrole_client::Realm;

use crate::failure::Failure;

/// A realm as it was typed.
///
/// # Errors
/// For what can be no realm.
pub(super) fn parse(text: &str) -> Result<Realm, Failure> {
    Realm::parse(text).map_err(|error| {
        let hint = error.hint().map(|hint| format!("\nHINT:  {hint}")).unwrap_or_default();
        Failure::usage(format!("{error}{hint}"))
    })
}

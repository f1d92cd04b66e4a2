//! `kerb_canonicalize`: the exact name of a principal's role.

use pgrx::prelude::*;

use crate::interface::args::Text;
use crate::interface::notices::notice_case;
use crate::interface::principals::canonical;

/// The exact name of the role that `username` (and `realm`) logs in as. Changes nothing; anyone may
/// call it.
///
/// Errors: 22023, 42622, 42939 as for `kerb_add_principal`.
#[pg_extern(stable)]
#[search_path(pg_catalog, pg_temp)]
fn kerb_canonicalize(username: Option<Text>, realm: default!(Option<Text>, "NULL")) -> String {
    let canonical = canonical(username, realm);
    notice_case([&canonical]);
    canonical.principal.to_string()
}

//! Whether a server with this keytab could read the ticket.

use std::time::Duration;

use tokio_postgres_gssapi::ServiceTicket;

use super::super::finding::{Finding, fine, wrong};
use super::asking::{Failed, within};
use super::first_message::Sealed;

/// com_err's base for Kerberos, to which the codes of krb5.h are added.
const BASE: i32 = -1_765_328_384;

/// Reads the ticket as the server would, with each key of the file.
pub(super) async fn look(
    path: &str,
    host: &str,
    ticket: &ServiceTicket,
    sealed: &Sealed,
    limit: Duration,
) -> Finding {
    let what = format!("keytab: {host}");
    let failed = match within(limit, ticket.is_read_with(path)).await {
        Ok(()) => {
            return fine(what, format!("{path} opens {} ({})", sealed.principal(), sealed.key()));
        }
        Err(failed) => failed,
    };
    let said = failed.text(limit);
    let code = match &failed {
        Failed::Error(error) => error.minor_status().checked_sub(BASE),
        Failed::TimedOut => None,
    };
    let name = sealed.principal();
    let renew = format!(
        "kinit anew, and if that does not help write the keytab anew: kadmin ktadd {}, or ktpass",
        sealed.name
    );
    let (result, fix) = match code {
        // KRB5KRB_AP_ERR_BADKEYVER is said of both.
        Some(44) if said.contains("enctype") => (
            "the keytab lacks the encryption type of the ticket",
            format!(
                "write all keys of {name} to it (ktpass -crypto All), or leave the account the \
                 types that it has"
            ),
        ),
        Some(44) => ("the keytab lacks the key version of the ticket", renew),
        // KRB5KRB_AP_ERR_NOT_US, KRB5KRB_AP_ERR_NOKEY
        Some(35 | 45) => ("the keytab has no key of the ticket's server", renew),
        // KRB5KRB_AP_ERR_BAD_INTEGRITY, KRB5KRB_AP_ERR_MODIFIED
        Some(31 | 41) => ("the keytab has another key under this version", renew),
        // KRB5_KT_NOTFOUND
        Some(181) => (
            "it is not there, has no key, or may not be read",
            "run this as the user of the server, with the file of krb_server_keyfile".into(),
        ),
        _ => ("the ticket is not read", renew),
    };
    wrong(what, format!("{result}: {said}"), fix)
}

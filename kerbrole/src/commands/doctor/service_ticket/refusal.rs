//! Why there is no ticket for a server, and what helps.

use tokio_postgres_gssapi::{Error, ErrorKind};

use super::super::finding::Finding;
use super::asking::Request;

/// What is in front of a mechanism's own words.
const BEFORE_WORDS: &str = "Minor code may provide more information (";

/// com_err's base for Kerberos, to which the codes of RFC 4120, section 7.5.9, are added.
const BASE: i32 = -1_765_328_384;

pub(super) enum Refusal {
    /// The KDC has no such server.
    Unknown(String),
    Named {
        result: String,
        fix: String,
    },
}

/// The library's words about it.
pub(super) fn words(error: &Error) -> String {
    let text = error.to_string();
    let words = text.split_once(BEFORE_WORDS).and_then(|(_, words)| words.strip_suffix(')'));
    words.map_or(text.clone(), String::from)
}

/// Names it. `kdcs` is what was found out about the KDCs.
pub(super) fn of(error: &Error, request: &Request<'_>, kdcs: &[Finding]) -> Refusal {
    let words = words(error);
    let principal = request.principal();
    let named = |result: &str, fix: &str| Refusal::Named {
        result: format!("{result}: {words}"),
        fix: fix.into(),
    };
    match error.kind() {
        ErrorKind::UnknownService => return unknown_service(&words, request),
        ErrorKind::KdcUnreachable => return silent(words, request, kdcs),
        ErrorKind::ClockSkew => {
            return named(
                "the clocks are too far apart",
                "set the clock of this machine by the directory's (NTP)",
            );
        }
        ErrorKind::CredentialsExpired => {
            return named("the KDC takes the ticket for expired", "kinit, and look at the clocks");
        }
        ErrorKind::EncryptionType => return encryption(&words, request),
        ErrorKind::WrongKey => {
            return named(
                "the KDC cannot read the ticket that it is asked with",
                "kinit anew: the KDC's own key has changed, or this is another KDC",
            );
        }
        _ => {}
    }
    match error.minor_status().checked_sub(BASE) {
        // KDC_ERR_SERVICE_EXP
        Some(2) => named(
            &format!("the account of {principal} has expired"),
            "look at the server's account: modprinc -expire never, or its end in the directory",
        ),
        // KDC_ERR_PRINCIPAL_NOT_UNIQUE
        Some(8) => named(
            &format!("several accounts have {principal}"),
            "leave it to one of them: setspn -X finds such names",
        ),
        // KDC_ERR_POLICY
        Some(12) => named(
            "a rule of the directory is against it",
            "look at the authentication policies and at a trust with selective authentication",
        ),
        // KDC_ERR_CLIENT_REVOKED, KDC_ERR_TGT_REVOKED
        Some(18 | 20) => named(
            "whoever asks gets no more tickets",
            "look at the account in the directory: whether it is enabled, unlocked and not past \
             its end",
        ),
        // KDC_ERR_SERVICE_REVOKED
        Some(19) => named(
            &format!("the account of {principal} is disabled or locked"),
            "look at the account of the server in the directory",
        ),
        // KDC_ERR_MUST_USE_USER2USER
        Some(27) => named(
            &format!("{principal} is no service"),
            "modprinc +allow_svr, or give the name to an account that is for a service",
        ),
        // KRB_ERR_GENERIC, which MIT's KDC says as well when it cannot read the ticket.
        Some(60) => named(
            "the KDC has failed",
            "kinit anew, in case that it cannot read the ticket any more; its log says more",
        ),
        _ => {
            named("no ticket", "kvno with KRB5_TRACE=/dev/stderr tells what is asked and answered")
        }
    }
}

fn unknown_service(words: &str, request: &Request<'_>) -> Refusal {
    let (realm, own) = (request.realm(), &request.own_realm);
    // The library says whom the KDC does not know, and on the way to a realm that is its KDC.
    if request.rule.is_some() && realm != own && words.contains("krbtgt/") {
        return Refusal::Named {
            result: format!("{} is of {realm}, and no way leads there: {words}", request.host),
            fix: format!(
                "correct the host's realm in [domain_realm], or have {realm} trust {own}; \
                 [capaths] names a way over other realms"
            ),
        };
    }
    Refusal::Unknown(match request.rule {
        Some(_) => format!("the KDC does not know {}", request.principal()),
        None => format!("no rule, and the KDC does not know {}", request.principal()),
    })
}

fn encryption(words: &str, request: &Request<'_>) -> Refusal {
    Refusal::Named {
        result: format!("no encryption type in common: {words}"),
        fix: format!(
            "let [libdefaults] permit a type that {} has (permitted_enctypes), or give its account \
             AES keys: msDS-SupportedEncryptionTypes = 24, or kadmin cpw -e",
            request.principal()
        ),
    }
}

/// No KDC, or none that answers.
pub(super) fn silent(said: String, request: &Request<'_>, kdcs: &[Finding]) -> Refusal {
    let realm = request.realm();
    let is = |protocol: &str, ok: bool| {
        let mut rows = kdcs
            .iter()
            .filter(|row| row.what.starts_with(protocol) && row.what.ends_with("(Kerberos)"));
        rows.any(|row| row.ok == Some(ok))
    };
    if is("UDP", true) && is("TCP", false) {
        return Refusal::Named {
            result: format!(
                "{said}; a KDC answers short questions by UDP, and TCP is closed: a ticket need \
                 not fit into a datagram"
            ),
            fix: "open TCP 88 to the KDCs, and set udp_preference_limit = 1 in [libdefaults]"
                .into(),
        };
    }
    Refusal::Named {
        result: said,
        fix: format!(
            "name the KDCs of {realm} that can be reached from here: {realm} = {{ kdc = ... }} in \
             [realms], on three lines; --timeout waits for slow ones"
        ),
    }
}

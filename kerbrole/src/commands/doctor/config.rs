//! This machine's krb5.conf: whether it agrees with the realm, and sends each endpoint to it.

use std::net::IpAddr;

use kerbrole_client::Realm;

use super::finding::{Finding, fine, unknown, wrong};
use super::host_realm::{HostRealm, cleaned, host_realm};
use super::profile::{Profile, Unread};
use crate::connect::conninfo::environment;

const MAKE_ONE: &str = "kerbrole krb5-conf prints one";

/// Looks at the files that Kerberos would read. `principal` is whose ticket it is.
pub(super) fn look(realm: &Realm, endpoints: &[String], principal: Option<&str>) -> Vec<Finding> {
    let list = list();
    let what = format!("krb5.conf ({list})");
    let profile = match Profile::read(&list) {
        Ok(profile) => profile,
        Err(unread) => return vec![of_nothing(what, unread)],
    };
    let default_realm = profile.value(&["libdefaults", "default_realm"]);
    let mut findings =
        vec![of_default(what, &profile, default_realm, realm), of_realm(&profile, realm)];
    // Where there is no rule the KDC of the ticket's own realm is asked.
    let of_principal = principal.and_then(|principal| principal.rsplit_once('@'));
    let of_ticket = of_principal.map(|(_, its)| its).or(default_realm);
    let each = endpoints.iter().map(|endpoint| of_endpoint(&profile, endpoint, realm, of_ticket));
    findings.extend(each);
    findings
}

/// Whether Kerberos would take none of it. MIT's library is not asked then: it follows a file that
/// includes itself until its stack is used up.
pub(super) fn is_none() -> bool {
    matches!(Profile::read(&list()), Err(Unread::Wrong(_)))
}

fn list() -> String {
    environment("KRB5_CONFIG").unwrap_or_else(|| "/etc/krb5.conf".into())
}

fn of_nothing(what: String, unread: Unread) -> Finding {
    match unread {
        Unread::Missing(why) => wrong(what, why, MAKE_ONE),
        Unread::Wrong(why) => wrong(what, why, "mend it: Kerberos takes nothing of it as it is"),
        Unread::Module(module) => unknown(
            what,
            format!("what it says comes from the module {module}, which is not looked into"),
        ),
    }
}

/// Whether the default realm is the one that is asked about, and which files were not read.
fn of_default(what: String, profile: &Profile, default: Option<&str>, realm: &Realm) -> Finding {
    let missing: Vec<_> = profile.missing.iter().map(|path| path.display().to_string()).collect();
    let missing = match missing.is_empty() {
        true => String::new(),
        false => format!("; not read: {}", missing.join(", ")),
    };
    let fix = format!("default_realm = {realm} in [libdefaults]");
    match default {
        Some(default) if default == realm.as_str() => {
            fine(what, format!("default_realm = {default}{missing}"))
        }
        Some(other) => wrong(what, format!("default_realm = {other}{missing}"), fix),
        None => wrong(what, format!("no default_realm{missing}"), fix),
    }
}

/// Whether the realm's KDCs are named, or may be looked up.
fn of_realm(profile: &Profile, realm: &Realm) -> Finding {
    const WHAT: &str = "krb5.conf: realm";
    let is_on = |key: &str| profile.is_on(&["libdefaults", key]);
    let by_dns = is_on("dns_lookup_kdc").or(is_on("dns_fallback")).unwrap_or(true);
    let has_kdc = !profile.values(&["realms", realm.as_str(), "kdc"]).is_empty();
    match (has_kdc, by_dns) {
        (true, _) => fine(WHAT, "in [realms]"),
        (false, true) => fine(WHAT, "its KDCs are looked up in DNS"),
        (false, false) => wrong(
            WHAT,
            format!("{realm} has no kdc in [realms], and dns_lookup_kdc is off"),
            format!("{realm} = {{ kdc = ... }} in [realms], on three lines"),
        ),
    }
}

/// Whether a ticket for the server is asked for in the realm.
fn of_endpoint(
    profile: &Profile,
    endpoint: &str,
    realm: &Realm,
    of_ticket: Option<&str>,
) -> Finding {
    let what = format!("krb5.conf: {endpoint}");
    if endpoint.parse::<IpAddr>().is_ok() {
        return of_address(what, profile);
    }
    let fix = format!("{} = {realm} in [domain_realm]", cleaned(endpoint));
    match host_realm(profile, endpoint) {
        HostRealm::Rule { domain, realm: mapped } if mapped == realm.as_str() => {
            fine(what, format!("is of {mapped} (by {domain} = {mapped})"))
        }
        HostRealm::Rule { domain, realm: other } => {
            wrong(what, format!("is sent to {other} (by {domain} = {other})"), fix)
        }
        HostRealm::NoRule { .. } if of_ticket == Some(realm.as_str()) => {
            fine(what, format!("no rule: the KDC of the ticket's own realm is asked, {realm}"))
        }
        HostRealm::NoRule { asks: Some(setting), .. } => {
            unknown(what, format!("no rule, and {setting} has DNS asked which realm it is of"))
        }
        HostRealm::NoRule { parent: Some(parent), .. } if parent == realm.as_str() => {
            fine(what, "no rule, but it is of the realm by its name")
        }
        HostRealm::NoRule { parent, .. } => {
            let asked: Vec<_> = of_ticket.map(String::from).into_iter().chain(parent).collect();
            let asked = match asked.is_empty() {
                true => "no realm is asked".into(),
                false => format!("{} is asked", asked.join(", then ")),
            };
            wrong(what, format!("no rule: {asked}"), fix)
        }
    }
}

/// Whether a name can be found for an address, since there are no tickets for addresses.
fn of_address(what: String, profile: &Profile) -> Finding {
    let is_off = |key: &str| profile.is_on(&["libdefaults", key]) == Some(false);
    match is_off("rdns") || is_off("dns_canonicalize_hostname") {
        true => wrong(
            what,
            "is an address, and tickets are for names",
            "connect to the server's name; beside it hostaddr can give the address",
        ),
        false => unknown(what, "is an address, and DNS is asked for its name"),
    }
}

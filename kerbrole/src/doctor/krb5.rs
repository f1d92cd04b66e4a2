//! This machine's Kerberos: krb5.conf, and the ticket.

use std::net::IpAddr;
use std::process::Command;

use kerbrole_client::Realm;

use super::profile::{Profile, Unread};
use super::{Finding, fine, unknown, wrong};
use crate::connect::conninfo::environment;

const MAKE_ONE: &str = "kerbrole krb5-conf prints one";

/// Whether krb5.conf agrees with the realm, and sends each endpoint to it. `principal` is whose ticket it is.
pub(super) fn config(realm: &Realm, endpoints: &[String], principal: Option<&str>) -> Vec<Finding> {
    let list = environment("KRB5_CONFIG").unwrap_or_else(|| "/etc/krb5.conf".into());
    let what = format!("krb5.conf ({list})");
    let profile = match Profile::read(&list) {
        Ok(profile) => profile,
        Err(Unread::Missing(why)) => return vec![wrong(what, why, MAKE_ONE)],
        Err(Unread::Wrong(why)) => return vec![wrong(what, why, "mend it: Kerberos takes nothing of it as it is")],
        Err(Unread::Module(module)) => {
            return vec![unknown(
                what,
                format!("what it says comes from the module {module}, which is not looked into"),
            )];
        }
    };
    let mut findings = Vec::new();
    let missing: Vec<_> = profile.missing.iter().map(|path| path.display().to_string()).collect();
    let missing = if missing.is_empty() { String::new() } else { format!("; not read: {}", missing.join(", ")) };
    let default_realm = profile.value(&["libdefaults", "default_realm"]);
    findings.push(match default_realm {
        Some(default) if default == realm.as_str() => fine(what, format!("default_realm = {default}{missing}")),
        Some(other) => wrong(
            what,
            format!("default_realm = {other}{missing}"),
            format!("default_realm = {realm} in [libdefaults]"),
        ),
        None => wrong(what, format!("no default_realm{missing}"), format!("default_realm = {realm} in [libdefaults]")),
    });
    let by_dns = profile.is_on(&["libdefaults", "dns_lookup_kdc"]).or(profile.is_on(&["libdefaults", "dns_fallback"]));
    let has_kdc = !profile.values(&["realms", realm.as_str(), "kdc"]).is_empty();
    findings.push(match (has_kdc, by_dns.unwrap_or(true)) {
        (true, _) => fine("krb5.conf: realm", "in [realms]"),
        (false, true) => fine("krb5.conf: realm", "its KDCs are looked up in DNS"),
        (false, false) => wrong(
            "krb5.conf: realm",
            format!("{realm} has no kdc in [realms], and dns_lookup_kdc is off"),
            format!("{realm} = {{ kdc = ... }} in [realms], on three lines"),
        ),
    });
    // Where there is no rule the KDC of the ticket's own realm is asked.
    let of_ticket = principal.and_then(|principal| principal.rsplit_once('@')).map(|(_, its)| its).or(default_realm);
    findings.extend(endpoints.iter().map(|endpoint| of_endpoint(&profile, endpoint, realm, of_ticket)));
    findings
}

/// Whether a ticket for the server is asked for in the realm.
fn of_endpoint(profile: &Profile, endpoint: &str, realm: &Realm, of_ticket: Option<&str>) -> Finding {
    let what = format!("krb5.conf: {endpoint}");
    let fix = format!("{} = {realm} in [domain_realm]", cleaned(endpoint));
    if endpoint.parse::<IpAddr>().is_ok() {
        let off = |key: &str| profile.is_on(&["libdefaults", key]) == Some(false);
        return match off("rdns") || off("dns_canonicalize_hostname") {
            true => wrong(
                what,
                "is an address, and tickets are for names",
                "connect to the server's name; beside it hostaddr can give the address",
            ),
            false => unknown(what, "is an address, and DNS is asked for its name"),
        };
    }
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
            let asked = if asked.is_empty() {
                "no realm is asked".into()
            } else {
                format!("{} is asked", asked.join(", then "))
            };
            wrong(what, format!("no rule: {asked}"), fix)
        }
    }
}

/// Which realm a host is of.
#[derive(Debug, PartialEq, Eq)]
enum HostRealm {
    Rule {
        domain: String,
        realm: String,
    },
    /// The KDC of the ticket's own realm is asked. Where it knows nothing of the server DNS may say, else it is the parent domain, in upper case.
    NoRule {
        asks: Option<&'static str>,
        parent: Option<String>,
    },
}

/// As MIT takes it: in lower case, without a dot at its end (clean_hostname in src/lib/krb5/os/hostrealm.c).
fn cleaned(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    host.strip_suffix('.').unwrap_or(&host).into()
}

/// For a.b.c: a.b.c, .b.c, b.c, .c, c, the first that has a rule (hostrealm_profile.c); else what hostrealm_dns.c and hostrealm_domain.c come to.
fn host_realm(profile: &Profile, host: &str) -> HostRealm {
    let host = cleaned(host);
    let mut rest = Some(host.as_str());
    while let Some(domain) = rest.filter(|domain| !domain.is_empty()) {
        if let Some(realm) = profile.value(&["domain_realm", domain]) {
            return HostRealm::Rule { domain: domain.into(), realm: realm.into() };
        }
        rest = match domain.strip_prefix('.') {
            Some(bare) => Some(bare),
            None => domain.find('.').map(|at| &domain[at..]),
        };
    }
    let tries = |number: &str| number.parse::<i32>().is_ok_and(|number| number >= 0);
    HostRealm::NoRule {
        asks: if profile.is_on(&["libdefaults", "dns_lookup_realm"]) == Some(true) {
            Some("dns_lookup_realm")
        } else {
            profile
                .value(&["libdefaults", "realm_try_domains"])
                .filter(|number| tries(number))
                .map(|_| "realm_try_domains")
        },
        parent: host.split_once('.').map(|(_, parent)| parent.to_ascii_uppercase()),
    }
}

/// Whether there is a ticket that is good, and whose. `caseins_users` is the server's setting, where it is known.
pub(super) fn ticket(wanted: Option<&str>, caseins_users: Option<bool>) -> Vec<Finding> {
    const KINIT: &str = "kinit, as the user who is to log in";
    let output = match Command::new("klist").env("LC_ALL", "C").output() {
        Ok(output) => output,
        Err(_) => return vec![unknown("ticket", "there is no klist here (krb5-user, krb5-workstation)")],
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let principal = said.lines().find_map(|line| line.strip_prefix("Default principal: ").map(str::trim));
    let Some(principal) = principal else {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_string();
        return vec![wrong("ticket", if why.is_empty() { "none".into() } else { why }, KINIT)];
    };
    // -s answers by its exit code whether the ticket is good now.
    let is_good = Command::new("klist").arg("-s").status().is_ok_and(|status| status.success());
    match wanted {
        _ if !is_good => vec![wrong("ticket", format!("{principal}, and it has expired"), KINIT)],
        Some(wanted) if wanted != principal => vec![of_somebody_else(principal, wanted, caseins_users)],
        _ => vec![fine("ticket", format!("for {principal}"))],
    }
}

/// A ticket that is spelled otherwise. Whether a difference of case counts is up to the server.
fn of_somebody_else(principal: &str, wanted: &str, caseins_users: Option<bool>) -> Finding {
    let case_only = principal.eq_ignore_ascii_case(wanted);
    let said = match (case_only, caseins_users) {
        (true, Some(true)) => {
            return fine("ticket", format!("for {principal}, and krb_caseins_users is on: it opens {wanted}"));
        }
        (true, None) => {
            return unknown("ticket", format!("for {principal}: it opens {wanted} only where krb_caseins_users is on"));
        }
        (true, Some(false)) => format!("for {principal}, not for {wanted}, and krb_caseins_users is off"),
        (false, _) => format!("for {principal}, not for {wanted}"),
    };
    // klist puts a backslash before an @ that is part of a name.
    let fix = if principal.contains(r"\@") {
        format!("kinit -C {wanted}: a ticket for a user principal name (UPN) opens no role")
    } else {
        format!(
            "kinit {wanted}; a ticket that stays the same is spelled as the directory stores the account, and so has to be the role: kerbrole check {principal}"
        )
    };
    wrong("ticket", said, fix)
}

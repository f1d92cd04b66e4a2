//! This machine's Kerberos: krb5.conf, and the ticket.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use kerbrole_client::Realm;

use super::{Finding, fine, unknown, wrong};
use crate::conninfo::environment;

/// Sections, each with its `key = value` lines; keys of a block are the block's name.
type Sections = BTreeMap<String, Vec<(String, String)>>;

const MAKE_ONE: &str = "kerbrole krb5-conf prints one";

/// Whether krb5.conf agrees with the realm, and sends each endpoint to it.
pub(super) fn config(realm: &Realm, endpoints: &[String]) -> Vec<Finding> {
    let path = environment("KRB5_CONFIG").and_then(|paths| paths.split(':').next().map(String::from));
    let path = path.unwrap_or_else(|| "/etc/krb5.conf".into());
    let what = format!("krb5.conf ({path})");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return vec![wrong(what, error.to_string(), MAKE_ONE)],
    };
    let sections = sections(&text);
    let get = |section: &str, key: &str| {
        let lines = sections.get(section)?;
        lines.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    };
    let mut findings = Vec::new();
    findings.push(match get("libdefaults", "default_realm") {
        Some(default) if default == realm.as_str() => fine(what, format!("default_realm = {default}")),
        Some(other) => {
            wrong(what, format!("default_realm = {other}"), format!("default_realm = {realm} in [libdefaults]"))
        }
        None => wrong(what, "no default_realm", format!("default_realm = {realm} in [libdefaults]")),
    });
    let by_dns = get("libdefaults", "dns_lookup_kdc").is_none_or(|value| !["false", "no", "off", "0"].contains(&value));
    let is_listed = get("realms", realm.as_str()).is_some();
    findings.push(match (is_listed, by_dns) {
        (true, _) => fine("krb5.conf: realm", "in [realms]"),
        (false, true) => fine("krb5.conf: realm", "its KDCs are looked up in DNS"),
        (false, false) => wrong(
            "krb5.conf: realm",
            format!("{realm} is not in [realms], and dns_lookup_kdc is off"),
            format!("{realm} = {{ kdc = ... }} in [realms]"),
        ),
    });
    let empty = Vec::new();
    let domains = sections.get("domain_realm").unwrap_or(&empty);
    for endpoint in endpoints {
        let what = format!("krb5.conf: {endpoint}");
        findings.push(match realm_of(endpoint, domains) {
            Some(mapped) if mapped == realm.as_str() => fine(what, format!("is of {mapped}")),
            Some(other) => {
                wrong(what, format!("is sent to {other}"), format!("{endpoint} = {realm} in [domain_realm]"))
            }
            None if endpoint.to_ascii_uppercase().ends_with(&format!(".{realm}")) => {
                fine(what, "is of the realm by its name")
            }
            None => wrong(what, "is of no realm", format!("{endpoint} = {realm} in [domain_realm]")),
        });
    }
    findings
}

/// The host itself, then the domains that it is in, the longest first.
fn realm_of<'d>(host: &str, domains: &'d [(String, String)]) -> Option<&'d str> {
    let host = host.to_ascii_lowercase();
    let find = |name: &str| domains.iter().find(|(domain, _)| domain == name).map(|(_, realm)| realm.as_str());
    let dots = host.char_indices().filter(|(_, c)| *c == '.').map(|(at, _)| at);
    find(&host).or_else(|| dots.into_iter().find_map(|at| find(&host[at..])))
}

fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut section = String::new();
    let mut depth = 0usize;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']) && !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = name.0.trim().into();
            depth = 0;
        } else if line.starts_with('}') {
            depth = depth.saturating_sub(1);
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            if depth == 0 {
                sections.entry(section.clone()).or_default().push((key.into(), value.into()));
            }
            if value.starts_with('{') && !value.ends_with('}') {
                depth += 1;
            }
        }
    }
    sections
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_domains_are_read() {
        let text = "# c\n[libdefaults]\n default_realm = A.B\n[realms]\n A.B = {\n  kdc = x\n  default_realm = no\n }\n C.D = { kdc = y }\n[domain_realm]\n .a.b = A.B\n db.a.b=C.D\n";
        let sections = sections(text);
        let keys: Vec<_> = sections["realms"].iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["A.B", "C.D"]);
        let domains = &sections["domain_realm"];
        assert_eq!(realm_of("DB.a.b", domains), Some("C.D"));
        assert_eq!(realm_of("x.y.a.b", domains), Some("A.B"));
        assert_eq!(realm_of("a.b", domains), None);
    }
}

//! The directory's own hosts: names, ports, the KDC's answer, its clock.

use std::net::SocketAddr;
use std::time::Duration;

use kerbrole_client::Realm;
use tokio::time::timeout;

use super::finding::{Finding, fine, unknown, wrong};
use super::kdc::{self, User};
use super::network::{exchange, open, resolve};
use super::questions::Questions;
use crate::host::Host;

/// How far clocks may be apart (RFC 4120, section 1.6, "five minutes" by custom; Active Directory's
/// default).
const CLOCK_SKEW: i64 = 300;

const FIREWALL: &str =
    "open the port from here to the directory (security groups, firewall, routing)";

/// Looks at each KDC, and at the other ports of its host.
pub(super) async fn look(questions: &Questions) -> Vec<Finding> {
    let domain = questions.realm.as_str().to_ascii_lowercase();
    let of_realm = Host { name: domain, port: None };
    let kdcs = if questions.kdcs.is_empty() { vec![of_realm] } else { questions.kdcs.clone() };
    let mut findings = Vec::new();
    for kdc in kdcs {
        findings.extend(host(questions, &kdc).await);
    }
    findings
}

async fn host(questions: &Questions, kdc: &Host) -> Vec<Finding> {
    let (host, port) = (&kdc.name, kdc.port.unwrap_or(88));
    let limit = questions.timeout;
    let what = format!("name {host}");
    let address = match resolve(host, port, limit).await.map(|found| found.first().copied()) {
        Ok(Some(address)) => address,
        outcome => {
            let why = outcome.err().unwrap_or_else(|| "no address".into());
            return vec![wrong(
                what,
                why,
                "let this machine ask the directory's DNS servers, or name a KDC with --kdc",
            )];
        }
    };
    let mut findings = vec![fine(what, address.ip().to_string())];
    findings.extend(kdc_over_tcp(questions, address).await);
    findings.push(kdc_over_udp(questions, address).await);
    for (name, port) in [("DNS", questions.dns_port), ("password changes", questions.password_port)]
    {
        let address = SocketAddr::new(address.ip(), port);
        findings.push(tcp(&format!("TCP {port} ({name})"), address, limit).await);
        let what = format!("UDP {port} ({name})");
        findings.push(udp(&what, address, &questions.realm, name == "DNS", limit).await);
    }
    findings
}

async fn tcp(what: &str, address: SocketAddr, limit: Duration) -> Finding {
    match open(address, limit).await {
        Ok(_) => fine(what, "open"),
        Err(why) => wrong(what, why, FIREWALL),
    }
}

/// Sends a question of DNS, which only a DNS server answers. A datagram that nobody refuses may
/// have got there or not.
async fn udp(
    what: &str,
    address: SocketAddr,
    realm: &Realm,
    answers: bool,
    limit: Duration,
) -> Finding {
    let question = kdc::dns_question(realm);
    match exchange(address, &question, limit).await {
        Ok(_) => fine(what, "answers"),
        Err(why) if why.is_refused || answers => wrong(what, why.text, FIREWALL),
        Err(_) => unknown(what, "nobody refuses; whether anybody listens a datagram does not tell"),
    }
}

async fn kdc_over_tcp(questions: &Questions, address: SocketAddr) -> Vec<Finding> {
    let (port, realm) = (address.port(), &questions.realm);
    let what = format!("TCP {port} (Kerberos)");
    let answer = match ask(questions, address, None).await {
        Ok(answer) => answer,
        Err(finding) => return vec![finding(what)],
    };
    let mut findings = vec![match answer.is_other_realm {
        false => fine(what, "a KDC"),
        true => wrong(
            what,
            format!("a KDC, but not of {realm}"),
            "check the realm's spelling: it is the directory's DNS name",
        ),
    }];
    findings.extend(answer.seconds_ahead.map(clock));
    // A KDC knows the users of its own realm only.
    let user = questions.principal.as_deref().and_then(|principal| principal.rsplit_once('@'));
    if let Some((user, _)) = user.filter(|(_, its)| its.eq_ignore_ascii_case(realm.as_str())) {
        findings.push(known(questions, address, user).await);
    }
    findings
}

fn clock(seconds_ahead: i64) -> Finding {
    match seconds_ahead.abs() {
        apart if apart <= CLOCK_SKEW => fine("clock", format!("{apart} s from that of the KDC")),
        apart => wrong(
            "clock",
            format!("{apart} s from that of the KDC, and {CLOCK_SKEW} are allowed"),
            "set the clock of this machine by the directory's (NTP)",
        ),
    }
}

/// Whether the KDC knows the user.
async fn known(questions: &Questions, address: SocketAddr, user: &str) -> Finding {
    let what = format!("KDC: {user}");
    match ask(questions, address, Some(user)).await.map(|answer| answer.user) {
        Ok(User::Known) => fine(what, "known, as far as it tells without a password"),
        Ok(User::Unknown) => wrong(
            what,
            "not known to the KDC",
            "check the account in the directory: its sAMAccountName, and whether it is of this \
             domain",
        ),
        Ok(User::Revoked) => wrong(
            what,
            "known to the KDC, and gets no ticket: disabled, locked or expired",
            "look at the account in the directory: whether it is enabled, unlocked and not past \
             its end",
        ),
        Err(finding) => finding(what),
    }
}

/// The KDC's answer, or what to say about there being none.
async fn ask(
    questions: &Questions,
    address: SocketAddr,
    user: Option<&str>,
) -> Result<kdc::Answer, Box<dyn FnOnce(String) -> Finding + Send>> {
    const NO_KDC: &str = "is this a KDC?";
    let stream = match open(address, questions.timeout).await {
        Ok(stream) => stream,
        Err(why) => return Err(Box::new(|what| wrong(what, why, FIREWALL))),
    };
    match timeout(questions.timeout, kdc::ask(stream, &questions.realm, user)).await {
        Err(_) => Err(Box::new(|what| wrong(what, "open, and no answer", NO_KDC))),
        Ok(Err(why)) => Err(Box::new(move |what| wrong(what, format!("open, and {why}"), NO_KDC))),
        Ok(Ok(answer)) => Ok(answer),
    }
}

async fn kdc_over_udp(questions: &Questions, address: SocketAddr) -> Finding {
    let what = format!("UDP {} (Kerberos)", address.port());
    match exchange(address, &kdc::question(&questions.realm, None), questions.timeout).await {
        Ok(_) => fine(what, "answers"),
        Err(why) => wrong(
            what,
            why.text,
            "open the port, or keep clients to TCP: udp_preference_limit = 1 in krb5.conf",
        ),
    }
}

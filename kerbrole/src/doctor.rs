//! `kerbrole doctor`: what AWS's guide has one verify by hand before anybody can log in.
//!
//! Each step is bounded by a timeout, and none depends on another: what cannot be looked at is left out, and told.

mod kdc;
mod krb5;
mod profile;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kerbrole_client::{Error, ErrorKind, Realm};
use serde_json::{Value, json};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;
use tokio_postgres::Client;

use self::kdc::User;
use crate::arguments::{Arguments, Command};
use crate::commands::kerbrole;
use crate::connect::conninfo::{Connection, Place, Server};
use crate::exit::{Failure, Outcome, Report};
use crate::host::Host as NamedHost;
use crate::krb5_conf;
use crate::output::{Shown, Table};

/// How far clocks may be apart (RFC 4120, section 1.6, "five minutes" by custom; Active Directory's default).
const CLOCK_SKEW: i64 = 300;

/// What is asked.
struct Questions {
    realm: Realm,
    /// Empty: the hosts of the realm's own name, as a directory has it.
    kdcs: Vec<NamedHost>,
    /// With its realm.
    principal: Option<String>,
    dns_port: u16,
    password_port: u16,
    timeout: Duration,
}

impl Questions {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let Command::Doctor { realm, kdc, principal, dns_port, password_port, timeout } = &arguments.command else {
            return Err(Failure::usage("there is nothing to examine".into()));
        };
        let realm = krb5_conf::parse(realm)?;
        let of = arguments.rules.default_realm.clone().unwrap_or_else(|| realm.clone());
        let principal = principal.as_deref().map(|typed| arguments.rules.with_realm(typed, of));
        Ok(Self {
            realm,
            kdcs: kdc.iter().map(|kdc| NamedHost::parse(kdc)).collect::<Result<_, _>>()?,
            principal,
            dns_port: *dns_port,
            password_port: *password_port,
            timeout: Duration::from_secs(*timeout),
        })
    }
}

/// One thing that was looked at. `ok` is `None` where it could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    what: String,
    ok: Option<bool>,
    result: String,
    fix: String,
}

fn fine(what: impl Into<String>, result: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: Some(true), result: result.into(), fix: String::new() }
}

fn wrong(what: impl Into<String>, result: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: Some(false), result: result.into(), fix: fix.into() }
}

fn unknown(what: impl Into<String>, result: impl Into<String>) -> Finding {
    Finding { what: what.into(), ok: None, result: result.into(), fix: String::new() }
}

/// Looks at everything. The table has a row for each thing.
///
/// # Errors
/// For options that cannot be meant; what does not work is a row.
pub(crate) async fn examine(arguments: &Arguments, connection: Connection) -> Outcome {
    let questions = &Questions::of(arguments)?;
    let principal = questions.principal.as_deref();
    let endpoints = endpoints(&connection);
    let mut findings = directory(questions).await;
    for endpoint in &endpoints {
        findings.push(endpoint.look(questions.timeout).await);
    }
    let names: Vec<_> = endpoints.into_iter().map(|endpoint| endpoint.host).collect();
    findings.extend(krb5::config(&questions.realm, &names, principal));
    let (caseins_users, of_the_server) = server(arguments, questions, connection).await?;
    findings.extend(krb5::ticket(principal, caseins_users));
    findings.extend(of_the_server);

    let mut table = Table::new(&["what", "ok", "result", "fix"]);
    for finding in &findings {
        let ok = finding.ok.map_or(json!("?"), Value::Bool);
        table.row([finding.what.clone().into(), ok, finding.result.clone().into(), finding.fix.clone().into()]);
    }
    let is_wrong = findings.iter().any(|finding| finding.ok == Some(false));
    Ok(Report::looked(Shown::Rows(table, arguments.general.format), is_wrong))
}

/// A server that is reached over a network.
struct Endpoint {
    host: String,
    /// `hostaddr`, where the name is not to be looked up.
    address: Option<IpAddr>,
    port: u16,
}

fn endpoints(connection: &Connection) -> Vec<Endpoint> {
    let endpoint = |server: &Server| {
        let address = match &server.place {
            Place::Socket(_) => return None,
            Place::Named(_) => None,
            Place::At(address, _) => Some(*address),
        };
        Some(Endpoint { host: server.label(), address, port: server.port })
    };
    connection.servers.iter().filter_map(endpoint).collect()
}

async fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    match timeout(limit, lookup_host((host, port))).await {
        Err(_) => Err("no answer".into()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(found)) => Ok(found.collect()),
    }
}

async fn open(address: SocketAddr, limit: Duration) -> Result<TcpStream, String> {
    match timeout(limit, TcpStream::connect(address)).await {
        Err(_) => Err(format!("no answer within {} s", limit.as_secs())),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(stream)) => Ok(stream),
    }
}

/// The directory's own hosts: names, ports, the KDC's answer, its clock.
async fn directory(questions: &Questions) -> Vec<Finding> {
    let domain = questions.realm.as_str().to_ascii_lowercase();
    let of_realm = NamedHost { name: domain, port: None };
    let kdcs = if questions.kdcs.is_empty() { vec![of_realm] } else { questions.kdcs.clone() };
    let mut findings = Vec::new();
    for kdc in kdcs {
        let (host, port) = (kdc.name, kdc.port.unwrap_or(88));
        let limit = questions.timeout;
        let address = match resolve(&host, port, limit).await.map(|found| found.first().copied()) {
            Ok(Some(address)) => address,
            outcome => {
                let why = outcome.err().unwrap_or_else(|| "no address".into());
                findings.push(wrong(
                    format!("name {host}"),
                    why,
                    "let this machine ask the directory's DNS servers, or name a KDC with --kdc",
                ));
                continue;
            }
        };
        findings.push(fine(format!("name {host}"), address.ip().to_string()));
        findings.extend(kdc_over_tcp(questions, address).await);
        findings.push(kdc_over_udp(questions, address).await);
        for (name, port) in [("DNS", questions.dns_port), ("password changes", questions.password_port)] {
            let address = SocketAddr::new(address.ip(), port);
            findings.push(tcp(&format!("TCP {port} ({name})"), address, limit).await);
            findings.push(udp(&format!("UDP {port} ({name})"), address, &questions.realm, name == "DNS", limit).await);
        }
    }
    findings
}

const FIREWALL: &str = "open the port from here to the directory (security groups, firewall, routing)";

async fn tcp(what: &str, address: SocketAddr, limit: Duration) -> Finding {
    match open(address, limit).await {
        Ok(_) => fine(what, "open"),
        Err(why) => wrong(what, why, FIREWALL),
    }
}

/// A datagram that nobody refuses may have got there or not; DNS answers.
async fn udp(what: &str, address: SocketAddr, realm: &Realm, answers: bool, limit: Duration) -> Finding {
    let question = kdc::dns_question(realm);
    match exchange(address, &question, limit).await {
        Ok(_) => fine(what, "answers"),
        Err(why) if why.is_refused || answers => wrong(what, why.text, FIREWALL),
        Err(_) => unknown(what, "nobody refuses; whether anybody listens a datagram does not tell"),
    }
}

struct NoAnswer {
    is_refused: bool,
    text: String,
}

async fn exchange(address: SocketAddr, question: &[u8], limit: Duration) -> Result<Vec<u8>, NoAnswer> {
    let failed = |error: std::io::Error| NoAnswer {
        is_refused: error.kind() == std::io::ErrorKind::ConnectionRefused,
        text: error.to_string(),
    };
    let from: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(from).await.map_err(failed)?;
    socket.connect(address).await.map_err(failed)?;
    socket.send(question).await.map_err(failed)?;
    let mut answer = vec![0; 65_535];
    match timeout(limit, socket.recv(&mut answer)).await {
        Err(_) => Err(NoAnswer { is_refused: false, text: format!("no answer within {} s", limit.as_secs()) }),
        Ok(Err(error)) => Err(failed(error)),
        Ok(Ok(length)) => {
            answer.truncate(length);
            Ok(answer)
        }
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
    findings.extend(answer.seconds_ahead.map(|ahead| match ahead.abs() {
        apart if apart <= CLOCK_SKEW => fine("clock", format!("{apart} s from that of the KDC")),
        apart => wrong(
            "clock",
            format!("{apart} s from that of the KDC, and {CLOCK_SKEW} are allowed"),
            "set the clock of this machine by the directory's (NTP)",
        ),
    }));
    // Whether the KDC knows the user, where it is one of its own.
    let user = questions.principal.as_deref().and_then(|principal| principal.rsplit_once('@'));
    if let Some((user, _)) = user.filter(|(_, its)| its.eq_ignore_ascii_case(realm.as_str())) {
        let what = format!("KDC: {user}");
        findings.push(match ask(questions, address, Some(user)).await.map(|answer| answer.user) {
            Ok(User::Known) => fine(what, "known, as far as it tells without a password"),
            Ok(User::Unknown) => wrong(
                what,
                "not known to the KDC",
                "check the account in the directory: its sAMAccountName, and whether it is of this domain",
            ),
            Ok(User::Revoked) => wrong(
                what,
                "known to the KDC, and gets no ticket: disabled, locked or expired",
                "look at the account in the directory: whether it is enabled, unlocked and not past its end",
            ),
            Err(finding) => finding(what),
        });
    }
    findings
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
        Err(why) => {
            wrong(what, why.text, "open the port, or keep clients to TCP: udp_preference_limit = 1 in krb5.conf")
        }
    }
}

impl Endpoint {
    async fn look(&self, limit: Duration) -> Finding {
        const DNS: &str = "check the name of the endpoint, and this machine's DNS servers";
        let what = format!("database {}:{}", self.host, self.port);
        let address = match self.address {
            Some(address) => SocketAddr::new(address, self.port),
            None => match resolve(&self.host, self.port, limit).await.map(|found| found.first().copied()) {
                Ok(Some(address)) => address,
                Ok(None) => return wrong(what, "no address", DNS),
                Err(why) => return wrong(what, why, DNS),
            },
        };
        match open(address, limit).await {
            Ok(_) => fine(what, format!("open ({})", address.ip())),
            Err(why) => {
                wrong(what, why, "open the port from here to the database (security groups, firewall, routing)")
            }
        }
    }
}

/// The server's own answer, where somebody can be asked; first, whether it ignores case.
///
/// # Errors
/// For options that do not hold for the server.
async fn server(
    arguments: &Arguments,
    questions: &Questions,
    connection: Connection,
) -> Result<(Option<bool>, Vec<Finding>), Failure> {
    let none = |why: String| Ok((None, vec![unknown("server", why)]));
    let Some(principal) = &questions.principal else {
        return none("say --principal to have the server asked about it".into());
    };
    let client = match timeout(questions.timeout, connection.open(|_| None, false)).await {
        Err(_) => return none("no answer".into()),
        Ok(Err(failure)) => return none(format!("not asked: {failure}")),
        Ok(Ok(client)) => client,
    };
    match timeout(questions.timeout, checks(arguments, &client, principal)).await {
        Err(_) => none(format!("no answer within {} s", questions.timeout.as_secs())),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Failure::Refused(error))) => match error.kind() {
            ErrorKind::Connection => none(format!("not asked: {error}")),
            _ => Ok((None, vec![refused(&error)])),
        },
        Ok(Err(failure)) => Err(failure),
    }
}

/// The server, or the rules, say no to being asked.
fn refused(error: &Error) -> Finding {
    let fix =
        error.hint().or_else(|| error.detail()).unwrap_or_else(|| "kerbrole probe says what server this is".into());
    wrong("server", error.to_string(), fix)
}

async fn checks(
    arguments: &Arguments,
    client: &Client,
    principal: &str,
) -> Result<(Option<bool>, Vec<Finding>), Failure> {
    let kerbrole = kerbrole(arguments, client).await?;
    let caseins_users = kerbrole.server().krb_caseins_users;
    let checks = kerbrole.check_principal(principal, None).await?;
    let finding = |check: kerbrole_client::Check| Finding {
        what: format!("server: {}", check.name),
        ok: check.ok,
        result: check.detail,
        fix: check.fix.unwrap_or_default(),
    };
    Ok((caseins_users, checks.into_iter().map(finding).collect()))
}

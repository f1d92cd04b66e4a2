//! The line that decides.

use std::net::IpAddr;

use crate::diagnose::hba::line::HbaLine;
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::words::any;

/// What a login comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HbaVerdict {
    /// A line lets the ticket in. Those before it take some of its addresses.
    Passes {
        /// The line.
        line: HbaLine,
        /// Lines that come first for some addresses.
        narrowed_by: Vec<HbaLine>,
    },
    /// The first line that matches does not let the ticket in.
    Stopped {
        /// The line.
        line: HbaLine,
        /// Why.
        why: String,
    },
    /// No line matches.
    NoLine,
    /// It depends on something that is not known.
    Unknown {
        /// The line that depends on it.
        line: HbaLine,
        /// What.
        why: String,
    },
}

/// How a client may come. libpq tries GSSAPI encryption first where there is a ticket, then TLS,
/// then neither; a login succeeds if one of them does.
#[derive(Clone, Copy, PartialEq)]
enum Transport {
    Gss,
    Tls,
    Plain,
}

/// What a line does with the ticket.
enum Passage {
    Lets,
    Stops(String),
    Unknown(String),
}

const WHOSE: &str = "whether it is about this login cannot be told from the files";

impl LoginAttempt<'_> {
    /// Finds the line that decides.
    pub fn verdict(&self, lines: &[HbaLine]) -> HbaVerdict {
        let transports = [Transport::Gss, Transport::Tls, Transport::Plain];
        let (mut stopped, mut unknown) = (None, None);
        for transport in transports.into_iter().filter(|&t| t != Transport::Tls || self.ssl) {
            match self.over(transport, lines) {
                passes @ HbaVerdict::Passes { .. } => return passes,
                HbaVerdict::NoLine => {}
                verdict @ HbaVerdict::Unknown { .. } => unknown = unknown.or(Some(verdict)),
                verdict @ HbaVerdict::Stopped { .. } => stopped = stopped.or(Some(verdict)),
            }
        }
        unknown.or(stopped).unwrap_or(HbaVerdict::NoLine)
    }

    fn over(&self, transport: Transport, lines: &[HbaLine]) -> HbaVerdict {
        let mut before: Vec<&HbaLine> = Vec::new();
        // Lines that may let the ticket in or keep it out, and why it is not known.
        let (mut may_pass, mut may_stop): (Option<HbaVerdict>, Vec<(&HbaLine, String)>) =
            (None, Vec::new());
        let mut stopped = None;
        for line in lines {
            let is_certain = match self.matches(line, transport) {
                Some(false) => continue,
                matches => matches.is_some(),
            };
            if before.iter().any(|earlier| covers(earlier, line)) {
                continue;
            }
            let unknown = |why: &str| HbaVerdict::Unknown { line: line.clone(), why: why.into() };
            match (is_certain, self.passage(line)) {
                (true, Passage::Lets) => {
                    if let Some((line, why)) =
                        may_stop.into_iter().find(|(earlier, _)| covers(earlier, line))
                    {
                        return HbaVerdict::Unknown { line: line.clone(), why };
                    }
                    let narrowed_by = before.into_iter().cloned().collect();
                    return HbaVerdict::Passes { line: line.clone(), narrowed_by };
                }
                (true, Passage::Stops(why)) => {
                    stopped = stopped.or(Some(HbaVerdict::Stopped { line: line.clone(), why }));
                }
                (false, Passage::Lets) => may_pass = may_pass.or_else(|| Some(unknown(WHOSE))),
                (false, Passage::Stops(_)) => may_stop.push((line, WHOSE.into())),
                (_, Passage::Unknown(why)) => {
                    may_pass = may_pass.or_else(|| Some(unknown(&why)));
                    may_stop.push((line, why));
                }
            }
            if is_certain {
                before.push(line);
            }
        }
        may_pass.or(stopped).unwrap_or(HbaVerdict::NoLine)
    }

    fn matches(&self, line: &HbaLine, transport: Transport) -> Option<bool> {
        let kind = match line.kind.as_str() {
            "host" => true,
            "hostssl" => transport == Transport::Tls,
            "hostnossl" => transport != Transport::Tls,
            "hostgssenc" => transport == Transport::Gss,
            "hostnogssenc" => transport != Transport::Gss,
            _ => false,
        };
        if !kind {
            return Some(false);
        }
        let database = any(line.databases.iter().map(|word| self.is_database(word)));
        let role = any(line.users.iter().map(|word| self.is_role(word, false)));
        match (database, role) {
            (Some(true), Some(true)) => Some(true),
            (Some(false), _) | (_, Some(false)) => Some(false),
            _ => None,
        }
    }

    /// What becomes of the ticket on a line that matches.
    fn passage(&self, line: &HbaLine) -> Passage {
        if line.method != "gss" {
            return Passage::Stops(match line.method.as_str() {
                "reject" => "it refuses everybody".into(),
                method => format!("it asks for {method}, not for a ticket"),
            });
        }
        let option = |name: &str| {
            line.options
                .iter()
                .filter_map(|option| option.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|o| o.1)
        };
        let (user, realm) = self.role.rsplit_once('@').unwrap_or((self.role, ""));
        if let Some(wanted) = option("krb_realm")
            && self.equal(wanted.as_bytes(), realm.as_bytes()) != Some(true)
        {
            return Passage::Stops(format!("its krb_realm is {wanted}"));
        }
        let without_realm = option("include_realm") != Some("true");
        let system_user = if without_realm { user } else { self.role };
        let passage = match option("map") {
            Some(map) => match self.is_mapped(map, system_user) {
                Some(true) => Passage::Lets,
                Some(false) => Passage::Stops(format!(
                    "its map \"{map}\" in pg_ident.conf does not map {system_user} to the role"
                )),
                None => Passage::Unknown(format!(
                    "whether its map \"{map}\" in pg_ident.conf maps {system_user} to the role \
                     cannot be told from the files"
                )),
            },
            None if without_realm => Passage::Stops(
                "include_realm=0 takes the realm from the principal, and the role has it in its \
                 name"
                    .into(),
            ),
            None => Passage::Lets,
        };
        match (passage, option("clientcert")) {
            (Passage::Lets, Some(wanted)) => Passage::Unknown(format!(
                "it asks for the client's certificate as well (clientcert={wanted})"
            )),
            (passage, _) => passage,
        }
    }
}

/// An address and a mask, as numbers of 128 bits; those of IPv4 have the family in the upper half.
fn network(line: &HbaLine) -> Option<(bool, u128, u128)> {
    let address: IpAddr = line.address.as_deref()?.parse().ok()?;
    let mask: IpAddr = line.netmask.as_deref()?.parse().ok()?;
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    Some((address.is_ipv4(), bits(address) & bits(mask), bits(mask)))
}

/// Whether every address of `later` meets `earlier` first.
fn covers(earlier: &HbaLine, later: &HbaLine) -> bool {
    if earlier.address == later.address && earlier.netmask == later.netmask {
        return true;
    }
    match (network(earlier), network(later)) {
        _ if earlier.address.as_deref() == Some("all") => true,
        (Some((family, address, mask)), Some((other_family, other, other_mask))) => {
            family == other_family && mask & other_mask == mask && other & mask == address
        }
        _ => false,
    }
}

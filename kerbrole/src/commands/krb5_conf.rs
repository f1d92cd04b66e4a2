//! `kerbrole krb5-conf`: the client's krb5.conf, as AWS's guide has one write it ("Connecting to
//! Amazon RDS for PostgreSQL with Kerberos authentication").

use std::fmt::Write as _;
use std::iter;

use kerbrole_client::Realm;

use super::realm;
use crate::arguments::Krb5ConfArguments;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::Shown;

/// The domains of RDS endpoints, whose servers are members of the directory's realm.
const RDS_DOMAINS: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];

/// A realm and where its KDCs are. Where there are none DNS says.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    realm: Realm,
    kdcs: Vec<Host>,
}

/// Which realm the hosts of a domain are of, or a host: rules for `[domain_realm]`, each of which
/// stands there once.
#[derive(Debug, Default)]
struct Rules {
    of_directory: Vec<(String, Realm)>,
    of_servers: Vec<(String, Realm)>,
}

impl Rules {
    fn of(places: &[&Place]) -> Self {
        let both = |place: &&Place| {
            let domain = place.realm.as_str().to_ascii_lowercase();
            [(format!(".{domain}"), place.realm.clone()), (domain, place.realm.clone())]
        };
        Self { of_directory: places.iter().flat_map(both).collect(), of_servers: Vec::new() }
    }

    fn add_server(&mut self, domain: &str, realm: &Realm) -> Result<(), Failure> {
        match self.of_directory.iter().chain(&self.of_servers).find(|(known, _)| known == domain) {
            None => self.of_servers.push((domain.into(), realm.clone())),
            Some((_, known)) if known == realm => {}
            // Kerberos would go by the first of the two.
            Some((_, known)) => {
                return Err(Failure::usage(format!(
                    "{domain} would be of {known} and of {realm}\n\
                     HINT:  A host is of one realm: leave out one of the two."
                )));
            }
        }
        Ok(())
    }
}

/// Writes the file as the arguments say it.
///
/// # Errors
/// For what no krb5.conf can say.
pub(super) fn run(arguments: &Krb5ConfArguments) -> Result<Shown, Failure> {
    let own = Place { realm: realm::parse(&arguments.realm)?, kdcs: hosts(&arguments.kdc)? };
    let trusted = trusted(&arguments.trust, &own)?;
    let places: Vec<_> = iter::once(&own).chain(&trusted).collect();
    let mut rules = Rules::of(&places);
    if arguments.rds {
        RDS_DOMAINS.into_iter().try_for_each(|domain| rules.add_server(domain, &own.realm))?;
    }
    for endpoint in &arguments.endpoint {
        rules.add_server(&self::endpoint(endpoint)?, &own.realm)?;
    }
    Ok(Shown::Text(text(&own, &trusted, &places, &rules)))
}

/// The realms that the directory trusts, each once.
fn trusted(trusts: &[String], own: &Place) -> Result<Vec<Place>, Failure> {
    let mut trusted: Vec<Place> = Vec::new();
    for trust in trusts {
        let (realm, kdcs) = trust.split_once('=').unwrap_or((trust, ""));
        let realm = realm::parse(realm)?;
        let kdcs = kdcs.split(',').map(str::trim).filter(|kdc| !kdc.is_empty());
        let kdcs = hosts(&kdcs.map(String::from).collect::<Vec<_>>())?;
        if realm == own.realm {
            return Err(Failure::usage(format!("realm {realm} cannot trust itself")));
        }
        // Named again with further KDCs it is one realm with all of them.
        match trusted.iter_mut().find(|place| place.realm == realm) {
            Some(place) => kdcs.into_iter().for_each(|kdc| once(&mut place.kdcs, kdc)),
            None => trusted.push(Place { realm, kdcs }),
        }
    }
    Ok(trusted)
}

/// Hosts as they were named, each once.
fn hosts(names: &[String]) -> Result<Vec<Host>, Failure> {
    let mut hosts = Vec::new();
    for name in names {
        once(&mut hosts, Host::parse(name)?);
    }
    Ok(hosts)
}

fn once(hosts: &mut Vec<Host>, host: Host) {
    if !hosts.contains(&host) {
        hosts.push(host);
    }
}

/// A host, or a domain with a dot before it, as rules have it.
///
/// MIT looks a host up in lower case, without a dot at its end. A port is none of Kerberos'
/// business, and an address is of no realm.
fn endpoint(text: &str) -> Result<String, Failure> {
    let (dot, name) = text.strip_prefix('.').map_or(("", text), |rest| (".", rest));
    let host = Host::parse(name)?;
    if host.address().is_some() {
        return Err(Failure::usage(format!(
            "{} is an address, and a ticket is for a server's name\n\
             HINT:  Give the name that clients connect to.",
            host.name
        )));
    }
    let name = host.name.to_ascii_lowercase();
    Ok(format!("{dot}{}", name.strip_suffix('.').unwrap_or(&name)))
}

/// The file's text.
fn text(own: &Place, trusted: &[Place], places: &[&Place], rules: &Rules) -> String {
    let by_dns = places.iter().any(|place| place.kdcs.is_empty());
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |line: &str| {
        let _infallible = writeln!(text, "{line}");
    };
    line("[libdefaults]");
    line(&format!("    default_realm = {}", own.realm));
    line(&format!("    dns_lookup_kdc = {by_dns}"));
    line("    dns_lookup_realm = false");
    line("    # An address leads back to another name than that of the server.");
    line("    rdns = false");
    line("    # Tickets of a directory carry group memberships and do not fit into a datagram.");
    line("    udp_preference_limit = 1");
    line("    forwardable = true");
    line("");
    line("[realms]");
    for place in places {
        line(&format!("    {} = {{", place.realm));
        for kdc in &place.kdcs {
            line(&format!("        kdc = {kdc}"));
        }
        if let Some(first) = place.kdcs.first() {
            line(&format!("        admin_server = {}", first.without_port()));
        }
        line("    }");
    }
    line("");
    line("[domain_realm]");
    for (domain, realm) in &rules.of_directory {
        line(&format!("    {domain} = {realm}"));
    }
    if !rules.of_servers.is_empty() {
        line(
            "    # The servers are members of the directory, whatever their endpoints are called.",
        );
    }
    for (domain, realm) in &rules.of_servers {
        line(&format!("    {domain} = {realm}"));
    }
    if !trusted.is_empty() {
        line("");
        line("[capaths]");
        for place in trusted {
            line(&format!("    {} = {{", place.realm));
            line(&format!("        {} = .", own.realm));
            line("    }");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(ToString::to_string).collect()
    }

    fn krb5_conf(
        realm: &str,
        kdcs: &[String],
        trusts: &[String],
        rds: bool,
        endpoints: &[String],
    ) -> Result<String, Failure> {
        let shown = run(&Krb5ConfArguments {
            realm: realm.into(),
            kdc: kdcs.into(),
            trust: trusts.into(),
            rds,
            endpoint: endpoints.into(),
        })?;
        match shown {
            Shown::Text(text) => Ok(text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn alone_and_with_a_trust() {
        let alone = krb5_conf("corp.example.com", &[], &[], true, &[]).unwrap();
        assert!(
            alone.contains("default_realm = CORP.EXAMPLE.COM")
                && alone.contains("dns_lookup_kdc = true"),
            "{alone}"
        );
        assert!(
            alone.contains(".rds.amazonaws.com = CORP.EXAMPLE.COM") && !alone.contains("capaths"),
            "{alone}"
        );
        let both = krb5_conf(
            "CORP.EXAMPLE.COM",
            &texts(&["10.0.0.5:88"]),
            &texts(&["onprem.com=onprem.com"]),
            false,
            &[],
        )
        .unwrap();
        for part in [
            "dns_lookup_kdc = false",
            "        kdc = 10.0.0.5:88\n        admin_server = 10.0.0.5\n",
            "    ONPREM.COM = {\n        kdc = onprem.com\n",
            "    .onprem.com = ONPREM.COM\n",
            "[capaths]\n    ONPREM.COM = {\n        CORP.EXAMPLE.COM = .\n    }\n",
        ] {
            assert!(both.contains(part), "{part}: {both}");
        }
        assert!(!both.contains("amazonaws"));
    }

    #[test]
    fn each_rule_and_each_kdc_stands_there_once() {
        let text = krb5_conf(
            "a.b",
            &texts(&["[fd00::5]:88", "fd00::5", "[fd00::5]:88"]),
            &texts(&["c.d=dc1.c.d", "C.D=dc2.c.d,dc1.c.d"]),
            true,
            &texts(&["DB.example.com:5432", "db.example.com.", "x.rds.amazonaws.com"]),
        )
        .unwrap();
        for part in [
            "        kdc = [fd00::5]:88\n        kdc = [fd00::5]\n        \
             admin_server = [fd00::5]\n",
            "        kdc = dc1.c.d\n        kdc = dc2.c.d\n        admin_server = dc1.c.d\n",
            "    db.example.com = A.B\n    x.rds.amazonaws.com = A.B\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches("C.D = {").count(), 2, "in [realms] and in [capaths]: {text}");
        for (trusts, endpoints) in [
            (vec!["c.d"], vec!["c.d"]),
            (vec![], vec!["10.0.0.1"]),
            (vec![], vec!["fd00::5"]),
            (vec![], vec![":88"]),
        ] {
            assert!(
                krb5_conf("a.b", &[], &texts(&trusts), false, &texts(&endpoints)).is_err(),
                "{trusts:?} {endpoints:?}"
            );
        }
    }

    #[test]
    fn nothing_else_gets_in() {
        for (realm, kdcs, trusts) in [
            ("corp", texts(&["x y"]), vec![]),
            ("a b.c", vec![], vec![]),
            ("a.b", texts(&["h\n[libdefaults]"]), vec![]),
            ("a.b", vec![], texts(&["A.B=x"])),
            ("a.b", vec![], texts(&["c.d=x}"])),
        ] {
            assert!(
                krb5_conf(realm, &kdcs, &trusts, false, &[]).is_err(),
                "{realm} {kdcs:?} {trusts:?}"
            );
        }
    }
}

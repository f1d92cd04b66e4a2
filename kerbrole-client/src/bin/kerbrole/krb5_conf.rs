//! `kerbrole krb5-conf`: the client's krb5.conf, as AWS's guide has one write it ("Connecting to Amazon RDS for PostgreSQL with Kerberos authentication").

use std::fmt::Write as _;

use kerbrole_client::Realm;

use crate::exit::Failure;

/// The domains of RDS endpoints, whose servers are members of the directory's realm.
const RDS_DOMAINS: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];

/// A realm and where its KDCs are; none: DNS says.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    realm: Realm,
    kdcs: Vec<String>,
}

/// The file's text.
pub(crate) fn krb5_conf(
    realm: &str,
    kdcs: &[String],
    trusts: &[String],
    rds: bool,
    endpoints: &[String],
) -> Result<String, Failure> {
    let own = Place { realm: parse(realm)?, kdcs: hosts(kdcs)? };
    let mut trusted = Vec::new();
    for trust in trusts {
        let (realm, kdcs) = trust.split_once('=').unwrap_or((trust, ""));
        let kdcs: Vec<_> = kdcs.split(',').filter(|kdc| !kdc.is_empty()).map(String::from).collect();
        trusted.push(Place { realm: parse(realm)?, kdcs: hosts(&kdcs)? });
    }
    if let Some(twice) = trusted.iter().find(|place| place.realm == own.realm) {
        return Err(Failure::usage(format!("realm {} cannot trust itself", twice.realm)));
    }
    let places: Vec<_> = std::iter::once(&own).chain(&trusted).collect();
    Ok(write(&own, &trusted, &places, rds, &hosts(endpoints)?))
}

pub(crate) fn parse(realm: &str) -> Result<Realm, Failure> {
    Realm::parse(realm).map_err(|error| {
        let hint = error.hint().map(|hint| format!("\nHINT:  {hint}")).unwrap_or_default();
        Failure::usage(format!("{error}{hint}"))
    })
}

/// Host names and addresses, with a port or without. Nothing that could end a line or a block.
fn hosts(names: &[String]) -> Result<Vec<String>, Failure> {
    let is_host = |name: &&String| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'))
    };
    match names.iter().find(|name| !is_host(name)) {
        Some(bad) => Err(Failure::usage(format!("\"{bad}\" is no host"))),
        None => Ok(names.to_vec()),
    }
}

fn write(own: &Place, trusted: &[Place], places: &[&Place], rds: bool, endpoints: &[String]) -> String {
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
            line(&format!(
                "        admin_server = {}",
                first.rsplit_once(':').map_or(first.as_str(), |(host, _)| host)
            ));
        }
        line("    }");
    }
    line("");
    line("[domain_realm]");
    for place in places {
        let domain = place.realm.as_str().to_ascii_lowercase();
        line(&format!("    .{domain} = {}", place.realm));
        line(&format!("    {domain} = {}", place.realm));
    }
    if rds {
        line("    # The servers are members of the directory, whatever their endpoints are called.");
        for domain in RDS_DOMAINS {
            line(&format!("    {domain} = {}", own.realm));
        }
    }
    for endpoint in endpoints {
        line(&format!("    {endpoint} = {}", own.realm));
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

    #[test]
    fn alone_and_with_a_trust() {
        let alone = krb5_conf("corp.example.com", &[], &[], true, &[]).unwrap();
        assert!(
            alone.contains("default_realm = CORP.EXAMPLE.COM") && alone.contains("dns_lookup_kdc = true"),
            "{alone}"
        );
        assert!(alone.contains(".rds.amazonaws.com = CORP.EXAMPLE.COM") && !alone.contains("capaths"), "{alone}");
        let both =
            krb5_conf("CORP.EXAMPLE.COM", &texts(&["10.0.0.5:88"]), &texts(&["onprem.com=onprem.com"]), false, &[])
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
    fn nothing_else_gets_in() {
        for (realm, kdcs, trusts) in [
            ("corp", texts(&["x y"]), vec![]),
            ("a b.c", vec![], vec![]),
            ("a.b", texts(&["h\n[libdefaults]"]), vec![]),
            ("a.b", vec![], texts(&["A.B=x"])),
            ("a.b", vec![], texts(&["c.d=x}"])),
        ] {
            assert!(krb5_conf(realm, &kdcs, &trusts, false, &[]).is_err(), "{realm} {kdcs:?} {trusts:?}");
        }
    }
}

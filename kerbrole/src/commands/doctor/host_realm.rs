//! Which realm a host is of, by krb5.conf.

use super::profile::Profile;

/// Which realm a host is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HostRealm {
    /// A rule of `[domain_realm]` says so.
    Rule { domain: String, realm: String },
    /// The KDC of the ticket's own realm is asked. Where it knows nothing of the server DNS may
    /// say, else it is the parent domain, in upper case.
    NoRule {
        /// The setting that has DNS asked.
        asks: Option<&'static str>,
        parent: Option<String>,
    },
}

/// A host as MIT takes it: in lower case, without a dot at its end (`clean_hostname` in
/// src/lib/krb5/os/hostrealm.c).
pub(super) fn cleaned(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    host.strip_suffix('.').unwrap_or(&host).into()
}

/// The realm of a host, as MIT finds it.
///
/// For a.b.c that is the first rule of a.b.c, .b.c, b.c, .c, c (hostrealm_profile.c); without any,
/// what hostrealm_dns.c and hostrealm_domain.c come to.
pub(super) fn host_realm(profile: &Profile, host: &str) -> HostRealm {
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
    let parent = host.split_once('.').map(|(_, parent)| parent.to_ascii_uppercase());
    HostRealm::NoRule { asks: asks_dns(profile), parent }
}

/// The setting by which DNS says which realm a host is of, where one is on.
fn asks_dns(profile: &Profile) -> Option<&'static str> {
    if profile.is_on(&["libdefaults", "dns_lookup_realm"]) == Some(true) {
        return Some("dns_lookup_realm");
    }
    let tries = profile.value(&["libdefaults", "realm_try_domains"])?.parse::<i32>();
    tries.is_ok_and(|number| number >= 0).then_some("realm_try_domains")
}

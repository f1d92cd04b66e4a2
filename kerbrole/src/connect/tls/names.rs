//! Whether a certificate is for a host, by libpq's rules
//! (`pgtls_verify_peer_name_matches_certificate_guts` in fe-secure-openssl.c,
//! `wildcard_certificate_match` in fe-secure-common.c). RFC 2818 and 6125 are stricter about the
//! common name.

use std::net::IpAddr;

use openssl::nid::Nid;
use openssl::x509::X509Ref;

/// Whether the host is among the alternative names or, where there is none of its kind, is the
/// common name.
pub(super) fn is_for(certificate: &X509Ref, host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    let bytes = address.map(|address| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    });
    let mut common_name_counts = true;
    for name in certificate.subject_alt_names().iter().flatten() {
        if let Some(text) = name.dnsname() {
            common_name_counts &= address.is_some();
            if matches(text, host) {
                return true;
            }
        } else if let Some(found) = name.ipaddress() {
            common_name_counts &= address.is_none();
            if bytes.as_deref() == Some(found) {
                return true;
            }
        } else if name.email().is_none() && name.uri().is_none() && name.directory_name().is_none()
        {
            // This name may be of the host's kind, and unreadable.
            common_name_counts = false;
        }
    }
    // Of several common names the first counts.
    let common_name = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next();
    common_name_counts
        && common_name
            .is_some_and(|entry| entry.data().to_string().is_ok_and(|text| matches(&text, host)))
}

/// Whether the two are the same but for case, or the pattern is `*.` and all but the first part.
fn matches(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(domain) =
        pattern.strip_prefix('*').filter(|domain| domain.len() > 1 && domain.starts_with('.'))
    else {
        return false;
    };
    let Some(first) =
        host.len().checked_sub(domain.len()).filter(|&at| at > 0 && host.is_char_boundary(at))
    else {
        return false;
    };
    host[first..].eq_ignore_ascii_case(domain) && !host[..first].contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_for_one_part() {
        for (pattern, host, expected) in [
            ("db.example.com", "DB.example.COM", true),
            ("*.example.com", "db.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "a.db.example.com", false),
            ("d*.example.com", "db.example.com", false),
            ("*", "db", false),
            ("*.", "db.", false),
            ("db.*.com", "db.example.com", false),
            ("*.example.com", "\u{e9}.example.com", true),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} for {host}");
        }
    }
}

//! What the status codes of GSSAPI and Kerberos mean.

use libgssapi::error::{Error as GssError, MajorFlags};

use super::ErrorKind;

/// The most that is taken of the library's words.
const LONGEST: usize = 1_000;

/// Codes of krb5.h as `(code, kind)`: com_err's base for Kerberos is -1765328384, and RFC 4120,
/// section 7.5.9, has the numbers up to 128 that are added to it.
const MINOR: &[(i32, ErrorKind)] = &[
    (-1_765_328_377, ErrorKind::UnknownService), // KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN
    (-1_765_328_370, ErrorKind::EncryptionType), // KRB5KDC_ERR_ETYPE_NOSUPP
    (-1_765_328_234, ErrorKind::EncryptionType), // KRB5_PROG_ETYPE_NOSUPP
    (-1_765_328_147, ErrorKind::EncryptionType), // KRB5_CONFIG_ETYPE_NOSUPP
    (-1_765_328_184, ErrorKind::EncryptionType), // KRB5_CC_NOT_KTYPE
    (-1_765_328_353, ErrorKind::WrongKey),       // KRB5KRB_AP_ERR_BAD_INTEGRITY
    (-1_765_328_349, ErrorKind::WrongKey),       // KRB5KRB_AP_ERR_NOT_US
    (-1_765_328_240, ErrorKind::WrongKey),       // KRB5KRB_AP_WRONG_PRINC
    (-1_765_328_343, ErrorKind::WrongKey),       // KRB5KRB_AP_ERR_MODIFIED
    (-1_765_328_340, ErrorKind::WrongKey),       // KRB5KRB_AP_ERR_BADKEYVER
    (-1_765_328_339, ErrorKind::WrongKey),       // KRB5KRB_AP_ERR_NOKEY
    (-1_765_328_352, ErrorKind::CredentialsExpired), // KRB5KRB_AP_ERR_TKT_EXPIRED
    (-1_765_328_351, ErrorKind::ClockSkew),      // KRB5KRB_AP_ERR_TKT_NYV
    (-1_765_328_347, ErrorKind::ClockSkew),      // KRB5KRB_AP_ERR_SKEW
    (-1_765_328_338, ErrorKind::NotAuthenticated), // KRB5KRB_AP_ERR_MUT_FAIL
    (-1_765_328_243, ErrorKind::NoCredentials),  // KRB5_CC_NOTFOUND
    (-1_765_328_203, ErrorKind::NoCredentials),  // KRB5_KT_NOTFOUND
    (-1_765_328_189, ErrorKind::NoCredentials),  // KRB5_FCC_NOFILE
    (-1_765_328_230, ErrorKind::KdcUnreachable), // KRB5_REALM_UNKNOWN
    (-1_765_328_228, ErrorKind::KdcUnreachable), // KRB5_KDC_UNREACH
    (-1_765_328_164, ErrorKind::KdcUnreachable), // KRB5_REALM_CANT_RESOLVE
];

/// The minor status says more where it is one that is known.
pub(super) fn kind_of(major: u32, minor: u32) -> ErrorKind {
    let minor = minor.cast_signed();
    if let Some((_, kind)) = MINOR.iter().find(|(code, _)| *code == minor) {
        return *kind;
    }
    // The routine error is a number in these bits, and no set of flags (RFC 2744, section 3.9.1).
    let is = |flag: MajorFlags| major & 0x00ff_0000 == flag.bits();
    if is(MajorFlags::GSS_S_NO_CRED) || is(MajorFlags::GSS_S_DEFECTIVE_CREDENTIAL) {
        ErrorKind::NoCredentials
    } else if is(MajorFlags::GSS_S_CREDENTIALS_EXPIRED) || is(MajorFlags::GSS_S_CONTEXT_EXPIRED) {
        // A ticket that ended while it was used takes its context with it.
        ErrorKind::CredentialsExpired
    } else if is(MajorFlags::GSS_S_DEFECTIVE_TOKEN) || is(MajorFlags::GSS_S_BAD_SIG) {
        // A token of the server's that is none, or that somebody else made.
        ErrorKind::NotAuthenticated
    } else {
        ErrorKind::Gssapi
    }
}

/// The library's words, in one line and not without end.
pub(super) fn words(error: &GssError) -> String {
    let mut words: String =
        error.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_status_decides_where_it_is_known() {
        let failure = MajorFlags::GSS_S_FAILURE.bits();
        let of = |minor: i32| kind_of(failure, minor.cast_unsigned());
        assert_eq!(of(-1_765_328_377), ErrorKind::UnknownService);
        assert_eq!(of(-1_765_328_228), ErrorKind::KdcUnreachable);
        assert_eq!(of(-1), ErrorKind::Gssapi);
        assert_eq!(kind_of(MajorFlags::GSS_S_NO_CRED.bits(), 0), ErrorKind::NoCredentials);
        for expired in [MajorFlags::GSS_S_CREDENTIALS_EXPIRED, MajorFlags::GSS_S_CONTEXT_EXPIRED] {
            assert_eq!(kind_of(expired.bits(), 0), ErrorKind::CredentialsExpired);
        }
    }
}

//! What is asked of a KDC and what it answers (RFC 4120, section 5), as far as it is needed here.
//!
//! Names are UTF-8, as directories write them. The library's own types hold what the standard's
//! GeneralString may, which leaves out half of the letters beyond ASCII.

use rasn::prelude::*;
use rasn_kerberos::{KdcOptions, KerberosTime};

/// KerberosString
#[derive(AsnType, Clone, Debug, Decode, Encode, PartialEq, Eq)]
#[rasn(delegate, tag(universal, 27))]
pub(crate) struct Text(OctetString);

#[cfg(feature = "gssapi")]
impl Text {
    /// For people; bytes that are no UTF-8 are left out.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(OctetString::from(text.as_bytes().to_vec()))
    }
}

/// PrincipalName
#[derive(AsnType, Clone, Debug, Decode, Encode, PartialEq, Eq)]
pub(crate) struct Name {
    #[rasn(tag(explicit(0)))]
    pub(crate) kind: i32,
    #[rasn(tag(explicit(1)))]
    pub(crate) parts: SequenceOf<Text>,
}

/// AS-REQ
#[derive(AsnType, Clone, Debug, Encode)]
#[rasn(tag(explicit(application, 10)), delegate)]
pub(super) struct AsReq(pub(super) KdcReq);

/// KDC-REQ, without what proves who asks.
#[derive(AsnType, Clone, Debug, Encode)]
pub(super) struct KdcReq {
    #[rasn(tag(explicit(1)))]
    pub(super) version: Integer,
    #[rasn(tag(explicit(2)))]
    pub(super) message: Integer,
    #[rasn(tag(explicit(4)))]
    pub(super) body: Body,
}

/// KDC-REQ-BODY
#[derive(AsnType, Clone, Debug, Encode)]
pub(super) struct Body {
    #[rasn(tag(explicit(0)))]
    pub(super) options: KdcOptions,
    #[rasn(tag(explicit(1)))]
    pub(super) client: Name,
    #[rasn(tag(explicit(2)))]
    pub(super) realm: Text,
    #[rasn(tag(explicit(3)))]
    pub(super) service: Name,
    #[rasn(tag(explicit(5)))]
    pub(super) until: KerberosTime,
    #[rasn(tag(explicit(7)))]
    pub(super) nonce: u32,
    #[rasn(tag(explicit(8)))]
    pub(super) encryption: SequenceOf<i32>,
}

/// KRB-ERROR
#[derive(AsnType, Clone, Debug, Decode, Encode)]
#[rasn(tag(explicit(application, 30)))]
pub(super) struct KrbError {
    #[rasn(tag(explicit(0)))]
    pub(super) version: Integer,
    #[rasn(tag(explicit(1)))]
    pub(super) message: Integer,
    #[rasn(tag(explicit(2)))]
    pub(super) client_time: Option<KerberosTime>,
    #[rasn(tag(explicit(3)))]
    pub(super) client_microseconds: Option<Integer>,
    #[rasn(tag(explicit(4)))]
    pub(super) time: KerberosTime,
    #[rasn(tag(explicit(5)))]
    pub(super) microseconds: Integer,
    #[rasn(tag(explicit(6)))]
    pub(super) code: i32,
    #[rasn(tag(explicit(7)))]
    pub(super) client_realm: Option<Text>,
    #[rasn(tag(explicit(8)))]
    pub(super) client: Option<Name>,
    #[rasn(tag(explicit(9)))]
    pub(super) realm: Text,
    #[rasn(tag(explicit(10)))]
    pub(super) service: Name,
    #[rasn(tag(explicit(11)))]
    pub(super) text: Option<Text>,
    #[rasn(tag(explicit(12)))]
    pub(super) data: Option<OctetString>,
}

/// The first byte of an AS-REP: `[APPLICATION 11]`.
pub(super) const AS_REP: u8 = 0x6b;

//! Asking a KDC something that needs no password, and a DNS server something that it has to answer.

pub(super) mod messages;

use chrono::{DateTime, Timelike, Utc};
use kerbrole_client::Realm;
use rasn::types::{BitString, Integer};
use rasn_kerberos::{KdcOptions, KerberosFlags, KerberosTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use messages::{AS_REP, AsReq, Body, KdcReq, KrbError, Name};

/// A name that no directory has: the KDC says so, and what time it is (RFC 4120, section 5.9.1).
const NOBODY: &str = "kerbrole-doctor-asks";

/// KDC_ERR_C_PRINCIPAL_UNKNOWN (RFC 4120, section 7.5.9).
const UNKNOWN: i32 = 6;

/// KDC_ERR_CLIENT_REVOKED: the account is disabled, locked or expired.
const REVOKED: i32 = 18;

/// KDC_ERR_WRONG_REALM, which Active Directory says of a realm that is not its own.
const WRONG_REALM: i32 = 68;

/// What a KDC said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// How far its clock is ahead; a KDC tells the time only together with an error.
    pub(super) seconds_ahead: Option<i64>,
    pub(super) user: User,
    pub(super) is_other_realm: bool,
}

/// What a KDC has to say about a user.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum User {
    Known,
    Unknown,
    /// The account is there, and gets no ticket.
    Revoked,
}

/// An AS-REQ without a password, for a user or for one that does not exist.
pub(super) fn question(realm: &Realm, user: Option<&str>) -> Vec<u8> {
    let flags = KdcOptions(KerberosFlags::from(BitString::repeat(false, 32)));
    let now = Utc::now();
    // Kerberos knows whole seconds only.
    let until = now + chrono::Duration::hours(1);
    let until = until.with_nanosecond(0).unwrap_or(until);
    let request = AsReq(KdcReq {
        version: Integer::from(5),
        message: Integer::from(10),
        body: Body {
            options: flags,
            client: Name { kind: 1, parts: vec![user.unwrap_or(NOBODY).into()] },
            realm: realm.as_str().into(),
            service: Name { kind: 2, parts: vec!["krbtgt".into(), realm.as_str().into()] },
            until: KerberosTime(until.into()),
            // A KDC repeats its answer to a question that is the same to the byte.
            nonce: now.timestamp_subsec_nanos(),
            encryption: vec![18, 17],
        },
    });
    rasn::der::encode(&request).unwrap_or_default()
}

/// Asks over TCP, where a message has its length before it.
pub(super) async fn ask(
    mut stream: TcpStream,
    realm: &Realm,
    user: Option<&str>,
) -> Result<Answer, String> {
    let question = question(realm, user);
    let length = u32::try_from(question.len()).unwrap_or(0).to_be_bytes();
    let failed = |error: std::io::Error| error.to_string();
    stream.write_all(&[&length[..], &question].concat()).await.map_err(failed)?;
    let length = stream.read_u32().await.map_err(failed)?;
    if length > 65_535 {
        return Err("this is no answer of a KDC".into());
    }
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer).await.map_err(failed)?;
    understood(&answer, Utc::now())
}

/// What a message of a KDC says, at this time.
pub(super) fn understood(answer: &[u8], now: DateTime<Utc>) -> Result<Answer, String> {
    let Ok(error) = rasn::der::decode::<KrbError>(answer) else {
        // A ticket is given at once to those who need not show first that they know the password.
        return match answer.first() {
            Some(&AS_REP) => {
                Ok(Answer { seconds_ahead: None, user: User::Known, is_other_realm: false })
            }
            _ => Err("this is no answer of a KDC".into()),
        };
    };
    Ok(Answer {
        seconds_ahead: Some(error.time.0.signed_duration_since(now).num_seconds()),
        user: match error.code {
            UNKNOWN => User::Unknown,
            REVOKED => User::Revoked,
            _ => User::Known,
        },
        is_other_realm: error.code == WRONG_REALM,
    })
}

/// A query for the realm's KDCs, as a client makes it.
pub(super) fn dns_question(realm: &Realm) -> Vec<u8> {
    let mut question = vec![0x4b, 0x52, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["_kerberos", "_udp"].into_iter().chain(realm.as_str().split('.')) {
        question.push(u8::try_from(label.len()).unwrap_or(63));
        question.extend(label.as_bytes());
    }
    // The name ends with the root. Then come the type, SRV, and the class, IN.
    question.extend([0, 0, 33, 0, 1]);
    question
}

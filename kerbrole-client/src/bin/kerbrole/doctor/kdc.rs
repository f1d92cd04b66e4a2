//! Asking a KDC something that needs no password, and a DNS server something that it has to answer.

use chrono::{Timelike, Utc};
use kerbrole_client::Realm;
use rasn::types::{BitString, GeneralString, Integer};
use rasn_kerberos::{
    AsRep, AsReq, KdcOptions, KdcReq, KdcReqBody, KerberosFlags, KerberosTime, KrbError, PrincipalName,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A name that no directory has: the KDC says so, and what time it is (RFC 4120, section 5.9.1).
const NOBODY: &str = "kerbrole-doctor-asks";

/// KDC_ERR_C_PRINCIPAL_UNKNOWN (RFC 4120, section 7.5.9)
const UNKNOWN: i32 = 6;

/// KDC_ERR_WRONG_REALM, which Active Directory says of a realm that is not its own.
const WRONG_REALM: i32 = 68;

/// What a KDC said.
pub(super) struct Answer {
    /// How far its clock is ahead; it tells only together with an error.
    pub(super) seconds_ahead: Option<i64>,
    pub(super) knows_user: bool,
    pub(super) is_other_realm: bool,
}

fn text(text: &str) -> GeneralString {
    // What is not ASCII cannot be asked for so, and is not there then.
    GeneralString::from_bytes(text.as_bytes()).unwrap_or_default()
}

/// An AS-REQ without a password, for a user or for one that does not exist.
pub(super) fn question(realm: &Realm, user: Option<&str>) -> Vec<u8> {
    let flags = KdcOptions(KerberosFlags::from(BitString::repeat(false, 32)));
    // Kerberos knows whole seconds only.
    let until = Utc::now() + chrono::Duration::hours(1);
    let until = until.with_nanosecond(0).unwrap_or(until);
    let request = AsReq(KdcReq {
        pvno: Integer::from(5),
        msg_type: Integer::from(10),
        padata: None,
        req_body: KdcReqBody {
            kdc_options: flags,
            cname: Some(PrincipalName { r#type: 1, string: vec![text(user.unwrap_or(NOBODY))] }),
            realm: text(realm.as_str()),
            sname: Some(PrincipalName { r#type: 2, string: vec![text("krbtgt"), text(realm.as_str())] }),
            from: None,
            till: KerberosTime(until.into()),
            rtime: None,
            nonce: 1,
            etype: vec![18, 17],
            addresses: None,
            enc_authorization_data: None,
            additional_tickets: None,
        },
    });
    rasn::der::encode(&request).unwrap_or_default()
}

/// Asks over TCP, where a message has its length before it.
pub(super) async fn ask(mut stream: TcpStream, realm: &Realm, user: Option<&str>) -> Result<Answer, String> {
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
    let Ok(error) = rasn::der::decode::<KrbError>(&answer) else {
        // A ticket, for whom no password has to be shown first.
        return match rasn::der::decode::<AsRep>(&answer) {
            Ok(_) => Ok(Answer { seconds_ahead: None, knows_user: true, is_other_realm: false }),
            Err(_) => Err("this is no answer of a KDC".into()),
        };
    };
    Ok(Answer {
        seconds_ahead: Some(error.stime.0.signed_duration_since(Utc::now()).num_seconds()),
        knows_user: error.error_code != UNKNOWN,
        is_other_realm: error.error_code == WRONG_REALM,
    })
}

/// A query for the realm's KDCs, as a client makes it.
pub(super) fn dns_question(realm: &Realm) -> Vec<u8> {
    let mut question = vec![0x4b, 0x52, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["_kerberos", "_udp"].into_iter().chain(realm.as_str().split('.')) {
        question.push(u8::try_from(label.len()).unwrap_or(63));
        question.extend(label.as_bytes());
    }
    // The root; type SRV, class IN.
    question.extend([0, 0, 33, 0, 1]);
    question
}

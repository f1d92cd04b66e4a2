//! The login that seals, by a mechanism that is played.

use std::time::Duration;

use rasn::types::OctetString;
use rasn_ldap::{
    AuthenticationChoice, BindResponse, LdapMessage, ProtocolOp, ResultCode, SearchRequestScope,
    SearchResultDone, SearchResultEntry,
};

use super::server::result;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::ldap::bind;
use crate::ldap::connection::Connection;
use crate::ldap::filter;
use crate::ldap::search::Search;
use crate::wire::Wire;
use crate::wire::seal::{Mechanism, Seal};

/// Two steps; what is encrypted is turned over, bit by bit, and says so at its beginning.
struct Played {
    steps: usize,
    encrypts: bool,
}

impl Mechanism for Played {
    fn step(&mut self, _: Option<&[u8]>) -> Result<(Option<Vec<u8>>, bool), Error> {
        self.steps += 1;
        Ok(((self.steps == 1).then(|| b"hello".to_vec()), self.steps == 2))
    }

    fn wrap(&mut self, encrypts: bool, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let encrypts = encrypts && self.encrypts;
        let mask = if encrypts { 0xff } else { 0 };
        let content = plain.iter().map(|byte| byte ^ mask);
        Ok([mask].into_iter().chain(content).collect())
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<(Vec<u8>, bool), Error> {
        let [mask, content @ ..] = token else { return Err(Error::protocol("no token")) };
        Ok((content.iter().map(|byte| byte ^ mask).collect(), *mask == 0xff))
    }
}

fn clock() -> Clock {
    Clock::new(Duration::from_secs(60), Duration::from_secs(600))
}

fn played(encrypts: bool) -> Box<dyn Mechanism> {
    Box::new(Played { steps: 0, encrypts })
}

/// What the server does.
#[derive(Clone, Copy)]
struct Server {
    /// The layers that it offers (RFC 4752, section 3.3).
    layers: u8,
    encrypts: bool,
    /// After how many steps it says that the login is over.
    over_after: usize,
    /// Whether the answer to the login brings something along.
    is_early: bool,
}

const GOOD: Server = Server { layers: 7, encrypts: true, over_after: 3, is_early: false };

async fn serve(server: Server, stream: tokio::io::DuplexStream) {
    let mut wire = Wire::new(Box::new(stream), clock());
    let mut mechanism = played(server.encrypts);
    for step in 1.. {
        let Ok(bytes) = wire.receive().await else { return };
        let request: LdapMessage = rasn::ber::decode(&bytes).unwrap();
        let ProtocolOp::BindRequest(bind) = request.protocol_op else { panic!("no login") };
        assert!(matches!(bind.authentication, AuthenticationChoice::Sasl(_)));
        let token = match step {
            1 => b"welcome".to_vec(),
            2 => mechanism.wrap(false, &[server.layers, 0, 4, 0]).unwrap(),
            _ => Vec::new(),
        };
        let is_over = step == server.over_after;
        let code = if is_over { ResultCode::Success } else { ResultCode::SaslBindInProgress };
        let token = Some(OctetString::from(token));
        let response = BindResponse::new(code, "".into(), "".into(), None, token);
        let response = LdapMessage::new(request.message_id, ProtocolOp::BindResponse(response));
        let mut bytes = rasn::ber::encode(&response).unwrap();
        if is_over && server.is_early {
            bytes.extend([0x30, 5, 2, 1, 4, 0x65, 0]);
        }
        if wire.send(&bytes).await.is_err() {
            return;
        }
        if is_over {
            break;
        }
    }
    if wire.seal(Seal::new(mechanism, 1_024).unwrap()).is_err() {
        return;
    }
    while let Ok(bytes) = wire.receive().await {
        let request: LdapMessage = rasn::ber::decode(&bytes).unwrap();
        let entry = SearchResultEntry::new("CN=x".into(), Vec::new());
        for operation in [
            ProtocolOp::SearchResEntry(entry),
            ProtocolOp::SearchResDone(SearchResultDone(result(ResultCode::Success))),
        ] {
            let message = LdapMessage::new(request.message_id, operation);
            let _gone = wire.send(&rasn::ber::encode(&message).unwrap()).await;
        }
    }
}

/// Logs in, and looks for something with a name that takes several packets.
async fn look(server: Server) -> Result<bool, Error> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    drop(tokio::spawn(serve(server, theirs)));
    let mut connection = Connection::new(Wire::new(Box::new(ours), clock()));
    bind::sealed(&mut connection, played(true), clock()).await?;
    let long = "x".repeat(5_000);
    let search = Search {
        doing: "a search",
        base: &long,
        scope: SearchRequestScope::BaseObject,
        filter: filter::any(),
        attributes: &[],
        extended_dn: false,
    };
    Ok(connection.look_up(&search).await?.is_some())
}

#[tokio::test]
async fn what_is_sealed_comes_through() {
    assert!(look(GOOD).await.unwrap());
}

#[tokio::test]
async fn without_encryption_there_is_no_login() {
    for layers in [0, 1, 2, 3] {
        let error = look(Server { layers, ..GOOD }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{layers}: {error:?}");
    }
    for over_after in [1, 2] {
        let error = look(Server { over_after, ..GOOD }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{over_after}: {error:?}");
    }
}

#[tokio::test]
async fn what_is_only_signed_is_not_taken() {
    let error = look(Server { encrypts: false, ..GOOD }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error:?}");
}

#[tokio::test]
async fn what_came_before_the_seal_is_not_taken() {
    let error = look(Server { is_early: true, ..GOOD }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error:?}");
}

#[tokio::test]
async fn a_login_that_never_ends_is_an_error() {
    let error = look(Server { over_after: usize::MAX, layers: 4, ..GOOD }).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::TimedOut, "{error:?}");
}

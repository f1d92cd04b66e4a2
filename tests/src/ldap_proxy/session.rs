//! One connection, until one side ends it or a fault does.

use std::collections::BTreeMap;
use std::future;
use std::io::{Error, Result};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use openssl::ssl::Ssl;
use rasn_ldap::{
    AttributeValue, ExtendedResponse, LdapMessage, LdapResult, ProtocolOp, ResultCode,
    SearchResultDone, SearchResultReference,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, copy, split};
use tokio::net::TcpStream;
use tokio::sync::Mutex as AsyncMutex;
use tokio_openssl::SslStream;

use super::limits::{Search, with_cookie, without_paging};
use super::{Fault, Shared, ber};
use crate::sandbox::lock;

struct Session<'s, S> {
    shared: &'s Shared,
    to_client: AsyncMutex<WriteHalf<S>>,
    /// Searches under way by the client's numbers, each with its own among all.
    searches: Mutex<BTreeMap<u32, (usize, Search)>>,
    /// A value of a range that does not end.
    seen: Mutex<Option<AttributeValue>>,
}

/// TLS at once, TLS by StartTLS, or none, as the client's first bytes say.
pub(super) async fn serve(shared: &Shared, mut client: TcpStream) -> Result<()> {
    // Each message would wait 40 ms for the acknowledgement of the one before.
    client.set_nodelay(true)?;
    let mut first = [0];
    client.peek(&mut first).await?;
    if first[0] == ber::SEQUENCE {
        let asked =
            ber::read(&mut client).await?.ok_or_else(|| Error::other("nothing was asked for"))?;
        match start_tls(&asked)? {
            Some(answer) => client.write_all(&answer).await?,
            None => return sealed(shared, client, asked).await,
        }
    }
    let ssl = Ssl::new(shared.acceptor.context())?;
    let mut client = SslStream::new(ssl, client)?;
    Pin::new(&mut client).accept().await.map_err(Error::other)?;
    let (from_client, session) = Session::new(shared, client);
    let (from_directory, to_directory) = split(directory(shared).await?);
    // A client that closes does so having all that it wants.
    let ended = tokio::select! {
        ended = session.requests(from_client, to_directory) => ended,
        ended = session.answers(from_directory) => ended,
    };
    session.end(ended).await
}

/// Whoever binds with Kerberos seals what follows: it passes as it is, message by message.
async fn sealed(shared: &Shared, client: TcpStream, asked: Vec<u8>) -> Result<()> {
    let (mut from_client, session) = Session::new(shared, client);
    let directory = TcpStream::connect((shared.directory.ip(), 389)).await?;
    directory.set_nodelay(true)?;
    let (mut from_directory, mut to_directory) = split(directory);
    to_directory.write_all(&asked).await?;
    let ended = tokio::select! {
        ended = copy(&mut from_client, &mut to_directory) => ended.map(drop),
        ended = async {
            while let Some(frame) = ber::read(&mut from_directory).await? {
                session.deliver(frame).await?;
            }
            Ok(())
        } => ended,
    };
    session.end(ended).await
}

/// The answer to the one request that is answered without TLS (RFC 4511, 4.14), where it is that
/// one.
fn start_tls(asked: &[u8]) -> Result<Option<Vec<u8>>> {
    const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
    let message = ber::decode(asked)?;
    match &message.protocol_op {
        ProtocolOp::ExtendedReq(request) if &request.request_name[..] == START_TLS => {}
        _ => return Ok(None),
    }
    let response = ExtendedResponse {
        result_code: ResultCode::Success,
        matched_dn: "".into(),
        diagnostic_message: "".into(),
        referral: None,
        response_name: Some(START_TLS.to_vec().into()),
        response_value: None,
    };
    let answer = LdapMessage::new(message.message_id, ProtocolOp::ExtendedResp(response));
    ber::encode(&answer).map(Some)
}

async fn directory(shared: &Shared) -> Result<SslStream<TcpStream>> {
    let stream = TcpStream::connect(shared.directory).await?;
    stream.set_nodelay(true)?;
    let name = shared.directory.ip().to_string();
    let ssl = shared.connector.configure()?.into_ssl(&name)?;
    let mut directory = SslStream::new(ssl, stream)?;
    Pin::new(&mut directory).connect().await.map_err(Error::other)?;
    Ok(directory)
}

impl<'s, S: AsyncRead + AsyncWrite> Session<'s, S> {
    fn new(shared: &'s Shared, client: S) -> (ReadHalf<S>, Self) {
        let (from_client, to_client) = split(client);
        let session = Self {
            shared,
            to_client: AsyncMutex::new(to_client),
            searches: Mutex::default(),
            seen: Mutex::default(),
        };
        (from_client, session)
    }

    /// Ends the connection; where a fault did, as if a cable were cut.
    async fn end(&self, ended: Result<()>) -> Result<()> {
        ended?;
        self.to_client.lock().await.shutdown().await
    }

    async fn requests(
        &self,
        mut client: impl AsyncRead + Unpin,
        mut directory: impl AsyncWrite + Unpin,
    ) -> Result<()> {
        while let Some(mut frame) = ber::read(&mut client).await? {
            let mut message = ber::decode(&frame)?;
            if let Some(search) = Search::ask(&mut message, self.shared.limits) {
                let number = self.shared.searches.fetch_add(1, Ordering::SeqCst);
                let id = message.message_id;
                if let Some(answer) = self.instead(number, id) {
                    self.deliver(ber::encode(&answer)?).await?;
                    continue;
                }
                lock(&self.searches).insert(id, (number, search));
                frame = ber::encode(&message)?;
            }
            directory.write_all(&frame).await?;
        }
        Ok(())
    }

    /// The answer to a search for which the directory is not asked.
    fn instead(&self, number: usize, id: u32) -> Option<LdapMessage> {
        let (code, referral) = match self.shared.fault_at(number, true)? {
            Fault::Answer(code) => (code, None),
            Fault::Referral(to) => (ResultCode::Referral, Some(vec![to.into()])),
            _ => return None,
        };
        let mut result = LdapResult::new(code, "".into(), "a test wants it so".into());
        result.referral = referral;
        Some(LdapMessage::new(id, ProtocolOp::SearchResDone(SearchResultDone(result))))
    }

    async fn answers(&self, mut directory: impl AsyncRead + Unpin) -> Result<()> {
        while let Some(mut frame) = ber::read(&mut directory).await? {
            let mut message = ber::decode(&frame)?;
            let Some(mut search) = lock(&self.searches).remove(&message.message_id) else {
                self.deliver(frame).await?;
                continue;
            };
            let kept = search.1.answer(&mut message);
            if let Some(reference) = self.spoil(&search, &mut message) {
                self.deliver(ber::encode(&reference)?).await?;
            }
            let is_done = matches!(message.protocol_op, ProtocolOp::SearchResDone(_));
            if !is_done {
                lock(&self.searches).insert(message.message_id, search);
            }
            if kept.is_some() {
                frame = ber::encode(&message)?;
                self.deliver(frame).await?;
            }
        }
        Ok(())
    }

    /// Does to an answer what the fault says; a message that comes before it is returned.
    fn spoil(
        &self,
        (number, search): &(usize, Search),
        message: &mut LdapMessage,
    ) -> Option<LdapMessage> {
        let fault = self.shared.fault_at(*number, true)?;
        match (&mut message.protocol_op, fault) {
            (ProtocolOp::SearchResDone(done), Fault::EndsWith(code)) => {
                done.0.result_code = code;
            }
            (ProtocolOp::SearchResDone(_), Fault::Reference(to)) => {
                let reference = ProtocolOp::SearchResRef(SearchResultReference(vec![to.into()]));
                return Some(LdapMessage::new(message.message_id, reference));
            }
            (ProtocolOp::SearchResDone(_), Fault::NoPaging) => without_paging(message),
            (ProtocolOp::SearchResDone(_), Fault::NoCookie) => with_cookie(message, b""),
            (ProtocolOp::SearchResDone(_), Fault::StrangeCookie) => {
                with_cookie(message, b"nobody's");
            }
            (ProtocolOp::SearchResEntry(entry), Fault::EndlessRange) => {
                search.never_end(entry, self.shared.limits.range, &mut lock(&self.seen));
            }
            _ => {}
        }
        None
    }

    /// Sends a message to the client, or what comes in its place.
    async fn deliver(&self, frame: Vec<u8>) -> Result<()> {
        let mut client = self.to_client.lock().await;
        let number = self.shared.messages.fetch_add(1, Ordering::SeqCst);
        let (sent, ends) = match self.shared.fault_at(number, false) {
            Some(Fault::Cut) => (Vec::new(), true),
            Some(Fault::CutInside) => (frame[..frame.len() / 2].to_vec(), true),
            Some(Fault::Disconnection(notice)) => (notice.frame(), true),
            Some(Fault::Silence) => future::pending().await,
            _ => (frame, false),
        };
        client.write_all(&sent).await?;
        client.flush().await?;
        if ends { Err(Error::other("a test wants it so")) } else { Ok(()) }
    }
}

//! What is said on a connection before the startup packet: encryption by GSSAPI, TLS, or nothing.

use std::future::Future;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::TlsConnect;

use crate::attempt::Attempt;
use crate::authenticating::Authenticating;
use crate::connector::GssConnect;
use crate::encrypted::Encrypted;
use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::{Event, GSSENC_REQUEST, Negotiation, SSL_REQUEST};
use crate::mechanism::{Mechanism, Step};
use crate::mode::GssEncMode;
use crate::stream::{GssStream, Transport};
use crate::thread::{call, ended};

/// In the order of libpq (`PQconnectPoll`, src/interfaces/libpq/fe-connect.c), within
/// connect_timeout.
pub(crate) async fn establish<S, C>(
    stream: S,
    connect: GssConnect<C>,
) -> Result<GssStream<S, C::Stream>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: TlsConnect<S>,
{
    // A time that no clock can tell is no limit.
    let deadline = connect.connect_timeout.and_then(|limit| Instant::now().checked_add(limit));
    within(deadline, async {
        let GssConnect { tls, host, settings, attempt, ssl_mode, ssl_negotiation, .. } = connect;
        let mode = settings.gss_enc_mode;
        let mut stream = stream;
        let mut was_asked = false;
        let mut refusal = None;
        if mode != GssEncMode::Disable {
            let (begin, service) = (settings.clone(), settings.service(&host, true));
            let begun = match attempt.failure() {
                Some(failure) => Err(failure),
                None => ended(call(move || begin.begin(service)).await),
            };
            match begun {
                Ok(mechanism) => {
                    was_asked = true;
                    attempt.asked_for_encryption();
                    match encrypt(stream, mechanism, &attempt).await {
                        Ok(Answer::Encrypted(stream)) => {
                            let transport = Transport::Encrypted(stream);
                            let authenticating =
                                Authenticating::new(settings, &host, true, deadline, attempt);
                            return Ok(GssStream::new(transport, authenticating));
                        }
                        Ok(Answer::Refused(plain)) => {
                            stream = plain;
                            refusal = Some(Error::new(
                                ErrorKind::EncryptionRefused,
                                "the server takes no encryption by GSSAPI",
                            ));
                        }
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => {
                    attempt.failed(&error);
                    refusal = Some(error);
                }
            }
        }
        if let (GssEncMode::Require, Some(refusal)) = (mode, refusal) {
            return Err(refusal);
        }
        let transport = match secure(stream, tls, ssl_mode, ssl_negotiation, was_asked).await? {
            Ok(tls) => Transport::Tls(tls),
            Err(plain) => Transport::Plain(plain),
        };
        let authenticating = Authenticating::new(settings, &host, false, deadline, attempt);
        Ok(GssStream::new(transport, authenticating))
    })
    .await
}

/// Within the time, or an error.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match deadline {
        None => work.await,
        Some(deadline) => {
            timeout_at(deadline, work).await.unwrap_or_else(|_| Err(Error::timed_out()))
        }
    }
}

enum Answer<S> {
    Encrypted(Box<Encrypted<S>>),
    /// Nothing has been said on it yet.
    Refused(S),
}

/// Asks for encryption, and sets it up.
async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    mut mechanism: Box<dyn Mechanism>,
    attempt: &Attempt,
) -> Result<Answer<S>, Error> {
    let failed = |e| Error::io(e, "the negotiation of encryption by GSSAPI");
    stream.write_all(&GSSENC_REQUEST).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut negotiation = Negotiation::new();
    let mut piece = [0; 4_096];
    while !negotiation.is_complete() {
        let wanted = negotiation.wanted().min(piece.len());
        let count = stream.read(&mut piece[..wanted]).await.map_err(failed)?;
        if count == 0 {
            return Err(Error::closed("the negotiation of encryption by GSSAPI"));
        }
        let token = match negotiation.receive(&piece[..count])? {
            None => continue,
            Some(Event::Refused) => return Ok(Answer::Refused(stream)),
            Some(Event::Step(token)) => token,
        };
        // Nothing of the server's has a part in the first step.
        let is_first = token.is_none();
        let stepping = call(move || {
            let step = mechanism.step(token.as_deref())?;
            Ok((mechanism, step))
        });
        let step: Step;
        (mechanism, step) = ended(stepping.await).inspect_err(|error| {
            if is_first {
                attempt.failed(error);
            }
        })?;
        let out = negotiation.stepped(step.token.as_deref(), step.is_complete)?;
        stream.write_all(&out).await.map_err(failed)?;
        stream.flush().await.map_err(failed)?;
    }
    Ok(Answer::Encrypted(Box::new(Encrypted::new(stream, mechanism)?)))
}

/// TLS as tokio-postgres would have it by `sslmode` and `sslnegotiation`; the stream as it is where
/// there is none.
async fn secure<S, C>(
    mut stream: S,
    tls: Option<C>,
    ssl_mode: SslMode,
    ssl_negotiation: SslNegotiation,
    was_asked: bool,
) -> Result<Result<C::Stream, S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: TlsConnect<S>,
{
    let (tls, is_required) = match (tls, ssl_mode) {
        (_, SslMode::Disable) | (None, SslMode::Prefer) => return Ok(Err(stream)),
        (Some(tls), SslMode::Prefer) => (tls, false),
        (Some(tls), _) => (tls, true),
        (None, _) => {
            return Err(Error::new(
                ErrorKind::Tls,
                "sslmode asks for TLS, and there is no connector",
            ));
        }
    };
    if ssl_negotiation == SslNegotiation::Direct {
        if !is_required {
            return Err(Error::new(
                ErrorKind::Configuration,
                "sslnegotiation=direct is not for sslmode=prefer",
            ));
        }
        // After another request a server takes it for a startup packet.
        if was_asked {
            return Err(Error::new(
                ErrorKind::EncryptionRefused,
                "the server takes no encryption by GSSAPI, and direct TLS needs a new connection",
            ));
        }
    } else {
        let failed = |e| Error::io(e, "the negotiation of TLS");
        stream.write_all(&SSL_REQUEST).await.map_err(failed)?;
        stream.flush().await.map_err(failed)?;
        // One byte and no more: whatever came with it would have been sent by somebody who cannot
        // encrypt yet (CVE-2021-23222).
        let mut answer = [0];
        stream.read_exact(&mut answer).await.map_err(failed)?;
        match &answer {
            b"S" => {}
            b"N" if !is_required => return Ok(Err(stream)),
            b"N" => return Err(Error::new(ErrorKind::TlsRefused, "the server has no TLS")),
            _ => {
                return Err(Error::protocol("the server answered SSLRequest with neither S nor N"));
            }
        }
    }
    let tls = tls.connect(stream).await;
    Ok(Ok(tls.map_err(|e| Error::caused(ErrorKind::Tls, "the TLS handshake failed", e))?))
}

//! The stream that a connector returns.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

use crate::authenticating::{Authenticating, Progress};
use crate::encrypted::Encrypted;

/// A connection that a [`MakeGssConnect`](crate::MakeGssConnect) made: plain, over TLS, or
/// encrypted by GSSAPI.
///
/// A server's request for a ticket is answered while it is read from.
pub struct GssStream<S, T> {
    transport: Transport<S, T>,
    /// Until the server has let the client in.
    authenticating: Option<Box<Authenticating>>,
}

pub(crate) enum Transport<S, T> {
    Plain(S),
    Tls(T),
    Encrypted(Box<Encrypted<S>>),
}

impl<S, T> GssStream<S, T> {
    pub(crate) fn new(transport: Transport<S, T>, authenticating: Authenticating) -> Self {
        Self { transport, authenticating: Some(Box::new(authenticating)) }
    }

    /// Whether GSSAPI encrypts it.
    pub fn is_gss_encrypted(&self) -> bool {
        matches!(self.transport, Transport::Encrypted(_))
    }
}

impl<S, T> std::fmt::Debug for GssStream<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let transport = match self.transport {
            Transport::Plain(_) => "plain",
            Transport::Tls(_) => "TLS",
            Transport::Encrypted(_) => "GSSAPI",
        };
        f.debug_struct("GssStream").field("transport", &transport).finish_non_exhaustive()
    }
}

impl<S, T> AsyncRead for GssStream<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Without room nothing can be handed on, and what is over must have been.
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        while let Some(authenticating) = &mut this.authenticating {
            match ready!(authenticating.poll(cx, &mut this.transport, buf))? {
                Progress::Passed | Progress::Closed => return Poll::Ready(Ok(())),
                Progress::Over => this.authenticating = None,
            }
        }
        Pin::new(&mut this.transport).poll_read(cx, buf)
    }
}

impl<S, T> AsyncWrite for GssStream<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().transport).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_shutdown(cx)
    }
}

impl<S, T> TlsStream for GssStream<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: TlsStream + Unpin,
{
    fn channel_binding(&self) -> ChannelBinding {
        match &self.transport {
            Transport::Tls(tls) => tls.channel_binding(),
            Transport::Plain(_) | Transport::Encrypted(_) => ChannelBinding::none(),
        }
    }
}

impl<S: AsyncRead + Unpin, T: AsyncRead + Unpin> AsyncRead for Transport<S, T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl<S: AsyncWrite + Unpin, T: AsyncWrite + Unpin> AsyncWrite for Transport<S, T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

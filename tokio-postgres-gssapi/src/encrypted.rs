//! A stream that GSSAPI encrypts.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::{Error, ErrorKind};
use crate::machine::packets::{LONGEST, Packets};
use crate::mechanism::Mechanism;

pub(crate) struct Encrypted<S> {
    stream: S,
    /// Used by whoever has the whole stream, and so never locked: it makes the stream `Sync`, which
    /// pools want.
    mechanism: Mutex<Box<dyn Mechanism>>,
    longest_plain: usize,
    packets: Packets,
    plain: Vec<u8>,
    plain_at: usize,
    /// One packet that is being sent.
    out: Vec<u8>,
    out_at: usize,
}

impl<S> Encrypted<S> {
    pub(crate) fn new(stream: S, mut mechanism: Box<dyn Mechanism>) -> Result<Self, Error> {
        let longest_plain = mechanism.longest_plain(LONGEST)?;
        Ok(Self {
            stream,
            mechanism: Mutex::new(mechanism),
            longest_plain,
            packets: Packets::new(),
            plain: Vec::new(),
            plain_at: 0,
            out: Vec::new(),
            out_at: 0,
        })
    }

    fn wrap(&mut self, plain: &[u8]) -> Result<(), Error> {
        let mechanism = self.mechanism.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.out.clear();
        self.out_at = 0;
        self.out.extend_from_slice(&[0; 4]);
        let wrapped = mechanism.wrap(plain, &mut self.out);
        let length = self.out.len() - 4;
        let head = u32::try_from(length).ok().filter(|_| length <= LONGEST);
        match (wrapped, head) {
            (Ok(()), Some(head)) => {
                self.out[..4].copy_from_slice(&head.to_be_bytes());
                Ok(())
            }
            (wrapped, _) => {
                // Nothing of it is sent.
                self.out.clear();
                wrapped?;
                Err(Error::new(ErrorKind::Gssapi, "a packet got longer than it was to be"))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Encrypted<S> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.out_at < self.out.len() {
            let rest = &self.out[self.out_at..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.out_at += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mechanism = this.mechanism.get_mut().unwrap_or_else(PoisonError::into_inner);
        while buf.remaining() > 0 {
            let plain = &this.plain[this.plain_at..];
            if !plain.is_empty() {
                let count = plain.len().min(buf.remaining());
                buf.put_slice(&plain[..count]);
                this.plain_at += count;
                return Poll::Ready(Ok(()));
            }
            if let Some(token) = this.packets.next()? {
                this.plain.clear();
                this.plain_at = 0;
                mechanism.unwrap(token, &mut this.plain)?;
                continue;
            }
            let mut space = ReadBuf::new(this.packets.space());
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut space))?;
            match space.filled().len() {
                0 if this.packets.is_partial() => {
                    return Poll::Ready(Err(Error::closed("an encrypted packet").into()));
                }
                0 => return Poll::Ready(Ok(())),
                count => this.packets.filled(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // The last packet first, so that there is never more than one.
        ready!(this.poll_out(cx))?;
        let count = buf.len().min(this.longest_plain);
        if count == 0 {
            return Poll::Ready(Ok(0));
        }
        this.wrap(&buf[..count])?;
        // What is not sent now is sent by the next write or flush.
        match this.poll_out(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(count)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

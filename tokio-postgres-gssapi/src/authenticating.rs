//! Drives the exchange of authentication while tokio-postgres reads.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::attempt::Attempt;
use crate::error::Error;
use crate::machine::authentication::Authentication;
use crate::mechanism::{Mechanism, Service, Stepped};
use crate::settings::Settings;
use crate::thread::{Call, call, ended};

/// How much is read at a time.
pub(crate) const PIECE: usize = 2_048;

pub(crate) struct Authenticating {
    machine: Authentication,
    login: Login,
    settings: Settings,
    service: Service,
    reply: Vec<u8>,
    reply_at: usize,
    deadline: Option<Pin<Box<Sleep>>>,
    attempt: Arc<Attempt>,
}

/// Where the mechanism is.
enum Login {
    Unasked,
    Busy(Call<Stepped>),
    /// In a mutex that is never locked, for `Sync`.
    Ready(Mutex<Box<dyn Mechanism>>),
}

/// What a poll came to.
pub(crate) enum Progress {
    /// There are bytes for the reader.
    Passed,
    /// The server hung up where it may.
    Closed,
    /// From here on the reader reads by itself.
    Over,
}

impl Authenticating {
    pub(crate) fn new(
        settings: Settings,
        host: &str,
        is_encrypted: bool,
        deadline: Option<Instant>,
        attempt: Arc<Attempt>,
    ) -> Self {
        Self {
            machine: Authentication::new(settings.require_auth, is_encrypted),
            login: Login::Unasked,
            service: settings.service(host, false),
            settings,
            reply: Vec::new(),
            reply_at: 0,
            deadline: deadline.map(|at| Box::pin(sleep_until(at))),
            attempt,
        }
    }

    /// Goes on until there is something for the reader.
    pub(crate) fn poll<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut S,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<Progress>> {
        loop {
            if self.pass(buf) {
                return Poll::Ready(Ok(Progress::Passed));
            }
            if self.machine.is_over() {
                return Poll::Ready(Ok(Progress::Over));
            }
            if let Some(deadline) = &mut self.deadline
                && deadline.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(Err(Error::timed_out().into()));
            }
            ready!(self.poll_reply(cx, stream))?;
            if let Login::Busy(call) = &mut self.login {
                let result = ended(ready!(Pin::new(call).poll(cx)));
                self.stepped(result)?;
                continue;
            }
            if let Some(token) = self.machine.step() {
                self.login = Login::Busy(self.start(token)?);
                continue;
            }
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                self.machine.closed()?;
                return Poll::Ready(Ok(Progress::Closed));
            }
            let received = self.machine.receive(piece.filled());
            if self.machine.has_request() {
                self.attempt.has_request();
            }
            received?;
        }
    }

    /// Hands on what there is; true where there was something.
    fn pass(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let passed = self.machine.passed();
        let count = passed.len().min(buf.remaining());
        buf.put_slice(&passed[..count]);
        passed.drain(..count);
        count > 0
    }

    fn poll_reply<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut S,
    ) -> Poll<io::Result<()>> {
        if self.reply.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while self.reply_at < self.reply.len() {
            let rest = &self.reply[self.reply_at..];
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.reply_at += count,
            }
        }
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.reply = Vec::new();
        self.reply_at = 0;
        Poll::Ready(Ok(()))
    }

    fn start(&mut self, token: Option<Vec<u8>>) -> Result<Call<Stepped>, Error> {
        if let Login::Ready(mechanism) = std::mem::replace(&mut self.login, Login::Unasked) {
            let mut mechanism = mechanism.into_inner().unwrap_or_else(PoisonError::into_inner);
            return Ok(call(move || {
                let step = mechanism.step(token.as_deref())?;
                Ok((mechanism, step))
            }));
        }
        // What failed on this side a moment ago would fail once more.
        if let Some(failure) = self.attempt.failure() {
            return Err(failure);
        }
        let (settings, service) = (self.settings.clone(), self.service.clone());
        Ok(call(move || {
            let mut mechanism = settings.begin(service)?;
            let step = mechanism.step(token.as_deref())?;
            Ok((mechanism, step))
        }))
    }

    fn stepped(&mut self, result: Result<Stepped, Error>) -> Result<(), Error> {
        self.login = Login::Unasked;
        let (mechanism, step) = result?;
        self.reply = self.machine.stepped(step.token.as_deref(), step.is_complete)?;
        if !step.is_complete {
            self.login = Login::Ready(Mutex::new(mechanism));
        }
        Ok(())
    }
}

//! What a watcher is told by signals.

use std::io::{self, IsTerminal as _};

/// What a signal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end; by what it is called.
    End(&'static str),
    /// To read now.
    Read,
}

/// The signals that are listened to, in place of what they do to other programs.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    /// Whether it ends with the terminal that it was started at, as other programs do.
    ends_with_terminal: bool,
}

#[cfg(unix)]
impl Signals {
    /// # Errors
    /// Where the system does not let one listen.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            ends_with_terminal: io::stdin().is_terminal(),
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Signal::End("SIGTERM"),
            _ = self.interrupt.recv() => Signal::End("SIGINT"),
            _ = self.hang_up.recv() => match self.ends_with_terminal {
                true => Signal::End("SIGHUP"),
                false => Signal::Read,
            },
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::End("Ctrl-C"),
            Err(_) => std::future::pending().await,
        }
    }
}

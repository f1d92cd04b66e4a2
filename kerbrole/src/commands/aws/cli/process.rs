//! One run of `aws`, which ends when we do.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, copy, sink};
use tokio::process::Command;
use tokio::time::timeout;

/// How long an answer may be. That of a large account has a few MiB.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// How much of what it says on standard error is kept.
const MOST_SAID: u64 = 64 << 10;

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    pub(super) err: String,
}

/// Why there is no end of it.
#[derive(Debug)]
pub(super) enum NoEnd {
    NotRun(io::Error),
    Silent,
    TooLong,
}

/// Runs it to its end. It reads nothing from standard input, shows nothing in a pager and asks
/// nothing but what it needs to get credentials, and that on the terminal itself.
pub(super) async fn run(words: &[&str], limit: Duration) -> Result<Ended, NoEnd> {
    let mut child = Command::new("aws")
        .args(words)
        .env("AWS_PAGER", "")
        .env("AWS_CLI_AUTO_PROMPT", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(NoEnd::NotRun)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let work = async {
        // Whoever prints too much is not waited for.
        let out = read(out, MOST_BYTES).await?;
        if out.len() as u64 > MOST_BYTES {
            return Ok(None);
        }
        Ok(Some((out, child.wait().await?)))
    };
    let both = async { tokio::try_join!(work, read_some(err, MOST_SAID)) };
    let ended = tokio::select! {
        ended = timeout(limit, both) => ended,
        signal = signal() => {
            let _has_ended = child.kill().await;
            die_of(signal);
            return Err(NoEnd::Silent);
        }
    };
    let not_ended = match ended {
        Ok(Ok((Some((out, status)), err))) => {
            let err = String::from_utf8_lossy(&err).into_owned();
            return Ok(Ended { code: status.code(), out, err });
        }
        Ok(Ok((None, _))) => NoEnd::TooLong,
        Ok(Err(error)) => NoEnd::NotRun(error),
        Err(_) => NoEnd::Silent,
    };
    let _has_ended = child.kill().await;
    Err(not_ended)
}

/// One byte more than the limit at most.
async fn read(from: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(limit + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The beginning. The rest is passed over, so that it can be written.
async fn read_some(from: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        (&mut from).take(limit).read_to_end(&mut bytes).await?;
        copy(&mut from, &mut sink()).await?;
    }
    Ok(bytes)
}

/// Waits until somebody wants an end of it.
#[cfg(unix)]
async fn signal() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};

    async fn one(kind: SignalKind) -> i32 {
        match signal(kind) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            // Then it ends us as ever, and `aws` with its terminal.
            Err(_) => std::future::pending().await,
        }
        kind.as_raw_value()
    }
    tokio::select! {
        signal = one(SignalKind::interrupt()) => signal,
        signal = one(SignalKind::terminate()) => signal,
        signal = one(SignalKind::hangup()) => signal,
    }
}

#[cfg(not(unix))]
async fn signal() -> i32 {
    let _was_asked = tokio::signal::ctrl_c().await;
    2
}

/// Ends this process as the signal would have, so that a shell sees it.
#[cfg(unix)]
fn die_of(signal: i32) {
    let _not_ours = signal_hook::low_level::emulate_default_handler(signal);
}

#[cfg(not(unix))]
fn die_of(_: i32) {
    std::process::exit(130);
}

//! Calls that may wait for a KDC, each on a thread of its own.
//!
//! `spawn_blocking` would not do: a runtime waits for its threads when it ends, so that a program
//! could not end while a KDC is silent. Nobody waits for these.

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};

/// As much as a program's first thread has: MIT's library follows a krb5.conf that includes others
/// by recursion, and a thread whose stack ends takes the program with it.
const STACK: usize = 8 << 20;

/// What a call comes to.
pub(crate) type Call<T> = oneshot::Receiver<Result<T, Error>>;

/// Starts a call. Where what is returned is dropped the thread ends with that call.
pub(crate) fn call<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Call<T> {
    let (sender, receiver) = oneshot::channel();
    // Where no thread can be had, the sender is dropped with the work, which `ended` tells.
    let thread = std::thread::Builder::new().name("gssapi".into()).stack_size(STACK);
    let _started = thread.spawn(move || {
        let _nobody_waits = sender.send(work());
    });
    receiver
}

/// The result, or that there was no thread or it ended by a panic.
pub(crate) fn ended<T>(
    result: Result<Result<T, Error>, oneshot::error::RecvError>,
) -> Result<T, Error> {
    result.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Credentials, "the thread of a GSSAPI call could not go on"))
    })
}

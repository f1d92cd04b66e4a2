//! A network that fails where a test wants it to, and is as slow as one wants.
//!
//! Listens on TCP on loopback and speaks to the server through its Unix socket. It follows the
//! protocol only as far as to tell one message from the next.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::postgres_server::Server;
use crate::sandbox::{Result, lock};

/// Where a connection is cut, as seen from one request of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server gets nothing of it.
    Before,
    /// The server gets half of it.
    Half,
    /// The server gets all of it, and the client no answer.
    During,
    /// The server has answered, and the client does not hear of it.
    After,
}

/// A running proxy. It ends when it goes out of scope.
#[derive(Debug)]
pub struct Proxy {
    /// The port, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    /// How long a byte takes in each direction.
    delay: Duration,
    cut: Mutex<Option<(usize, Cut)>>,
    /// How many requests there were, over all connections.
    requests: AtomicUsize,
    hold: Mutex<Hold>,
    let_go: Condvar,
    ended: AtomicBool,
}

/// Logins that stop in the middle.
#[derive(Debug, Default)]
struct Hold {
    /// At which of its answers to the server's questions a login stops.
    at: Option<usize>,
    /// How many have stopped there.
    stopped: usize,
}

impl Proxy {
    /// Starts one in front of a server.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(server: &Server, delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let shared = Arc::new(Shared {
            socket: server.socket().join(format!(".s.PGSQL.{}", server.port)),
            delay,
            cut: Mutex::new(None),
            requests: AtomicUsize::new(0),
            hold: Mutex::default(),
            let_go: Condvar::new(),
            ended: AtomicBool::new(false),
        });
        let mine = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(std::result::Result::ok) {
                if mine.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = mine.clone();
                thread::spawn(move || serve(&shared, &client));
            }
        });
        Ok(Self { port, shared })
    }

    /// Cuts the connection at the request of this number, counted from 0 and from now.
    pub fn cut_at(&self, request: usize, cut: Cut) {
        let now = self.shared.requests.load(Ordering::SeqCst);
        *lock(&self.shared.cut) = Some((now + request, cut));
    }

    /// Lets everything pass again.
    pub fn mend(&self) {
        *lock(&self.shared.cut) = None;
    }

    /// Keeps back this one of the client's answers while it logs in, counted from 0, until
    /// [`let_go`](Self::let_go): a password is one, SCRAM takes two.
    pub fn hold_answer(&self, number: usize) {
        *lock(&self.shared.hold) = Hold { at: Some(number), stopped: 0 };
    }

    /// How many logins are kept back.
    pub fn held(&self) -> usize {
        lock(&self.shared.hold).stopped
    }

    /// Lets them go on.
    pub fn let_go(&self) {
        *lock(&self.shared.hold) = Hold::default();
        self.shared.let_go.notify_all();
    }

    /// How many requests there were so far.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.let_go();
        // Wakes the thread that listens.
        let _woken = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One connection, until one side ends it.
fn serve(shared: &Arc<Shared>, client: &TcpStream) {
    let Ok(server) = UnixStream::connect(&shared.socket) else { return };
    let _fast = client.set_nodelay(true);
    let cut_after = Arc::new(AtomicBool::new(false));
    let (Ok(to_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { return };
    let answers = {
        let (shared, cut_after) = (shared.clone(), cut_after.clone());
        thread::spawn(move || {
            forward_answers(&shared, from_server, to_client, &cut_after);
        })
    };
    forward_requests(shared, client, &server, &cut_after);
    // The server finishes what it has been given, and then sees the end.
    let _ended = server.shutdown(Shutdown::Write);
    let _ended = client.shutdown(Shutdown::Both);
    let _ended = answers.join();
}

/// Message by message, so that one can be the last.
fn forward_requests(
    shared: &Shared,
    mut client: &TcpStream,
    server: &UnixStream,
    cut_after: &AtomicBool,
) {
    let Ok(writer) = server.try_clone() else { return };
    let send = delayed(shared.delay, writer);
    let (mut is_startup, mut answers) = (true, 0);
    while let Some(message) = read_message(&mut client, is_startup) {
        // A query, or the end of an extended one.
        let is_request = !is_startup && matches!(message[0], b'Q' | b'S');
        // A password, or what stands in its place.
        if !is_startup && message[0] == b'p' {
            hold(shared, answers);
            answers += 1;
        }
        is_startup = false;
        if is_request {
            let number = shared.requests.fetch_add(1, Ordering::SeqCst);
            let cut = lock(&shared.cut).filter(|(at, _)| *at == number).map(|(_, cut)| cut);
            match cut {
                Some(Cut::Before) => return,
                Some(Cut::Half) => {
                    let _sent = send.send(message[..message.len() / 2].to_vec());
                    return;
                }
                Some(Cut::During) => {
                    let _gone = client.shutdown(Shutdown::Both);
                    let _sent = send.send(message);
                    return;
                }
                Some(Cut::After) => cut_after.store(true, Ordering::SeqCst),
                None => {}
            }
        }
        if send.send(message).is_err() {
            return;
        }
    }
}

/// Waits while this answer of a login is kept back.
fn hold(shared: &Shared, answer: usize) {
    let mut hold = lock(&shared.hold);
    if hold.at == Some(answer) {
        hold.stopped += 1;
        while hold.at == Some(answer) {
            hold = shared.let_go.wait(hold).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Everything as it comes; the answer to the request that is the last is kept back to its end.
fn forward_answers(
    shared: &Shared,
    mut server: UnixStream,
    client: TcpStream,
    cut_after: &AtomicBool,
) {
    let Ok(writer) = client.try_clone() else { return };
    let send = delayed(shared.delay, writer);
    while let Some(message) = read_message(&mut server, false) {
        let is_ready = message[0] == b'Z';
        if cut_after.load(Ordering::SeqCst) {
            if is_ready {
                break;
            }
        } else if send.send(message).is_err() {
            // The client has gone; the server goes on until it has no more to say.
        }
    }
    let _ended = client.shutdown(Shutdown::Both);
    let _ended = server.shutdown(Shutdown::Both);
}

/// A message with its head: a type, but for the first one, and a length that counts itself.
fn read_message(from: &mut impl Read, is_startup: bool) -> Option<Vec<u8>> {
    let head = if is_startup { 4 } else { 5 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(*message.last_chunk()?);
    message.resize(head + usize::try_from(length).ok()?.checked_sub(4)?, 0);
    from.read_exact(&mut message[head..]).ok()?;
    Some(message)
}

/// Writes each message so much later than it comes, without holding up the next.
fn delayed(delay: Duration, mut to: impl Write + Send + 'static) -> mpsc::Sender<Vec<u8>> {
    let (send, receive) = mpsc::channel::<Vec<u8>>();
    let (due, write) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for bytes in receive {
            if due.send((Instant::now() + delay, bytes)).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (at, bytes) in write {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    send
}

//! What a server asks for after the startup packet, up to AuthenticationOk, and until it is ready.
//!
//! Requests for a ticket are answered here, and all else is passed on to tokio-postgres. After
//! `PQconnectPoll`, `pg_fe_sendauth` and `check_expected_areq` (src/interfaces/libpq/fe-connect.c
//! and fe-auth.c).

use crate::error::{Error, ErrorKind};
use crate::machine::negotiation::LONGEST_TOKEN;
use crate::machine::skim::Skim;
use crate::require_auth::{Method, RequireAuth};

/// The longest request, with its length and without its type.
const LONGEST_REQUEST: usize = 2_000;

/// The longest error message, with its length and without its type (`MAX_ERRLEN`).
const LONGEST_ERROR: usize = 30_000;

/// The exchange, from the server's first byte on.
#[derive(Debug)]
pub(crate) struct Authentication {
    require: RequireAuth,
    /// Whether the connection is encrypted by GSSAPI, and so both sides know each other.
    is_encrypted: bool,
    state: State,
    /// The method that has been gone through.
    finished: Option<Method>,
    /// Whether one that tokio-postgres answers has been begun.
    has_other: bool,
    has_request: bool,
    /// What is not a whole message yet, or comes after a token that is still looked at.
    incoming: Vec<u8>,
    passed: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// No ticket has been asked for.
    Waiting,
    /// The mechanism has to take a step with this token.
    Wanted(Method, Option<Vec<u8>>),
    /// The mechanism is at work.
    Stepping(Method),
    /// The server has our token, and has to prove who it is.
    Continuing(Method),
    /// Both sides know each other.
    Established(Method),
    /// The client is in. What comes is passed on, and only looked at for whether that is all.
    Starting(Skim),
    /// All else is passed on as it comes.
    Over,
}

impl Authentication {
    pub(crate) fn new(require: RequireAuth, is_encrypted: bool) -> Self {
        Self {
            require,
            is_encrypted,
            state: State::Waiting,
            finished: None,
            has_other: false,
            has_request: false,
            incoming: Vec::new(),
            passed: Vec::new(),
        }
    }

    /// Whether the server has asked for anything, or let the client in: what is refused after that
    /// has not been refused for the kind of connection.
    pub(crate) fn has_request(&self) -> bool {
        self.has_request
    }

    /// Whether nothing is left to be looked at.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// What is passed on, to be taken from.
    pub(crate) fn passed(&mut self) -> &mut Vec<u8> {
        &mut self.passed
    }

    /// The step that the mechanism has to take now, if there is one, with the server's token.
    pub(crate) fn step(&mut self) -> Option<Option<Vec<u8>>> {
        let State::Wanted(method, token) = &mut self.state else { return None };
        let (method, token) = (*method, token.take());
        self.state = State::Stepping(method);
        Some(token)
    }

    /// The mechanism has taken its step: what has to be sent.
    ///
    /// # Errors
    /// Where what came meanwhile is wrong, or the token is longer than a server takes.
    pub(crate) fn stepped(
        &mut self,
        token: Option<&[u8]>,
        is_complete: bool,
    ) -> Result<Vec<u8>, Error> {
        let State::Stepping(method) = self.state else {
            return Err(Error::protocol("a step that nobody asked for"));
        };
        self.state =
            if is_complete { State::Established(method) } else { State::Continuing(method) };
        let reply = token.map_or(Ok(Vec::new()), password_message)?;
        self.go_on()?;
        Ok(reply)
    }

    /// Takes what the server sent, in pieces of any size.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] for a message that has no place here,
    /// [`ErrorKind::NotAuthenticated`] and [`ErrorKind::MethodNotAllowed`] where the server wants
    /// too little.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.incoming.extend_from_slice(bytes);
        self.go_on()
    }

    /// The server hung up.
    ///
    /// # Errors
    /// [`ErrorKind::Closed`] where that was in the middle of a message or of the exchange.
    pub(crate) fn closed(&self) -> Result<(), Error> {
        match self.state {
            State::Waiting if self.incoming.is_empty() => Ok(()),
            State::Starting(_) | State::Over => Ok(()),
            _ => Err(Error::closed("authentication")),
        }
    }

    /// How much memory it has taken for what the server sent.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        let looked_at = match &self.state {
            State::Wanted(_, token) => token.as_ref().map_or(0, Vec::capacity),
            State::Starting(skim) => skim.held(),
            _ => 0,
        };
        self.incoming.capacity() + self.passed.capacity() + looked_at
    }

    fn go_on(&mut self) -> Result<(), Error> {
        loop {
            match self.state {
                State::Wanted(..) | State::Stepping(_) => return Ok(()),
                State::Starting(ref mut skim) => {
                    if skim.is_ready(&self.incoming) {
                        self.state = State::Over;
                    }
                    self.passed.append(&mut self.incoming);
                    return Ok(());
                }
                State::Over => {
                    self.passed.append(&mut self.incoming);
                    return Ok(());
                }
                State::Waiting | State::Continuing(_) | State::Established(_) => {}
            }
            let Some(length) = message_length(&self.incoming)? else { return Ok(()) };
            if self.incoming.len() < length {
                return Ok(());
            }
            let rest = self.incoming.split_off(length);
            let message = std::mem::replace(&mut self.incoming, rest);
            self.take(message)?;
        }
    }

    /// One whole message: an error, a request, or NegotiateProtocolVersion.
    fn take(&mut self, mut message: Vec<u8>) -> Result<(), Error> {
        match message.first() {
            Some(b'R') => {
                self.has_request = true;
                if !self.request(&message)? {
                    return Ok(());
                }
            }
            // Nothing comes after it.
            Some(b'E') => self.state = State::Over,
            _ => {}
        }
        self.passed.append(&mut message);
        Ok(())
    }

    /// A request: whether it is passed on.
    fn request(&mut self, message: &[u8]) -> Result<bool, Error> {
        let Some((code, data)) = message.get(5..).and_then(<[u8]>::split_first_chunk::<4>) else {
            return Err(Error::protocol(
                "the server sent an authentication request without a code",
            ));
        };
        match u32::from_be_bytes(*code) {
            0 => {
                self.ok()?;
                return Ok(true);
            }
            7 => return self.ticket(Method::Gss),
            9 => return self.ticket(Method::Sspi),
            8 => {
                let State::Continuing(method) = self.state else {
                    return Err(Error::protocol("the server sent a token that has no place here"));
                };
                self.state = State::Wanted(method, Some(data.to_vec()));
                return Ok(false);
            }
            3 => self.other(Some(Method::Password), true)?,
            5 => self.other(Some(Method::Md5), true)?,
            // SASL begins, goes on, and has ended: only then has the server proved itself.
            10 | 11 => self.other(Some(Method::ScramSha256), false)?,
            12 => self.other(Some(Method::ScramSha256), true)?,
            _ => self.other(None, false)?,
        }
        Ok(true)
    }

    fn ticket(&mut self, method: Method) -> Result<bool, Error> {
        self.check(Some(method))?;
        if self.is_encrypted {
            return Err(Error::protocol(
                "the server asks for a ticket on a connection that one encrypts",
            ));
        }
        if self.state != State::Waiting {
            return Err(Error::protocol("the server asks for a ticket once more"));
        }
        if self.has_other {
            return Err(Error::protocol("the server asks for a ticket after another method"));
        }
        self.state = State::Wanted(method, None);
        Ok(false)
    }

    /// A method that tokio-postgres answers.
    fn other(&mut self, method: Option<Method>, is_the_last: bool) -> Result<(), Error> {
        if self.state != State::Waiting {
            return Err(Error::protocol("the server asks for another method after a ticket"));
        }
        self.check(method)?;
        self.has_other = true;
        if is_the_last {
            self.finished = method;
        }
        Ok(())
    }

    fn check(&self, method: Option<Method>) -> Result<(), Error> {
        let is_allowed =
            method.map_or(self.require.allows_others(), |method| self.require.allows(method));
        if is_allowed {
            return Ok(());
        }
        let name = method.map_or("another method", Method::name);
        Err(Error::new(
            ErrorKind::MethodNotAllowed,
            format!("the server asks for {name}, which require_auth does not allow"),
        ))
    }

    fn ok(&mut self) -> Result<(), Error> {
        match self.state {
            State::Established(method) => self.finished = Some(method),
            State::Continuing(_) => {
                return Err(Error::new(
                    ErrorKind::NotAuthenticated,
                    "the server let the client in before it had proved who it is",
                ));
            }
            _ => {}
        }
        // Whoever encrypts with a ticket has been asked for it already.
        let is_enough = self.finished.is_some()
            || self.require.allows(Method::None)
            || (self.is_encrypted && self.require.allows(Method::Gss));
        if !is_enough {
            return Err(Error::new(
                ErrorKind::MethodNotAllowed,
                "the server let the client in without the authentication that require_auth wants",
            ));
        }
        self.state = State::Starting(Skim::default());
        Ok(())
    }
}

/// How long the first message is with its type, once that is known.
fn message_length(bytes: &[u8]) -> Result<Option<usize>, Error> {
    let Some((kind, rest)) = bytes.split_first() else { return Ok(None) };
    // An error needs more room than a request or NegotiateProtocolVersion.
    let longest = match kind {
        b'R' | b'v' => LONGEST_REQUEST,
        b'E' => LONGEST_ERROR,
        _ => return Err(Error::protocol("the server sent no authentication request")),
    };
    let Some(length) = rest.first_chunk::<4>() else { return Ok(None) };
    match usize::try_from(u32::from_be_bytes(*length)) {
        Ok(length) if (8..=longest).contains(&length) => Ok(Some(1 + length)),
        _ => Err(Error::protocol("the server sent a message of a length that cannot be")),
    }
}

/// GSSResponse has the type of a password message.
fn password_message(token: &[u8]) -> Result<Vec<u8>, Error> {
    let length = u32::try_from(token.len() + 4).ok().filter(|_| token.len() <= LONGEST_TOKEN);
    let Some(length) = length else {
        return Err(Error::new(ErrorKind::Gssapi, "the ticket is too large for the server"));
    };
    let mut out = Vec::with_capacity(5 + token.len());
    out.push(b'p');
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(token);
    Ok(out)
}

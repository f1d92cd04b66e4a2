//! How encryption by GSSAPI is asked for, and the tokens by which it is set up.
//!
//! After src/interfaces/libpq/fe-secure-gssapi.c (`pqsecure_open_gss`) and
//! src/backend/libpq/be-secure-gssapi.c (`secure_open_gssapi`).

use crate::error::{Error, ErrorKind};

/// GSSENCRequest: its length, and 1234 and 5680 in 16 bits each (`NEGOTIATE_GSS_CODE`,
/// src/include/libpq/pqcomm.h).
pub(crate) const GSSENC_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

/// SSLRequest: 1234 and 5679 (`NEGOTIATE_SSL_CODE`).
pub(crate) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The longest token of a handshake, without its length (`PQ_GSS_AUTH_BUFFER_SIZE`).
pub(crate) const LONGEST_TOKEN: usize = 65_536 - 4;

/// How many tokens of a server are taken: Kerberos needs one.
const MOST_TOKENS: usize = 16;

/// What the server's bytes came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The mechanism has to take a step, with this token of the server's if there is one.
    Step(Option<Vec<u8>>),
    /// The server goes on without encryption, on the same connection.
    Refused,
}

/// The negotiation after GSSENCRequest has been sent.
#[derive(Debug)]
pub(crate) struct Negotiation {
    state: State,
    tokens: usize,
}

#[derive(Debug)]
enum State {
    /// One byte is awaited: whatever came with it would have been sent by somebody who cannot
    /// encrypt yet (CVE-2021-23222).
    Reply,
    /// The mechanism is at work.
    Stepping,
    Token {
        head: Vec<u8>,
        body: Vec<u8>,
    },
    Complete,
    Over,
}

impl Negotiation {
    pub(crate) fn new() -> Self {
        Self { state: State::Reply, tokens: 0 }
    }

    /// How many bytes have to be read next, and no more than these; 0 where it is not the server's
    /// turn.
    pub(crate) fn wanted(&self) -> usize {
        match &self.state {
            State::Reply => 1,
            State::Token { head, body } => match length(head) {
                None => 4 - head.len(),
                Some(length) => length - body.len(),
            },
            State::Stepping | State::Complete | State::Over => 0,
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    /// How much memory it has taken for what the server sent.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        match &self.state {
            State::Token { head, body } => head.capacity() + body.capacity(),
            _ => 0,
        }
    }

    /// Takes up to [`wanted`](Self::wanted) bytes.
    ///
    /// # Errors
    /// [`ErrorKind::EncryptionRefused`] where another connection would have to be made,
    /// [`ErrorKind::Protocol`] for what is neither an answer nor a token.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Result<Option<Event>, Error> {
        let event = self.take(bytes);
        if event.is_err() {
            self.state = State::Over;
        }
        event
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Option<Event>, Error> {
        if bytes.len() > self.wanted() {
            return Err(Error::protocol("the server sent more than it was asked for"));
        }
        match &mut self.state {
            State::Reply => match bytes {
                [] => Ok(None),
                [b'G'] => {
                    self.state = State::Stepping;
                    Ok(Some(Event::Step(None)))
                }
                [b'N'] => {
                    self.state = State::Over;
                    Ok(Some(Event::Refused))
                }
                // A server before 12 takes it for a startup packet. Its text is not read: whoever
                // sent it has not proved who they are (CVE-2024-10977).
                [b'E'] => Err(Error::new(
                    ErrorKind::EncryptionRefused,
                    "the server answered GSSENCRequest with an error",
                )),
                _ => Err(Error::protocol("the server answered GSSENCRequest with neither G nor N")),
            },
            State::Token { head, body } => {
                if length(head).is_none() {
                    head.extend_from_slice(bytes);
                    return match length(head) {
                        None => Ok(None),
                        // An error message has its type in the place of the length, and a token
                        // that long cannot be.
                        Some(_) if head.first() == Some(&b'E') => Err(Error::new(
                            ErrorKind::NotAuthenticated,
                            "the server ended the handshake with an error, which its log tells",
                        )),
                        Some(0) => Err(Error::protocol("the server sent a token of no length")),
                        Some(length) if length > LONGEST_TOKEN => {
                            Err(Error::protocol("the server sent a token that is too long"))
                        }
                        Some(_) => Ok(None),
                    };
                }
                body.extend_from_slice(bytes);
                if length(head) != Some(body.len()) {
                    return Ok(None);
                }
                let token = std::mem::take(body);
                self.state = State::Stepping;
                self.tokens += 1;
                if self.tokens > MOST_TOKENS {
                    return Err(Error::protocol("the server's handshake does not end"));
                }
                Ok(Some(Event::Step(Some(token))))
            }
            State::Stepping | State::Complete | State::Over => Ok(None),
        }
    }

    /// The mechanism has taken its step: what has to be sent.
    ///
    /// # Errors
    /// [`ErrorKind::Gssapi`] where its token is longer than a server takes.
    pub(crate) fn stepped(
        &mut self,
        token: Option<&[u8]>,
        is_complete: bool,
    ) -> Result<Vec<u8>, Error> {
        self.state = if is_complete {
            State::Complete
        } else {
            State::Token { head: Vec::with_capacity(4), body: Vec::new() }
        };
        token.map_or(Ok(Vec::new()), |token| framed(token, LONGEST_TOKEN))
    }
}

/// The length that stands before a token, once all four bytes of it are here.
fn length(head: &[u8]) -> Option<usize> {
    let bytes: [u8; 4] = head.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// A token with its length before it.
pub(crate) fn framed(token: &[u8], longest: usize) -> Result<Vec<u8>, Error> {
    let length = u32::try_from(token.len()).ok().filter(|_| token.len() <= longest);
    let Some(length) = length else {
        return Err(Error::new(ErrorKind::Gssapi, "the ticket is too large for the server"));
    };
    let mut out = Vec::with_capacity(4 + token.len());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(token);
    Ok(out)
}

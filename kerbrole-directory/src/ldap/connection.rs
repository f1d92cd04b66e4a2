//! One operation after the other, and the answers that belong to it.

use rasn::types::OctetString;
use rasn_ldap::{
    BindRequest, BindResponse, Controls, ExtendedRequest, LdapMessage, ProtocolOp, ResultCode,
};

use super::outcome::Refusal;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, words};
use crate::wire::framing::{self, Head};
use crate::wire::seal::Seal;
use crate::wire::{Stream, Wire};

/// Tags of what a server may send: results, entries, references (RFC 4511, section 4.1.1). Whatever
/// else there is, a filter in a filter among it, is not even looked at.
const ANSWERS: [u8; 6] = [BIND_RESPONSE, 0x64, 0x65, 0x73, EXTENDED_RESPONSE, 0x79];
const BIND_RESPONSE: u8 = 0x61;
const EXTENDED_RESPONSE: u8 = 0x78;

/// StartTLS (RFC 4511, section 4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// A connection to a server.
pub(crate) struct Connection {
    wire: Wire,
    last_id: u32,
}

impl Connection {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, last_id: 0 }
    }

    /// Sends an operation; the number that its answers have.
    pub(crate) async fn send(
        &mut self,
        operation: ProtocolOp,
        controls: Option<Controls>,
    ) -> Result<u32, Error> {
        // RFC 4511, section 4.1.1.1: up to 2³¹-1, and never 0.
        self.last_id = self.last_id % 0x7fff_ffff + 1;
        let mut message = LdapMessage::new(self.last_id, operation);
        message.controls = controls;
        let bytes = rasn::ber::encode(&message)
            .map_err(|error| Error::protocol(format!("a message cannot be written: {error}")))?;
        self.wire.send(&bytes).await?;
        Ok(self.last_id)
    }

    /// The next answer to the operation of this number.
    pub(crate) async fn receive(&mut self, id: u32) -> Result<LdapMessage, Error> {
        let bytes = self.wire.receive().await?;
        framing::refuse_many_parts(&bytes)?;
        let Some(head) = framing::head(&bytes) else {
            return Err(Error::protocol("the server sent a message without a head"));
        };
        if head.id == 0 {
            return Err(notice(head, &bytes));
        }
        if head.id != id || !ANSWERS.contains(&head.operation) {
            return Err(Error::protocol(format!(
                "the server sent {:#04x} for operation {}, and operation {id} was asked for",
                head.operation, head.id
            )));
        }
        rasn::ber::decode(&bytes)
            .map_err(|_| Error::protocol("the server sent a message that cannot be read"))
    }

    /// A step of a login.
    pub(crate) async fn bind(&mut self, request: BindRequest) -> Result<BindResponse, Error> {
        let id = self.send(ProtocolOp::BindRequest(request), None).await?;
        match self.receive(id).await?.protocol_op {
            ProtocolOp::BindResponse(response) => Ok(response),
            _ => Err(Error::protocol("the server answered a login with something else")),
        }
    }

    /// Asks for TLS; the stream that it begins on.
    pub(crate) async fn start_tls(mut self) -> Result<Box<dyn Stream>, Error> {
        let request = ExtendedRequest {
            request_name: OctetString::from_static(START_TLS.as_bytes()),
            request_value: None,
        };
        let id = self.send(ProtocolOp::ExtendedReq(request), None).await?;
        match self.receive(id).await?.protocol_op {
            ProtocolOp::ExtendedResp(r) if r.result_code == ResultCode::Success => {
                self.wire.into_stream()
            }
            ProtocolOp::ExtendedResp(r) => {
                let said = words(&r.diagnostic_message);
                let message = format!("the server does not begin TLS: {:?} {said}", r.result_code);
                Err(Error::new(ErrorKind::Tls, message.trim_end())
                    .with_hint("Give the server a certificate, or connect with a ticket."))
            }
            _ => Err(Error::protocol("the server answered StartTLS with something else")),
        }
    }

    /// Lets what comes now take as long as this clock says.
    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.wire.set_clock(clock);
    }

    /// Seals whatever goes either way from now on.
    pub(crate) fn seal(&mut self, seal: Seal) -> Result<(), Error> {
        self.wire.seal(seal)
    }
}

/// The server ends the connection (RFC 4511, section 4.4.1).
///
/// Windows has sent notices that cannot be read as the RFC has them; that they come says enough.
fn notice(head: Head, bytes: &[u8]) -> Error {
    let decoded = (head.operation == EXTENDED_RESPONSE)
        .then(|| rasn::ber::decode::<LdapMessage>(bytes).ok())
        .flatten();
    let Some(ProtocolOp::ExtendedResp(response)) = decoded.map(|message| message.protocol_op)
    else {
        return Error::new(
            ErrorKind::Busy,
            "the server ends the connection, with a notice that cannot be read",
        );
    };
    let refusal = Refusal {
        code: response.result_code,
        said: &response.diagnostic_message,
        referral: response.referral.as_ref(),
    };
    match response.result_code {
        // Whatever the code says of an operation, there is none: the connection is over.
        ResultCode::Success | ResultCode::Referral => {
            Error::new(ErrorKind::Busy, "the server ends the connection")
        }
        _ => refusal.error("the server ends the connection"),
    }
}

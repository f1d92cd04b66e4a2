//! Logging in: by a password (RFC 4513, section 5.1.3), or by a ticket that also seals what comes
//! after it (RFC 4752).

use rasn::types::OctetString;
use rasn_ldap::{AuthenticationChoice, BindRequest, BindResponse, ResultCode, SaslCredentials};

use super::connection::Connection;
use super::outcome::Refusal;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::thread;
use crate::wire::seal::{LARGEST_PACKET, Mechanism, Seal};

const DOING: &str = "the login";

/// How many steps a mechanism may take. Kerberos takes one or two.
const MOST_STEPS: usize = 8;

/// The layer that encrypts, among those of RFC 4752, section 3.3.
const CONFIDENTIALITY: u8 = 4;

/// Logs in by a password. The connection has to be one of TLS.
pub(crate) async fn simple(
    connection: &mut Connection,
    user: &str,
    password: &Secret,
) -> Result<(), Error> {
    // Whoever calls has looked already; what a server makes of an empty one is too bad to rely on.
    if password.text().is_empty() {
        return Err(Error::configuration("the password is empty"));
    }
    let password = OctetString::from_slice(password.text().as_bytes());
    let choice = AuthenticationChoice::Simple(password);
    let response = connection.bind(BindRequest::new(3, user.into(), choice)).await?;
    match response.result_code {
        ResultCode::Success => Ok(()),
        _ => Err(refused(&response)),
    }
}

/// Logs in by a mechanism of GSSAPI, and seals the connection.
pub(crate) async fn sealed(
    connection: &mut Connection,
    mut mechanism: Box<dyn Mechanism>,
    clock: Clock,
) -> Result<(), Error> {
    let mut from_server = None;
    let mut is_complete = false;
    for _ in 0..MOST_STEPS {
        let to_server = if is_complete {
            None
        } else {
            let call = thread::call(move || {
                let step = mechanism.step(from_server.as_deref())?;
                Ok((mechanism, step))
            });
            let work = async { thread::ended(call.await) };
            let (back, (token, is_last)) = clock.within("a ticket is asked for", work).await?;
            (mechanism, is_complete) = (back, is_last);
            token
        };
        let response = ask(connection, to_server.as_deref()).await?;
        if response.result_code != ResultCode::SaslBindInProgress {
            // Success here would be a login without a layer.
            return Err(match response.result_code {
                ResultCode::Success => not_sealed(),
                _ => refused(&response),
            });
        }
        let token = response.server_sasl_creds.unwrap_or_default();
        if is_complete {
            return agree(connection, mechanism, &token).await;
        }
        from_server = Some(token.to_vec());
        // The server's last token may be one that asks for none: its offer comes after it.
    }
    Err(Error::protocol("the login does not come to an end"))
}

/// Takes the server's offer of layers, and chooses the one that encrypts.
async fn agree(
    connection: &mut Connection,
    mut mechanism: Box<dyn Mechanism>,
    token: &[u8],
) -> Result<(), Error> {
    let (offer, _) = mechanism.unwrap(token)?;
    let &[layers, high, middle, low] = offer.as_slice() else {
        return Err(Error::protocol("the server's offer of a seal is none"));
    };
    if layers & CONFIDENTIALITY == 0 {
        return Err(not_sealed());
    }
    let largest = u32::from_be_bytes([0, high, middle, low]);
    let [_, size @ ..] = LARGEST_PACKET.to_be_bytes();
    let choice = mechanism.wrap(false, &[&[CONFIDENTIALITY], &size[..]].concat())?;
    let response = ask(connection, Some(&choice)).await?;
    if response.result_code != ResultCode::Success {
        return Err(refused(&response));
    }
    connection.seal(Seal::new(mechanism, largest as usize)?)
}

async fn ask(connection: &mut Connection, token: Option<&[u8]>) -> Result<BindResponse, Error> {
    let token = Some(OctetString::from_slice(token.unwrap_or_default()));
    let credentials = SaslCredentials::new("GSSAPI".into(), token);
    let choice = AuthenticationChoice::Sasl(credentials);
    connection.bind(BindRequest::new(3, "".into(), choice)).await
}

fn refused(response: &BindResponse) -> Error {
    let refusal = Refusal {
        code: response.result_code,
        said: &response.diagnostic_message,
        referral: response.referral.as_ref(),
    };
    refusal.error(DOING)
}

fn not_sealed() -> Error {
    Error::new(ErrorKind::Refused, "the server does not seal the connection")
        .with_hint("Connect by ldaps:// with a user and a password.")
}

//! The client's certificate and its key, by libpq's rules (`initialize_SSL` in
//! src/interfaces/libpq/fe-secure-openssl.c).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::SslConnectorBuilder;

use crate::connect::conninfo::ClientCertificate;

/// Has the client show its certificate to a server that asks for one.
///
/// A file that is not there is none, also where it was named: the server may do without.
///
/// # Errors
/// Where there is a certificate, and it or its key cannot be used. libpq goes on without TLS then
/// if `sslmode` allows it; here that ends it, since who has a certificate means to show it.
pub(super) fn show(
    builder: &mut SslConnectorBuilder,
    client: &ClientCertificate,
) -> Result<(), String> {
    let Some(path) = client.certificate.as_deref() else { return Ok(()) };
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    }
    builder
        .set_certificate_chain_file(path)
        .map_err(|_| format!("there is no certificate in {} that can be read", path.display()))?;
    let Some(key) = client.key.as_deref() else { return Ok(()) };
    let key = read_key(key, client.password.as_deref())?;
    builder.set_private_key(&key).and_then(|()| builder.check_private_key()).map_err(|_| {
        format!("the key of sslkey does not belong to the certificate in {}", path.display())
    })
}

fn read_key(path: &Path, password: Option<&str>) -> Result<PKey<Private>, String> {
    let shown = path.display();
    let data = fs::metadata(path).map_err(|error| {
        format!("there is a certificate, and its key {shown} cannot be read: {error}")
    })?;
    if !data.is_file() {
        return Err(format!("the key {shown} is no file"));
    }
    if others_can_use(&data) {
        return Err(format!("the key {shown} can be read by others: chmod 600 {shown}"));
    }
    let bytes = fs::read(path).map_err(|error| format!("cannot read the key {shown}: {error}"))?;
    from_pem(&bytes, password)
        .or_else(|_| PKey::private_key_from_der(&bytes))
        .map_err(|_| format!("there is no key in {shown} that sslpassword opens"))
}

/// Nobody is asked for the password: where there is none, a key that is encrypted stays shut.
fn from_pem(bytes: &[u8], password: Option<&str>) -> Result<PKey<Private>, ErrorStack> {
    PKey::private_key_from_pem_callback(bytes, |room| {
        let password = password.unwrap_or_default().as_bytes();
        let length = password.len().min(room.len());
        room[..length].copy_from_slice(&password[..length]);
        Ok(length)
    })
}

/// A file of root's may be read by its group, since that is how a machine's keys are lent.
#[cfg(unix)]
fn others_can_use(data: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    data.mode() & (if data.uid() == 0 { 0o037 } else { 0o077 }) != 0
}

#[cfg(not(unix))]
fn others_can_use(_: &fs::Metadata) -> bool {
    false
}

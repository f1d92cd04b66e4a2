//! TLS, with a server that is always verified.

use std::path::Path;
use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};
use tokio_openssl::SslStream;

use super::Stream;
use crate::error::{Error, ErrorKind};

/// Prepares TLS. Servers are verified by the certificates of the file, or those of the system.
///
/// # Errors
/// [`ErrorKind::Configuration`] where there is nothing to verify them by.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<SslConnector, Error> {
    let fail = |error: ErrorStack| {
        Error::caused(ErrorKind::Tls, format!("OpenSSL cannot be set up: {error}"), error)
    };
    // It takes in the system's certificates, and verifies the peer and its name.
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(fail)?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(fail)?;
    if let Some(path) = ca_file {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            Error::configuration(format!("cannot read the root certificates in {shown}: {error}"))
        })?;
        let certificates = X509::stack_from_pem(&bytes).unwrap_or_default();
        if certificates.is_empty() {
            return Err(Error::configuration(format!("there is no root certificate in {shown}")));
        }
        let mut store = X509StoreBuilder::new().map_err(fail)?;
        for certificate in certificates {
            store.add_cert(certificate).map_err(fail)?;
        }
        builder.set_cert_store(store.build());
    }
    Ok(builder.build())
}

/// Begins TLS with a server of this name.
pub(crate) async fn begin(
    connector: &SslConnector,
    host: &str,
    stream: Box<dyn Stream>,
) -> Result<Box<dyn Stream>, Error> {
    let fail = |error: ErrorStack| {
        Error::caused(ErrorKind::Tls, format!("TLS cannot begin: {error}"), error)
    };
    let ssl = connector.configure().and_then(|c| c.into_ssl(host)).map_err(fail)?;
    let mut stream = SslStream::new(ssl, stream).map_err(fail)?;
    if let Err(error) = Pin::new(&mut stream).connect().await {
        let verified = stream.ssl().verify_result();
        let message = if verified == X509VerifyResult::OK {
            format!("TLS failed: {error}")
        } else {
            let why = verified.error_string();
            format!("the server's certificate cannot be verified for {host}: {why}")
        };
        return Err(Error::caused(ErrorKind::Tls, message, error));
    }
    Ok(Box::new(stream))
}

//! TLS, with libpq's meanings of `sslmode` (`initialize_SSL` in
//! src/interfaces/libpq/fe-secure-openssl.c).
//!
//! Servers are verified by the library that libpq uses, and by libpq's rules for names.

mod certificate;
mod names;

use std::fs;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslFiletype, SslMethod, SslVerifyMode};
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509StoreContextRef};
use postgres_openssl::{MakeTlsConnector, set_postgresql_alpn};

use crate::connect::conninfo::{SslMode, Tls};

/// One attempt with TLS.
pub(crate) struct Connector {
    make: MakeTlsConnector,
    mismatch: Arc<OnceLock<String>>,
}

impl Connector {
    /// Prepares an attempt. `name` is the host's name as it was given.
    ///
    /// # Errors
    /// Where the server is to be verified, and there is nothing to verify it by.
    pub(crate) fn new(tls: &Tls, name: Option<&str>) -> Result<Self, String> {
        let roots = roots(tls)?;
        let name = match (tls.mode, name) {
            (SslMode::VerifyFull, None) => {
                return Err(
                    "verify-full compares the server's name with its certificate: name it with \
                     host, beside hostaddr"
                        .into(),
                );
            }
            (SslMode::VerifyFull, Some(name)) => Some(name.to_string()),
            _ => None,
        };
        let mismatch = Arc::new(OnceLock::new());
        let mut builder = builder(tls, roots, name, &mismatch)
            .map_err(|error| format!("OpenSSL cannot be set up: {error}"))?;
        certificate::show(&mut builder, &tls.client)?;
        let names_server = tls.names_server;
        let mut make = MakeTlsConnector::new(builder.build());
        make.set_callback(move |connection, _| {
            connection.set_use_server_name_indication(names_server);
            // OpenSSL would compare names by its own rules; `is_named` compares them by libpq's.
            connection.set_verify_hostname(false);
            Ok(())
        });
        Ok(Self { make, mismatch })
    }

    pub(crate) fn make(&self) -> MakeTlsConnector {
        self.make.clone()
    }

    /// What is wrong with the server's certificate, where that is what the handshake failed on.
    pub(crate) fn mismatch(&self) -> Option<String> {
        self.mismatch.get().cloned()
    }
}

/// How OpenSSL is to go about it. `roots` are `None` where nothing is verified.
fn builder(
    tls: &Tls,
    roots: Option<X509Store>,
    name: Option<String>,
    mismatch: &Arc<OnceLock<String>>,
) -> Result<SslConnectorBuilder, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(tls.versions.0))?;
    builder.set_max_proto_version(tls.versions.1)?;
    if tls.direct {
        // The server refuses TLS from the first byte where the protocol is not named (RFC 7301;
        // PostgreSQL, "SSL Session Encryption").
        set_postgresql_alpn(&mut builder)?;
    }
    let Some(roots) = roots else {
        builder.set_verify(SslVerifyMode::NONE);
        return Ok(builder);
    };
    // These replace the certificates of the machine, which the builder has taken in.
    builder.set_cert_store(roots);
    let mismatch = mismatch.clone();
    // OpenSSL calls this for each certificate of the chain, that of the server being the last
    // (SSL_CTX_set_verify(3)).
    builder.set_verify_callback(SslVerifyMode::PEER, move |is_valid, context| {
        if !is_valid {
            let why = context.error().error_string();
            let _told_already =
                mismatch.set(format!("the server's certificate cannot be verified: {why}"));
        }
        is_valid
            && (context.error_depth() != 0
                || name.as_ref().is_none_or(|name| is_named(context, name, &mismatch)))
    });
    Ok(builder)
}

fn is_named(context: &X509StoreContextRef, name: &str, mismatch: &OnceLock<String>) -> bool {
    let Some(certificate) = context.current_cert() else { return false };
    let is_named = names::is_for(certificate, name);
    if !is_named {
        let _told_already =
            mismatch.set(format!("the server's certificate is not for the host name \"{name}\""));
    }
    is_named
}

/// What a server is verified by: where there is a file of certificates it counts whatever the mode,
/// as it does for libpq.
///
/// A file that is not there verifies nothing for `allow` and `prefer`; libpq passes over it for
/// `require` as well.
fn roots(tls: &Tls) -> Result<Option<X509Store>, String> {
    let is_needed = matches!(tls.mode, SslMode::VerifyCa | SslMode::VerifyFull);
    let fail = |error: ErrorStack| format!("the root certificates cannot be taken: {error}");
    let mut store = X509StoreBuilder::new().map_err(fail)?;
    match tls.roots.as_deref() {
        None if is_needed => {
            return Err("there is no root certificate to verify the server by: name a file with \
                 sslrootcert, or sslrootcert=system"
                .into());
        }
        None => return Ok(None),
        Some("system") => store.set_default_paths().map_err(fail)?,
        Some(path) => {
            let bytes = match fs::read(path) {
                Ok(bytes) => bytes,
                Err(_) if matches!(tls.mode, SslMode::Allow | SslMode::Prefer) => return Ok(None),
                Err(error) => {
                    return Err(format!("cannot read the root certificates in {path}: {error}"));
                }
            };
            let certificates = X509::stack_from_pem(&bytes).unwrap_or_default();
            if certificates.is_empty() {
                return Err(format!("there is no root certificate in {path} that can be read"));
            }
            for certificate in certificates {
                store.add_cert(certificate).map_err(fail)?;
            }
        }
    }
    heed_revocations(tls, &mut store)?;
    Ok(Some(store.build()))
}

/// Has the store look at lists of certificates that were revoked: at those of the whole chain, as
/// libpq does.
///
/// libpq passes over a list that it cannot read; here that is an error, since who has one means it
/// to be looked at.
fn heed_revocations(tls: &Tls, store: &mut X509StoreBuilder) -> Result<(), String> {
    let (file, folder) = &tls.revoked;
    if let Some(path) = file {
        store
            .add_lookup(X509Lookup::file())
            .and_then(|lookup| lookup.load_crl_file(path, SslFiletype::PEM))
            .map_err(|_| format!("there is no list of revoked certificates in {path}"))?;
    }
    if let Some(path) = folder {
        store
            .add_lookup(X509Lookup::hash_dir())
            .and_then(|lookup| lookup.add_dir(path, SslFiletype::PEM))
            .map_err(|error| format!("cannot look for revoked certificates in {path}: {error}"))?;
    }
    if file.is_some() || folder.is_some() {
        store
            .set_flags(X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL)
            .map_err(|error| format!("revoked certificates cannot be looked for: {error}"))?;
    }
    Ok(())
}

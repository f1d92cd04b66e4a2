//! Connecting, with libpq's meanings of `sslmode`.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::conninfo::{Connection, SslMode};
use crate::exit::Failure;

impl Connection {
    /// Connects, and asks for a password if the server wants one and `ask` gives it.
    pub(crate) async fn open(
        mut self,
        ask: impl Fn(&str) -> Option<String>,
        ask_first: bool,
    ) -> Result<Client, Failure> {
        self.can_verify()?;
        let user = self.config.get_user().unwrap_or_default().to_string();
        if ask_first && let Some(password) = ask(&user) {
            self.set_password(&password);
        }
        let has_password = |config: &tokio_postgres::Config| config.get_password().is_some();
        match self.try_open().await {
            Err(error) if !self.tried.iter().any(has_password) && wants_password(&error) => match ask(&user) {
                Some(password) => {
                    self.set_password(&password);
                    self.try_open().await.map_err(|error| self.failure(&error))
                }
                None => Err(self.failure(&error)),
            },
            outcome => outcome.map_err(|error| self.failure(&error)),
        }
    }

    /// Whether there is something to verify the server by, where it is to be verified: a handshake would only say that the issuer is unknown.
    fn can_verify(&self) -> Result<(), Failure> {
        let verifies = matches!(self.sslmode, SslMode::VerifyCa | SslMode::VerifyFull);
        match self.sslrootcert.as_deref() {
            None if verifies => Err(Failure::Connection(
                "there is no root certificate to verify the server by: name a file with sslrootcert, or sslrootcert=system".into(),
            )),
            Some("system") | None => Ok(()),
            Some(path) if verifies || self.sslmode == SslMode::Require => match std::fs::File::open(path) {
                Ok(_) => Ok(()),
                Err(error) => Err(Failure::Connection(format!("cannot read the root certificates in {path}: {error}"))),
            },
            Some(_) => Ok(()),
        }
    }

    fn set_password(&mut self, password: &str) {
        for config in &mut self.tried {
            config.password(password);
        }
    }

    async fn try_open(&self) -> Result<Client, tokio_postgres::Error> {
        let (last, before) = self.tried.split_last().unwrap_or((&self.config, &[]));
        for config in before {
            if let Ok(client) = self.try_one(config.clone()).await {
                return Ok(client);
            }
        }
        self.try_one(last.clone()).await
    }

    async fn try_one(&self, mut config: tokio_postgres::Config) -> Result<Client, tokio_postgres::Error> {
        match self.sslmode {
            SslMode::Disable => {
                config.ssl_mode(tokio_postgres::config::SslMode::Disable);
                return without_tls(&config).await;
            }
            // Without first, and with TLS where the server insists on it.
            SslMode::Allow => {
                config.ssl_mode(tokio_postgres::config::SslMode::Disable);
                if let Ok(client) = without_tls(&config).await {
                    return Ok(client);
                }
                config.ssl_mode(tokio_postgres::config::SslMode::Require);
            }
            SslMode::Prefer => {
                config.ssl_mode(tokio_postgres::config::SslMode::Prefer);
            }
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                config.ssl_mode(tokio_postgres::config::SslMode::Require);
            }
        }
        let (client, connection) = config.connect(MakeRustlsConnect::new(self.tls_config())).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn tls_config(&self) -> ClientConfig {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider);
        let builder = ClientConfig::builder_with_provider(provider);
        #[allow(clippy::expect_used, reason = "ring speaks TLS 1.2 and 1.3")]
        let builder = builder.with_safe_default_protocol_versions().expect("protocol versions");
        let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        if self.direct {
            // RFC 7301; the server refuses TLS from the first byte without it (PostgreSQL, "SSL Session Encryption").
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        config
    }

    /// As libpq: `require` verifies the chain where there is a file of certificates.
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Arc<Verifier> {
        let roots = self.sslrootcert.as_deref().map(roots);
        let has_roots = roots.is_some();
        let roots = Arc::new(roots.unwrap_or_else(RootCertStore::empty));
        let chain = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok();
        let checks = match self.sslmode {
            SslMode::VerifyFull => Checks::ChainAndName,
            SslMode::VerifyCa => Checks::Chain,
            SslMode::Require if has_roots => Checks::Chain,
            _ => Checks::Nothing,
        };
        Arc::new(Verifier { checks, chain, provider: provider.clone() })
    }

    /// Where, as whom and why not; never the password.
    fn failure(&self, error: &tokio_postgres::Error) -> Failure {
        let hosts: Vec<_> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                tokio_postgres::config::Host::Tcp(name) => name.clone(),
                tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        let ports: Vec<_> = self.config.get_ports().iter().map(ToString::to_string).collect();
        let port = if ports.is_empty() { "5432".into() } else { ports.join(",") };
        let mut why = match error.as_db_error() {
            Some(refused) => refused.message().to_string(),
            None => error.to_string(),
        };
        let mut cause = std::error::Error::source(error).filter(|_| error.as_db_error().is_none());
        while let Some(error) = cause {
            why.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Failure::Connection(format!("cannot connect to {} port {port}: {why}", hosts.join(",")))
    }
}

async fn without_tls(config: &tokio_postgres::Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The server asked for a password, and there was none.
fn wants_password(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("password missing")
        || std::error::Error::source(error).is_some_and(|cause| cause.to_string().contains("password missing"))
}

/// The certificates of a file, or with `system` those of the machine. A file that cannot be read has none, and nothing is verified by it.
fn roots(name: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if name == "system" {
        for certificate in rustls_native_certs::load_native_certs().certs {
            let _unusable = roots.add(certificate);
        }
    } else if let Ok(certificates) = CertificateDer::pem_file_iter(name) {
        for certificate in certificates.flatten() {
            let _unusable = roots.add(certificate);
        }
    }
    roots
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Checks {
    Nothing,
    Chain,
    ChainAndName,
}

/// What libpq verifies, which is less than usual below verify-full.
#[derive(Debug)]
struct Verifier {
    checks: Checks,
    /// `None` where there is no certificate to start from: then nobody is trusted.
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.checks == Checks::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(chain) = &self.chain else { return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) };
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.checks == Checks::Chain => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

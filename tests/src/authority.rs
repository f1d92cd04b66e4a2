//! Certificates for servers with TLS, and the authority that signs them.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use crate::sandbox::Result;

/// An authority, whose certificate clients trust.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A server's certificate and its key, as PEM.
#[derive(Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one. Two of the same name are still not the same.
    ///
    /// # Errors
    /// When there are no random numbers for a key.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().map_err(|e| e.to_string())?;
        CertifiedIssuer::self_signed(params, key).map(Self).map_err(|e| e.to_string())
    }

    /// Its own certificate, as PEM: what a client is given as `ca_file`.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names and addresses.
    ///
    /// # Errors
    /// When one of them is neither.
    pub fn issue(&self, names: &[&str]) -> Result<Certificate> {
        self.sign(CertificateParams::new(owned(names)).map_err(|e| e.to_string())?)
    }

    /// The same, but out of date.
    ///
    /// # Errors
    /// When one of them is neither.
    pub fn issue_expired(&self, names: &[&str]) -> Result<Certificate> {
        let mut params = CertificateParams::new(owned(names)).map_err(|e| e.to_string())?;
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Certificate> {
        let key = KeyPair::generate().map_err(|e| e.to_string())?;
        let certificate = params.signed_by(&key, &self.0).map_err(|e| e.to_string())?;
        Ok(Certificate { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

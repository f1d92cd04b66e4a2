//! Certificates of every kind that a server can have.

use std::fs;
use std::path::Path;
use std::process::Command;

use kerbrole_tests::sandbox::{lossy, run};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// A certificate and its key.
pub(super) struct Certificate {
    certificate: X509,
    key: PKey<Private>,
    /// What the server sends besides.
    chain: Vec<X509>,
}

/// What is in it. The default is a server's, of v3, in date.
pub(super) struct Kind<'k> {
    pub(super) common_name: &'k str,
    pub(super) dns: &'k [&'k str],
    pub(super) ip: Option<&'k str>,
    pub(super) is_ca: bool,
    pub(super) is_v1: bool,
    pub(super) is_expired: bool,
    pub(super) is_for_clients: bool,
    pub(super) curve: Nid,
}

impl Default for Kind<'_> {
    fn default() -> Self {
        Self {
            common_name: "db.example.com",
            dns: &[],
            ip: None,
            is_ca: false,
            is_v1: false,
            is_expired: false,
            is_for_clients: false,
            curve: Nid::X9_62_PRIME256V1,
        }
    }
}

impl Certificate {
    /// Signed by `issuer`, or by itself.
    pub(super) fn new(kind: &Kind<'_>, issuer: Option<&Self>) -> Self {
        let key = EcKey::generate(&EcGroup::from_curve_name(kind.curve).unwrap()).unwrap();
        let key = PKey::from_ec_key(key).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, kind.common_name).unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(if kind.is_v1 { 0 } else { 2 }).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder
            .set_issuer_name(issuer.map_or(&name, |issuer| issuer.certificate.subject_name()))
            .unwrap();
        builder.set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap()).unwrap();
        let until = if kind.is_expired { "20210101000000Z" } else { "20991231000000Z" };
        builder.set_not_after(&Asn1Time::from_str(until).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        if kind.is_ca {
            builder
                .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
                .unwrap();
        }
        if kind.is_for_clients {
            builder
                .append_extension(ExtendedKeyUsage::new().client_auth().build().unwrap())
                .unwrap();
        }
        if !kind.dns.is_empty() || kind.ip.is_some() {
            let mut names = SubjectAlternativeName::new();
            for name in kind.dns {
                names.dns(name);
            }
            if let Some(ip) = kind.ip {
                names.ip(ip);
            }
            let context = builder.x509v3_context(None, None);
            let names = names.build(&context).unwrap();
            builder.append_extension(names).unwrap();
        }
        builder.sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256()).unwrap();
        // A root is not sent along.
        let chain =
            issuer.filter(|issuer| !issuer.is_root()).map(|issuer| issuer.certificate.clone());
        Self { certificate: builder.build(), key, chain: chain.into_iter().collect() }
    }

    fn is_root(&self) -> bool {
        self.certificate.subject_name().to_der().unwrap()
            == self.certificate.issuer_name().to_der().unwrap()
    }

    pub(super) fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().unwrap()).unwrap()
    }

    pub(super) fn pem_with_chain(&self) -> String {
        let chain = self.chain.iter().map(|one| String::from_utf8(one.to_pem().unwrap()).unwrap());
        self.pem() + &chain.collect::<String>()
    }

    pub(super) fn key_pem(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    /// The key, encrypted.
    pub(super) fn locked_key_pem(&self, password: &str) -> String {
        let cipher = openssl::symm::Cipher::aes_256_cbc();
        let pem = self.key.private_key_to_pem_pkcs8_passphrase(cipher, password.as_bytes());
        String::from_utf8(pem.unwrap()).unwrap()
    }

    /// Writes the list `name.crl` of what this CA revoked, and a folder `name` with it alone, where
    /// OpenSSL finds it by the CA's name.
    pub(super) fn revokes(&self, folder: &Path, name: &str, revoked: Option<&Self>) {
        let path = |end: &str| folder.join(format!("{name}{end}"));
        let serial = |one: &Self| {
            let number = one.certificate.serial_number().to_bn().unwrap();
            number.to_hex_str().unwrap().to_string()
        };
        // The database of ca(1): revoked, until when, since when, the serial number, the name.
        let line =
            |one| format!("R\t991231000000Z\t200102000000Z\t{}\tunknown\t/CN=x\n", serial(one));
        fs::write(path(".database"), revoked.map(line).unwrap_or_default()).unwrap();
        fs::write(path(".ca"), self.pem()).unwrap();
        fs::write(path(".ca.key"), self.key_pem()).unwrap();
        let database = path(".database");
        fs::write(
            path(".conf"),
            format!("[ca]\ndefault_ca=x\n[x]\ndatabase={}\n", database.display()),
        )
        .unwrap();
        let mut ca = Command::new("openssl");
        ca.args(["ca", "-gencrl", "-md", "sha256", "-crldays", "10000", "-config"]);
        ca.arg(path(".conf")).arg("-cert").arg(path(".ca")).arg("-keyfile").arg(path(".ca.key"));
        run(ca.arg("-out").arg(path(".crl"))).unwrap();
        let mut hash = Command::new("openssl");
        let hash = run(hash.args(["crl", "-hash", "-noout", "-in"]).arg(path(".crl"))).unwrap();
        fs::create_dir(path("")).unwrap();
        let found = path("").join(format!("{}.r0", lossy(&hash.stdout).trim()));
        fs::copy(path(".crl"), found).unwrap();
    }
}

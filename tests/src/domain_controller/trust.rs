//! Trusts between a domain and other realms.
//!
//! `samba-tool domain trust create` asks the other side over RPC, which is not served here. So the
//! trustedDomain objects are written into the directories themselves (MS-ADTS 6.1.6.7).

use std::time::SystemTime;

use super::account::{AES, PASSWORD};
use super::change::file_time;
use super::{Domain, ldif};
use crate::kdc::Kdc;
use crate::sandbox::Result;

/// trustDirection (MS-ADTS 6.1.6.7.12): the other side's users come here, and ours go there.
const BIDIRECTIONAL: u32 = 3;
/// trustType (MS-ADTS 6.1.6.7.15): a domain of Active Directory.
const UPLEVEL: u32 = 2;
/// trustAttributes (MS-ADTS 6.1.6.7.9): realms beyond the other one are not trusted.
const NON_TRANSITIVE: u32 = 1;
/// The type of an authentication information (MS-ADTS 6.1.6.9.1.2): a password.
const CLEAR: u32 = 2;

/// A SID that no domain has, for a realm without one.
const NOBODYS_SID: &str = "S-1-5-21-1-2-3";

impl Domain {
    /// Lets users of each domain use services of the other.
    ///
    /// # Errors
    /// When a directory refuses it.
    pub fn trust(&self, other: &Self) -> Result<()> {
        self.add_trusted(&other.realm, other.netbios_name(), &other.sid)?;
        other.add_trusted(&self.realm, self.netbios_name(), &self.sid)
    }

    /// Lets users of this domain use services of another realm.
    ///
    /// Users of that realm get no ticket for services of this domain: Samba's KDC looks for what
    /// only a directory puts into tickets, and ends with "PAC check failed" (4.17).
    ///
    /// # Errors
    /// When the directory or the KDC refuses it.
    pub fn trust_realm(&self, kdc: &Kdc) -> Result<()> {
        let netbios = kdc.realm.split('.').next().unwrap_or(&kdc.realm);
        self.add_trusted(&kdc.realm, netbios, NOBODYS_SID)?;
        kdc.share_key(&kdc.realm, &self.realm, PASSWORD)
    }

    /// Samba's KDC passes over trusts of the type for realms without a directory, and those of the
    /// other type need a SID (source4/kdc/db-glue.c, samba_kdc_trust_message2entry, 4.17).
    fn add_trusted(&self, realm: &str, netbios: &str, sid: &str) -> Result<()> {
        let password = password_now(PASSWORD)?;
        let name = realm.to_ascii_lowercase();
        let dn = format!("CN={name},CN=System,{}", self.base_dn());
        let numbers = [BIDIRECTIONAL, UPLEVEL, NON_TRANSITIVE, AES].map(|n| n.to_string());
        let [direction, kind, attributes, encryption] = &numbers;
        self.add_ldif(&ldif::entry(&[
            ("dn", dn.as_bytes()),
            ("objectClass", b"trustedDomain"),
            ("trustPartner", name.as_bytes()),
            ("flatName", netbios.as_bytes()),
            ("securityIdentifier", sid.as_bytes()),
            ("trustDirection", direction.as_bytes()),
            ("trustType", kind.as_bytes()),
            ("trustAttributes", attributes.as_bytes()),
            ("msDS-SupportedEncryptionTypes", encryption.as_bytes()),
            ("trustAuthIncoming", &password),
            ("trustAuthOutgoing", &password),
        ]))
    }
}

/// A password that holds from now on, and none before it (MS-ADTS 6.1.6.9.1).
fn password_now(password: &str) -> Result<Vec<u8>> {
    let now = file_time(SystemTime::now())?;
    let mut secret = ldif::utf16(password);
    let length = u32::try_from(secret.len()).map_err(|e| e.to_string())?;
    secret.resize(secret.len().next_multiple_of(4), 0);

    const HEAD: u32 = 12;
    let one = [&now.to_le_bytes()[..], &CLEAR.to_le_bytes(), &length.to_le_bytes(), &secret];
    let one = one.concat();
    // How many there are, where the current ones begin, and where the previous ones would.
    let end = HEAD + u32::try_from(one.len()).map_err(|e| e.to_string())?;
    let head = [1, HEAD, end].map(u32::to_le_bytes).concat();
    Ok([head, one].concat())
}

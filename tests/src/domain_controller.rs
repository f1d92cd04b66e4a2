//! An Active Directory of one domain: Samba's domain controller, with accounts as administrators
//! make them.

mod account;
mod change;
mod group;
mod ldif;
mod server;
mod ticket;
mod trust;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;

use crate::authority::Authority;
use crate::kerberos::{Kerberos, config_of};
use crate::sandbox::{Result, Sandbox, free_port_at};

pub use account::{Account, PASSWORD};
pub use group::{Group, Scope};
pub use ticket::Asked;

/// LDAP and the global catalogue, without and with TLS: Samba does not let one choose them.
const FIXED_PORTS: [u16; 4] = [389, 636, 3268, 3269];

/// A running domain controller.
#[derive(Debug)]
pub struct Domain {
    sandbox: &'static Sandbox,
    folder: PathBuf,
    authority: Authority,
    /// The realm, in upper case.
    pub realm: String,
    /// The domain's SID.
    pub sid: String,
    /// An address on loopback that nobody else uses.
    pub address: Ipv4Addr,
    /// The KDC's port.
    pub port: u16,
    /// The port for changes of passwords.
    pub password_port: u16,
}

impl Domain {
    /// Starts a directory with a service account for `postgres/localhost`. Several can run at once,
    /// each at an address of its own.
    ///
    /// # Errors
    /// When it does not come up, or who runs this is not root.
    pub fn start(sandbox: &'static Sandbox, realm: &str) -> Result<Self> {
        if !sandbox.is_root() {
            return Err("a domain controller has to be root's: run this as root".into());
        }
        let folder = sandbox.path().join(format!("domain-{realm}"));
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let address = free_address()?;
        let (port, password_port) = (free_port_at(address)?, free_port_at(address)?);
        let domain = Self {
            sandbox,
            folder,
            authority: Authority::new(&format!("The authority of {realm}"))?,
            realm: realm.into(),
            sid: invented_sid(),
            address,
            port,
            password_port,
        };
        domain.configure()?;
        domain.certify()?;
        domain.provision()?;
        domain.name_by_address()?;
        domain.add(&[Account::user("svc-postgres").service("postgres/localhost")])?;
        domain.export_key("postgres/localhost", &domain.keytab())?;
        sandbox.give_to_servers(&domain.keytab())?;
        domain.serve()?;
        Ok(domain)
    }

    /// The krb5.conf for clients and servers.
    pub fn config(&self) -> PathBuf {
        self.sandbox.path().join(format!("krb5-{}.conf", self.realm))
    }

    /// The keytab with the server's key.
    pub fn keytab(&self) -> PathBuf {
        // Beside the folder, which the servers' user does not get into.
        self.sandbox.path().join(format!("postgres-{}.keytab", self.realm))
    }

    /// The certificate of the authority that signed the server's own, which is for its address, for
    /// `dc1.` with the name of the domain, and for `localhost`.
    pub fn ca_file(&self) -> PathBuf {
        self.sandbox.path().join(format!("ca-{}.pem", self.realm))
    }

    /// The authority, for servers that stand in for this one.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where it is asked over TLS: `ldaps://127.88.1.2`.
    pub fn ldaps(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// Where it is asked without TLS, with StartTLS, or sealed by Kerberos: the ticket is for
    /// `ldap/` and the address.
    pub fn ldap(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// The name before the backslash in `CORP\alice`.
    pub fn netbios_name(&self) -> &str {
        self.realm.split('.').next().unwrap_or(&self.realm)
    }

    /// The DN of the domain: `DC=corp,DC=example,DC=com`.
    pub fn base_dn(&self) -> String {
        let realm = self.realm.to_ascii_lowercase();
        realm.split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",")
    }

    /// A krb5.conf for clients that come from other realms as well.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn config_with(&self, others: &[&dyn Kerberos]) -> Result<PathBuf> {
        config_of(self.sandbox, &[&[self as &dyn Kerberos], others].concat())
    }

    /// A keytab with the key of an account, as a program has one that logs in by itself.
    ///
    /// # Errors
    /// When the directory has no such account.
    pub fn keytab_of(&self, account: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("{account}.keytab"));
        self.export_key(account, &path)?;
        Ok(path)
    }
}

impl Kerberos for Domain {
    fn config(&self) -> PathBuf {
        Domain::config(self)
    }

    fn keytab(&self) -> PathBuf {
        Domain::keytab(self)
    }

    fn realm(&self) -> &str {
        &self.realm
    }

    fn kdc(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }
}

/// The SID of a domain that nobody else has (MS-DTYP 2.4.2).
fn invented_sid() -> String {
    let part = || fastrand::u32(1..);
    format!("S-1-5-21-{}-{}-{}", part(), part(), part())
}

/// An address on loopback where the ports that cannot be chosen are free. Where to begin depends on
/// the process, so that two runs do not meet.
fn free_address() -> Result<Ipv4Addr> {
    let [.., high, low] = std::process::id().to_be_bytes();
    let candidates = (0..=u8::MAX).map(|more| Ipv4Addr::new(127, 88, high, low.wrapping_add(more)));
    let is_free = |address: &Ipv4Addr| {
        FIXED_PORTS.into_iter().all(|port| TcpListener::bind((*address, port)).is_ok())
            && UdpSocket::bind((*address, FIXED_PORTS[0])).is_ok()
    };
    candidates.into_iter().find(is_free).ok_or_else(|| {
        format!(
            "no address on loopback has the ports {FIXED_PORTS:?} free, which a domain \
            controller needs: does somebody listen on all?"
        )
    })
}

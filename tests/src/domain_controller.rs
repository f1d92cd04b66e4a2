//! An Active Directory of one domain: Samba's domain controller, with accounts as administrators
//! make them.

mod account;
mod ldif;
mod trust;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kerberos::{Kerberos, Ticket, config_of, escaped, kinit, krb5_conf, program};
use crate::sandbox::{Result, Sandbox, Signal, free_port_at, printing_to, tail, wait_until};

use account::PASSWORD;

pub use account::Account;

/// LDAP and the global catalogue: Samba does not let one choose them.
const FIXED_PORTS: [u16; 2] = [389, 3268];

/// A running domain controller.
#[derive(Debug)]
pub struct Domain {
    sandbox: &'static Sandbox,
    folder: PathBuf,
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

/// How a client asks for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// `kinit name`: the ticket is spelled as the name was typed.
    AsTyped,
    /// `kinit -C name`: spelled as the directory stores it.
    Canonical,
    /// `kinit -E name@suffix`: by a user principal name.
    Enterprise,
    /// `kinit -E -C name@suffix`: what Windows does with a user principal name.
    EnterpriseCanonical,
}

impl Asked {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::AsTyped => &[],
            Self::Canonical => &["-C"],
            Self::Enterprise => &["-E"],
            Self::EnterpriseCanonical => &["-E", "-C"],
        }
    }

    /// What one types at the shell.
    pub fn command(self, name: &str) -> String {
        [&["kinit"], self.options(), &[name]].concat().join(" ")
    }
}

impl Domain {
    /// Starts a directory with a service account for `postgres/localhost`.
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
        let realm = realm.into();
        let sid = invented_sid();
        let domain = Self { sandbox, folder, realm, sid, address, port, password_port };
        domain.configure()?;
        domain.provision()?;
        domain.add(&[Account::user("svc-postgres").service("postgres/localhost")])?;
        domain.export_key("postgres/localhost", &domain.keytab())?;
        sandbox.give_to_servers(&domain.keytab())?;
        domain.serve()?;
        Ok(domain)
    }

    fn configure(&self) -> Result<()> {
        let Self { folder, realm, address, password_port, port, .. } = self;
        let (folder, domain) = (folder.display(), realm.to_ascii_lowercase());
        // Every folder is our own: Samba's defaults are the machine's. Names that it only reads
        // from a client's call, it does not serve: no RPC, no files.
        let smb = format!(
            "[global]\n realm = {realm}\n workgroup = {}\n netbios name = DC1\n server role = \
             active directory domain controller\n \
             server services = ldap, cldap, kdc\n dcerpc endpoint servers =\n interfaces = \
             {address}/8\n bind interfaces only = yes\n \
             krb5 port = {port}\n kpasswd port = {password_port}\n tls enabled = no\n log file = \
             {folder}/log\n \
             private dir = {folder}/private\n state directory = {folder}/state\n cache directory = \
             {folder}/cache\n \
             lock directory = {folder}/lock\n pid directory = {folder}/run\n ncalrpc dir = \
             {folder}/run/ncalrpc\n \
             ntp signd socket directory = {folder}/run/ntp\n winbindd socket directory = \
             {folder}/run/winbindd\n binddns dir = {folder}/dns\n\
             [sysvol]\n path = {folder}/sysvol\n read only = no\n\
             [netlogon]\n path = {folder}/sysvol/{domain}/scripts\n read only = no\n",
            self.netbios_name(),
        );
        let krb5 = krb5_conf(&self.folder, &[(realm, self.kdc())]);
        fs::write(self.smb_conf(), smb).map_err(|e| format!("smb.conf: {e}"))?;
        fs::write(self.config(), krb5).map_err(|e| format!("krb5.conf: {e}"))
    }

    fn provision(&self) -> Result<()> {
        let mut provision = self
            .tool("samba-tool", &["domain", "provision", "--server-role=dc", "--dns-backend=NONE"]);
        provision.args([
            format!("--realm={}", self.realm),
            format!("--domain={}", self.netbios_name()),
            "--host-name=dc1".into(),
            format!("--host-ip={}", self.address),
            format!("--domain-sid={}", self.sid),
            format!("--adminpass={PASSWORD}"),
        ]);
        self.run(&provision)
    }

    fn export_key(&self, principal: &str, keytab: &Path) -> Result<()> {
        let mut export = self.tool("samba-tool", &["domain", "exportkeytab"]);
        self.run(export.arg(keytab).arg(format!("--principal={principal}")))?;
        if keytab.exists() {
            Ok(())
        } else {
            Err(format!("samba-tool exported no key of {principal}"))
        }
    }

    fn serve(&self) -> Result<()> {
        // One process for everything, so that none is left when it is ended.
        let mut samba =
            self.tool("samba", &["--foreground", "--no-process-group", "--model=single"]);
        samba.arg(format!("--log-basename={}", self.folder.display()));
        let process = self.sandbox.start_as_ourselves(&samba, Signal::Term)?;
        let answers = |port| TcpStream::connect((self.address, port)).is_ok();
        let all = || FIXED_PORTS.into_iter().chain([self.port, self.password_port]).all(answers);
        let up = wait_until(|| process.ended().is_some() || all());
        if up.is_err() || process.ended().is_some() {
            return Err(format!(
                "the domain controller did not come up:\n{}",
                tail(&self.folder.join("log"))
            ));
        }
        Ok(())
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(name));
        command.args(arguments).arg(format!("--configfile={}", self.smb_conf().display()));
        command.env("KRB5_CONFIG", self.config());
        command
    }

    /// Runs a tool to its end, or to that of the sandbox: none may write where the folder is being
    /// removed.
    fn run(&self, command: &Command) -> Result<()> {
        let log = self.folder.join("tools.log");
        let process = self.sandbox.start_as_ourselves(&printing_to(&log, command), Signal::Kill)?;
        if wait_until(|| process.ended().is_some()).is_err() {
            process.stop();
        }
        match process.ended() {
            Some(status) if status.success() => Ok(()),
            status => Err(format!(
                "{} failed ({status:?}):\n{}",
                command.get_program().display(),
                tail(&log)
            )),
        }
    }

    fn smb_conf(&self) -> PathBuf {
        self.folder.join("smb.conf")
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

    /// Adds accounts.
    ///
    /// # Errors
    /// When there is one of that name already, or the directory refuses it.
    pub fn add(&self, accounts: &[Account]) -> Result<()> {
        let base = format!("CN=Users,{}", self.base_dn());
        self.add_ldif(&accounts.iter().map(|account| account.ldif(&base)).collect::<String>())
    }

    /// Adds what LDIF says.
    fn add_ldif(&self, ldif: &str) -> Result<()> {
        let file = tempfile::Builder::new()
            .suffix(".ldif")
            .tempfile_in(&self.folder)
            .map_err(|e| e.to_string())?;
        fs::write(file.path(), ldif).map_err(|e| format!("{}: {e}", file.path().display()))?;
        let database = self.folder.join("private/sam.ldb");
        self.run(self.tool("ldbadd", &[]).arg("-H").arg(database).arg(file.path()))
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

    /// A ticket, spelled as the name is, that may be handed on to a server.
    ///
    /// # Errors
    /// With what kinit says, when the KDC refuses it.
    pub fn forwardable_ticket(&self, name: &str) -> Result<Ticket> {
        let principal = format!("{}@{}", escaped(name), self.realm);
        kinit(self.sandbox, &self.config(), &["-f"], &principal, PASSWORD)
    }

    /// A ticket. The enterprise forms take a user principal name, the others the name of an
    /// account.
    ///
    /// # Errors
    /// With what kinit says, when the KDC refuses it.
    pub fn ticket(&self, name: &str, asked: Asked) -> Result<Ticket> {
        let principal = match asked {
            Asked::AsTyped | Asked::Canonical => format!("{}@{}", escaped(name), self.realm),
            // kinit adds the default realm itself.
            Asked::Enterprise | Asked::EnterpriseCanonical => name.into(),
        };
        kinit(self.sandbox, &self.config(), asked.options(), &principal, PASSWORD)
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

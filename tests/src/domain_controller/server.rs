//! Samba's domain controller: its configuration, its programs, and the server itself.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::PASSWORD;
use super::{Domain, FIXED_PORTS, ldif};
use crate::kerberos::{Kerberos as _, krb5_conf, program};
use crate::sandbox::{Result, Signal, printing_to, tail, wait_until};

impl Domain {
    pub(super) fn configure(&self) -> Result<()> {
        let Self { folder, realm, address, password_port, port, .. } = self;
        let (folder, domain) = (folder.display(), realm.to_ascii_lowercase());
        // Every folder is our own: Samba's defaults are the machine's. Names that it only reads
        // from a client's call, it does not serve: no RPC, no files.
        let smb = format!(
            "[global]\n realm = {realm}\n workgroup = {}\n netbios name = DC1\n server role = \
             active directory domain controller\n \
             server services = ldap, cldap, kdc\n dcerpc endpoint servers =\n interfaces = \
             {address}/8\n bind interfaces only = yes\n \
             krb5 port = {port}\n kpasswd port = {password_port}\n tls enabled = yes\n \
             tls keyfile = {folder}/tls/key.pem\n tls certfile = {folder}/tls/certificate.pem\n \
             tls cafile = {ca}\n log file = \
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
            ca = self.ca_file().display(),
        );
        let krb5 = krb5_conf(&self.folder, &[(realm, self.kdc())]);
        fs::write(self.smb_conf(), smb).map_err(|e| format!("smb.conf: {e}"))?;
        fs::write(self.config(), krb5).map_err(|e| format!("krb5.conf: {e}"))
    }

    /// Gives the server its certificate.
    pub(super) fn certify(&self) -> Result<()> {
        let names = [
            self.address.to_string(),
            format!("dc1.{}", self.realm.to_ascii_lowercase()),
            "localhost".into(),
        ];
        let certificate = self.authority.issue(&names.each_ref().map(String::as_str))?;
        let folder = self.folder.join("tls");
        fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for (name, text) in
            [("certificate.pem", &certificate.certificate), ("key.pem", &certificate.key)]
        {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
            // Samba takes no key that others can read.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                .map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let ca = self.ca_file();
        fs::write(&ca, self.authority.pem()).map_err(|e| format!("{}: {e}", ca.display()))
    }

    /// Lets clients that know only an address get a ticket for the server there: for its own, and
    /// for that of a proxy.
    pub(super) fn name_by_address(&self) -> Result<()> {
        let dn = format!("CN=DC1,OU=Domain Controllers,{}", self.base_dn());
        for address in [self.address, Ipv4Addr::LOCALHOST] {
            let name = format!("ldap/{address}");
            self.modify(&ldif::change(&dn, "add", "servicePrincipalName", &name))?;
        }
        Ok(())
    }

    pub(super) fn provision(&self) -> Result<()> {
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
        self.run_to_its_end(&provision)
    }

    pub(super) fn export_key(&self, principal: &str, keytab: &Path) -> Result<()> {
        let mut export = self.tool("samba-tool", &["domain", "exportkeytab"]);
        self.run_to_its_end(export.arg(keytab).arg(format!("--principal={principal}")))?;
        if keytab.exists() {
            Ok(())
        } else {
            Err(format!("samba-tool exported no key of {principal}"))
        }
    }

    pub(super) fn serve(&self) -> Result<()> {
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

    /// One of ldb's tools, on the domain's own database.
    pub(super) fn ldb(&self, name: &str) -> Command {
        let mut command = self.tool(name, &[]);
        command.arg("-H").arg(self.database());
        command
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("private/sam.ldb")
    }

    pub(super) fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(name));
        command.args(arguments).arg(format!("--configfile={}", self.smb_conf().display()));
        command.env("KRB5_CONFIG", self.config());
        command
    }

    /// Runs a tool to its end, or to that of the sandbox: none may write where the folder is being
    /// removed. One that adds a hundred thousand people
    /// has the time for that on a machine that has more to do.
    pub(super) fn run_to_its_end(&self, command: &Command) -> Result<()> {
        let log = self.folder.join("tools.log");
        let process = self.sandbox.start_as_ourselves(&printing_to(&log, command), Signal::Kill)?;
        const MINUTES: u32 = 30;
        if !(0..MINUTES).any(|_| wait_until(|| process.ended().is_some()).is_ok()) {
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

    pub(super) fn smb_conf(&self) -> PathBuf {
        self.folder.join("smb.conf")
    }
}

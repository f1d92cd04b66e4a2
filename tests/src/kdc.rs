//! A KDC of MIT Kerberos, with principals as a directory would issue them.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kerberos::{Kerberos, config_of, escaped, kinit, krb5_conf, program, put_whole};
use crate::sandbox::{Result, Sandbox, Signal, free_port, lossy, run, tail, wait_until};

pub use crate::kerberos::Ticket;

/// The password of every principal.
const PASSWORD: &str = "correct horse battery staple";

/// A running KDC for one realm.
#[derive(Debug)]
pub struct Kdc {
    sandbox: &'static Sandbox,
    folder: PathBuf,
    /// The realm, in upper case.
    pub realm: String,
    /// The TCP port, on 127.0.0.1.
    pub port: u16,
}

impl Kdc {
    /// Starts a KDC with a key for `postgres/localhost`.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(sandbox: &'static Sandbox, realm: &str) -> Result<Self> {
        let folder = sandbox.server_folder(&format!("kdc-{realm}"))?;
        let port = free_port()?;
        let kdc = Self { sandbox, folder, realm: realm.into(), port };
        kdc.configure(port)?;
        run(&mut sandbox.as_server_user(
            &kdc.tool("kdb5_util", &["create", "-r", realm, "-s", "-P", PASSWORD]),
        ))?;
        kdc.add_key("postgres/localhost")?;
        let mut command = kdc.tool("krb5kdc", &["-n", "-P"]);
        command.arg(kdc.folder.join("krb5kdc.pid"));
        let process = sandbox.start(&command, Signal::Term)?;
        let up = wait_until(|| {
            process.ended().is_some() || TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        if up.is_err() || process.ended().is_some() {
            return Err(format!("the KDC did not come up:\n{}", tail(&kdc.folder.join("kdc.log"))));
        }
        Ok(kdc)
    }

    fn configure(&self, port: u16) -> Result<()> {
        let (folder, realm) = (self.folder.display(), &self.realm);
        let krb5 = krb5_conf(&self.folder, &[(realm, self.kdc())]);
        let kdc = format!(
            "[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n\
             [realms]\n {realm} = {{\n  database_name = {folder}/principal\n  key_stash_file = \
             {folder}/stash\n  \
             acl_file = {folder}/acl\n  max_life = 10h\n  supported_enctypes = \
             aes256-cts-hmac-sha1-96:normal\n }}\n\
             [logging]\n kdc = FILE:{folder}/kdc.log\n"
        );
        // Clients read the first; the folder itself belongs to the servers.
        fs::write(self.config(), krb5).map_err(|e| format!("krb5.conf: {e}"))?;
        fs::write(self.folder.join("kdc.conf"), kdc).map_err(|e| format!("kdc.conf: {e}"))?;
        self.sandbox.give_to_servers(&self.folder.join("kdc.conf"))
    }

    /// A krb5.conf for clients that come from other realms as well.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn config_with(&self, others: &[&dyn Kerberos]) -> Result<PathBuf> {
        config_of(self.sandbox, &[&[self as &dyn Kerberos], others].concat())
    }

    /// The krb5.conf for clients and servers.
    pub fn config(&self) -> PathBuf {
        self.sandbox.path().join(format!("krb5-{}.conf", self.realm))
    }

    /// The keytab with the server's key.
    pub fn keytab(&self) -> PathBuf {
        self.folder.join("postgres.keytab")
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(name));
        command
            .args(arguments)
            .env("KRB5_CONFIG", self.config())
            .env("KRB5_KDC_PROFILE", self.folder.join("kdc.conf"));
        command
    }

    fn kadmin(&self, query: &str) -> Result<()> {
        let output = run(&mut self
            .sandbox
            .as_server_user(&self.tool("kadmin.local", &["-r", &self.realm, "-q", query])))?;
        // kadmin.local reports a failed query on standard error and exits with 0.
        let said = lossy(&output.stderr);
        if said.contains("while ") || said.contains("usage") {
            return Err(format!("kadmin.local {query}: {said}"));
        }
        Ok(())
    }

    fn add_key(&self, service: &str) -> Result<()> {
        self.kadmin(&format!("addprinc -randkey {service}"))?;
        self.kadmin(&format!("ktadd -k {} {service}", self.keytab().display()))
    }

    /// Lets users of another realm use services of this one: both know the key of
    /// `krbtgt/THIS@OTHER`.
    ///
    /// # Errors
    /// When a KDC refuses it.
    pub fn trust(&self, other: &Self) -> Result<()> {
        self.share_key(&self.realm, &other.realm, PASSWORD)?;
        other.share_key(&self.realm, &other.realm, PASSWORD)
    }

    /// Adds the key that two KDCs share, by which users of the one realm use services of the other.
    pub(crate) fn share_key(&self, services: &str, users: &str, password: &str) -> Result<()> {
        self.kadmin(&format!("addprinc -pw \"{password}\" krbtgt/{services}@{users}"))
    }

    /// A keytab of its own with the key of a service.
    ///
    /// # Errors
    /// When the KDC refuses it.
    pub fn keytab_of(&self, service: &str) -> Result<PathBuf> {
        let name = service.replace('/', "-");
        let path = self.folder.join(format!("{name}.keytab"));
        if !path.exists() {
            // Others may ask for it at the same time.
            let _there_already = self.kadmin(&format!("addprinc -randkey {service}"));
            put_whole(&path, |to| {
                self.kadmin(&format!("ktadd -norandkey -k {} {service}", to.display()))
            })?;
        }
        Ok(path)
    }

    /// A keytab with the key that a service has by now.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn keytab_again(&self, service: &str) -> Result<PathBuf> {
        let name = service.replace('/', "-");
        let path = self.folder.join(format!("{name}.again.keytab"));
        put_whole(&path, |to| {
            self.kadmin(&format!("ktadd -norandkey -k {} {service}", to.display()))
        })?;
        Ok(path)
    }

    /// Adds a service, whose key nobody has yet.
    ///
    /// # Errors
    /// When there is one already.
    pub fn add_service(&self, service: &str) -> Result<()> {
        self.kadmin(&format!("addprinc -randkey {service}"))
    }

    /// Gives a principal another key, with the options of kadmin's `cpw`.
    ///
    /// # Errors
    /// When there is no such principal.
    pub fn renew_key(&self, principal: &str, options: &str) -> Result<()> {
        self.kadmin(&format!("cpw -randkey {options} {principal}"))
    }

    /// Changes a principal, with the options of kadmin's `modprinc`.
    ///
    /// # Errors
    /// When there is no such principal.
    pub fn change(&self, principal: &str, options: &str) -> Result<()> {
        self.kadmin(&format!("modprinc {options} {principal}"))
    }

    /// The types of session keys that a service can do.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn session_keys(&self, service: &str, types: &str) -> Result<()> {
        self.kadmin(&format!("setstr {service} session_enctypes {types}"))
    }

    /// Adds a user, spelled exactly so.
    ///
    /// # Errors
    /// When there is one already.
    pub fn add_user(&self, name: &str) -> Result<()> {
        self.kadmin(&format!("addprinc -pw \"{PASSWORD}\" {}", kadmin_word(&escaped(name))))
    }

    /// Lets a user get no more tickets.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn disable_user(&self, name: &str) -> Result<()> {
        self.kadmin(&format!("modprinc -allow_tix {}", kadmin_word(&escaped(name))))
    }

    /// A ticket for a user, spelled as given, who is added if need be. Tests that run at once may
    /// all ask for the same.
    ///
    /// # Errors
    /// When the KDC refuses it.
    pub fn ticket_of(&self, name: &str) -> Result<Ticket> {
        self.ticket(name).or_else(|_| match self.add_user(name) {
            Ok(()) => self.ticket(name),
            Err(error) => self.ticket(name).map_err(|_| error),
        })
    }

    /// A ticket for a user, spelled as given.
    ///
    /// # Errors
    /// When the KDC refuses it.
    pub fn ticket(&self, name: &str) -> Result<Ticket> {
        self.ticket_by(name, &self.config())
    }

    /// The same by another krb5.conf.
    ///
    /// # Errors
    /// When the KDC refuses it, or is not found.
    pub fn ticket_by(&self, name: &str, config: &Path) -> Result<Ticket> {
        self.kinit(name, config, &[])
    }

    /// A ticket that is good for so long only: `1s`.
    ///
    /// # Errors
    /// When the KDC refuses it.
    pub fn short_ticket(&self, name: &str, lifetime: &str) -> Result<Ticket> {
        self.kinit(name, &self.config(), &["-l", lifetime])
    }

    /// A ticket that may be handed on to a server.
    ///
    /// # Errors
    /// When the KDC refuses it.
    pub fn forwardable_ticket(&self, name: &str) -> Result<Ticket> {
        self.kinit(name, &self.config(), &["-f"])
    }

    fn kinit(&self, name: &str, config: &Path, options: &[&str]) -> Result<Ticket> {
        kinit(self.sandbox, config, options, &format!("{}@{}", escaped(name), self.realm), PASSWORD)
    }
}

impl Kerberos for Kdc {
    fn config(&self) -> PathBuf {
        Kdc::config(self)
    }

    fn keytab(&self) -> PathBuf {
        Kdc::keytab(self)
    }

    fn realm(&self) -> &str {
        &self.realm
    }

    fn kdc(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// One word of a kadmin query: in quotes, with quotes doubled.
fn kadmin_word(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

//! What a client and a PostgreSQL server know of a realm, whatever its KDC is: krb5.conf, a keytab,
//! tickets.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sandbox::{Result, Sandbox, lossy, run};

/// A realm, as a PostgreSQL server has to know it.
pub trait Kerberos {
    /// The krb5.conf for clients and servers.
    fn config(&self) -> PathBuf;

    /// The keytab with the key of `postgres/localhost`.
    fn keytab(&self) -> PathBuf;

    /// The realm, in upper case.
    fn realm(&self) -> &str;

    /// Where its KDC listens: an address and a port.
    fn kdc(&self) -> String;
}

/// A krb5.conf for these realms; the first is the one of services on this machine.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn config_of(sandbox: &Sandbox, realms: &[&dyn Kerberos]) -> Result<PathBuf> {
    let all: Vec<_> = realms.iter().map(|realm| (realm.realm(), realm.kdc())).collect();
    let names: Vec<_> = realms.iter().map(|realm| realm.realm()).collect();
    let path = sandbox.path().join(format!("krb5-{}.conf", names.join("-")));
    let text = krb5_conf(sandbox.path(), &all);
    put_whole(&path, |to| fs::write(to, text).map_err(|e| e.to_string()))?;
    Ok(path)
}

/// Makes a file beside its place and puts it there whole: tests that run at once make the same one,
/// and others read it.
pub(crate) fn put_whole(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let beside = path.with_extension(format!("{}.new", MADE.fetch_add(1, Ordering::Relaxed)));
    make(&beside)?;
    fs::rename(&beside, path).map_err(|e| format!("{}: {e}", path.display()))
}

/// A krb5.conf for these realms and the addresses of their KDCs; the first is the one of services
/// on this machine. Nothing is looked up outside, and every request goes over TCP to loopback.
pub(crate) fn krb5_conf(folder: &Path, realms: &[(&str, String)]) -> String {
    let realm = realms.first().map_or("", |(realm, _)| realm);
    let domain = realm.to_ascii_lowercase();
    let kdcs: String =
        realms.iter().map(|(realm, kdc)| format!(" {realm} = {{\n  kdc = {kdc}\n }}\n")).collect();
    format!(
        "[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = false\n dns_lookup_realm = \
         false\n rdns = false\n \
         dns_canonicalize_hostname = false\n udp_preference_limit = 1\n default_ccache_name = \
         FILE:{}/cc-default\n\
         [realms]\n{kdcs}[domain_realm]\n localhost = {realm}\n .{domain} = {realm}\n",
        folder.display()
    )
}

/// A ticket in a cache of its own.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// What KRB5CCNAME has to say.
    pub cache: String,
    /// What KRB5_CONFIG has to say.
    pub config: PathBuf,
}

impl Ticket {
    /// Whom the ticket is for, as Kerberos writes it.
    ///
    /// # Errors
    /// When there is none in the cache.
    pub fn principal(&self) -> Result<String> {
        let mut klist = Command::new("klist");
        klist.env("LC_ALL", "C").env("KRB5_CONFIG", &self.config).env("KRB5CCNAME", &self.cache);
        let said = lossy(&run(&mut klist)?.stdout);
        let principal = said.lines().find_map(|line| line.strip_prefix("Default principal: "));
        principal.map(String::from).ok_or_else(|| format!("klist names no principal:\n{said}"))
    }
}

/// Runs kinit with a cache of its own. `principal` is as Kerberos writes it.
pub(crate) fn kinit(
    sandbox: &Sandbox,
    config: &Path,
    options: &[&str],
    principal: &str,
    password: &str,
) -> Result<Ticket> {
    let number = fs::read_dir(sandbox.path()).map_or(0, Iterator::count);
    let file = tempfile::Builder::new()
        .prefix(&format!("ticket-{number}-"))
        .tempfile_in(sandbox.path())
        .map_err(|e| e.to_string())?
        .into_temp_path()
        .keep()
        .map_err(|e| e.to_string())?;
    let ticket = Ticket { cache: format!("FILE:{}", file.display()), config: config.to_path_buf() };
    let mut kinit = Command::new("kinit")
        .args(options)
        .arg(principal)
        .env("KRB5_CONFIG", &ticket.config)
        .env("KRB5CCNAME", &ticket.cache)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run kinit: {e}"))?;
    if let Some(mut input) = kinit.stdin.take() {
        // A KDC that refuses beforehand is not told the password any more.
        let _gone_meanwhile = writeln!(input, "{password}");
    }
    let output = kinit.wait_with_output().map_err(|e| format!("kinit: {e}"))?;
    if !output.status.success() {
        return Err(format!("kinit {principal}: {}", lossy(&output.stderr).trim()));
    }
    Ok(ticket)
}

/// A component of a principal as Kerberos writes it: `@`, `/` and `\` with a backslash before them.
pub(crate) fn escaped(component: &str) -> String {
    let mut out = String::new();
    for c in component.chars() {
        if matches!(c, '@' | '/' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A server's program, which need not be in the PATH of whoever calls.
pub(crate) fn program(name: &str) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/local/sbin"].into_iter();
    folders
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

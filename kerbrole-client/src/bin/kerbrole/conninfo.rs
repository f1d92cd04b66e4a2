//! Connection parameters as libpq knows them: a connection string or URL, options of the command line, a service file, the environment.
//!
//! The rules are those of libpq (PostgreSQL, "Database Connection Control Functions" and "Environment Variables"): what the command line says comes first, then the
//! string, the service, the environment, the defaults. tokio-postgres reads the string; what it does not know is taken out before.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;

use crate::exit::Failure;

/// Keywords that tokio-postgres does not know, or knows less of, and that are handled here.
const OURS: [&str; 7] = ["sslmode", "sslrootcert", "passfile", "service", "gssencmode", "krbsrvname", "sslcompression"];

/// What libpq calls each parameter in the environment.
const ENVIRONMENT: [(&str, &str); 13] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGPASSFILE", "passfile"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGAPPNAME", "application_name"),
    ("PGOPTIONS", "options"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
];

/// How a connection is protected: libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(Failure::usage(format!(
                    "invalid sslmode \"{text}\": write disable, allow, prefer, require, verify-ca or verify-full"
                )));
            }
        })
    }
}

/// Everything that a connection needs, but for the password that somebody may have to type.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) config: Config,
    pub(crate) sslmode: SslMode,
    pub(crate) sslrootcert: Option<String>,
}

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// A database's name, a connection string or a URL.
    pub(crate) dbname: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<String>,
    pub(crate) user: Option<String>,
}

/// Parameters by their keywords.
type Parameters = BTreeMap<String, String>;

impl Connection {
    /// Puts everything together.
    pub(crate) fn find(
        given: &Given,
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let mut parameters = Parameters::new();
        for (keyword, value) in [("host", &given.host), ("port", &given.port), ("user", &given.user)] {
            if let Some(value) = value {
                parameters.insert(keyword.into(), value.clone());
            }
        }
        match given.dbname.as_deref() {
            Some(text) if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                add(&mut parameters, from_url(text)?);
            }
            Some(text) if text.contains('=') => add(&mut parameters, from_string(text)?),
            Some(name) => add(&mut parameters, [("dbname".to_string(), name.to_string())].into()),
            None => {}
        }
        if let Some(service) = parameters.remove("service").or_else(|| variable("PGSERVICE")) {
            add(&mut parameters, from_service(&service, home, &variable)?);
        }
        let environment = ENVIRONMENT.iter().filter_map(|(name, keyword)| Some((keyword.to_string(), variable(name)?)));
        add(&mut parameters, environment.filter(|(_, value)| !value.is_empty()).collect());
        Self::of(parameters, home, variable)
    }

    fn of(
        mut parameters: Parameters,
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let sslmode = parameters.remove("sslmode").map_or(Ok(SslMode::default()), |text| SslMode::parse(&text))?;
        let sslrootcert = parameters.remove("sslrootcert").or_else(|| default_root(home));
        let passfile =
            parameters.remove("passfile").map(PathBuf::from).or_else(|| home.map(|home| home.join(".pgpass")));
        if parameters.remove("gssencmode").as_deref() == Some("require") {
            return Err(Failure::usage(
                "gssencmode=require is not supported: connect over TLS, or through a socket".into(),
            ));
        }
        parameters.remove("krbsrvname");
        parameters.remove("sslcompression");
        if !parameters.contains_key("host") && !parameters.contains_key("hostaddr") {
            let port = parameters.get("port").map_or("5432", String::as_str);
            parameters.insert("host".into(), default_host(port));
        }
        if !parameters.contains_key("user") {
            let user =
                variable("USER").or_else(|| variable("LOGNAME")).filter(|user| !user.is_empty()).or_else(os_user);
            let user = user.ok_or_else(|| Failure::usage("who connects? Say so with -U or PGUSER".into()))?;
            parameters.insert("user".into(), user);
        }
        if !parameters.contains_key("dbname") {
            let user = parameters.get("user").cloned().unwrap_or_default();
            parameters.insert("dbname".into(), user);
        }
        if !parameters.contains_key("application_name") {
            parameters.insert("application_name".into(), "kerbrole".into());
        }
        if !parameters.contains_key("password")
            && let Some(passfile) = passfile
            && let Some(password) = from_passfile(&passfile, &parameters)
        {
            parameters.insert("password".into(), password);
        }
        let timeout = match parameters.remove("connect_timeout") {
            Some(text) => Some(
                text.trim()
                    .parse::<u64>()
                    .map_err(|_| Failure::usage(format!("invalid connect_timeout \"{text}\"")))?,
            ),
            None => None,
        };
        let mut config: Config = as_string(&parameters)
            .parse()
            // Its message names the keyword and never a value.
            .map_err(|error| Failure::usage(format!("the connection parameters are not understood: {error}")))?;
        if let Some(seconds) = timeout.filter(|&seconds| seconds > 0) {
            config.connect_timeout(Duration::from_secs(seconds));
        }
        Ok(Self { config, sslmode, sslrootcert })
    }
}

/// What is there already stays.
fn add(parameters: &mut Parameters, more: Parameters) {
    for (keyword, value) in more {
        parameters.entry(keyword).or_insert(value);
    }
}

/// `host=… user='…'`, with `\` before a quote or another `\`.
fn from_string(text: &str) -> Result<Parameters, Failure> {
    let bad = |what: &str| Failure::usage(format!("the connection string is not understood: {what}"));
    let mut parameters = Parameters::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(parameters);
        }
        let mut keyword = String::new();
        while let Some(c) = chars.next_if(|&c| c != '=' && !c.is_whitespace()) {
            keyword.push(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.next() != Some('=') {
            return Err(bad(&format!("there is no \"=\" after \"{keyword}\"")));
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.extend(chars.next()),
                Some('\'') if quoted => break,
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
                None if quoted => return Err(bad(&format!("the quote after \"{keyword}\" is not closed"))),
                None => break,
            }
        }
        parameters.insert(keyword, value);
    }
}

/// `postgresql://user:password@host:port,host:port/dbname?keyword=value&…`
fn from_url(text: &str) -> Result<Parameters, Failure> {
    let bad = |what: &str| Failure::usage(format!("the connection URL is not understood: {what}"));
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, dbname) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
    let decode = |text: &str| decoded(text).ok_or_else(|| bad("a % is not followed by two hexadecimal digits"));
    let mut parameters = Parameters::new();
    if let Some(user) = user {
        let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
        if !user.is_empty() {
            parameters.insert("user".into(), decode(user)?);
        }
        if let Some(password) = password {
            parameters.insert("password".into(), decode(password)?);
        }
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',').filter(|host| !host.is_empty()) {
        // An IPv6 address stands in brackets.
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, rest)) => (name, rest.strip_prefix(':')),
            None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
        };
        names.push(decode(name)?);
        ports.push(port.unwrap_or_default().to_string());
    }
    if !names.is_empty() {
        parameters.insert("host".into(), names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        let ports: Vec<_> = ports.iter().map(|port| if port.is_empty() { "5432" } else { port }).collect();
        parameters.insert("port".into(), ports.join(","));
    }
    if !dbname.is_empty() {
        parameters.insert("dbname".into(), decode(dbname)?);
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (keyword, value) =
            pair.split_once('=').ok_or_else(|| bad(&format!("there is no \"=\" after \"{pair}\"")))?;
        let keyword = if keyword == "ssl" && value == "true" { "sslmode" } else { keyword };
        let value = if keyword == "sslmode" && value == "true" { "require".into() } else { decode(value)? };
        parameters.insert(keyword.into(), value);
    }
    Ok(parameters)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The parameters as tokio-postgres reads them.
fn as_string(parameters: &Parameters) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .filter(|(keyword, _)| !OURS.contains(&keyword.as_str()))
        .map(|(keyword, value)| format!("{keyword}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'")))
        .collect();
    pairs.join(" ")
}

/// A section of the service file: `[name]`, then `keyword=value` a line.
fn from_service(
    name: &str,
    home: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Parameters, Failure> {
    let of_user =
        variable("PGSERVICEFILE").map(PathBuf::from).or_else(|| home.map(|home| home.join(".pg_service.conf")));
    let of_system = variable("PGSYSCONFDIR").map(PathBuf::from).unwrap_or_else(|| "/etc/postgresql-common".into());
    for path in of_user.into_iter().chain([of_system.join("pg_service.conf")]) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Some(parameters) = section(&text, name, &path)? {
            return Ok(parameters);
        }
    }
    Err(Failure::usage(format!("no service \"{name}\" in ~/.pg_service.conf or PGSERVICEFILE")))
}

fn section(text: &str, name: &str, path: &Path) -> Result<Option<Parameters>, Failure> {
    let mut found: Option<Parameters> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            found = (header == name).then(Parameters::new);
        } else if let Some(parameters) = &mut found {
            let Some((keyword, value)) = line.split_once('=') else {
                return Err(Failure::usage(format!("{}, line {}: there is no \"=\"", path.display(), number + 1)));
            };
            parameters.entry(keyword.trim().into()).or_insert(value.trim().into());
        }
    }
    Ok(found)
}

/// The password of the first line that matches: `host:port:database:user:password`, `*` for any. libpq passes over a file that others can read, and so does this.
fn from_passfile(path: &Path, parameters: &Parameters) -> Option<String> {
    if others_can_read(path) {
        eprintln!(
            "kerbrole: {} can be read by others and is passed over: chmod 600 {}",
            path.display(),
            path.display()
        );
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let get = |keyword: &str, otherwise: &str| parameters.get(keyword).cloned().unwrap_or_else(|| otherwise.into());
    let host = get("host", "localhost");
    // A socket stands for the machine itself.
    let host = if host.starts_with('/') { "localhost".into() } else { host };
    let wanted = [host, get("port", "5432"), get("dbname", ""), get("user", "")];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [host, port, dbname, user, password] = fields.try_into().ok()?;
        let matches =
            [host, port, dbname, user].iter().zip(&wanted).all(|(field, value)| field == "*" || field == value);
        matches.then_some(password)
    })
}

/// Fields between colons, `\` before a colon that is none.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|field| field.extend(chars.next())),
            c => fields.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    fields
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

/// Where libpq looks for a socket on Debian, else elsewhere.
fn default_host(port: &str) -> String {
    let sockets = ["/var/run/postgresql", "/tmp"];
    let is_there = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    sockets.into_iter().find(is_there).unwrap_or("localhost").into()
}

/// The name of whoever runs this, where the environment does not say: in a container it often does not.
#[cfg(unix)]
fn os_user() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = fs::read_to_string("/etc/passwd").ok()?;
    // name:password:uid:…
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_string())
    })
}

#[cfg(not(unix))]
fn os_user() -> Option<String> {
    None
}

fn default_root(home: Option<&Path>) -> Option<String> {
    let path = home?.join(".postgresql/root.crt");
    path.exists().then(|| path.display().to_string())
}

/// Variables of the environment as they are.
pub(crate) fn environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

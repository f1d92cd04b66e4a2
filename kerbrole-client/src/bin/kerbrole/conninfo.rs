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
use tokio_postgres::config::SslNegotiation;

use crate::exit::Failure;
use crate::passfile::{Passfile, Wanted};

/// Keywords that tokio-postgres does not know, or knows less of, and that are handled here.
const OURS: [&str; 6] = ["sslmode", "sslrootcert", "passfile", "service", "krbsrvname", "sslcompression"];

/// Keywords that tokio-postgres knows and that mean the same in libpq.
const THEIRS: [&str; 15] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

/// What libpq can be asked to demand and this cannot keep, with the values that demand nothing. A demand for safety is never passed over.
const DEMANDS: [(&str, &[&str]); 12] = [
    ("gssencmode", &["", "disable", "prefer"]),
    ("require_auth", &[""]),
    ("requirepeer", &[""]),
    ("sslcrl", &[""]),
    ("sslcrldir", &[""]),
    ("sslcert", &[""]),
    ("sslkey", &[""]),
    ("sslcertmode", &["", "disable", "allow"]),
    // Nothing older than TLS 1.2 is spoken.
    ("ssl_min_protocol_version", &["", "TLSv1", "TLSv1.1", "TLSv1.2"]),
    ("ssl_max_protocol_version", &["", "TLSv1.3"]),
    ("sslsni", &["", "1"]),
    ("tcp_user_timeout", &["", "0"]),
];

/// What libpq calls each parameter in the environment.
const ENVIRONMENT: [(&str, &str); 28] = [
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
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGREQUIREAUTH", "require_auth"),
    ("PGREQUIREPEER", "requirepeer"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGSSLCRL", "sslcrl"),
    ("PGSSLCRLDIR", "sslcrldir"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLCERTMODE", "sslcertmode"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"),
    ("PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"),
    ("PGSSLSNI", "sslsni"),
    ("PGSSLCOMPRESSION", "sslcompression"),
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
                return Err(Failure::usage(
                    "the sslmode is none: write disable, allow, prefer, require, verify-ca or verify-full".into(),
                ));
            }
        })
    }
}

/// Everything that a connection needs, but for the password that somebody may have to type.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Every host.
    pub(crate) config: Config,
    /// What is tried, one after the other: the same, or each host for itself where the password file has different passwords for them.
    pub(crate) tried: Vec<Config>,
    /// TLS from the first byte, and the protocol named in the handshake.
    pub(crate) direct: bool,
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
        for (keyword, harmless) in DEMANDS {
            if parameters.remove(keyword).is_some_and(|value| !harmless.contains(&value.as_str())) {
                return Err(Failure::usage(format!(
                    "{keyword} is set to what kerbrole cannot keep, and is not passed over: leave it out, also of the environment and of the service, or use psql"
                )));
            }
        }
        let sslrootcert = parameters.remove("sslrootcert").or_else(|| default_root(home));
        let sslmode = parameters.remove("sslmode").map(|text| SslMode::parse(&text)).transpose()?;
        let sslmode = match (sslrootcert.as_deref(), sslmode) {
            // As libpq: the certificates of the machine vouch for half the world, so that the name has to be right too.
            (Some("system"), None) => SslMode::VerifyFull,
            (Some("system"), Some(mode)) if mode != SslMode::VerifyFull => {
                return Err(Failure::usage(
                    "with sslrootcert=system nothing weaker than sslmode=verify-full is of use: write that, or leave sslmode out"
                        .into(),
                ));
            }
            (_, mode) => mode.unwrap_or_default(),
        };
        let verifies = matches!(sslmode, SslMode::VerifyCa | SslMode::VerifyFull)
            || sslmode == SslMode::Require && sslrootcert.is_some();
        if verifies && home.is_some_and(|home| home.join(".postgresql/root.crl").exists()) {
            return Err(Failure::usage(
                "there is a list of revoked certificates, ~/.postgresql/root.crl, and kerbrole cannot look at one: use psql".into(),
            ));
        }
        let direct = match parameters.remove("sslnegotiation").as_deref() {
            None | Some("" | "postgres") => false,
            Some("direct") if matches!(sslmode, SslMode::Disable | SslMode::Allow | SslMode::Prefer) => {
                return Err(Failure::usage(
                    "sslnegotiation=direct needs sslmode=require, verify-ca or verify-full".into(),
                ));
            }
            Some("direct") => true,
            Some(_) => return Err(Failure::usage("the sslnegotiation is none: write postgres or direct".into())),
        };
        let passfile =
            parameters.remove("passfile").map(PathBuf::from).or_else(|| home.map(|home| home.join(".pgpass")));
        parameters.remove("krbsrvname");
        parameters.remove("sslcompression");
        // Whatever else is there may be a part of a password: it is not repeated.
        if parameters.keys().any(|keyword| !THEIRS.contains(&keyword.as_str())) {
            return Err(Failure::usage(format!(
                "a keyword of the connection parameters is not known; those that are: {}, sslmode, sslrootcert, sslnegotiation, passfile, service",
                THEIRS.join(", ")
            )));
        }
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
        // An empty password is none, and the file is asked.
        if parameters.get("password").is_some_and(String::is_empty) {
            parameters.remove("password");
        }
        let passwords = match passfile {
            Some(path) if !parameters.contains_key("password") => from_passfile(&Passfile::read(&path), &parameters),
            _ => Vec::new(),
        };
        let timeout = match parameters.remove("connect_timeout") {
            Some(text) => Some(
                text.trim()
                    .parse::<u64>()
                    .map_err(|_| Failure::usage("the connect_timeout is no number of seconds".into()))?,
            ),
            None => None,
        };
        let read = |parameters: &Parameters| -> Result<Config, Failure> {
            let mut config: Config = as_string(parameters)
                .parse()
                // Its message names the keyword and never a value.
                .map_err(|error| Failure::usage(format!("the connection parameters are not understood: {error}")))?;
            if let Some(seconds) = timeout.filter(|&seconds| seconds > 0) {
                config.connect_timeout(Duration::from_secs(seconds));
            }
            if direct {
                config.ssl_negotiation(SslNegotiation::Direct);
            }
            Ok(config)
        };
        let all_the_same = passwords.windows(2).all(|two| two[0].1 == two[1].1);
        if let (true, Some((_, Some(password)))) = (all_the_same, passwords.first()) {
            parameters.insert("password".into(), password.clone());
        }
        let config = read(&parameters)?;
        let tried = if all_the_same {
            vec![config.clone()]
        } else {
            let of_host = |(host, password): &(Parameters, Option<String>)| {
                let mut one = parameters.clone();
                one.retain(|keyword, _| !["host", "hostaddr", "port"].contains(&keyword.as_str()));
                one.extend(host.clone());
                one.extend(password.clone().map(|password| ("password".to_string(), password)));
                read(&one)
            };
            passwords.iter().map(of_host).collect::<Result<_, _>>()?
        };
        Ok(Self { config, tried, direct, sslmode, sslrootcert })
    }
}

/// Each host with its own address and port, and its password in the file. As libpq: by the name, else by the address.
fn from_passfile(passfile: &Passfile, parameters: &Parameters) -> Vec<(Parameters, Option<String>)> {
    let list =
        |keyword: &str| -> Vec<&str> { parameters.get(keyword).map_or(Vec::new(), |text| text.split(',').collect()) };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let get = |keyword: &str| parameters.get(keyword).map_or("", String::as_str);
    (0..hosts.len().max(addresses.len()))
        .map(|at| {
            let of =
                |list: &[&str]| list.get(at).map(|text| text.trim()).filter(|text| !text.is_empty()).map(String::from);
            let port = of(&ports).or_else(|| ports.first().filter(|_| ports.len() == 1).map(ToString::to_string));
            let (host, address) = (of(&hosts), of(&addresses));
            let name = host.as_deref().or(address.as_deref()).unwrap_or_default();
            let password = passfile.find(&Wanted {
                host: name,
                port: port.as_deref().unwrap_or("5432"),
                dbname: get("dbname"),
                user: get("user"),
            });
            let one = [("host", host.clone()), ("hostaddr", address.clone()), ("port", port.clone())];
            let one = one.into_iter().filter_map(|(keyword, value)| Some((keyword.to_string(), value?)));
            (one.collect(), password.filter(|password| !password.is_empty()).map(String::from))
        })
        .collect()
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
            return Err(bad("there is no \"=\" after a keyword; a value with spaces stands in single quotes"));
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
                None if quoted => return Err(bad("a single quote is not closed")),
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
        let (keyword, value) = pair
            .split_once('=')
            .ok_or_else(|| bad("there is no \"=\" after a parameter; ? and & in a password are written %3F and %26"))?;
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

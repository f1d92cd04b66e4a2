//! Connection parameters as libpq knows them: a connection string or URL, options of the command
//! line, a service file, the environment.
//!
//! The rules are those of libpq and psql (PostgreSQL, "Database Connection Control Functions" and
//! "Environment Variables"): what the string says comes first, then the options of the command
//! line, the service, the environment, the defaults.

#[cfg(test)]
mod fuzz;
mod gss;
mod hosts;
mod keywords;
mod service;
mod text;
mod tls;
mod user;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslNegotiation;

pub(crate) use gss::Gss;
pub(crate) use hosts::{Place, Server};
use keywords::{DEMANDS, ENVIRONMENT, OURS, THEIRS, WITHOUT_EFFECT};
pub(crate) use tls::{ClientCertificate, SslMode, Tls};

use crate::connect::passfile::Passfile;
use crate::connect::session::Target;
use crate::failure::Failure;

/// Everything that a connection needs, but for the password that somebody may have to type.
#[derive(Debug)]
pub(crate) struct Connection {
    /// What is the same for every host: the user, the database, settings of the session.
    pub(crate) config: Config,
    /// What is tried, one after the other.
    pub(crate) servers: Vec<Server>,
    /// Whether they are tried in any order, and not in theirs.
    pub(crate) at_random: bool,
    /// What is looked for among them.
    pub(crate) target: Target,
    /// How long each address may take.
    pub(crate) timeout: Option<Duration>,
    pub(crate) tls: Tls,
    pub(crate) gss: Gss,
    /// Whether what the server says beside its answers is said too.
    pub(crate) aloud: bool,
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

/// Whether a password stands in a connection string or URL.
pub(crate) fn has_password(text: &str) -> Result<bool, Failure> {
    let parameters = text::parse(text)?;
    Ok(["password", "sslpassword"].iter().any(|keyword| parameters.contains_key(*keyword)))
}

impl Connection {
    /// Puts everything together.
    pub(crate) fn find(
        given: &Given,
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let mut parameters =
            given.dbname.as_deref().map(text::parse).transpose()?.unwrap_or_default();
        for (keyword, value) in
            [("host", &given.host), ("port", &given.port), ("user", &given.user)]
        {
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                parameters.entry(keyword.into()).or_insert(value.clone());
            }
        }
        if let Some(service) = parameters.remove("service").or_else(|| variable("PGSERVICE")) {
            let file = parameters.remove("servicefile").or_else(|| variable("PGSERVICEFILE"));
            add(&mut parameters, service::from_service(&service, file, home, &variable)?);
        }
        let environment = ENVIRONMENT
            .iter()
            .filter_map(|(name, keyword)| Some((keyword.to_string(), variable(name)?)));
        add(&mut parameters, environment.collect());
        if !parameters.contains_key("sslmode")
            && variable("PGREQUIRESSL").is_some_and(|value| value.starts_with('1'))
        {
            parameters.insert("sslmode".into(), "require".into());
        }
        Self::of(parameters, home)
    }

    fn of(mut parameters: Parameters, home: Option<&Path>) -> Result<Self, Failure> {
        demands_nothing_else(&mut parameters)?;
        let tls = Tls::of(&mut parameters, home)?;
        let gss = Gss::of(&mut parameters)?;
        let timeout = match parameters.remove("connect_timeout").filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                let seconds: i64 = text.trim().parse().map_err(|_| {
                    Failure::usage("the connect_timeout is no number of seconds".into())
                })?;
                u64::try_from(seconds).ok().filter(|&seconds| seconds > 0).map(Duration::from_secs)
            }
        };
        let at_random = match parameters.remove("load_balance_hosts").as_deref() {
            None | Some("disable") => false,
            Some("random") => true,
            Some(_) => {
                return Err(Failure::usage(
                    "the load_balance_hosts is none: write disable or random".into(),
                ));
            }
        };
        let target = match parameters.remove("target_session_attrs") {
            None => Target::Any,
            Some(text) => Target::parse(&text).ok_or_else(|| {
                Failure::usage(
                    "the target_session_attrs is none: write any, read-write, read-only, primary, \
                     standby or prefer-standby"
                        .into(),
                )
            })?,
        };
        let patience = hosts::patience(&mut parameters)?;
        let mut servers = hosts::servers(&mut parameters)?;
        if parameters.get("user").is_none_or(String::is_empty) {
            let user = user::name()
                .ok_or_else(|| Failure::usage("who connects? Say so with -U or PGUSER".into()))?;
            parameters.insert("user".into(), user);
        }
        let get = |parameters: &Parameters, keyword: &str| {
            parameters.get(keyword).cloned().unwrap_or_default()
        };
        let user = get(&parameters, "user");
        if get(&parameters, "dbname").is_empty() {
            parameters.insert("dbname".into(), user.clone());
        }
        let passfile =
            parameters.remove("passfile").filter(|path| !path.is_empty()).map(PathBuf::from);
        let passfile = passfile.or_else(|| home.map(|home| home.join(".pgpass")));
        // An empty password is none, and the file is asked.
        match (parameters.remove("password").filter(|password| !password.is_empty()), passfile) {
            (Some(password), _) => {
                for server in &mut servers {
                    server.password = Some(password.clone().into_bytes());
                }
            }
            (None, Some(path)) => {
                hosts::look_up(
                    &mut servers,
                    &Passfile::read(&path),
                    &get(&parameters, "dbname"),
                    &user,
                );
            }
            (None, None) => {}
        }
        if let Some(count) = parameters.remove("keepalives_count").filter(|count| !count.is_empty())
        {
            parameters.insert("keepalives_retries".into(), count);
        }
        parameters.entry("application_name".into()).or_insert("kerbrole".into());
        let mut config: Config = as_string(&parameters)
            .parse()
            // Its message names the keyword and never a value.
            .map_err(|error| {
                Failure::usage(format!(
                    "the connection parameters are not understood: {}",
                    chain(&error)
                ))
            })?;
        if tls.direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        // Where the system has no such limit libpq passes over it too.
        #[cfg(target_os = "linux")]
        if let Some(patience) = patience {
            config.tcp_user_timeout(patience);
        }
        Ok(Self { config, servers, at_random, target, timeout, tls, gss, aloud: false })
    }
}

/// Takes out what demands nothing here, and refuses by name what it would be wrong to pass over.
fn demands_nothing_else(parameters: &mut Parameters) -> Result<(), Failure> {
    for (keyword, harmless) in DEMANDS {
        if parameters.remove(keyword).is_some_and(|value| !harmless.contains(&value.as_str())) {
            return Err(Failure::usage(format!(
                "{keyword} is set to what kerbrole cannot keep, and is not passed over: leave it \
                 out, also of the environment and of the service, or use psql"
            )));
        }
    }
    parameters.retain(|keyword, _| !WITHOUT_EFFECT.contains(&keyword.as_str()));
    let is_known = |keyword: &&str| {
        THEIRS.contains(keyword) || OURS.contains(keyword) || *keyword == "keepalives_count"
    };
    // Whatever else is there may be a part of a password: it is not repeated.
    if parameters.keys().all(|keyword| is_known(&keyword.as_str())) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a keyword of the connection parameters is not known; those that are: {}, {}",
        THEIRS.join(", "),
        OURS.join(", ")
    )))
}

/// Adds parameters; those that are there already stay.
fn add(parameters: &mut Parameters, more: Parameters) {
    for (keyword, value) in more {
        parameters.entry(keyword).or_insert(value);
    }
}

/// The parameters as tokio-postgres reads them.
fn as_string(parameters: &Parameters) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .map(|(keyword, value)| {
            format!("{keyword}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
        })
        .collect();
    pairs.join(" ")
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let cause_text = error.to_string();
        // Some errors repeat their cause.
        if !text.contains(&cause_text) {
            text.push_str(&format!(": {cause_text}"));
        }
        cause = error.source();
    }
    text
}

/// A variable of the environment as it is.
pub(crate) fn environment(name: &str) -> Option<String> {
    // What is not UTF-8 is not passed over: it may be a demand.
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Whose files are read: `HOME`, else what the system knows.
pub(crate) fn home() -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from).or_else(user::home)
}

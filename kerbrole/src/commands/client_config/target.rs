//! The server and who logs in, as the connection options say it.

use std::net::IpAddr;

use kerbrole_client::{NameRules, Realm, UsernameCase};

use crate::arguments::{ClientConfigArguments, GssEncMode, Options, ServerOptions};
use crate::commands::realm;
use crate::connect::conninfo::{Connection, Given, Place, SslMode, environment, home};
use crate::failure::Failure;
use crate::host::Host;

/// What a client has to be told.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// At least one.
    pub(super) servers: Vec<Server>,
    pub(super) dbname: String,
    /// The exact name of the role.
    pub(super) role: String,
    pub(super) realm: Realm,
    pub(super) ssl_mode: SslMode,
    /// A file of root certificates, or `system`, where the server is verified.
    pub(super) roots: Option<String>,
    pub(super) gss_enc_mode: GssEncMode,
    pub(super) service: String,
}

/// Where the server is.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Letters, digits, `-`, `_` and dots.
    pub(super) host: String,
    pub(super) port: u16,
    /// Where it is said and not looked up.
    pub(super) address: Option<IpAddr>,
}

impl Target {
    /// Puts everything together.
    ///
    /// # Errors
    /// Where something is not said that nobody can guess, or no ticket is for it.
    pub(super) fn find(
        arguments: &ClientConfigArguments,
        options: &Options,
    ) -> Result<Self, Failure> {
        let text = options.server.dbname.as_deref().unwrap_or_default();
        if text.contains("krbsrvname=") || text.contains("gssencmode=") {
            return Err(Failure::usage(
                "krbsrvname and gssencmode are options here: --krbsrvname, --gssencmode".into(),
            ));
        }
        let connection = connection(options.server.dbname.clone(), &options.server)?;
        let servers = servers(&connection, &options.server)?;
        let (role, realm) = role(arguments, options, connection.config.get_user())?;
        let said = says_database(&options.server)?;
        let dbname = connection.config.get_dbname().filter(|_| said).unwrap_or("postgres");
        let verifies = matches!(connection.tls.mode, SslMode::VerifyCa | SslMode::VerifyFull);
        let service = arguments.krbsrvname.clone().unwrap_or_else(|| "postgres".into());
        if service.is_empty()
            || !service.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            return Err(Failure::usage(
                "the krbsrvname has to be letters, digits, \"-\", \"_\" and dots".into(),
            ));
        }
        Ok(Self {
            servers,
            dbname: dbname.into(),
            role,
            realm,
            ssl_mode: connection.tls.mode,
            roots: connection.tls.roots.filter(|_| verifies),
            gss_enc_mode: arguments.gssencmode.unwrap_or(GssEncMode::Prefer),
            service,
        })
    }

    /// The first of the hosts.
    pub(super) fn first(&self) -> &Server {
        &self.servers[0]
    }

    /// The only host, for a client that takes no list.
    pub(super) fn only(&self, client: &str) -> Result<&Server, Failure> {
        match self.servers.as_slice() {
            [only] => Ok(only),
            several => Err(Failure::usage(format!(
                "{client} takes one host, and these are {}\n\
                 HINT:  Ask once for each of them.",
                several.len()
            ))),
        }
    }

    /// Refuses addresses that a client cannot be told beside a name.
    pub(super) fn without_addresses(&self, client: &str) -> Result<(), Failure> {
        if self.servers.iter().any(|server| server.address.is_some()) {
            return Err(Failure::usage(format!(
                "{client} has no hostaddr\n\
                 HINT:  Leave it out, and have the host's name lead to the address by DNS or \
                 /etc/hosts."
            )));
        }
        Ok(())
    }

    /// `host:port,host:port`
    pub(super) fn places(&self) -> String {
        let places: Vec<_> =
            self.servers.iter().map(|server| format!("{}:{}", server.host, server.port)).collect();
        places.join(",")
    }

    /// libpq's keywords for the server and the user, without those of TLS and GSSAPI.
    pub(super) fn place_pairs(&self) -> Vec<(&'static str, String)> {
        let list = |item: &dyn Fn(&Server) -> String| {
            let items: Vec<_> = self.servers.iter().map(item).collect();
            items.join(",")
        };
        let mut pairs = vec![("host", list(&|server| server.host.clone()))];
        if self.servers.iter().any(|server| server.address.is_some()) {
            let address = |server: &Server| server.address.map(|one| one.to_string());
            pairs.push(("hostaddr", list(&|server| address(server).unwrap_or_default())));
        }
        let first = self.first().port;
        let port = if self.servers.iter().all(|server| server.port == first) {
            first.to_string()
        } else {
            list(&|server| server.port.to_string())
        };
        pairs.extend([
            ("port", port),
            ("dbname", self.dbname.clone()),
            ("user", self.role.clone()),
        ]);
        pairs
    }

    /// libpq's keywords for TLS.
    pub(super) fn tls_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("sslmode", ssl_mode(self.ssl_mode).into())];
        pairs.extend(self.roots.clone().map(|roots| ("sslrootcert", roots)));
        pairs
    }

    /// libpq's keywords for GSSAPI.
    pub(super) fn gss_pairs(&self) -> Vec<(&'static str, String)> {
        vec![("gssencmode", self.gss_enc_mode.name().into()), ("krbsrvname", self.service.clone())]
    }

    /// All that libpq is told.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        [self.place_pairs(), self.tls_pairs(), self.gss_pairs()].concat()
    }

    /// A name for it where a client wants one: the first part of the host's.
    pub(super) fn label(&self) -> &str {
        self.first().host.split('.').next().unwrap_or_default()
    }
}

/// What libpq calls it.
pub(super) fn ssl_mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Disable => "disable",
        SslMode::Allow => "allow",
        SslMode::Prefer => "prefer",
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    }
}

/// What is said of the server, by the options, with this as the database, and the environment.
fn connection(dbname: Option<String>, server: &ServerOptions) -> Result<Connection, Failure> {
    let given = Given {
        dbname,
        host: server.host.clone(),
        port: server.port.clone(),
        user: server.username.clone(),
    };
    // Nothing is connected to, so that nothing can be demanded of the connection.
    let demands = ["PGGSSENCMODE", "PGGSSDELEGATION", "PGREQUIREAUTH", "PGREQUIREPEER"];
    let variable = |name: &str| environment(name).filter(|_| !demands.contains(&name));
    Connection::find(&given, home().as_deref(), variable)
}

/// Whether somebody says which database. Where nobody does it is called as the user, and nobody has
/// a database for each principal: so it is looked at whether it follows the user's name.
fn says_database(server: &ServerOptions) -> Result<bool, Failure> {
    const NOBODY: &str = "kerbrole-looks";
    let text = server.dbname.as_deref().unwrap_or_default();
    let is_url = text.contains("://");
    if !text.is_empty() && !is_url && !text.contains('=') {
        return Ok(true);
    }
    // What comes last holds.
    let asked = match (is_url, text.contains('?')) {
        (false, _) => format!("{text} user='{NOBODY}'"),
        (true, false) => format!("{text}?user={NOBODY}"),
        (true, true) => format!("{text}&user={NOBODY}"),
    };
    Ok(connection(Some(asked), server)?.config.get_dbname() != Some(NOBODY))
}

/// The role and its realm: of `--principal`, else of the user.
fn role(
    arguments: &ClientConfigArguments,
    options: &Options,
    user: Option<&str>,
) -> Result<(String, Realm), Failure> {
    let default_realm = match &arguments.realm {
        Some(realm) => Some(realm::parse(realm)?),
        None => options.rules.default_realm.clone(),
    };
    let typed = arguments.principal.as_deref().or(user).unwrap_or_default();
    if default_realm.is_none() && !typed.contains(['@', '\\']) {
        return Err(Failure::usage(format!(
            "of which realm is {typed:?}?\n\
             HINT:  Say who is to log in: --principal {0}@CORP.EXAMPLE.COM, or --realm \
             CORP.EXAMPLE.COM beside the user.",
            if typed.is_empty() { "alice" } else { typed }
        )));
    }
    let rules = NameRules {
        // The role is spelled as whoever asks says: its server is not asked.
        username_case: UsernameCase::Preserve,
        default_realm,
        netbios_domains: options.rules.netbios_domains.clone().unwrap_or_default(),
        ..NameRules::default()
    };
    let canonical = rules.canonicalize(typed, None).map_err(|error| {
        let hint = error.hint().map(|hint| format!("\nHINT:  {hint}")).unwrap_or_default();
        Failure::usage(format!("{error}{hint}"))
    })?;
    Ok((canonical.role_name().to_string(), canonical.principal.realm().clone()))
}

fn servers(connection: &Connection, server: &ServerOptions) -> Result<Vec<Server>, Failure> {
    let is_said = server.host.as_ref().is_some_and(|host| !host.is_empty())
        || ["PGHOST", "PGHOSTADDR", "PGSERVICE"].iter().any(|name| environment(name).is_some())
        || server.dbname.as_ref().is_some_and(|text| text.contains("://") || text.contains('='));
    connection
        .servers
        .iter()
        .map(|one| match &one.place {
            _ if !is_said => Err(Failure::usage(
                "on which host is the server?\n\
                 HINT:  Give its name as the directory knows it: -h db.corp.example.com."
                    .into(),
            )),
            Place::Socket(_) => Err(Failure::usage(
                "a client with a ticket connects to a host, and not over a Unix socket\n\
                 HINT:  Give the server's name as the directory knows it: -h db.corp.example.com."
                    .into(),
            )),
            Place::Named(name) => named(name, one.port, None),
            Place::At(address, Some(name)) => named(name, one.port, Some(*address)),
            Place::At(address, None) => Err(no_name(&address.to_string())),
        })
        .collect()
}

fn named(name: &str, port: u16, address: Option<IpAddr>) -> Result<Server, Failure> {
    let host = Host::parse(name)?;
    if host.address().is_some() {
        return Err(no_name(name));
    }
    if host.port.is_some() {
        return Err(Failure::usage(format!(
            "{name} has a port, which goes apart: -h {} -p {}",
            host.name,
            host.port.unwrap_or_default()
        )));
    }
    Ok(Server { host: host.name, port, address })
}

fn no_name(address: &str) -> Failure {
    Failure::usage(format!(
        "{address} is an address, and a ticket is for a server's name\n\
         HINT:  Give the name that the directory has the service under: -h db.corp.example.com, \
         with hostaddr beside it where DNS does not know it."
    ))
}

//! How a server is to be worked with, and the look at it that chooses the backend.

use kerbrole_core::{
    ConflictRule, NameRules, NetbiosDomains, Realm, RealmList, RoleName, UsernameCase,
};
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::handle::{Handle, Known};
use crate::kerbrole::Kerbrole;
use crate::probe::probe;

/// How the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// By the functions of the extension `pg_kerbrole`, with its settings.
    Extension,
    /// By the same functions in PL/pgSQL (sql/kerbrole.sql), with their settings: for managed
    /// servers, where the extension cannot be installed.
    SqlFunctions,
    /// By plain statements, with this crate's own rules: where nothing is installed.
    PlainSql,
}

/// How a server is to be worked with, where the defaults are not meant.
///
/// The rules for names, and the two roles, are the server's own settings (`kerbrole.*`) where the
/// extension is used, rows of the table `kerbrole.settings` with the functions in PL/pgSQL, and
/// these with plain statements.
#[derive(Debug, Clone)]
pub struct Builder {
    backend: Option<Backend>,
    names: NameRules,
    pub(crate) ad_role: String,
    iam_role: String,
    pub(crate) accept_nesting: bool,
    pub(crate) max_removals: Option<usize>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            backend: None,
            names: NameRules::default(),
            ad_role: "rds_ad".into(),
            iam_role: "rds_iam".into(),
            accept_nesting: false,
            max_removals: None,
        }
    }
}

impl Builder {
    /// The defaults: the extension where it is installed, else the functions in PL/pgSQL where they
    /// are installed and [trusted](crate::SqlFunctions::is_trusted), else plain statements;
    /// `rds_ad` and `rds_iam`.
    pub fn new() -> Self {
        Self::default()
    }

    /// One way of working, whatever the server has.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// What happens to the case of usernames.
    #[must_use]
    pub fn username_case(mut self, case: UsernameCase) -> Self {
        self.names.username_case = case;
        self
    }

    /// The realm of usernames that come without one.
    #[must_use]
    pub fn default_realm(mut self, realm: Realm) -> Self {
        self.names.default_realm = Some(realm);
        self
    }

    /// The only realms that new principals may be of.
    #[must_use]
    pub fn allowed_realms(mut self, realms: RealmList) -> Self {
        self.names.allowed_realms = realms;
        self
    }

    /// The realms that NetBIOS domains stand for.
    #[must_use]
    pub fn netbios_domains(mut self, domains: NetbiosDomains) -> Self {
        self.names.netbios_domains = domains;
        self
    }

    /// The role whose members log in through Kerberos, instead of `rds_ad`.
    #[must_use]
    pub fn ad_role(mut self, role: impl Into<String>) -> Self {
        self.ad_role = role.into();
        self
    }

    /// The role whose members log in through IAM, instead of `rds_iam`.
    #[must_use]
    pub fn iam_role(mut self, role: impl Into<String>) -> Self {
        self.iam_role = role.into();
        self
    }

    /// Whether the connection's user may become a member of each principal that it creates, and so
    /// of `rds_ad`.
    ///
    /// With plain statements on PostgreSQL 16 and later, whoever creates a principal without being
    /// a superuser does; where pg_hba.conf sends members of `rds_ad` to GSSAPI, its password does
    /// not let it in any more. Unless this is accepted, or is so already, adding is refused with
    /// [`ErrorKind::WouldNest`](crate::ErrorKind::WouldNest).
    #[must_use]
    pub fn accept_nesting(mut self, yes: bool) -> Self {
        self.accept_nesting = yes;
        self
    }

    /// How many principals one synchronisation may disable or drop with plain statements, instead
    /// of half of them.
    ///
    /// The extension and the functions in PL/pgSQL have a setting for it.
    #[must_use]
    pub fn max_removals(mut self, at_most: usize) -> Self {
        self.max_removals = Some(at_most);
        self
    }

    /// Looks at the server and chooses the backend.
    ///
    /// This takes one round trip, two with the extension.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// [`ErrorKind::BackendMissing`](crate::ErrorKind::BackendMissing) when the extension, or
    /// the functions in PL/pgSQL, were asked for and are not here; 22023 or 42622 for a role that
    /// can have no such name.
    pub async fn build<C: GenericClient>(self, client: &C) -> Result<Kerbrole<'_, C>, Error> {
        Ok(self.handle(client).await?.on(client))
    }

    /// Looks at the server and chooses the backend, for any number of connections to it.
    ///
    /// This takes one round trip, two with the extension. [`Handle`] says what is looked at.
    ///
    /// # Privileges
    /// None.
    ///
    /// # Errors
    /// Those of [`Builder::build`].
    #[cfg_attr(feature = "tracing", tracing::instrument(level = "debug", skip_all))]
    pub async fn handle<C: GenericClient>(self, client: &C) -> Result<Handle, Error> {
        let server = probe(client, &self.ad_role).await?;
        let by_itself = match (&server.extension, &server.sql_functions) {
            (Some(_), _) => Backend::Extension,
            (None, Some(functions)) if functions.is_trusted => Backend::SqlFunctions,
            _ => Backend::PlainSql,
        };
        let backend = self.backend.unwrap_or(by_itself);
        let schema = match (backend, &server.extension, &server.sql_functions) {
            (Backend::Extension, Some(extension), _) => {
                kerbrole_core::quote_identifier(&extension.schema)
            }
            (Backend::SqlFunctions, _, Some(_)) => "kerbrole".into(),
            (Backend::PlainSql, ..) => String::new(),
            _ => return Err(Error::missing(backend)),
        };
        let caseins_users = server.krb_caseins_users.unwrap_or(false);
        let (rules, rule) = match backend {
            Backend::Extension | Backend::SqlFunctions => {
                settings(client, backend, caseins_users).await?
            }
            Backend::PlainSql => {
                let role = |name: &String| RoleName::new(name.as_str());
                let rule = ConflictRule::new(role(&self.ad_role)?, role(&self.iam_role)?)?;
                (NameRules { caseins_users, ..self.names.clone() }, rule)
            }
        };
        #[cfg(feature = "tracing")]
        tracing::debug!(?backend, server_version = server.version, "looked at the server");
        Ok(Handle::new(Known { asked: self, server, backend, schema, rules, rule }))
    }
}

/// The settings of the functions, as they are in this session.
///
/// Where the extension's library is not loaded yet, what somebody has set is there and a default is
/// not.
async fn settings<C: GenericClient>(
    client: &C,
    backend: Backend,
    caseins_users: bool,
) -> Result<(NameRules, ConflictRule), Error> {
    let value = match backend {
        Backend::SqlFunctions => "kerbrole.setting(name)",
        _ => "pg_catalog.current_setting(pg_catalog.concat('kerbrole.', name), true)",
    };
    let ask = format!(
        "SELECT ARRAY(SELECT coalesce({value}, '') \
         FROM pg_catalog.unnest('{{username_case,default_realm,allowed_realms,\
           netbios_domains,ad_role,iam_role}}'::pg_catalog.text[]) \
         WITH ORDINALITY AS s (name, place) ORDER BY place)"
    );
    let rows = client.query_typed(&ask, &[]).await?;
    let values: Vec<String> = rows.first().ok_or_else(Error::no_answer)?.try_get(0)?;
    let value = |place: usize, otherwise: &str| match values.get(place).map(String::as_str) {
        None | Some("") => otherwise.to_string(),
        Some(value) => value.to_string(),
    };
    let default_realm = value(1, "");
    let rules = NameRules {
        caseins_users,
        username_case: match value(0, "auto").as_str() {
            "lower" => UsernameCase::Lower,
            "preserve" => UsernameCase::Preserve,
            _ => UsernameCase::Auto,
        },
        default_realm: if default_realm.is_empty() {
            None
        } else {
            Some(Realm::parse(&default_realm)?)
        },
        allowed_realms: value(2, "").parse()?,
        netbios_domains: value(3, "").parse()?,
    };
    let rule =
        ConflictRule::new(RoleName::new(value(4, "rds_ad"))?, RoleName::new(value(5, "rds_iam"))?)?;
    Ok((rules, rule))
}

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bulk;
mod each;
mod error;
mod extension;
mod plain;
mod probe;
mod types;

pub use bulk::{Bulk, Progress};
pub use each::Wanted;
pub use error::{Error, ErrorKind};
pub use kerbrole_core::{
    AbsentPolicy, AddAction, CaseProblem, NameRules, NetbiosDomains, Realm, RealmList, RoleName, Statement, SyncAction,
    UsernameCase, quote_identifier,
};
pub use probe::{Extension, Family, Server, probe};
pub use types::{
    AddOptions, Added, CaseFinding, Check, Conflict, DropOptions, Dropped, ListedPrincipal, Plan, PrincipalState,
    RealmRename, SyncOptions, SyncRow,
};

use extension::Functions;
use kerbrole_core::{Canonical, ConflictRule, PrincipalRef, SyncRequest};
use plain::Plain;
use tokio_postgres::GenericClient;

/// How the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// By the functions of the extension `pg_kerbrole`, with its settings.
    Extension,
    /// By plain statements, with this crate's own rules. For managed servers, where the extension cannot be installed.
    PlainSql,
}

/// A server, seen through a connection or a transaction, on which principals are managed.
///
/// What is changed inside an open transaction is a part of it; otherwise each method that changes something does all of it or nothing
/// ([`Kerbrole::disable_principal`] disables also where it may not end the sessions).
#[derive(Debug)]
pub struct Kerbrole<'c, C> {
    client: &'c C,
    server: Server,
    backend: Backend,
    /// The extension's schema, quoted.
    schema: String,
    rules: NameRules,
    rule: ConflictRule,
    accept_nesting: bool,
    max_removals: Option<usize>,
}

/// How a server is to be worked with, where the defaults are not meant.
///
/// The rules for names, and the two roles, are the server's own settings (`kerbrole.*`) where the extension is used, and these where it is not.
#[derive(Debug, Clone)]
pub struct Builder {
    backend: Option<Backend>,
    names: NameRules,
    ad_role: String,
    iam_role: String,
    accept_nesting: bool,
    max_removals: Option<usize>,
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
    /// The defaults: the extension where it is installed, else plain statements; `rds_ad` and `rds_iam`.
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

    /// With plain statements on PostgreSQL 16 and later, whoever creates a principal without being a superuser becomes a member of it, and so of `rds_ad`; where
    /// pg_hba.conf sends members of that to GSSAPI, its password does not let it in any more. Unless this is accepted, or is so already, adding is refused
    /// with [`ErrorKind::WouldNest`].
    #[must_use]
    pub fn accept_nesting(mut self, yes: bool) -> Self {
        self.accept_nesting = yes;
        self
    }

    /// How many principals one synchronisation may disable or drop, with plain statements; by default half of them. The extension has a setting for it.
    #[must_use]
    pub fn max_removals(mut self, at_most: usize) -> Self {
        self.max_removals = Some(at_most);
        self
    }

    /// Looks at the server and chooses the backend. One round trip, two with the extension; no privileges needed.
    ///
    /// # Errors
    /// [`ErrorKind::ExtensionMissing`] when the extension was asked for and is not here; 22023 or 42622 for a role that can have no such name.
    pub async fn build<C: GenericClient>(self, client: &C) -> Result<Kerbrole<'_, C>, Error> {
        let server = probe(client, &self.ad_role).await?;
        let backend = match (self.backend, &server.extension) {
            (Some(Backend::Extension), None) => return Err(Error::extension_missing()),
            (Some(backend), _) => backend,
            (None, Some(_)) => Backend::Extension,
            (None, None) => Backend::PlainSql,
        };
        let schema = server.extension.as_ref().map(|e| kerbrole_core::quote_identifier(&e.schema)).unwrap_or_default();
        let caseins_users = server.krb_caseins_users.unwrap_or(false);
        let (rules, rule) = match backend {
            Backend::Extension => settings(client, caseins_users).await?,
            Backend::PlainSql => {
                let rule = ConflictRule::new(RoleName::new(self.ad_role)?, RoleName::new(self.iam_role)?)?;
                (NameRules { caseins_users, ..self.names }, rule)
            }
        };
        Ok(Kerbrole {
            client,
            server,
            backend,
            schema,
            rules,
            rule,
            accept_nesting: self.accept_nesting,
            max_removals: self.max_removals,
        })
    }
}

/// The extension's settings, as they are in this session. Where the library is not loaded yet, what somebody has set is there and a default is not.
async fn settings<C: GenericClient>(client: &C, caseins_users: bool) -> Result<(NameRules, ConflictRule), Error> {
    const ASK: &str = "SELECT ARRAY(SELECT coalesce(pg_catalog.current_setting(pg_catalog.concat('kerbrole.', name), true), '') \
         FROM pg_catalog.unnest('{username_case,default_realm,allowed_realms,netbios_domains,ad_role,iam_role}'::pg_catalog.text[]) \
         WITH ORDINALITY AS s (name, place) ORDER BY place)";
    let rows = client.query_typed(ASK, &[]).await?;
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
        default_realm: if default_realm.is_empty() { None } else { Some(Realm::parse(&default_realm)?) },
        allowed_realms: value(2, "").parse()?,
        netbios_domains: value(3, "").parse()?,
    };
    let rule = ConflictRule::new(RoleName::new(value(4, "rds_ad"))?, RoleName::new(value(5, "rds_iam"))?)?;
    Ok((rules, rule))
}

impl<'c, C: GenericClient> Kerbrole<'c, C> {
    /// With the defaults of [`Builder`].
    ///
    /// # Errors
    /// Those of [`Builder::build`].
    pub async fn new(client: &'c C) -> Result<Self, Error> {
        Builder::new().build(client).await
    }

    /// With something else than the defaults.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// What kind of server this is.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// How the work is done.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    fn functions(&self) -> Option<Functions<'_, C>> {
        (self.backend == Backend::Extension).then(|| Functions { client: self.client, schema: &self.schema })
    }

    fn plain(&self) -> Plain<'_, C> {
        Plain {
            client: self.client,
            server: &self.server,
            rules: &self.rules,
            rule: &self.rule,
            accept_nesting: self.accept_nesting,
        }
    }

    fn meant(&self, username: &str, realm: Option<&str>) -> Result<PrincipalRef, Error> {
        Ok(self.rules.meant(username, realm)?)
    }

    fn canonical(&self, principals: &[&str]) -> Result<Vec<(String, Canonical)>, Error> {
        let one = |principal: &&str| Ok((principal.to_string(), self.rules.canonicalize(principal, None)?));
        principals.iter().map(one).collect()
    }

    /// The exact name of the role that a principal logs in as, by the server's rules. Changes nothing; no privileges needed.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for what can be no principal.
    pub async fn canonicalize(&self, username: &str, realm: Option<&str>) -> Result<String, Error> {
        match self.functions() {
            Some(functions) => functions.canonicalize(username, realm).await,
            None => Ok(self.rules.canonicalize(username, realm)?.role_name().to_string()),
        }
    }

    /// Creates the login role of a principal, a member of `rds_ad`, and returns its exact name.
    ///
    /// Privileges: EXECUTE on `kerb_add_principal`, and for groups the right to grant them. With plain statements CREATEROLE, and since PostgreSQL 16 ADMIN on
    /// `rds_ad` and the groups.
    ///
    /// # Errors
    /// 22023, 42622, 42939 for the name; 42710 when it exists or differs from a role by case only; 42704 when a group or `rds_ad` is missing;
    /// 0LP01 when a role would come to be in both `rds_ad` and `rds_iam`; 42501 without the privileges; [`ErrorKind::WouldNest`].
    pub async fn add_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &AddOptions,
    ) -> Result<String, Error> {
        if let Some(functions) = self.functions() {
            return functions.add_principal(username, realm, options).await;
        }
        let canonical = self.rules.canonicalize(username, realm)?;
        let name = canonical.role_name().to_string();
        self.plain().add(&[(name.clone(), canonical)], options).await?;
        Ok(name)
    }

    /// Creates the login roles of many principals, all or none, and says in the same order what became of each. The number of round trips does not depend on how many they are.
    /// For more than a few thousand see [`Bulk`].
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`].
    pub async fn add_principals(&self, principals: &[&str], options: &AddOptions) -> Result<Vec<Added>, Error> {
        match self.functions() {
            Some(functions) => functions.add_principals(principals, options).await,
            None => self.plain().add(&self.canonical(principals)?, options).await,
        }
    }

    /// What adding these would run, as data and as SQL, without running it. Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`], but for privileges.
    pub async fn plan_add(&self, principals: &[&str], options: &AddOptions) -> Result<Plan, Error> {
        self.plain().plan_add(&self.canonical(principals)?, options).await
    }

    /// What dropping a principal would run by plain statements; nothing where it is not there and need not be. Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::drop_principal`], but for privileges.
    pub async fn plan_drop(&self, username: &str, realm: Option<&str>, options: &DropOptions) -> Result<Plan, Error> {
        let plan = self.plain().plan_drop(&self.meant(username, realm)?, options).await?;
        Ok(Plan::of(plan.map(|plan| plan.statements).unwrap_or_default()))
    }

    /// What disabling a principal would run. Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::disable_principal`], but for privileges.
    pub async fn plan_disable(&self, username: &str, realm: Option<&str>) -> Result<Plan, Error> {
        Ok(Plan::of(self.plain().plan_disable(&self.meant(username, realm)?).await?.statements))
    }

    /// What enabling a principal would run. Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::enable_principal`], but for privileges.
    pub async fn plan_enable(&self, username: &str, realm: Option<&str>) -> Result<Plan, Error> {
        Ok(Plan::of(self.plain().plan_enable(&self.meant(username, realm)?).await?.statements))
    }

    /// What renaming a principal would run. Only reads.
    ///
    /// # Errors
    /// Those of [`Kerbrole::rename_principal`], but for privileges.
    pub async fn plan_rename(
        &self,
        username: &str,
        realm: Option<&str>,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<Plan, Error> {
        let meant = self.meant(username, realm)?;
        let new = self.rules.canonicalize_beside(&meant, new_username, new_realm)?;
        Ok(Plan::of(self.plain().plan_rename(&meant, &new).await?.statement.into_iter().collect()))
    }

    /// How each of these principals stands, with the exact name of its role: to find out what became of a call whose answer was lost. Only reads.
    ///
    /// # Errors
    /// 22023, 42622, 42939 for names; 42704 when `rds_ad` or `rds_iam` is missing.
    pub async fn state_of(&self, principals: &[&str]) -> Result<Vec<(String, PrincipalState)>, Error> {
        self.plain().state_of(&self.canonical(principals)?).await
    }

    /// Drops a principal's role with its memberships and its privileges in this database; nothing that it owns is dropped.
    ///
    /// Privileges: EXECUTE on `kerb_drop_principal`, and the right to SET ROLE to the heir. With plain statements CREATEROLE, since PostgreSQL 16 ADMIN on the role, and
    /// on what it granted to others; for an heir membership of it, inherited.
    ///
    /// # Errors
    /// 42704 when it is not there, 2BP01 when it owns something and there is no heir, 55006 when it has sessions, 42501.
    pub async fn drop_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &DropOptions,
    ) -> Result<Dropped, Error> {
        let meant = self.meant(username, realm)?;
        match self.functions() {
            Some(_) if options.if_exists && !self.plain().exists(&meant).await? => Ok(Dropped::Missing),
            Some(functions) => match functions.drop(username, realm, options).await? {
                Dropped::OnlyDisabled { role_name, .. } => self.plain().what_keeps(role_name, None).await,
                dropped => Ok(dropped),
            },
            None => self.plain().drop(&meant, options).await,
        }
    }

    /// Keeps a principal from logging in, and ends its sessions if asked to: with the extension when the transaction commits, with plain statements at once.
    ///
    /// Privileges: EXECUTE on `kerb_disable_principal`. With plain statements CREATEROLE, since PostgreSQL 16 ADMIN on the role, and for sessions `pg_signal_backend` or
    /// the role's own rights.
    ///
    /// # Errors
    /// 42704 when it is not there, 42501 when its role has SUPERUSER and the like or without the privileges. With plain statements, and without the privilege to end
    /// its sessions only, it is disabled all the same: [`ErrorKind::SessionsLeft`], also 42501. That error leaves a transaction as it is.
    pub async fn disable_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        terminate: bool,
    ) -> Result<String, Error> {
        match self.functions() {
            Some(functions) => functions.disable(username, realm, terminate).await,
            None => self.plain().disable(&self.meant(username, realm)?, terminate).await,
        }
    }

    /// Lets a principal log in again.
    ///
    /// Privileges: as for [`Kerbrole::disable_principal`].
    ///
    /// # Errors
    /// As there; 42710 when a role that differs by case only can log in, 22023 when principals may not be of its realm.
    pub async fn enable_principal(&self, username: &str, realm: Option<&str>) -> Result<String, Error> {
        match self.functions() {
            Some(functions) => functions.enable(username, realm).await,
            None => self.plain().enable(&self.meant(username, realm)?).await,
        }
    }

    /// Gives a principal's role another name, and returns it. What the role owns and was granted stays. Without a new realm the old one does.
    ///
    /// Privileges: as for [`Kerbrole::disable_principal`].
    ///
    /// # Errors
    /// Those of a name; 42704, 42710, 42501; 55006 when the role has sessions.
    pub async fn rename_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<String, Error> {
        if let Some(functions) = self.functions() {
            return functions.rename(username, realm, new_username, new_realm).await;
        }
        let meant = self.meant(username, realm)?;
        let new = self.rules.canonicalize_beside(&meant, new_username, new_realm)?;
        self.plain().rename(&meant, &new).await
    }

    /// Gives every principal of one realm the same name in another, all or none; a dry run shows what is in the way.
    ///
    /// Privileges: as for [`Kerbrole::disable_principal`], on each.
    ///
    /// # Errors
    /// 22023 for the realms; unless it is a dry run those of [`Kerbrole::rename_principal`] for the first that cannot be renamed.
    pub async fn rename_realm(&self, old: &str, new: &str, dry_run: bool) -> Result<Vec<RealmRename>, Error> {
        match self.functions() {
            Some(functions) => functions.rename_realm(old, new, dry_run).await,
            None => self.plain().rename_realm(&Realm::parse(old)?, &Realm::parse(new)?, dry_run).await,
        }
    }

    /// Every role whose name is a principal's. Privileges: EXECUTE on `kerb_list_principals`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when `rds_ad` or `rds_iam` is missing, 42501 without the privilege.
    pub async fn list_principals(&self) -> Result<Vec<ListedPrincipal>, Error> {
        match self.functions() {
            Some(functions) => functions.list().await,
            None => self.plain().list().await,
        }
    }

    /// Every question that a login of this principal to this database asks. With plain statements, or for who is no superuser, without the server's own side.
    /// Privileges: EXECUTE on `kerb_check_principal`; with plain statements none.
    ///
    /// # Errors
    /// 22023 and 42939 for what can be no principal; 42704 when `rds_ad` or `rds_iam` is missing.
    pub async fn check_principal(&self, username: &str, realm: Option<&str>) -> Result<Vec<Check>, Error> {
        match self.functions() {
            Some(functions) => functions.check(username, realm).await,
            None => self.plain().check(self.rules.meant(username, realm)).await,
        }
    }

    /// Every role that is a member of both `rds_ad` and `rds_iam`. Privileges: EXECUTE on `kerb_conflicts`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when one of the two is missing, 42501 without the privilege.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        match self.functions() {
            Some(functions) => functions.conflicts().await,
            None => self.plain().conflicts().await,
        }
    }

    /// The conflicts that `GRANT granted_role TO member` would create, both exactly as they are called. Privileges: EXECUTE on `kerb_preview_grant`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when a role is missing, 42501 without the privilege.
    pub async fn preview_grant(&self, granted_role: &str, member: &str) -> Result<Vec<Conflict>, Error> {
        match self.functions() {
            Some(functions) => functions.preview_grant(granted_role, member).await,
            None => self.plain().preview_grant(granted_role, member).await,
        }
    }

    /// `GRANT granted_role TO member` with the rule kept: refused where it would make a conflict, and taken back where somebody else granted the other half at the same
    /// time. A plain GRANT by either backend; a guard on the server keeps the rule besides.
    ///
    /// Privileges: the right to grant the role.
    ///
    /// # Errors
    /// 0LP01; 42704 when a role is missing; 42501 without the privilege.
    pub async fn grant_role(&self, granted_role: &str, member: &str) -> Result<(), Error> {
        self.plain().grant_role(granted_role, member).await
    }

    /// Roles that their names open to the wrong tickets or to none, now or with `krb_caseins_users` flipped. Privileges: EXECUTE on `kerb_case_audit`; with plain statements none.
    ///
    /// # Errors
    /// 42704 when `rds_ad` or `rds_iam` is missing, 42501 without the privilege.
    pub async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        match self.functions() {
            Some(functions) => functions.case_audit().await,
            None => self.plain().case_audit().await,
        }
    }

    /// Brings the principals in line with a list, all or nothing, and returns the statements of the difference; a dry run only returns them.
    ///
    /// Privileges: those of adding, disabling and dropping.
    ///
    /// # Errors
    /// Those of [`Kerbrole::add_principal`]; 53400 when more would be disabled or dropped than may be at once.
    pub async fn sync_principals(
        &self,
        principals: &[&str],
        options: &SyncOptions,
        dry_run: bool,
    ) -> Result<Vec<SyncRow>, Error> {
        match self.functions() {
            Some(functions) => functions.sync(principals, options, dry_run).await,
            None => {
                let realms =
                    options.realms.as_ref().map(|realms| realms.iter().map(|realm| Realm::parse(realm)).collect());
                let request = SyncRequest {
                    wanted: self.canonical(principals)?,
                    absent: options.absent,
                    realms: realms.transpose()?,
                    at_most: self.max_removals,
                };
                self.plain().sync(request, dry_run).await
            }
        }
    }

    /// The statements by which a superuser takes back what creating principals with plain statements made of the connection's user, a member of each: see
    /// [`Builder::accept_nesting`]. Empty before PostgreSQL 16. Only reads.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn nesting_of_user(&self) -> Result<Vec<String>, Error> {
        self.plain().nesting_of_user().await
    }
}

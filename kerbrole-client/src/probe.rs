//! What kind of server this is.

use kerbrole_core::LoginCost;
use tokio_postgres::GenericClient;

use crate::error::Error;

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Family {
    /// Amazon RDS for PostgreSQL: it has the settings `rds.extensions` or
    /// `rds.superuser_variables`.
    Rds,
    /// Amazon Aurora PostgreSQL: it has the function `aurora_version` as well.
    Aurora,
    /// Any other, since role names prove nothing: a laptop with the roles of RDS looks alike.
    Other,
}

/// The extension, as it is installed in the database that the connection is to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Extension {
    /// The schema of its functions.
    pub schema: String,
    /// Its version.
    pub version: String,
}

impl Extension {
    /// For a test that has no server; otherwise it comes from one.
    pub fn new(schema: impl Into<String>, version: impl Into<String>) -> Self {
        Self { schema: schema.into(), version: version.into() }
    }
}

/// The same functions in PL/pgSQL, as they are installed in the schema `kerbrole` of the database
/// that the connection is to (sql/kerbrole.sql).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SqlFunctions {
    /// Their version; empty where the schema does not say.
    pub version: String,
    /// The role whose functions they are.
    pub owner: String,
    /// Whether they are called unasked.
    ///
    /// Whoever owns a function says what it does, with the rights of whoever calls it. So all of
    /// the schema has to be of one owner, and that has to be a superuser, the connection's user, or
    /// the role `kerbrole_owner` that the script makes, which cannot log in and since PostgreSQL 16
    /// has ADMIN on `rds_ad`; and then the connection's user must be no superuser, who has more to
    /// lose than that role has.
    pub is_trusted: bool,
}

impl SqlFunctions {
    /// For a test that has no server; otherwise they come from one.
    pub fn new(version: impl Into<String>, owner: impl Into<String>, is_trusted: bool) -> Self {
        Self { version: version.into(), owner: owner.into(), is_trusted }
    }
}

/// A server, as [`probe`] found it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Server {
    /// `server_version_num`: 170004 is 17.4.
    pub version: u32,
    /// Whose it is.
    pub family: Family,
    /// Whether it, or the transaction, takes no changes.
    pub read_only: bool,
    /// Whether it ignores case when it compares a role with a principal; `None` where it does not
    /// know the setting.
    pub krb_caseins_users: Option<bool>,
    /// `pg_kerbrole`, if it is here.
    pub extension: Option<Extension>,
    /// The functions of sql/kerbrole.sql, if they are here.
    #[cfg_attr(feature = "serde", serde(default))]
    pub sql_functions: Option<SqlFunctions>,
    /// Whether `pg_tle` could be installed: extensions in SQL and PL/pgSQL on managed servers.
    pub pg_tle_available: bool,
    /// Who asks.
    pub user: String,
    /// Whether that is a superuser.
    pub is_superuser: bool,
    /// Whether that user is a member of `rds_ad` already, through any chain: where pg_hba.conf
    /// sends `+rds_ad` to GSSAPI, a password does not get it in.
    pub is_nested: bool,
    /// How many roles that user is a member of, directly or through others.
    #[cfg_attr(feature = "serde", serde(default))]
    pub memberships: u32,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) createrole_self_grant: String,
}

impl Server {
    /// For a test that has no server: one that takes changes from a user who is no superuser, with
    /// `krb_caseins_users` off and without extensions. Otherwise [`probe`] makes it.
    pub fn new(version: u32, family: Family, user: impl Into<String>) -> Self {
        Self {
            version,
            family,
            read_only: false,
            krb_caseins_users: Some(false),
            extension: None,
            sql_functions: None,
            pg_tle_available: false,
            user: user.into(),
            is_superuser: false,
            is_nested: false,
            memberships: 0,
            createrole_self_grant: String::new(),
        }
    }

    /// The major version: 15, 16, 17, …
    pub fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// Whether this user becomes a member of each role that it creates, and so nested under
    /// `rds_ad` with the first principal: since PostgreSQL 16, unless it is a superuser
    /// (`CreateRole` in src/backend/commands/user.c).
    pub fn nests_creators(&self) -> bool {
        self.major() >= 16 && !self.is_superuser
    }

    /// What a login costs this user when it is in so many roles more.
    pub(crate) fn login_cost(&self, more: usize) -> LoginCost {
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        LoginCost::of(self.memberships.saturating_add(more), self.major())
    }

    pub(crate) fn names_grantors(&self) -> bool {
        self.major() >= 16
    }
}

/// Describes a server; `ad_role` is the role whose members log in through Kerberos: `rds_ad`.
///
/// This takes one round trip.
///
/// # Privileges
/// None.
///
/// # Errors
/// None of its own: it ends with an error when the connection fails.
pub async fn probe<C: GenericClient>(client: &C, ad_role: &str) -> Result<Server, Error> {
    const ASK: &str = "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4, \
         EXISTS (SELECT FROM pg_catalog.pg_settings \
         WHERE name OPERATOR(pg_catalog.=) ANY \
         ('{rds.extensions,rds.superuser_variables}'::pg_catalog.text[])), \
         EXISTS (SELECT FROM pg_catalog.pg_proc \
         WHERE proname OPERATOR(pg_catalog.=) 'aurora_version'), \
         pg_catalog.pg_is_in_recovery() \
         OR pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool, \
         pg_catalog.current_setting('krb_caseins_users', true), \
         (SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_extension e \
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace \
          WHERE e.extname OPERATOR(pg_catalog.=) 'pg_kerbrole'), \
         (SELECT extversion FROM pg_catalog.pg_extension \
         WHERE extname OPERATOR(pg_catalog.=) 'pg_kerbrole'), \
         EXISTS (SELECT FROM pg_catalog.pg_available_extensions \
         WHERE name OPERATOR(pg_catalog.=) 'pg_tle'), \
         current_user::pg_catalog.text, \
         (SELECT rolsuper FROM pg_catalog.pg_roles \
         WHERE rolname OPERATOR(pg_catalog.=) current_user), \
         (WITH RECURSIVE above AS ( \
             SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user \
             UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m \
             JOIN above a ON m.member OPERATOR(pg_catalog.=) a.oid) \
           SELECT ARRAY[pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \
             oid OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_roles \
             WHERE rolname OPERATOR(pg_catalog.=) $1))] FROM above), \
         coalesce(pg_catalog.current_setting('createrole_self_grant', true), ''), \
         (SELECT ARRAY[coalesce(pg_catalog.\"substring\"( \
             pg_catalog.obj_description(n.oid, 'pg_namespace'), '^kerbrole ([^ :]+):'), ''), \
           o.rolname::pg_catalog.text, \
           ((o.rolsuper OR o.oid OPERATOR(pg_catalog.=) me.oid \
             OR (o.rolname OPERATOR(pg_catalog.=) 'kerbrole_owner' \
               AND NOT o.rolcanlogin AND NOT me.rolsuper \
               AND (pg_catalog.current_setting('server_version_num')::pg_catalog.int4 \
                   OPERATOR(pg_catalog.<) 160000 \
                 OR EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
                   JOIN pg_catalog.pg_roles a ON a.oid OPERATOR(pg_catalog.=) m.roleid \
                   WHERE m.member OPERATOR(pg_catalog.=) o.oid AND m.admin_option \
                     AND a.rolname OPERATOR(pg_catalog.=) $1)))) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p \
               WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid \
                 AND p.proowner OPERATOR(pg_catalog.<>) o.oid) \
             AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) x \
               WHERE x.privilege_type OPERATOR(pg_catalog.=) 'CREATE' \
                 AND x.grantee OPERATOR(pg_catalog.<>) o.oid))::pg_catalog.text] \
         FROM pg_catalog.pg_namespace n \
         JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) n.nspowner \
         JOIN pg_catalog.pg_roles me ON me.rolname OPERATOR(pg_catalog.=) current_user \
         WHERE n.nspname OPERATOR(pg_catalog.=) 'kerbrole' \
           AND EXISTS (SELECT FROM pg_catalog.pg_proc p \
             WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid \
               AND p.proname OPERATOR(pg_catalog.=) 'kerb_add_principals'))";
    let row = client.query_typed(ASK, &[(&ad_role, tokio_postgres::types::Type::TEXT)]).await?;
    let row = row.first().ok_or_else(Error::no_answer)?;
    let (rds, aurora): (bool, bool) = (row.try_get(1)?, row.try_get(2)?);
    let schema: Option<String> = row.try_get(5)?;
    let version: Option<String> = row.try_get(6)?;
    // The user itself is the first of them.
    let above: Vec<i64> = row.try_get(10)?;
    let of_above = |at: usize| above.get(at).copied().unwrap_or(0);
    let sql_functions: Option<Vec<String>> = row.try_get(12)?;
    let sql_functions = sql_functions.and_then(|found| <[String; 3]>::try_from(found).ok());
    Ok(Server {
        version: u32::try_from(row.try_get::<_, i32>(0)?).unwrap_or(0),
        family: match (rds, aurora) {
            (true, true) => Family::Aurora,
            (true, false) => Family::Rds,
            _ => Family::Other,
        },
        read_only: row.try_get(3)?,
        krb_caseins_users: row.try_get::<_, Option<String>>(4)?.map(|value| value == "on"),
        extension: schema.zip(version).map(|(schema, version)| Extension { schema, version }),
        sql_functions: sql_functions.map(|[version, owner, is_trusted]| SqlFunctions {
            version,
            owner,
            is_trusted: is_trusted == "true",
        }),
        pg_tle_available: row.try_get(7)?,
        user: row.try_get(8)?,
        is_superuser: row.try_get::<_, Option<bool>>(9)?.unwrap_or(false),
        is_nested: of_above(1) > 0,
        memberships: u32::try_from(of_above(0) - 1).unwrap_or(0),
        createrole_self_grant: row.try_get(11)?,
    })
}

//! What kind of server this is.

use tokio_postgres::GenericClient;

use crate::error::Error;

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[non_exhaustive]
pub struct Extension {
    /// The schema of its functions.
    pub schema: String,
    /// Its version.
    pub version: String,
}

/// A server, as [`probe`] found it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether `pg_tle` could be installed: extensions in SQL and PL/pgSQL on managed servers.
    pub pg_tle_available: bool,
    /// Who asks.
    pub user: String,
    /// Whether that is a superuser.
    pub is_superuser: bool,
    /// Whether that user is a member of `rds_ad` already, through any chain: where pg_hba.conf
    /// sends `+rds_ad` to GSSAPI, a password does not get it in.
    pub is_nested: bool,
    pub(crate) createrole_self_grant: String,
}

impl Server {
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
         EXISTS (WITH RECURSIVE above AS ( \
             SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user \
             UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m \
             JOIN above a ON m.member OPERATOR(pg_catalog.=) a.oid) \
           SELECT FROM above a JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) a.oid \
           WHERE r.rolname OPERATOR(pg_catalog.=) $1), \
         coalesce(pg_catalog.current_setting('createrole_self_grant', true), '')";
    let row = client.query_typed(ASK, &[(&ad_role, tokio_postgres::types::Type::TEXT)]).await?;
    let row = row.first().ok_or_else(Error::no_answer)?;
    let (rds, aurora): (bool, bool) = (row.try_get(1)?, row.try_get(2)?);
    let schema: Option<String> = row.try_get(5)?;
    let version: Option<String> = row.try_get(6)?;
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
        pg_tle_available: row.try_get(7)?,
        user: row.try_get(8)?,
        is_superuser: row.try_get::<_, Option<bool>>(9)?.unwrap_or(false),
        is_nested: row.try_get(10)?,
        createrole_self_grant: row.try_get(11)?,
    })
}

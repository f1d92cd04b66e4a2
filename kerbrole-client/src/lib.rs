#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;

pub use error::{Error, ErrorKind};

use tokio_postgres::GenericClient;
use tokio_postgres::types::ToSql;

/// A server that has the extension `pg_kerbrole`, seen through a connection or a transaction.
#[derive(Debug)]
pub struct Kerbrole<'c, C> {
    client: &'c C,
    /// The extension's schema, quoted.
    schema: String,
}

/// What is wanted besides a role with LOGIN and `rds_ad`.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    groups: Vec<String>,
    if_not_exists: bool,
}

impl AddOptions {
    /// No groups; a role that exists is an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes each principal a member of this role too, exactly as it is called. The connection's user must have the right to grant it.
    #[must_use]
    pub fn group(mut self, role: impl Into<String>) -> Self {
        self.groups.push(role.into());
        self
    }

    /// Takes a role that exists as it is and gives it what it lacks, instead of ending with 42710.
    #[must_use]
    pub fn if_not_exists(mut self, yes: bool) -> Self {
        self.if_not_exists = yes;
        self
    }
}

/// What became of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Added {
    /// As it was given.
    pub principal: String,
    /// The exact name of its role: what the person has to log in as.
    pub role_name: String,
    /// `created`, `adopted` or `unchanged`.
    pub action: String,
}

/// A role that is a member of both `rds_ad` and `rds_iam`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The role.
    pub role_name: String,
    /// A shortest chain of memberships to `rds_ad`, both ends included.
    pub ad_path: Vec<String>,
    /// A shortest chain of memberships to `rds_iam`, both ends included.
    pub iam_path: Vec<String>,
    /// The REVOKE statements that end it.
    pub fix: String,
}

impl<'c, C: GenericClient> Kerbrole<'c, C> {
    /// Looks for the extension in the database that `client` is connected to. One round trip; no privileges needed.
    ///
    /// # Errors
    /// [`ErrorKind::ExtensionMissing`] when it is not there.
    pub async fn new(client: &'c C) -> Result<Self, Error> {
        const WHERE: &str = "SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_extension AS e \
             JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace \
             WHERE e.extname OPERATOR(pg_catalog.=) 'pg_kerbrole'";
        let row = client.query_opt(WHERE, &[]).await?.ok_or_else(Error::extension_missing)?;
        let schema: String = row.try_get(0)?;
        Ok(Self { client, schema: kerbrole_core::quote_identifier(&schema) })
    }

    /// The exact name of the role that a principal logs in as, by the server's rules. Changes nothing; no privileges needed.
    ///
    /// # Errors
    /// 22023, 42622 or 42939 for what can be no principal.
    pub async fn canonicalize(&self, username: &str, realm: Option<&str>) -> Result<String, Error> {
        let rows = self.call("kerb_canonicalize($1, $2)", &[&username, &realm]).await?;
        text(&rows)
    }

    /// Creates the login role of a principal, a member of `rds_ad`, and returns its exact name.
    ///
    /// Privileges: EXECUTE on `kerb_add_principal`, and for groups the right to grant them.
    ///
    /// # Errors
    /// 22023, 42622, 42939 for the name; 42710 when it exists or differs from a role by case only; 42704 when a group or `rds_ad` is missing;
    /// 0LP01 when a role would come to be in both `rds_ad` and `rds_iam`; 42501 without the privileges.
    pub async fn add_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &AddOptions,
    ) -> Result<String, Error> {
        let arguments: [&(dyn ToSql + Sync); 4] = [&username, &realm, &options.groups, &options.if_not_exists];
        let rows = self.call("kerb_add_principal($1, $2, $3, $4)", &arguments).await?;
        text(&rows)
    }

    /// Creates the login roles of many principals in one round trip, all or none, and says in the same order what became of each.
    ///
    /// Privileges and errors as for [`Kerbrole::add_principal`].
    ///
    /// # Errors
    /// See there.
    pub async fn add_principals(&self, principals: &[&str], options: &AddOptions) -> Result<Vec<Added>, Error> {
        let arguments: [&(dyn ToSql + Sync); 3] = [&principals, &options.groups, &options.if_not_exists];
        let rows = self.call("kerb_add_principals($1, $2, $3)", &arguments).await?;
        rows.iter()
            .map(|row| Ok(Added { principal: row.try_get(0)?, role_name: row.try_get(1)?, action: row.try_get(2)? }))
            .collect()
    }

    /// Every role that is a member of both `rds_ad` and `rds_iam`. Privileges: EXECUTE on `kerb_conflicts`.
    ///
    /// # Errors
    /// 42704 when one of the two is missing, 42501 without the privilege.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        let rows = self.call("kerb_conflicts()", &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(Conflict {
                    role_name: row.try_get(0)?,
                    ad_path: row.try_get(1)?,
                    iam_path: row.try_get(2)?,
                    fix: row.try_get(3)?,
                })
            })
            .collect()
    }

    async fn call(&self, function: &str, arguments: &[&(dyn ToSql + Sync)]) -> Result<Vec<tokio_postgres::Row>, Error> {
        Ok(self.client.query(&format!("SELECT * FROM {}.{function}", self.schema), arguments).await?)
    }
}

/// The only value of the only row of a function that returns text.
fn text(rows: &[tokio_postgres::Row]) -> Result<String, Error> {
    let row = rows.first().ok_or_else(Error::extension_missing)?;
    Ok(row.try_get(0)?)
}

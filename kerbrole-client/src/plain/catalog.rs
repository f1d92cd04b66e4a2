//! Reading roles and memberships as anybody may: pg_roles and pg_auth_members, never pg_authid.
//!
//! Every name is qualified, operators included: the session's search path is the caller's own.

mod comments;
mod dependants;
mod login;
mod neighbourhood;

use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::pin::pin;

use futures_core::Stream as _;
use kerbrole_core::{
    Elevated, Membership, MembershipGraph, Role, RoleName, RoleOid, RoleSet, fold_case,
};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use crate::error::Error;
use crate::probe::Server;

/// The bootstrap superuser's OID (`BOOTSTRAP_SUPERUSERID`, src/include/catalog/pg_authid.h).
const BOOTSTRAP_SUPERUSER: RoleOid = 10;

/// A server's roles, by way of a connection.
pub(crate) struct Catalog<'c, C> {
    pub(crate) client: &'c C,
    pub(crate) server: &'c Server,
}

const ROLE: &str = "SELECT oid, rolname::pg_catalog.text, rolcanlogin, rolsuper, rolcreaterole, \
     rolcreatedb, rolreplication, rolbypassrls \
     FROM pg_catalog.pg_roles";

impl<C: GenericClient> Catalog<'_, C> {
    async fn rows(
        &self,
        sql: &str,
        arguments: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        Ok(self.client.query_typed(sql, arguments).await?)
    }

    /// Looks at each row, where there may be very many: a row has several times the size of what is
    /// read of it, and none is kept.
    async fn each_row(
        &self,
        sql: &str,
        mut look: impl FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let none = std::iter::empty::<(&(dyn ToSql + Sync), Type)>();
        let mut rows = pin!(self.client.query_typed_raw(sql, none).await?);
        while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
            look(&row?)?;
        }
        Ok(())
    }

    /// Every role whose name equals one of these, case aside.
    pub(crate) async fn roles_spelled_like(
        &self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<RoleSet, Error> {
        let folded: Vec<String> = names
            .into_iter()
            .map(|name| fold_case(name.as_ref()))
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        // A–Z only, as the server folds: so does lower() in the collation C, and in no other. It
        // costs a twentieth of translate().
        let sql = format!(
            "{ROLE} WHERE pg_catalog.lower(rolname::pg_catalog.text COLLATE pg_catalog.\"C\") \
             OPERATOR(pg_catalog.=) ANY ($1)"
        );
        let rows = self.rows(&sql, &[(&folded, Type::TEXT_ARRAY)]).await?;
        rows.iter().map(role).collect()
    }

    /// Every role.
    pub(crate) async fn all_roles(&self) -> Result<Vec<Role>, Error> {
        let mut roles = Vec::new();
        let all = self.each_row(ROLE, |row| {
            roles.push(role(row)?);
            Ok(())
        });
        all.await?;
        Ok(roles)
    }

    /// Of the names with an `@`, for each text after it the first and the last, in the order of
    /// bytes: whether anybody is of a realm, without a name for each who is.
    pub(crate) async fn some_names_of_each_realm(&self) -> Result<Vec<String>, Error> {
        const ASK: &str = "SELECT pg_catalog.min(name), pg_catalog.max(name) FROM (SELECT \
             rolname::pg_catalog.text COLLATE pg_catalog.\"C\" AS name FROM pg_catalog.pg_roles) r \
             WHERE pg_catalog.strpos(name, '@') OPERATOR(pg_catalog.>) 0 \
             GROUP BY pg_catalog.substr(name, pg_catalog.strpos(name, '@'))";
        let rows = self.rows(ASK, &[]).await?;
        let names = rows.iter().flat_map(|row| [row.try_get(0), row.try_get(1)]);
        Ok(names.collect::<Result<_, _>>()?)
    }

    fn membership_columns(&self) -> &'static str {
        if self.server.names_grantors() {
            "m.roleid, m.member, m.grantor, m.admin_option, m.inherit_option, m.set_option"
        } else {
            "m.roleid, m.member, m.grantor, m.admin_option, true, true"
        }
    }

    /// Every role and every membership.
    pub(crate) async fn everything(&self) -> Result<(Vec<Role>, MembershipGraph), Error> {
        let (roles, memberships) = (self.all_roles().await?, self.all_memberships().await?);
        let graph =
            MembershipGraph::new(roles.iter().map(|role| (role.oid, &role.name)), memberships);
        Ok((roles, graph))
    }

    async fn all_memberships(&self) -> Result<Vec<Membership>, Error> {
        let sql = format!("SELECT {} FROM pg_catalog.pg_auth_members m", self.membership_columns());
        let mut memberships = Vec::new();
        let all = self.each_row(&sql, |row| {
            memberships.push(self.membership(row)?);
            Ok(())
        });
        all.await?;
        Ok(memberships)
    }

    fn membership(&self, row: &Row) -> Result<Membership, Error> {
        let (admin, inherit, set): (bool, bool, bool) =
            (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let grantor: u32 = row.try_get(2)?;
        Ok(Membership {
            role: row.try_get(0)?,
            member: row.try_get(1)?,
            grantor: Some(grantor),
            admin,
            from_creation: self.server.names_grantors()
                && grantor == BOOTSTRAP_SUPERUSER
                && admin
                && !inherit
                && !set,
        })
    }

    /// How many sessions each role has that has any. What kind of process it is, only who may read
    /// statistics is told of others'; whose it is, everybody.
    pub(crate) async fn sessions(&self) -> Result<HashMap<RoleOid, u32>, Error> {
        const COUNT: &str = "SELECT usesysid, pg_catalog.count(*)::pg_catalog.int4 \
             FROM pg_catalog.pg_stat_activity \
             WHERE usesysid IS NOT NULL \
             AND coalesce(backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend' \
             GROUP BY usesysid";
        let rows = self.rows(COUNT, &[]).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, u32::try_from(row.try_get::<_, i32>(1)?).unwrap_or(0))))
            .collect()
    }

    /// Whether a transaction has changed something already: then what follows is a part of it.
    pub(crate) async fn inside_a_transaction(&self) -> Result<bool, Error> {
        const ASK: &str = "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL";
        let rows = self.rows(ASK, &[]).await?;
        Ok(rows.first().ok_or_else(Error::no_answer)?.try_get(0)?)
    }
}

fn role(row: &Row) -> Result<Role, Error> {
    Ok(Role {
        oid: row.try_get(0)?,
        name: RoleName::new(row.try_get::<_, String>(1)?)?,
        can_login: row.try_get(2)?,
        elevated: Elevated {
            superuser: row.try_get(3)?,
            createrole: row.try_get(4)?,
            createdb: row.try_get(5)?,
            replication: row.try_get(6)?,
            bypassrls: row.try_get(7)?,
        },
    })
}

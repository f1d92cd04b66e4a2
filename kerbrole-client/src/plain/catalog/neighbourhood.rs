//! Reading the memberships around some roles: what is below them, and what is above either.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::convert::Infallible;

use kerbrole_core::{
    Around, Membership, MembershipCatalog, MembershipGraph, Reading, RoleName, RoleOid,
};
use tokio_postgres::GenericClient;
use tokio_postgres::types::{ToSql, Type};

use super::Catalog;
use crate::error::Error;
use crate::plain::recursive_sql::{NOWHERE, members_of, roles_of, start};

/// Memberships that were read: a part of those that there are, or all.
#[derive(Default)]
pub(crate) struct Read {
    names: HashMap<RoleOid, RoleName>,
    above: HashMap<RoleOid, Vec<Membership>>,
    below: HashMap<RoleOid, Vec<Membership>>,
}

impl Read {
    fn name(&mut self, role: Option<RoleOid>, name: Option<&str>) -> Result<(), Error> {
        let (Some(role), Some(name)) = (role, name) else { return Ok(()) };
        // What pg_get_userbyid() says of a role that somebody has dropped meanwhile.
        if let Entry::Vacant(new) = self.names.entry(role)
            && name != format!("unknown (OID={role})")
        {
            new.insert(RoleName::new(name)?);
        }
        Ok(())
    }

    fn add(&mut self, membership: Membership) {
        self.above.entry(membership.member).or_default().push(membership);
        self.below.entry(membership.role).or_default().push(membership);
    }

    /// Of what was read what is around these.
    pub(crate) fn neighbourhood(&mut self, around: &Around) -> MembershipGraph {
        let Ok(graph) = kerbrole_core::neighbourhood(self, around);
        graph
    }
}

impl MembershipCatalog for Read {
    type Error = Infallible;

    fn name(&mut self, role: RoleOid) -> Result<Option<RoleName>, Infallible> {
        Ok(self.names.get(&role).cloned())
    }

    fn memberships_of(&mut self, member: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(self.above.get(&member).cloned().unwrap_or_default())
    }

    fn members_of(&mut self, role: RoleOid) -> Result<Vec<Membership>, Infallible> {
        Ok(self.below.get(&role).cloned().unwrap_or_default())
    }
}

impl<C: GenericClient> Catalog<'_, C> {
    /// The memberships around some roles.
    pub(crate) async fn neighbourhood(&self, around: Around) -> Result<MembershipGraph, Error> {
        Ok(self.memberships_around(&around).await?.neighbourhood(&around))
    }

    /// The same as it was read, where it is asked for in several parts.
    pub(crate) async fn memberships_around(&self, around: &Around) -> Result<Read, Error> {
        let (below, above) = (&around.members_of, &around.groups_of);
        let starts = ["oid OPERATOR(pg_catalog.=) ANY ($1)", "oid OPERATOR(pg_catalog.=) ANY ($2)"];
        self.read_around(starts, &[(below, Type::OID_ARRAY), (above, Type::OID_ARRAY)]).await
    }

    /// The memberships around the roles of exactly these names, asked for once.
    pub(crate) async fn neighbourhood_named(
        &self,
        reading: &Reading,
    ) -> Result<MembershipGraph, Error> {
        const NAMED: [&str; 2] = [
            "rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.name[])",
            "rolname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.name[])",
        ];
        let (below, above) = (reading.members_of(), reading.groups_of());
        let mut read = self
            .read_around(NAMED, &[(&below, Type::TEXT_ARRAY), (&above, Type::TEXT_ARRAY)])
            .await?;
        let oids: HashMap<_, _> =
            read.names.iter().map(|(&oid, name)| (name.as_str(), oid)).collect();
        let named = |names: &[String]| {
            names.iter().filter_map(|name| oids.get(name.as_str()).copied()).collect()
        };
        let around = Around { members_of: named(below), groups_of: named(above) };
        Ok(read.neighbourhood(&around))
    }

    /// The neighbourhood at least: where there are few memberships, all of them. Of ten pages the
    /// server would sooner read all for each role than look into an index.
    async fn read_around(
        &self,
        [below, above]: [&str; 2],
        arguments: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Read, Error> {
        let columns = self.membership_columns();
        // Asked once, or the parts of the query could go by different answers.
        let few = "(TABLE few)";
        let first_below = start(&format!(
            "SELECT member FROM pg_catalog.pg_auth_members \
             WHERE roleid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM start)) AND NOT {few} \
             ORDER BY roleid, member LIMIT {NOWHERE}"
        ));
        let first_above = start(&format!(
            "SELECT oid FROM down UNION SELECT roleid FROM of_start \
             UNION SELECT oid FROM pg_catalog.pg_roles WHERE {above}"
        ));
        let sql = format!(
            "WITH RECURSIVE few AS MATERIALIZED (SELECT pg_catalog.pg_relation_size(\
             'pg_catalog.pg_auth_members'::pg_catalog.regclass) OPERATOR(pg_catalog.<=) 81920), \
             start AS (SELECT oid, rolname FROM pg_catalog.pg_roles WHERE {below}), \
             of_start AS (SELECT * FROM pg_catalog.pg_auth_members \
             WHERE member OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM start)) AND NOT {few} \
               ORDER BY member, roleid LIMIT {NOWHERE}), \
             down AS ({first_below} UNION SELECT next.oid FROM down CROSS JOIN {}), \
             up AS ({first_above} UNION SELECT next.oid FROM up CROSS JOIN {} WHERE NOT {few}) \
             SELECT {columns}, up.oid, (SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles \
             WHERE oid OPERATOR(pg_catalog.=) up.oid), \
               pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, NULL \
             FROM pg_catalog.unnest(ARRAY(SELECT oid FROM up EXCEPT SELECT oid FROM start)) \
             AS up (oid) \
             LEFT JOIN LATERAL (SELECT * FROM pg_catalog.pg_auth_members \
               WHERE member OPERATOR(pg_catalog.=) up.oid AND NOT {few} \
               ORDER BY roleid LIMIT {NOWHERE}) m ON true \
             UNION ALL SELECT {columns}, NULL, NULL, \
             pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, NULL FROM of_start m \
             UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, oid, rolname::pg_catalog.text, \
             NULL, NULL FROM start \
             UNION ALL SELECT {columns}, m.member, \
             pg_catalog.pg_get_userbyid(m.member)::pg_catalog.text, \
               pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, \
               pg_catalog.pg_get_userbyid(m.roleid)::pg_catalog.text \
             FROM pg_catalog.pg_auth_members m WHERE {few}",
            members_of("down.oid"),
            roles_of("up.oid")
        );
        let mut read = Read::default();
        for row in &self.rows(&sql, arguments).await? {
            for (oid, name) in [(6, 7), (2, 8), (0, 9)] {
                read.name(row.try_get(oid)?, row.try_get(name)?)?;
            }
            if row.try_get::<_, Option<u32>>(0)?.is_some() {
                read.add(self.membership(row)?);
            }
        }
        Ok(read)
    }
}

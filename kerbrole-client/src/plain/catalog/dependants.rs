//! What hangs on a role: objects, privileges, sessions, and the memberships that it granted.

use std::collections::HashMap;

use kerbrole_core::{
    Dependants, ForeignGrant, GrantMade, GrantedBy, Holding, MembershipOptions, Role, RoleName,
    RoleOid, grants_query,
};
use tokio_postgres::types::Type;
use tokio_postgres::{GenericClient, Row};

use super::{BOOTSTRAP_SUPERUSER, Catalog};
use crate::error::Error;
use crate::plain::rights::may_grant;

impl<C: GenericClient> Catalog<'_, C> {
    /// What hangs on each of these roles, but for the privileges that others than the owners
    /// granted: see [`privileges`](Self::privileges).
    pub(crate) async fn dependants(
        &self,
        roles: &[RoleOid],
    ) -> Result<HashMap<RoleOid, Dependants>, Error> {
        const HOLDINGS: &str = "SELECT s.refobjid, d.datname::pg_catalog.text, \
             s.dbid OPERATOR(pg_catalog.=) 0 \
             OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database(), \
             (pg_catalog.count(*) FILTER (WHERE s.deptype OPERATOR(pg_catalog.=) 'o' \
             AND s.classid OPERATOR(pg_catalog.<>) ALL \
               ('{pg_catalog.pg_default_acl,pg_catalog.pg_user_mapping}'\
                 ::pg_catalog.regclass[])))::pg_catalog.int4, \
             pg_catalog.count(*)::pg_catalog.int4 \
             FROM pg_catalog.pg_shdepend s \
             LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.dbid \
             WHERE s.refclassid OPERATOR(pg_catalog.=) \
             'pg_catalog.pg_authid'::pg_catalog.regclass \
             AND s.refobjid OPERATOR(pg_catalog.=) ANY ($1) \
             AND s.classid OPERATOR(pg_catalog.<>) \
             'pg_catalog.pg_auth_members'::pg_catalog.regclass \
             GROUP BY s.refobjid, s.dbid, d.datname ORDER BY s.dbid";
        let oids = roles.to_vec();
        let mut all: HashMap<RoleOid, Dependants> =
            roles.iter().map(|&oid| (oid, Dependants::default())).collect();
        for row in self.rows(HOLDINGS, &[(&oids, Type::OID_ARRAY)]).await? {
            let (owned, everything): (i32, i32) = (row.try_get(3)?, row.try_get(4)?);
            let holding = Holding {
                database: row.try_get(1)?,
                here: row.try_get(2)?,
                owned: u32::try_from(owned).unwrap_or(0),
                privileges: u32::try_from(everything - owned).unwrap_or(0),
            };
            if let Some(dependants) = all.get_mut(&row.try_get::<_, u32>(0)?) {
                dependants.holdings.push(holding);
            }
        }
        let sessions = self.sessions().await?;
        let grants = self.grants_made(&oids).await?;
        for (oid, dependants) in &mut all {
            dependants.sessions = sessions.get(oid).copied().unwrap_or(0);
            dependants.grants_made = grants.get(oid).cloned().unwrap_or_default();
        }
        Ok(all)
    }

    /// The privileges of a role in this database and on shared objects.
    pub(crate) async fn privileges(
        &self,
        role: RoleOid,
        by: GrantedBy,
    ) -> Result<Vec<ForeignGrant>, Error> {
        let rows = self.rows(&grants_query(self.server.major(), by), &[(&role, Type::OID)]).await?;
        rows.iter()
            .map(|row| {
                let (kind, identity): (String, String) = (row.try_get(2)?, row.try_get(3)?);
                Ok(ForeignGrant::new(row.try_get(0)?, row.try_get(1)?, &kind, &identity)?)
            })
            .collect()
    }

    /// The memberships that these granted, and those of the same roles and members by who is to
    /// grant them instead: see [`grantors_instead_of`](Self::grantors_instead_of).
    async fn grants_made(
        &self,
        by: &Vec<RoleOid>,
    ) -> Result<HashMap<RoleOid, Vec<GrantMade>>, Error> {
        let sql = format!(
            "SELECT {}, a.rolname::pg_catalog.text, b.rolname::pg_catalog.text, mine.grantor \
             FROM pg_catalog.pg_auth_members mine {} \
             JOIN pg_catalog.pg_auth_members m ON m.roleid OPERATOR(pg_catalog.=) mine.roleid \
             AND m.member OPERATOR(pg_catalog.=) mine.member \
               AND (m.grantor OPERATOR(pg_catalog.=) mine.grantor \
               OR m.grantor OPERATOR(pg_catalog.=) \
                 coalesce(instead.grantor, {BOOTSTRAP_SUPERUSER})) \
             JOIN pg_catalog.pg_roles a ON a.oid OPERATOR(pg_catalog.=) m.roleid \
             JOIN pg_catalog.pg_roles b ON b.oid OPERATOR(pg_catalog.=) m.member \
             WHERE mine.grantor OPERATOR(pg_catalog.=) ANY ($1)",
            self.membership_columns(),
            self.instead()
        );
        let mut grants: HashMap<RoleOid, Vec<GrantMade>> = HashMap::new();
        for row in self.rows(&sql, &[(by, Type::OID_ARRAY)]).await? {
            let options = MembershipOptions {
                admin: row.try_get(3)?,
                inherit_and_set: self
                    .server
                    .names_grantors()
                    .then_some((row.try_get(4)?, row.try_get(5)?)),
            };
            grants.entry(row.try_get(8)?).or_default().push(GrantMade {
                granted: RoleName::new(row.try_get::<_, String>(6)?)?,
                member: RoleName::new(row.try_get::<_, String>(7)?)?,
                grantor: row.try_get(2)?,
                options,
            });
        }
        Ok(grants)
    }

    /// Who grants what `mine` grants when the roles of `$1` are gone: whoever is no superuser has
    /// to have ADMIN itself, or to inherit it. A superuser does it as the bootstrap superuser, and
    /// up to 15 a pair of roles has one membership whoever grants it.
    fn instead(&self) -> String {
        let may = match self.server.names_grantors() && !self.server.is_superuser {
            true => may_grant("$1"),
            false => "false".into(),
        };
        format!(
            "LEFT JOIN LATERAL (SELECT m.member AS grantor FROM pg_catalog.pg_auth_members m \
             WHERE m.roleid OPERATOR(pg_catalog.=) mine.roleid AND {may} \
             ORDER BY m.member OPERATOR(pg_catalog.<>) (SELECT oid FROM pg_catalog.pg_roles \
             WHERE rolname OPERATOR(pg_catalog.=) current_user), m.member LIMIT 1) instead ON true"
        )
    }

    /// For each role that `role` granted who may grant it in its place.
    pub(crate) async fn grantors_instead_of(
        &self,
        role: &Role,
    ) -> Result<HashMap<RoleName, RoleName>, Error> {
        let sql = format!(
            "SELECT DISTINCT r.rolname::pg_catalog.text, g.rolname::pg_catalog.text \
             FROM pg_catalog.pg_auth_members mine {} \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) mine.roleid \
             JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) instead.grantor \
             WHERE mine.grantor OPERATOR(pg_catalog.=) ANY ($1)",
            self.instead()
        );
        let rows = self.rows(&sql, &[(&vec![role.oid], Type::OID_ARRAY)]).await?;
        let name =
            |row: &Row, column| Ok::<_, Error>(RoleName::new(row.try_get::<_, String>(column)?)?);
        rows.iter().map(|row| Ok((name(row, 0)?, name(row, 1)?))).collect()
    }
}

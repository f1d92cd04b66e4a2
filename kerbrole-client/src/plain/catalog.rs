//! Reading roles and memberships as anybody may: pg_roles and pg_auth_members, never pg_authid.
//!
//! Every name is qualified, operators included: the session's search path is the caller's own.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use kerbrole_core::{
    ConnectionLimit, DatabaseFacts, Dependants, Elevated, ForeignGrant, GrantMade, GrantedBy, Holding, LoginTrigger,
    Membership, MembershipCatalog, MembershipGraph, MembershipOptions, Role, RoleName, RoleOid, RoleSet, Room,
    SettingOf, SlotFacts, StartupFacts, StartupSetting, fold_case, grants_query, login_settings_query,
};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use super::rights::may_grant;
use super::walk::{NOWHERE, members_of, roles_of, start};
use crate::error::Error;
use crate::probe::Server;

/// The bootstrap superuser's OID (`BOOTSTRAP_SUPERUSERID`, src/include/catalog/pg_authid.h).
const BOOTSTRAP_SUPERUSER: RoleOid = 10;

/// Memberships that were read: a part of those that there are, or all.
#[derive(Default)]
struct Read {
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

    fn neighbourhood(mut self, below: Vec<RoleOid>, above: Vec<RoleOid>) -> MembershipGraph {
        let Ok(graph) = kerbrole_core::neighbourhood(&mut self, below, above);
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

/// A server's roles, by way of a connection.
pub(crate) struct Catalog<'c, C> {
    pub(crate) client: &'c C,
    pub(crate) server: &'c Server,
}

const ROLE: &str = "SELECT oid, rolname::pg_catalog.text, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls \
     FROM pg_catalog.pg_roles";

impl<C: GenericClient> Catalog<'_, C> {
    async fn rows(&self, sql: &str, arguments: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>, Error> {
        Ok(self.client.query_typed(sql, arguments).await?)
    }

    /// Every role whose name equals one of these, case aside.
    pub(crate) async fn roles_spelled_like(&self, names: impl IntoIterator<Item = String>) -> Result<RoleSet, Error> {
        let folded: Vec<String> =
            names.into_iter().map(|name| fold_case(&name)).collect::<HashSet<_>>().into_iter().collect();
        // A–Z only, as the server folds: so does lower() in the collation C, and in no other. It costs a twentieth of translate().
        let sql = format!(
            "{ROLE} WHERE pg_catalog.lower(rolname::pg_catalog.text COLLATE pg_catalog.\"C\") OPERATOR(pg_catalog.=) ANY ($1)"
        );
        let rows = self.rows(&sql, &[(&folded, Type::TEXT_ARRAY)]).await?;
        rows.iter().map(role).collect()
    }

    /// Every role.
    pub(crate) async fn all_roles(&self) -> Result<Vec<Role>, Error> {
        self.rows(ROLE, &[]).await?.iter().map(role).collect()
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
        let graph = MembershipGraph::new(roles.iter().map(|role| (role.oid, &role.name)), memberships);
        Ok((roles, graph))
    }

    async fn all_memberships(&self) -> Result<Vec<Membership>, Error> {
        let sql = format!("SELECT {} FROM pg_catalog.pg_auth_members m", self.membership_columns());
        let rows = self.rows(&sql, &[]).await?;
        rows.iter().map(|row| self.membership(row)).collect()
    }

    /// `below`, everything below it, and everything above any of these and above `above`.
    pub(crate) async fn neighbourhood(&self, below: &[RoleOid], above: &[RoleOid]) -> Result<MembershipGraph, Error> {
        let (below, above) = (below.to_vec(), above.to_vec());
        let starts = ["oid OPERATOR(pg_catalog.=) ANY ($1)", "oid OPERATOR(pg_catalog.=) ANY ($2)"];
        let read = self.read_around(starts, &[(&below, Type::OID_ARRAY), (&above, Type::OID_ARRAY)]).await?;
        Ok(read.neighbourhood(below, above))
    }

    /// The same by names.
    pub(crate) async fn neighbourhood_named(
        &self,
        below: &[String],
        above: &[String],
    ) -> Result<MembershipGraph, Error> {
        const NAMED: [&str; 2] = [
            "rolname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.name[])",
            "rolname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.name[])",
        ];
        let (below, above) = (below.to_vec(), above.to_vec());
        let read = self.read_around(NAMED, &[(&below, Type::TEXT_ARRAY), (&above, Type::TEXT_ARRAY)]).await?;
        let oids: HashMap<_, _> = read.names.iter().map(|(&oid, name)| (name.as_str(), oid)).collect();
        let named = |names: &[String]| names.iter().filter_map(|name| oids.get(name.as_str()).copied()).collect();
        let (below, above) = (named(&below), named(&above));
        Ok(read.neighbourhood(below, above))
    }

    /// The neighbourhood at least: where there are few memberships, all of them. Of ten pages the server would sooner read all for each role than look into an index.
    async fn read_around(
        &self,
        [below, above]: [&str; 2],
        arguments: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Read, Error> {
        let columns = self.membership_columns();
        // Asked once, or the parts of the query could go by different answers.
        let few = "(TABLE few)";
        let first_below = start(&format!(
            "SELECT member FROM pg_catalog.pg_auth_members WHERE roleid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM start)) AND NOT {few} \
             ORDER BY roleid, member LIMIT {NOWHERE}"
        ));
        let first_above = start(&format!(
            "SELECT oid FROM down UNION SELECT roleid FROM of_start UNION SELECT oid FROM pg_catalog.pg_roles WHERE {above}"
        ));
        let sql = format!(
            "WITH RECURSIVE few AS MATERIALIZED (SELECT pg_catalog.pg_relation_size('pg_catalog.pg_auth_members'::pg_catalog.regclass) OPERATOR(pg_catalog.<=) 81920), \
             start AS (SELECT oid, rolname FROM pg_catalog.pg_roles WHERE {below}), \
             of_start AS (SELECT * FROM pg_catalog.pg_auth_members WHERE member OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM start)) AND NOT {few} \
               ORDER BY member, roleid LIMIT {NOWHERE}), \
             down AS ({first_below} UNION SELECT next.oid FROM down CROSS JOIN {}), \
             up AS ({first_above} UNION SELECT next.oid FROM up CROSS JOIN {} WHERE NOT {few}) \
             SELECT {columns}, up.oid, (SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) up.oid), \
               pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, NULL \
             FROM pg_catalog.unnest(ARRAY(SELECT oid FROM up EXCEPT SELECT oid FROM start)) AS up (oid) LEFT JOIN LATERAL (SELECT * FROM pg_catalog.pg_auth_members \
               WHERE member OPERATOR(pg_catalog.=) up.oid AND NOT {few} ORDER BY roleid LIMIT {NOWHERE}) m ON true \
             UNION ALL SELECT {columns}, NULL, NULL, pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, NULL FROM of_start m \
             UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, oid, rolname::pg_catalog.text, NULL, NULL FROM start \
             UNION ALL SELECT {columns}, m.member, pg_catalog.pg_get_userbyid(m.member)::pg_catalog.text, \
               pg_catalog.pg_get_userbyid(m.grantor)::pg_catalog.text, pg_catalog.pg_get_userbyid(m.roleid)::pg_catalog.text \
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

    fn membership(&self, row: &Row) -> Result<Membership, Error> {
        let (admin, inherit, set): (bool, bool, bool) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        let grantor: u32 = row.try_get(2)?;
        Ok(Membership {
            role: row.try_get(0)?,
            member: row.try_get(1)?,
            grantor,
            admin,
            from_creation: self.server.names_grantors() && grantor == BOOTSTRAP_SUPERUSER && admin && !inherit && !set,
        })
    }

    /// How many sessions each role has that has any. What kind of process it is, only who may read statistics is told of others'; whose it is, everybody.
    pub(crate) async fn sessions(&self) -> Result<HashMap<RoleOid, u32>, Error> {
        const COUNT: &str = "SELECT usesysid, pg_catalog.count(*)::pg_catalog.int4 FROM pg_catalog.pg_stat_activity \
             WHERE usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend' GROUP BY usesysid";
        let rows = self.rows(COUNT, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, u32::try_from(row.try_get::<_, i32>(1)?).unwrap_or(0)))).collect()
    }

    /// Whether a transaction has changed something already: then what follows is a part of it.
    pub(crate) async fn inside_a_transaction(&self) -> Result<bool, Error> {
        const ASK: &str = "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL";
        let rows = self.rows(ASK, &[]).await?;
        Ok(rows.first().ok_or_else(Error::no_answer)?.try_get(0)?)
    }

    /// What a login meets between authentication and its first statement.
    pub(crate) async fn startup(&self, role: Option<&Role>) -> Result<StartupFacts, Error> {
        const TRIGGERS: &str = "SELECT t.evtname::pg_catalog.text, pg_catalog.format('%I.%I', n.nspname, p.proname), \
             t.evtenabled::pg_catalog.text \
             FROM pg_catalog.pg_event_trigger t JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.evtfoid \
             JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace \
             WHERE t.evtevent OPERATOR(pg_catalog.=) 'login' AND t.evtenabled OPERATOR(pg_catalog.<>) 'D' ORDER BY 1";
        // Who sees no more than that there is a process counts those of parallel queries as well.
        const SLOTS: &str = "SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int4, \
             pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4, \
             coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4, \
             coalesce((SELECT pg_catalog.pg_has_role($1, r.oid, 'USAGE') FROM pg_catalog.pg_roles r \
               WHERE r.rolname OPERATOR(pg_catalog.=) 'pg_use_reserved_connections'), false), \
             (SELECT pg_catalog.count(*)::pg_catalog.int4 FROM pg_catalog.pg_stat_activity a WHERE a.datid IS NOT NULL \
              AND coalesce(a.backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend')";
        let oid = role.map_or(0, |role| role.oid);
        let settings = self.rows(login_settings_query(), &[(&oid, Type::OID)]).await?;
        let settings = settings.iter().map(|row| {
            Ok(StartupSetting {
                of: Some(SettingOf::from_rank(row.try_get(0)?)),
                name: row.try_get(1)?,
                value: row.try_get::<_, Option<String>>(2)?.unwrap_or_default(),
                is_usable: row.try_get(3)?,
            })
        });
        let triggers = self.rows(TRIGGERS, &[]).await?;
        let triggers = triggers.iter().map(|row| {
            let enabled: String = row.try_get(2)?;
            let enabled = enabled.chars().next().unwrap_or('O');
            Ok(LoginTrigger { name: row.try_get(0)?, function: row.try_get(1)?, enabled })
        });
        let rows = self.rows(SLOTS, &[(&oid, Type::OID)]).await?;
        let row = rows.first().ok_or_else(Error::no_answer)?;
        let (connections, of_superusers, of_others): (i32, i32, i32) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (may_use_those, taken): (bool, i32) = (row.try_get(3)?, row.try_get(4)?);
        let reserved = match role {
            Some(role) if role.elevated.superuser => 0,
            Some(_) if may_use_those => of_superusers,
            _ => of_superusers + of_others,
        };
        let room = if connections - taken > reserved { Room::Enough } else { Room::Unknown };
        let counted = |number: i32| u32::try_from(number).unwrap_or(0);
        Ok(StartupFacts {
            settings: settings.collect::<Result<_, Error>>()?,
            libraries: None,
            triggers: triggers.collect::<Result<_, Error>>()?,
            slots: SlotFacts { connections: counted(connections), reserved: counted(reserved), room },
        })
    }

    /// CONNECTION LIMIT of a role, and the database.
    pub(crate) async fn login_facts(&self, role: Option<RoleOid>) -> Result<(i32, DatabaseFacts), Error> {
        const ASK: &str = "SELECT d.datname::pg_catalog.text, d.datallowconn, d.datconnlimit, \
             coalesce(pg_catalog.has_database_privilege($1, d.oid, 'CONNECT'), false), \
             coalesce((SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) $1), -1), \
             (SELECT pg_catalog.count(*)::pg_catalog.int4 FROM pg_catalog.pg_stat_activity a WHERE a.datid OPERATOR(pg_catalog.=) d.oid \
              AND coalesce(a.backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend') \
             FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";
        let rows = self.rows(ASK, &[(&role, Type::OID)]).await?;
        let row = rows.first().ok_or_else(Error::no_answer)?;
        let sessions = u32::try_from(row.try_get::<_, i32>(5)?).unwrap_or(0);
        let database = DatabaseFacts {
            name: row.try_get::<_, String>(0)?.into_bytes(),
            is_spelled: true,
            allows_connections: row.try_get(1)?,
            limit: ConnectionLimit { limit: row.try_get(2)?, sessions },
            may_connect: row.try_get(3)?,
        };
        Ok((row.try_get(4)?, database))
    }

    /// What hangs on each of these roles, but for the privileges that others than the owners granted: see [`privileges`](Self::privileges).
    pub(crate) async fn dependants(&self, roles: &[RoleOid]) -> Result<HashMap<RoleOid, Dependants>, Error> {
        const HOLDINGS: &str = "SELECT s.refobjid, d.datname::pg_catalog.text, s.dbid OPERATOR(pg_catalog.=) 0 OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database(), \
             (pg_catalog.count(*) FILTER (WHERE s.deptype OPERATOR(pg_catalog.=) 'o' AND s.classid OPERATOR(pg_catalog.<>) ALL \
               ('{pg_catalog.pg_default_acl,pg_catalog.pg_user_mapping}'::pg_catalog.regclass[])))::pg_catalog.int4, pg_catalog.count(*)::pg_catalog.int4 \
             FROM pg_catalog.pg_shdepend s LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.dbid \
             WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.refobjid OPERATOR(pg_catalog.=) ANY ($1) \
             AND s.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_auth_members'::pg_catalog.regclass GROUP BY s.refobjid, s.dbid, d.datname ORDER BY s.dbid";
        let oids = roles.to_vec();
        let mut all: HashMap<RoleOid, Dependants> = roles.iter().map(|&oid| (oid, Dependants::default())).collect();
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
    pub(crate) async fn privileges(&self, role: RoleOid, by: GrantedBy) -> Result<Vec<ForeignGrant>, Error> {
        let rows = self.rows(&grants_query(self.server.major(), by), &[(&role, Type::OID)]).await?;
        rows.iter()
            .map(|row| {
                let (kind, identity): (String, String) = (row.try_get(2)?, row.try_get(3)?);
                Ok(ForeignGrant::new(row.try_get(0)?, row.try_get(1)?, &kind, &identity)?)
            })
            .collect()
    }

    /// The memberships that these granted, and those of the same roles and members by who is to grant them instead: see
    /// [`grantors_instead_of`](Self::grantors_instead_of).
    async fn grants_made(&self, by: &Vec<RoleOid>) -> Result<HashMap<RoleOid, Vec<GrantMade>>, Error> {
        let sql = format!(
            "SELECT {}, a.rolname::pg_catalog.text, b.rolname::pg_catalog.text, mine.grantor FROM pg_catalog.pg_auth_members mine {} \
             JOIN pg_catalog.pg_auth_members m ON m.roleid OPERATOR(pg_catalog.=) mine.roleid AND m.member OPERATOR(pg_catalog.=) mine.member \
               AND (m.grantor OPERATOR(pg_catalog.=) mine.grantor OR m.grantor OPERATOR(pg_catalog.=) coalesce(instead.grantor, {BOOTSTRAP_SUPERUSER})) \
             JOIN pg_catalog.pg_roles a ON a.oid OPERATOR(pg_catalog.=) m.roleid JOIN pg_catalog.pg_roles b ON b.oid OPERATOR(pg_catalog.=) m.member \
             WHERE mine.grantor OPERATOR(pg_catalog.=) ANY ($1)",
            self.membership_columns(),
            self.instead()
        );
        let mut grants: HashMap<RoleOid, Vec<GrantMade>> = HashMap::new();
        for row in self.rows(&sql, &[(by, Type::OID_ARRAY)]).await? {
            let options = MembershipOptions {
                admin: row.try_get(3)?,
                inherit_and_set: self.server.names_grantors().then_some((row.try_get(4)?, row.try_get(5)?)),
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
}

impl<C: GenericClient> Catalog<'_, C> {
    /// Who grants what `mine` grants when the roles of `$1` are gone: whoever is no superuser has to have ADMIN itself, or to inherit it. A superuser does it as
    /// the bootstrap superuser, and up to 15 a pair of roles has one membership whoever grants it.
    fn instead(&self) -> String {
        let may = match self.server.names_grantors() && !self.server.is_superuser {
            true => may_grant("$1"),
            false => "false".into(),
        };
        format!(
            "LEFT JOIN LATERAL (SELECT m.member AS grantor FROM pg_catalog.pg_auth_members m WHERE m.roleid OPERATOR(pg_catalog.=) mine.roleid AND {may} \
             ORDER BY m.member OPERATOR(pg_catalog.<>) (SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user), m.member LIMIT 1) instead ON true"
        )
    }

    /// For each role that `role` granted who may grant it in its place.
    pub(crate) async fn grantors_instead_of(&self, role: &Role) -> Result<HashMap<RoleName, RoleName>, Error> {
        let sql = format!(
            "SELECT DISTINCT r.rolname::pg_catalog.text, g.rolname::pg_catalog.text FROM pg_catalog.pg_auth_members mine {} \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) mine.roleid JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) instead.grantor \
             WHERE mine.grantor OPERATOR(pg_catalog.=) ANY ($1)",
            self.instead()
        );
        let rows = self.rows(&sql, &[(&vec![role.oid], Type::OID_ARRAY)]).await?;
        let name = |row: &Row, column| Ok::<_, Error>(RoleName::new(row.try_get::<_, String>(column)?)?);
        rows.iter().map(|row| Ok((name(row, 0)?, name(row, 1)?))).collect()
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

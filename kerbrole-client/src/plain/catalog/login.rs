//! What a login meets on the server, but for memberships.

use kerbrole_core::{
    ConnectionLimit, DatabaseFacts, LoginTrigger, Role, RoleOid, Room, SettingOf, SlotFacts,
    StartupFacts, StartupSetting, login_settings_query,
};
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::Catalog;
use crate::error::Error;

impl<C: GenericClient> Catalog<'_, C> {
    /// What a login meets between authentication and its first statement.
    pub(crate) async fn startup(&self, role: Option<&Role>) -> Result<StartupFacts, Error> {
        const TRIGGERS: &str = "SELECT t.evtname::pg_catalog.text, \
             pg_catalog.format('%I.%I', n.nspname, p.proname), \
             t.evtenabled::pg_catalog.text \
             FROM pg_catalog.pg_event_trigger t \
             JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.evtfoid \
             JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace \
             WHERE t.evtevent OPERATOR(pg_catalog.=) 'login' \
             AND t.evtenabled OPERATOR(pg_catalog.<>) 'D' ORDER BY 1";
        // Who sees no more than that there is a process counts those of parallel queries as well.
        const SLOTS: &str = "SELECT \
             pg_catalog.current_setting('max_connections')::pg_catalog.int4, \
             pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4, \
             coalesce(pg_catalog.current_setting('reserved_connections', true), '0')\
             ::pg_catalog.int4, \
             coalesce((SELECT pg_catalog.pg_has_role($1, r.oid, 'USAGE') \
             FROM pg_catalog.pg_roles r \
               WHERE r.rolname OPERATOR(pg_catalog.=) 'pg_use_reserved_connections'), false), \
             (SELECT pg_catalog.count(*)::pg_catalog.int4 FROM pg_catalog.pg_stat_activity a \
             WHERE a.datid IS NOT NULL \
             AND coalesce(a.backend_type, 'client backend') \
             OPERATOR(pg_catalog.=) 'client backend')";
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
            slots: SlotFacts {
                connections: counted(connections),
                reserved: counted(reserved),
                room,
            },
        })
    }

    /// CONNECTION LIMIT of a role, and the database.
    pub(crate) async fn login_facts(
        &self,
        role: Option<RoleOid>,
    ) -> Result<(i32, DatabaseFacts), Error> {
        const ASK: &str = "SELECT d.datname::pg_catalog.text, d.datallowconn, d.datconnlimit, \
             coalesce(pg_catalog.has_database_privilege($1, d.oid, 'CONNECT'), false), \
             coalesce((SELECT rolconnlimit FROM pg_catalog.pg_roles \
             WHERE oid OPERATOR(pg_catalog.=) $1), -1), \
             (SELECT pg_catalog.count(*)::pg_catalog.int4 FROM pg_catalog.pg_stat_activity a \
             WHERE a.datid OPERATOR(pg_catalog.=) d.oid \
             AND coalesce(a.backend_type, 'client backend') \
             OPERATOR(pg_catalog.=) 'client backend') \
             FROM pg_catalog.pg_database d \
             WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";
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
}

//! Who is in a group, by whatever way.

use kerbrole_core::{Error as Refusal, RoleName};
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::Plain;
use crate::error::Error;
use crate::results::as_shown;

impl<C: GenericClient> Plain<'_, C> {
    pub(crate) async fn members_of(&self, groups: &[String]) -> Result<Vec<RoleName>, Error> {
        // The first column says which of the groups there is, the second who is in one.
        const ASK: &str = "WITH RECURSIVE groups AS (\
             SELECT oid, rolname::pg_catalog.text AS name FROM pg_catalog.pg_roles \
             WHERE rolname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)), \
             below (oid) AS (\
             SELECT m.member FROM pg_catalog.pg_auth_members m \
             JOIN groups g ON g.oid OPERATOR(pg_catalog.=) m.roleid \
             UNION SELECT m.member FROM pg_catalog.pg_auth_members m \
             JOIN below b ON b.oid OPERATOR(pg_catalog.=) m.roleid) \
             SELECT name, NULL FROM groups UNION ALL \
             SELECT NULL, r.rolname::pg_catalog.text FROM below b \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) b.oid";
        let rows = self.client.query_typed(ASK, &[(&groups, Type::TEXT_ARRAY)]).await?;
        let (mut found, mut members) = (Vec::new(), Vec::new());
        for row in rows {
            match row.try_get::<_, Option<String>>(0)? {
                Some(group) => found.push(group),
                None => members.push(as_shown(row.try_get(1)?)),
            }
        }
        match groups.iter().find(|group| !found.contains(group)) {
            Some(group) => Err(Refusal::GroupMissing { group: group.into(), other: None }.into()),
            None => Ok(members),
        }
    }
}

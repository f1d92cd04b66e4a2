//! What a transaction has written: of memberships that are there, those that are one's own.

use std::collections::HashSet;

use kerbrole_core::{RoleName, Statement};
use tokio_postgres::types::Type;
use tokio_postgres::{GenericClient, SimpleQueryMessage};

use super::Plain;
use crate::error::Error;

/// The number of a transaction. A membership whose row has it was granted by that transaction, and
/// is not one that was there before, of which GRANT says no more than a NOTICE.
pub(crate) struct Xid(String);

impl Xid {
    /// The last row of a batch that asked for it.
    pub(super) fn answered(messages: &[SimpleQueryMessage]) -> Option<Self> {
        messages.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(|number| Self(number.to_string())),
            _ => None,
        })
    }
}

/// Memberships of some roles, as they are after a commit.
pub(super) struct Written {
    /// What was granted, and to whom.
    own: HashSet<(String, String)>,
    /// Roles that are in something, or have somebody in them, by others.
    others: HashSet<String>,
}

impl Written {
    /// Whether this transaction granted it.
    pub(super) fn is_own(&self, granted: &RoleName, member: &RoleName) -> bool {
        self.own.contains(&(granted.to_string(), member.to_string()))
    }

    /// Whether somebody else has given something to a role, or granted it to somebody.
    pub(super) fn is_shared(&self, role: &RoleName) -> bool {
        self.others.contains(role.as_str())
    }

    /// What undoes this transaction's part of the memberships of a role.
    pub(super) fn leave<'w>(&'w self, member: &'w RoleName) -> impl Iterator<Item = Statement> {
        let mine = self.own.iter().filter(move |(_, of)| of == member.as_str());
        let granted = mine.filter_map(|(granted, _)| RoleName::new(granted.as_str()).ok());
        granted.map(|granted| revoke(granted, member.clone()))
    }
}

/// `REVOKE granted FROM member`, as the one who granted it.
pub(super) fn revoke(granted: RoleName, member: RoleName) -> Statement {
    Statement::RevokeGrant { role: granted.clone(), granted, member, name_grantor: false }
}

impl<C: GenericClient> Plain<'_, C> {
    /// The memberships of some roles in others, and of others in them.
    pub(super) async fn written(&self, by: &Xid, roles: &[String]) -> Result<Written, Error> {
        const ASK: &str = "SELECT g.rolname::pg_catalog.text, m.rolname::pg_catalog.text, \
             a.xmin OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.xid \
             FROM pg_catalog.pg_auth_members a \
             JOIN pg_catalog.pg_roles g ON g.oid OPERATOR(pg_catalog.=) a.roleid \
             JOIN pg_catalog.pg_roles m ON m.oid OPERATOR(pg_catalog.=) a.member \
             WHERE $1::pg_catalog.text[]::pg_catalog.name[] OPERATOR(pg_catalog.&&) \
             ARRAY[g.rolname, m.rolname]";
        let rows = self
            .client
            .query_typed(ASK, &[(&roles, Type::TEXT_ARRAY), (&by.0, Type::TEXT)])
            .await?;
        let mut written = Written { own: HashSet::new(), others: HashSet::new() };
        for row in rows {
            let (granted, member): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if row.try_get(2)? {
                written.own.insert((granted, member));
            } else {
                written.others.extend([granted, member]);
            }
        }
        Ok(written)
    }
}

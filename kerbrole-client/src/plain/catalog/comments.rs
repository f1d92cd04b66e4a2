//! The comments on roles, which say whose they are.

use std::collections::HashMap;

use kerbrole_core::{RoleComment, RoleOid};
use tokio_postgres::GenericClient;

use super::Catalog;
use crate::error::Error;

impl<C: GenericClient> Catalog<'_, C> {
    /// The comments on all roles that have one.
    ///
    /// As bytes: one that was written in a database of another encoding may be no text here, and
    /// must not keep the others from being read.
    pub(crate) async fn role_comments(&self) -> Result<HashMap<RoleOid, RoleComment>, Error> {
        const ASK: &str = "SELECT d.objoid, pg_catalog.textsend(d.description) \
             FROM pg_catalog.pg_shdescription d \
             WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass";
        let rows = self.rows(ASK, &[]).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, RoleComment::read_bytes(row.try_get(1)?))))
            .collect()
    }
}

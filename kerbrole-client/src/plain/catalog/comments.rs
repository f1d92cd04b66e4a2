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
    /// must not keep the others from being read. Where the server would look at them, or convert
    /// them, on the way (`pg_server_to_any`, src/backend/utils/mb/mbutils.c), they are taken as
    /// they are, by a format that only backslashes mean something in.
    pub(crate) async fn role_comments(&self) -> Result<HashMap<RoleOid, RoleComment>, Error> {
        const ASK: &str = "SELECT d.objoid, CASE pg_catalog.getdatabaseencoding() \
             WHEN 'UTF8' THEN pg_catalog.textsend(d.description) \
             ELSE pg_catalog.decode(pg_catalog.replace(d.description, pg_catalog.chr(92), \
               pg_catalog.repeat(pg_catalog.chr(92), 2)), 'escape') END, \
             pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.=) ANY \
             ('{UTF8,SQL_ASCII}'::pg_catalog.name[]) \
             FROM pg_catalog.pg_shdescription d \
             WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass";
        let mut comments = HashMap::new();
        let all = self.each_row(ASK, |row| {
            let (bytes, are_sent_back_so): (&[u8], bool) = (row.try_get(1)?, row.try_get(2)?);
            let comment = RoleComment::read_bytes(bytes);
            let may_be_written = are_sent_back_so || bytes.is_ascii();
            let comment = if may_be_written { comment } else { comment.without_text() };
            comments.insert(row.try_get(0)?, comment);
            Ok(())
        });
        all.await?;
        Ok(comments)
    }
}

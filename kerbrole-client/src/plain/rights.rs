//! What is missing where the server refuses statements for want of a right.

use std::collections::HashMap;

use kerbrole_core::{
    Held, Lack, RoleName, Runner, Statement, lacks_in_words, missing, quote_identifier,
    roles_concerned,
};
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::Plain;
use super::batch::Batch;
use super::written::Xid;
use crate::error::Error;

impl<C: GenericClient> Plain<'_, C> {
    /// Carries statements out, all or none, and returns the number of the transaction where the
    /// batch asks for it. Where the server refuses them for want of a right, the error says which.
    pub(super) async fn run(
        &self,
        batch: &Batch,
        statements: &[Statement],
    ) -> Result<Option<Xid>, Error> {
        #[cfg(feature = "tracing")]
        tracing::debug!(statements = statements.len(), "runs plain statements");
        match self.client.simple_query(batch.sql()).await {
            Ok(messages) => Ok(Xid::answered(&messages)),
            Err(error) => {
                let error = Error::from(error);
                if !error.is_want_of_a_right() {
                    return Err(error);
                }
                let missing = match error.is_about_an_object() {
                    true => self.places_that_are_missing(statements).await,
                    false => self.what_is_missing(statements).await,
                };
                match missing {
                    Some(hint) => Err(error.lacking(hint)),
                    None => Err(error.with_hint(only_owners_revoke(statements))),
                }
            }
        }
    }

    /// The rights that are missing for these statements, each with the statement that gives it.
    /// What the server has answered counts, and this explains it.
    pub(super) async fn what_is_missing(&self, statements: &[Statement]) -> Option<String> {
        let since_16 = self.server.names_grantors();
        let dropped: Vec<_> = statements
            .iter()
            .filter_map(|statement| match statement {
                Statement::DropRole { role } => Some(role.to_string()),
                _ => None,
            })
            .collect();
        let ad_role = self.rule.ad_role();
        match self.runner_and_held(&roles_concerned(statements), &dropped).await {
            Ok((runner, held)) => {
                let lacks = missing(statements, &runner, &held, ad_role, since_16);
                (!lacks.is_empty()).then(|| self.in_words(&runner, &lacks, true))
            }
            // In a transaction that has failed nothing can be asked any more.
            Err(_) => {
                let user = RoleName::new(self.server.user.as_str()).ok()?;
                let runner = Runner {
                    user,
                    superuser: false,
                    createrole: false,
                    inherits: true,
                    can_become: None,
                };
                let lacks = missing(statements, &runner, &HashMap::new(), ad_role, since_16);
                (!lacks.is_empty()).then(|| self.in_words(&runner, &lacks, false))
            }
        }
    }

    /// What is missing where the server spoke of an object, and not of a role.
    async fn places_that_are_missing(&self, statements: &[Statement]) -> Option<String> {
        let (runner, _) = self.runner_and_held(&[], &[]).await.ok()?;
        let lacks = self.missing_places(&runner, statements).await.ok()?;
        (!lacks.is_empty()).then(|| self.in_words(&runner, &lacks, true))
    }

    fn in_words(&self, runner: &Runner, lacks: &[Lack], is_known: bool) -> String {
        let words = lacks_in_words(runner, lacks, self.rule.ad_role(), is_known);
        match self.server.nests_creators() {
            true => format!(
                "{words} Where the extension can be installed, EXECUTE on its functions is enough."
            ),
            false => words,
        }
    }

    pub(super) async fn runner_and_held(
        &self,
        roles: &[RoleName],
        dropped: &[String],
    ) -> Result<(Runner, HashMap<RoleName, Held>), Error> {
        let set_role = if self.server.names_grantors() { "SET" } else { "MEMBER" };
        let ask = format!(
            "SELECT me.rolname::pg_catalog.text, me.rolsuper, me.rolcreaterole, me.rolinherit, \
             (SELECT o.rolname::pg_catalog.text FROM pg_catalog.pg_roles o WHERE o.rolcreaterole \
             AND NOT o.rolsuper AND o.oid OPERATOR(pg_catalog.<>) me.oid \
              AND pg_catalog.pg_has_role(o.oid, '{set_role}') ORDER BY o.oid LIMIT 1) \
             FROM pg_catalog.pg_roles me WHERE me.rolname OPERATOR(pg_catalog.=) current_user"
        );
        let rows = self.client.query_typed(&ask, &[]).await?;
        let row = rows.first().ok_or_else(Error::no_answer)?;
        let runner = Runner {
            user: RoleName::new(row.try_get::<_, String>(0)?)?,
            superuser: row.try_get(1)?,
            createrole: row.try_get(2)?,
            inherits: row.try_get(3)?,
            can_become: row.try_get::<_, Option<String>>(4)?.map(RoleName::new).transpose()?,
        };
        let ask = format!(
            "SELECT r.rolname::pg_catalog.text, r.rolsuper, \
             pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'), \
             EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
             WHERE m.roleid OPERATOR(pg_catalog.=) r.oid AND {}), \
             pg_catalog.pg_has_role(r.oid, 'MEMBER'), pg_catalog.pg_has_role(r.oid, 'USAGE'), \
             pg_catalog.pg_has_role(r.oid, '{set_role}') \
             FROM pg_catalog.pg_roles r \
             WHERE r.rolname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.name[])",
            may_grant(
                "ARRAY(SELECT oid FROM pg_catalog.pg_roles \
                 WHERE rolname OPERATOR(pg_catalog.=) ANY \
                 ($1::pg_catalog.text[]::pg_catalog.name[]))"
            )
        );
        let names: Vec<_> = roles.iter().map(ToString::to_string).collect();
        let dropped = dropped.to_vec();
        let rows = self
            .client
            .query_typed(&ask, &[(&dropped, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)])
            .await?;
        let mut held = HashMap::new();
        for row in rows {
            let of_role = Held {
                superuser: row.try_get(1)?,
                admin: row.try_get(2)?,
                may_grant: row.try_get(3)?,
                member: row.try_get(4)?,
                privileges: row.try_get(5)?,
                set_role: row.try_get(6)?,
            };
            held.insert(RoleName::new(row.try_get::<_, String>(0)?)?, of_role);
        }
        Ok((runner, held))
    }

    /// The places that objects cannot be given away in: a new owner of most kinds of objects needs
    /// CREATE on their schema, and whoever gives a schema away CREATE on the database
    /// (`AlterObjectOwner_internal`, src/backend/commands/alter.c; `AlterSchemaOwner_internal`,
    /// schemacmds.c). Tables and types ask for neither.
    async fn missing_places(
        &self,
        runner: &Runner,
        statements: &[Statement],
    ) -> Result<Vec<Lack>, Error> {
        const ASK: &str = "WITH owned AS (SELECT s.classid, s.objid, s.objsubid \
             FROM pg_catalog.pg_shdepend s \
             JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.refobjid \
             WHERE s.refclassid OPERATOR(pg_catalog.=) \
             'pg_catalog.pg_authid'::pg_catalog.regclass AND s.deptype OPERATOR(pg_catalog.=) 'o' \
             AND r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name \
             AND s.dbid OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database \
             WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) \
             SELECT 'SCHEMA', n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n, \
             pg_catalog.pg_roles heir \
             WHERE heir.rolname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name \
             AND NOT pg_catalog.has_schema_privilege(heir.oid, n.oid, 'CREATE') \
             AND n.nspname OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT i.schema::pg_catalog.name \
             FROM owned o, LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, o.objsubid) i \
               WHERE o.classid OPERATOR(pg_catalog.<>) ALL \
               ('{pg_catalog.pg_class,pg_catalog.pg_type,pg_catalog.pg_namespace}'\
                 ::pg_catalog.regclass[]))) \
             UNION ALL SELECT 'DATABASE', pg_catalog.current_database()::pg_catalog.text WHERE \
             EXISTS (SELECT FROM owned o \
               WHERE o.classid OPERATOR(pg_catalog.=) \
               'pg_catalog.pg_namespace'::pg_catalog.regclass) \
             AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
             ORDER BY 1, 2";
        let mut lacks = Vec::new();
        for statement in statements {
            let Statement::ReassignOwned { role, to } = statement else { continue };
            let (role, heir) = (role.as_str(), to.as_str());
            for row in
                self.client.query_typed(ASK, &[(&role, Type::TEXT), (&heir, Type::TEXT)]).await?
            {
                let (kind, place): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let place = quote_identifier(&place);
                let right = format!("CREATE on {} {place}", kind.to_lowercase());
                let (right, whose) = match kind.as_str() {
                    "SCHEMA" => (format!("that {} has {right}", to.quoted()), to),
                    _ => (right, &runner.user),
                };
                lacks.push(Lack {
                    right,
                    statement: format!("GRANT CREATE ON {kind} {place} TO {};", whose.quoted()),
                });
            }
        }
        Ok(lacks)
    }
}

/// Whether membership `m` lets whoever asks grant `m.roleid`: ADMIN that is had directly or
/// inherited, and that does not end with roles that are dropped.
pub(super) fn may_grant(dropped: &str) -> String {
    format!(
        "m.admin_option AND pg_catalog.pg_has_role(m.member, 'USAGE') \
         AND m.member OPERATOR(pg_catalog.<>) ALL ({dropped}) \
         AND m.grantor OPERATOR(pg_catalog.<>) ALL ({dropped})"
    )
}

fn only_owners_revoke(statements: &[Statement]) -> Option<String> {
    let revokes = |s: &Statement| {
        matches!(s, Statement::RevokePrivileges { .. } | Statement::RevokeAs { .. })
    };
    statements.iter().any(revokes).then(|| {
        "A privilege on somebody else's object is taken away by the object's owner, or a \
         superuser. Disable the principal until then: that ends its logins."
            .into()
    })
}

//! The function that takes the accounts of a directory.

use kerbrole_core::{AccessAction, array_literal};
use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::{Argument, Functions, as_planned, known};
use crate::access::{Access, AccessRow};
use crate::error::Error;
use crate::results::as_shown;

/// The people as the function takes them, made by the server out of arrays.
const PEOPLE: &str = "(SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(\
    'principal', p.principal, 'sid', p.sid, 'enabled', p.enabled, \
    'roles', p.roles::pg_catalog.text[]) ORDER BY p.place), '[]'::pg_catalog.json) \
    FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), \
    pg_catalog.unnest($4)) WITH ORDINALITY AS p (principal, sid, enabled, roles, place))";

/// What is given beside the people.
struct Given {
    principals: Vec<String>,
    sids: Vec<String>,
    enabled: Vec<bool>,
    roles: Vec<String>,
    domains: Vec<String>,
    limit: String,
}

impl Given {
    fn of(access: &Access) -> Self {
        let people = &access.people;
        Self {
            principals: people.iter().map(|one| one.principal.clone()).collect(),
            sids: people.iter().map(|one| one.sid.to_string()).collect(),
            enabled: people.iter().map(|one| one.enabled).collect(),
            roles: people.iter().map(|one| array_literal(&one.roles)).collect(),
            domains: access.domains.iter().map(ToString::to_string).collect(),
            limit: access.limit.to_string(),
        }
    }
}

impl<C: GenericClient> Functions<'_, C> {
    fn access_call(&self, dry_run: bool) -> String {
        format!("{}.kerb_apply_access({PEOPLE}, $5, $6, $7, {dry_run}, $8, $9, $10)", self.schema)
    }

    pub(crate) async fn access(
        &self,
        access: &Access,
        dry_run: bool,
    ) -> Result<Vec<AccessRow>, Error> {
        let given = Given::of(access);
        let absent = access.absent.as_str();
        let sql = format!("SELECT * FROM {}", self.access_call(dry_run));
        let rows = self.client.query_typed(&sql, &arguments(access, &given, &absent)).await?;
        rows.iter()
            .map(|row| {
                let action: String = row.try_get(0)?;
                Ok(AccessRow {
                    action: known(&action, &AccessAction::ALL, AccessAction::as_str)?,
                    role_name: as_shown(row.try_get(1)?),
                    statement: row.try_get(2)?,
                    reason: row.try_get::<_, Option<String>>(3)?.unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Does this, or nothing.
    pub(crate) async fn access_as_planned(
        &self,
        access: &Access,
        planned: &[AccessRow],
    ) -> Result<(), Error> {
        let given = Given::of(access);
        let absent = access.absent.as_str();
        let steps: Vec<String> = planned.iter().flat_map(step).collect();
        let mut arguments = arguments(access, &given, &absent);
        arguments.push((&steps, Type::TEXT_ARRAY));
        let columns = ["action", "role_name", "coalesce(statement, '')"];
        let sql = as_planned(&self.access_call(false), &columns, arguments.len());
        self.run_as_planned(&sql, &arguments).await
    }
}

fn arguments<'a>(access: &'a Access, given: &'a Given, absent: &'a &'a str) -> Vec<Argument<'a>> {
    vec![
        (&given.principals, Type::TEXT_ARRAY),
        (&given.sids, Type::TEXT_ARRAY),
        (&given.enabled, Type::BOOL_ARRAY),
        (&given.roles, Type::TEXT_ARRAY),
        (&access.roles, Type::TEXT_ARRAY),
        (&given.domains, Type::TEXT_ARRAY),
        (absent, Type::TEXT),
        (&access.except, Type::TEXT_ARRAY),
        (&given.limit, Type::TEXT),
        (&access.terminate, Type::BOOL),
    ]
}

/// A row as it is compared.
fn step(row: &AccessRow) -> [String; 3] {
    let statement = row.statement.clone().unwrap_or_default();
    [row.action.as_str().into(), row.role_name.to_string(), statement]
}

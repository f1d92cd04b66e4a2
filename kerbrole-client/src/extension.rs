//! By the functions of the extension, or those in PL/pgSQL, fully qualified.

use std::collections::HashMap;

use kerbrole_core::{
    AddAction, CaseProblem, Error as Refusal, RoleName, Sid, SyncAction, array_literal,
};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use crate::builder::Backend;
use crate::each::Set;
use crate::error::Error;
use crate::options::{AddOptions, DropOptions, SyncOptions};
use crate::results::{
    Added, CaseFinding, Check, Conflict, Dropped, ListedPrincipal, PrincipalSource, RealmRename,
    SyncRow, all_as_shown, as_shown,
};

mod access;

type Argument<'a> = (&'a (dyn ToSql + Sync), Type);

pub(crate) struct Functions<'k, C> {
    pub(crate) client: &'k C,
    /// Quoted.
    pub(crate) schema: &'k str,
    pub(crate) backend: Backend,
}

impl<C: GenericClient> Functions<'_, C> {
    async fn call(&self, function: &str, arguments: &[Argument<'_>]) -> Result<Vec<Row>, Error> {
        #[cfg(feature = "tracing")]
        tracing::debug!(function, "calls a function");
        let places: Vec<_> = (1..=arguments.len()).map(|n| format!("${n}")).collect();
        let sql = format!("SELECT * FROM {}.{function}({})", self.schema, places.join(", "));
        Ok(self.client.query_typed(&sql, arguments).await?)
    }

    /// A function that returns the name of a role.
    async fn name(&self, function: &str, arguments: &[Argument<'_>]) -> Result<RoleName, Error> {
        let rows = self.call(function, arguments).await?;
        Ok(as_shown(rows.first().ok_or_else(Error::no_answer)?.try_get(0)?))
    }

    pub(crate) async fn canonicalize(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        self.name("kerb_canonicalize", &[(&username, Type::TEXT), (&realm, Type::TEXT)]).await
    }

    pub(crate) async fn add_principal(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &AddOptions,
    ) -> Result<RoleName, Error> {
        let arguments: [Argument<'_>; 4] = [
            (&username, Type::TEXT),
            (&realm, Type::TEXT),
            (&options.groups, Type::TEXT_ARRAY),
            (&options.if_not_exists, Type::BOOL),
        ];
        self.name("kerb_add_principal", &arguments).await
    }

    pub(crate) async fn add_principals(
        &self,
        principals: &[String],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        let arguments: [Argument<'_>; 3] = [
            (&principals, Type::TEXT_ARRAY),
            (&options.groups, Type::TEXT_ARRAY),
            (&options.if_not_exists, Type::BOOL),
        ];
        added(&self.call("kerb_add_principals", &arguments).await?)
    }

    /// Several sets of principals in one statement, which is carried out whole or not at all;
    /// outcomes in the order of the sets.
    pub(crate) async fn add_sets(
        &self,
        sets: &[Set],
        if_not_exists: bool,
    ) -> Result<Vec<Added>, Error> {
        let typed = |set: &Set| array_literal(set.principals.iter().map(|(typed, _)| typed));
        let principals: Vec<_> = sets.iter().map(typed).collect();
        let groups: Vec<_> = sets.iter().map(|set| array_literal(&set.groups)).collect();
        let sql = format!(
            "SELECT a.* \
             FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) \
             AS s (principals, groups) \
             CROSS JOIN LATERAL {}.kerb_add_principals(s.principals::pg_catalog.text[], \
             s.groups::pg_catalog.text[], $3) AS a",
            self.schema
        );
        let arguments: [Argument<'_>; 3] = [
            (&principals, Type::TEXT_ARRAY),
            (&groups, Type::TEXT_ARRAY),
            (&if_not_exists, Type::BOOL),
        ];
        // Nobody is in two of the sets, so that each row is found by what was typed.
        let rows = added(&self.client.query_typed(&sql, &arguments).await?)?;
        let mut rows: HashMap<_, _> =
            rows.into_iter().map(|one| (one.principal.clone(), one)).collect();
        let all = sets.iter().flat_map(|set| &set.principals);
        all.map(|(typed, _)| rows.remove(typed).ok_or_else(Error::no_answer)).collect()
    }

    pub(crate) async fn disable(
        &self,
        username: &str,
        realm: Option<&str>,
        terminate: bool,
    ) -> Result<RoleName, Error> {
        let arguments: [Argument<'_>; 3] =
            [(&username, Type::TEXT), (&realm, Type::TEXT), (&terminate, Type::BOOL)];
        self.name("kerb_disable_principal", &arguments).await
    }

    pub(crate) async fn enable(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        self.name("kerb_enable_principal", &[(&username, Type::TEXT), (&realm, Type::TEXT)]).await
    }

    pub(crate) async fn rename(
        &self,
        username: &str,
        realm: Option<&str>,
        new_username: &str,
        new_realm: Option<&str>,
    ) -> Result<RoleName, Error> {
        let arguments: [Argument<'_>; 4] = [
            (&username, Type::TEXT),
            (&realm, Type::TEXT),
            (&new_username, Type::TEXT),
            (&new_realm, Type::TEXT),
        ];
        self.name("kerb_rename_principal", &arguments).await
    }

    pub(crate) async fn rename_realm(
        &self,
        old: &str,
        new: &str,
        dry_run: bool,
    ) -> Result<Vec<RealmRename>, Error> {
        let arguments: [Argument<'_>; 3] =
            [(&old, Type::TEXT), (&new, Type::TEXT), (&dry_run, Type::BOOL)];
        let rows = self.call("kerb_rename_realm", &arguments).await?;
        rows.iter()
            .map(|row| {
                Ok(RealmRename {
                    old_name: as_shown(row.try_get(0)?),
                    new_name: row.try_get(1)?,
                    problem: row.try_get(2)?,
                })
            })
            .collect()
    }

    pub(crate) async fn drop(
        &self,
        username: &str,
        realm: Option<&str>,
        options: &DropOptions,
    ) -> Result<Dropped, Error> {
        const IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles \
            WHERE rolname::pg_catalog.text OPERATOR(pg_catalog.=) $1)";
        let arguments: [Argument<'_>; 4] = [
            (&username, Type::TEXT),
            (&realm, Type::TEXT),
            (&options.if_exists, Type::BOOL),
            (&options.heir, Type::TEXT),
        ];
        let name = self.name("kerb_drop_principal", &arguments).await?;
        let rows = self.client.query_typed(IS_THERE, &[(&name.as_str(), Type::TEXT)]).await?;
        let is_there: bool = rows.first().ok_or_else(Error::no_answer)?.try_get(0)?;
        // What keeps it the catalogue says.
        Ok(if is_there {
            Dropped::OnlyDisabled { role_name: name, kept_by: String::new() }
        } else {
            Dropped::Dropped(name)
        })
    }

    /// Takes roles away that have just been created, all or none.
    pub(crate) async fn drop_all(&self, roles: &[RoleName]) -> Result<(), tokio_postgres::Error> {
        if roles.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT pg_catalog.count({}.kerb_drop_principal(name)) \
             FROM pg_catalog.unnest($1) AS name",
            self.schema
        );
        let names: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
        self.client.query_typed(&sql, &[(&names, Type::TEXT_ARRAY)]).await.map(drop)
    }

    pub(crate) async fn list(&self) -> Result<Vec<ListedPrincipal>, Error> {
        let rows = self.call("kerb_list_principals", &[]).await?;
        rows.iter()
            .map(|row| {
                // An older version has no column for it.
                let has_sid = row.columns().iter().any(|column| column.name() == "sid");
                let sid: Option<&str> = if has_sid { row.try_get("sid")? } else { None };
                let sid: Option<Sid> = sid.map(str::parse).transpose()?;
                Ok(ListedPrincipal {
                    role_name: as_shown(row.try_get(0)?),
                    username: row.try_get(1)?,
                    realm: row.try_get(2)?,
                    can_login: row.try_get(3)?,
                    groups: all_as_shown(row.try_get::<_, Vec<&str>>(4)?),
                    ad_path: row.try_get(5)?,
                    iam_path: row.try_get(6)?,
                    sessions: u32::try_from(row.try_get::<_, i32>(7)?).unwrap_or(0),
                    source: PrincipalSource::of(sid.as_ref()),
                    sid,
                })
            })
            .collect()
    }

    pub(crate) async fn check(
        &self,
        username: &str,
        realm: Option<&str>,
    ) -> Result<Vec<Check>, Error> {
        let rows = self
            .call("kerb_check_principal", &[(&username, Type::TEXT), (&realm, Type::TEXT)])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Check {
                    name: row.try_get(0)?,
                    ok: row.try_get(1)?,
                    detail: row.try_get(2)?,
                    fix: row.try_get(3)?,
                })
            })
            .collect()
    }

    pub(crate) async fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        let rows = self.call("kerb_conflicts", &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(Conflict {
                    role_name: as_shown(row.try_get(0)?),
                    ad_path: row.try_get(1)?,
                    iam_path: row.try_get(2)?,
                    fix: row.try_get(3)?,
                })
            })
            .collect()
    }

    pub(crate) async fn preview_grant(
        &self,
        granted: &str,
        member: &str,
    ) -> Result<Vec<Conflict>, Error> {
        let rows = self
            .call("kerb_preview_grant", &[(&granted, Type::TEXT), (&member, Type::TEXT)])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Conflict {
                    role_name: as_shown(row.try_get(0)?),
                    ad_path: row.try_get(1)?,
                    iam_path: row.try_get(2)?,
                    fix: String::new(),
                })
            })
            .collect()
    }

    pub(crate) async fn case_audit(&self) -> Result<Vec<CaseFinding>, Error> {
        let rows = self.call("kerb_case_audit", &[]).await?;
        rows.iter()
            .map(|row| {
                let problem: String = row.try_get(0)?;
                Ok(CaseFinding {
                    problem: known(&problem, &CaseProblem::ALL, CaseProblem::as_str)?,
                    role_names: all_as_shown(row.try_get::<_, Vec<&str>>(1)?),
                    detail: row.try_get(2)?,
                    fix: row.try_get(3)?,
                })
            })
            .collect()
    }

    /// Renaming all of a realm that does this, or nothing.
    pub(crate) async fn rename_realm_as_planned(
        &self,
        old: &str,
        new: &str,
        planned: &[RealmRename],
    ) -> Result<(), Error> {
        let step = |one: &RealmRename| {
            let problem = one.problem.clone().unwrap_or_default();
            [one.old_name.to_string(), one.new_name.clone(), problem]
        };
        let steps: Vec<String> = planned.iter().flat_map(step).collect();
        let arguments: [Argument<'_>; 3] =
            [(&old, Type::TEXT), (&new, Type::TEXT), (&steps, Type::TEXT_ARRAY)];
        let call = format!("{}.kerb_rename_realm($1, $2, false)", self.schema);
        let sql = as_planned(&call, &["old_name", "new_name", "coalesce(problem, '')"], 3);
        self.run_as_planned(&sql, &arguments).await
    }

    pub(crate) async fn sync(
        &self,
        principals: &[String],
        options: &SyncOptions,
        dry_run: bool,
    ) -> Result<Vec<SyncRow>, Error> {
        let arguments: [Argument<'_>; 5] = [
            (&principals, Type::TEXT_ARRAY),
            (&options.absent.as_str(), Type::TEXT),
            (&dry_run, Type::BOOL),
            (&options.realms, Type::TEXT_ARRAY),
            (&options.groups, Type::TEXT_ARRAY),
        ];
        let rows = self.call("kerb_sync_principals", &arguments).await?;
        rows.iter()
            .map(|row| {
                let action: String = row.try_get(0)?;
                Ok(SyncRow {
                    action: known(&action, &SyncAction::ALL, SyncAction::as_str)?,
                    role_name: as_shown(row.try_get(1)?),
                    statement: row.try_get(2)?,
                    reason: row.try_get(3)?,
                })
            })
            .collect()
    }

    /// A synchronisation that does this, or nothing: in one statement, which fails where the
    /// function has done something else, and takes that back.
    pub(crate) async fn sync_as_planned(
        &self,
        principals: &[String],
        options: &SyncOptions,
        planned: &[SyncRow],
    ) -> Result<(), Error> {
        let steps: Vec<String> = planned.iter().flat_map(step).collect();
        let arguments: [Argument<'_>; 5] = [
            (&principals, Type::TEXT_ARRAY),
            (&options.absent.as_str(), Type::TEXT),
            (&options.realms, Type::TEXT_ARRAY),
            (&options.groups, Type::TEXT_ARRAY),
            (&steps, Type::TEXT_ARRAY),
        ];
        let call = format!("{}.kerb_sync_principals($1, $2, false, $3, $4)", self.schema);
        let sql = as_planned(&call, &["action", "role_name", "statement"], 5);
        self.run_as_planned(&sql, &arguments).await
    }

    async fn run_as_planned(&self, sql: &str, arguments: &[Argument<'_>]) -> Result<(), Error> {
        match self.client.query_typed(sql, arguments).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let is_it = |refused: &DbError| {
                    *refused.code() == SqlState::INVALID_TEXT_REPRESENTATION
                        && refused.message().contains(PLAN_CHANGED)
                };
                let has_changed = error.as_db_error().is_some_and(is_it);
                Err(if has_changed { Error::plan_changed() } else { error.into() })
            }
        }
    }

    /// How many principals one call may disable or drop, where somebody has said so.
    pub(crate) async fn sync_max_removals(&self) -> Result<Option<usize>, Error> {
        let ask = match self.backend {
            Backend::SqlFunctions => "SELECT kerbrole.setting('sync_max_removals')",
            _ => "SELECT pg_catalog.current_setting('kerbrole.sync_max_removals', true)",
        };
        let rows = self.client.query_typed(ask, &[]).await?;
        let set: Option<String> = rows.first().ok_or_else(Error::no_answer)?.try_get(0)?;
        Ok(set.and_then(|set| set.parse().ok()))
    }
}

/// What makes a statement fail that has not done what was planned.
const PLAN_CHANGED: &str = "kerbrole: not as planned";

/// A call, and behind it a look at whether its rows are those of an array of texts, which is given
/// in the place of an argument. What is compared is no constant, so that none of it is evaluated
/// beforehand.
fn as_planned(call: &str, columns: &[&str], argument: usize) -> String {
    let columns = columns.join(", ");
    format!(
        "WITH ran AS MATERIALIZED (SELECT pg_catalog.row_number() OVER () AS place, \
         ARRAY[{columns}] AS step FROM {call}), \
         done AS MATERIALIZED (SELECT coalesce(pg_catalog.array_agg(word ORDER BY ran.place, \
         words.place), '{{}}') AS words FROM ran, \
         pg_catalog.unnest(ran.step) WITH ORDINALITY AS words (word, place)) \
         SELECT (CASE WHEN words OPERATOR(pg_catalog.=) ${argument} THEN '0' \
         ELSE '{PLAN_CHANGED}' END)::pg_catalog.int4 FROM done"
    )
}

/// A row as it is compared.
fn step(row: &SyncRow) -> [String; 3] {
    [row.action.as_str().into(), row.role_name.to_string(), row.statement.clone()]
}

/// The rows of `kerb_add_principals`.
fn added(rows: &[Row]) -> Result<Vec<Added>, Error> {
    rows.iter()
        .map(|row| {
            let action: String = row.try_get(2)?;
            Ok(Added {
                principal: row.try_get(0)?,
                role_name: as_shown(row.try_get(1)?),
                action: known(&action, &AddAction::ALL, AddAction::as_str)?,
            })
        })
        .collect()
}

/// The value that a word of the extension stands for; a newer extension may know more of them than
/// this crate.
fn known<T: Copy>(word: &str, all: &[T], as_str: fn(T) -> &'static str) -> Result<T, Error> {
    let found = all.iter().copied().find(|&value| as_str(value) == word);
    found.ok_or_else(|| Refusal::UnknownWord { word: word.into() }.into())
}

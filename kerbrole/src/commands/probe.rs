//! `kerbrole probe`

use serde_json::json;

use super::backend;
use super::job::Job;
use crate::exit::Report;
use crate::output::{Column, Table};

const COLUMNS: &[Column] = &[
    Column::new("version"),
    Column::new("family"),
    Column::new("read_only"),
    Column::new("krb_caseins_users"),
    Column::new("extension_version"),
    Column::new("extension_schema"),
    Column::new("functions_version"),
    Column::new("functions_owner"),
    Column::new("functions_trusted"),
    Column::new("pg_tle_available"),
    Column::new("user"),
    Column::new("is_superuser"),
    Column::new("nests_creators"),
    Column::new("is_nested"),
    Column::new("backend"),
];

/// Shows what kind of server this is.
pub(super) fn run(job: &Job<'_>) -> Report {
    let server = job.kerbrole.server();
    let extension = server.extension.as_ref();
    let functions = server.sql_functions.as_ref();
    let values = vec![
        format!("{}.{}", server.version / 10_000, server.version % 10_000).into(),
        format!("{:?}", server.family).into(),
        server.read_only.into(),
        json!(server.krb_caseins_users),
        json!(extension.map(|extension| &extension.version)),
        json!(extension.map(|extension| &extension.schema)),
        json!(functions.map(|functions| &functions.version)),
        json!(functions.map(|functions| &functions.owner)),
        json!(functions.map(|functions| functions.is_trusted)),
        server.pg_tle_available.into(),
        server.user.clone().into(),
        server.is_superuser.into(),
        server.nests_creators().into(),
        server.is_nested.into(),
        backend::name(job.kerbrole.backend()).into(),
    ];
    Report::done(job.rows(Table::of_one(COLUMNS, values)))
}

//! `kerbrole probe`

use serde_json::json;

use super::backend;
use super::job::Job;
use crate::exit::Report;
use crate::output::Table;

/// Shows what kind of server this is.
pub(super) fn run(job: &Job<'_>) -> Report {
    let server = job.kerbrole.server();
    let extension = server.extension.as_ref().map(|extension| {
        format!("pg_kerbrole {} in schema {}", extension.version, extension.schema)
    });
    let mut table = Table::new(&["what", "value"]);
    for (what, value) in [
        ("version", json!(format!("{}.{}", server.version / 10_000, server.version % 10_000))),
        ("family", json!(format!("{:?}", server.family))),
        ("read_only", json!(server.read_only)),
        ("krb_caseins_users", json!(server.krb_caseins_users)),
        ("extension", json!(extension)),
        ("pg_tle_available", json!(server.pg_tle_available)),
        ("user", json!(server.user)),
        ("is_superuser", json!(server.is_superuser)),
        ("nests_creators", json!(server.nests_creators())),
        ("is_nested", json!(server.is_nested)),
        ("backend", json!(backend::name(job.kerbrole.backend()))),
    ] {
        table.row([what.into(), value]);
    }
    Report::done(job.rows(table))
}

//! `kerbrole install-sql`

use kerbrole_client::{InstalledFunctions, SqlScript};

use super::again;
use super::job::Job;
use crate::arguments::InstallSqlArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Shown, Table};

const COLUMNS: &[Column] = &[
    Column::new("version"),
    Column::new("replaced"),
    Column::new("owner"),
    Column::new("form"),
    Column::new("outcome"),
];

/// The script, as psql takes it.
pub(crate) fn print(arguments: &InstallSqlArguments) -> Shown {
    Shown::Text(script(arguments).text().into_owned())
}

/// Installs the functions in PL/pgSQL, or upgrades those that are there.
pub(super) async fn run(job: &Job<'_>, arguments: &InstallSqlArguments) -> Outcome {
    let installing = job.kerbrole.install_sql_functions(script(arguments));
    let installed = job.waited("installing the functions", installing).await;
    let installed = installed.map_err(Failure::of_change(1, again::DOES_NO_HARM))?;
    let outcome = outcome(&installed);
    let form = if arguments.pg_tle { "extension" } else { "schema" };
    let InstalledFunctions { version, replaced, owner, .. } = installed;
    let values = vec![version.into(), replaced.into(), owner.into(), form.into(), outcome.into()];
    job.say("SELECT * FROM kerbrole.self_test(); shows what works on this server");
    Ok(Report::done(job.rows(Table::of_one(COLUMNS, values))))
}

fn script(arguments: &InstallSqlArguments) -> SqlScript {
    if arguments.pg_tle { SqlScript::PgTle } else { SqlScript::Plain }
}

fn outcome(installed: &InstalledFunctions) -> &'static str {
    match &installed.replaced {
        None => "installed",
        Some(before) if *before == installed.version => "renewed",
        Some(_) => "upgraded",
    }
}

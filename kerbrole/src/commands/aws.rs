//! `kerbrole aws`: the steps of AWS's guide that come before the first login, looked at by the
//! user's own `aws`. No password passes through here, and nothing is changed.

pub(crate) mod call;
pub(crate) mod check;
mod cli;
mod look;
pub(crate) mod network;
mod network_of;
mod plan;
mod policy;
mod target;
mod then;
pub(crate) mod world;

use std::time::Duration;

use serde_json::Value;

use self::check::{Row, Status};
use self::cli::{Cli, Common};
pub(crate) use self::then::Endpoint;
use self::world::{Asked, World};
use crate::arguments::{AwsArguments, AwsCheckArguments, AwsQuestion, AwsTarget, Options};
use crate::connect::conninfo::Connection;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Form, Shown, Table, Tone};

/// Answers a question.
///
/// # Errors
/// Where AWS cannot be asked at all; what cannot be asked is a row.
///
/// `describe` puts together where the server is, by the options and where these do not say by the
/// endpoint that AWS names.
pub(crate) async fn run(
    arguments: &AwsArguments,
    options: &Options,
    describe: impl Fn(Option<&Endpoint>) -> Result<Connection, Failure>,
) -> Outcome {
    match &arguments.question {
        AwsQuestion::Check(arguments) => run_check(arguments, options, describe).await,
        AwsQuestion::Plan(arguments) => {
            let world = look_at(&arguments.target, options, plan::asked(arguments)?).await?;
            plan::run(arguments, options, &world)
        }
        AwsQuestion::Policy(arguments) => Ok(Report::done(policy::run(arguments))),
    }
}

async fn run_check(
    arguments: &AwsCheckArguments,
    options: &Options,
    describe: impl Fn(Option<&Endpoint>) -> Result<Connection, Failure>,
) -> Outcome {
    let world = look_at(&arguments.target, options, Asked::default()).await?;
    let mut rows = check::rows(&world);
    if let Some(principal) = &arguments.then {
        let connection = describe(Endpoint::of(&world).as_ref())?;
        rows.extend(then::rows(&world, principal, arguments, options, connection).await?);
    }
    let is_wrong = rows.iter().any(|row| row.status == Status::Wrong);
    let shown = Shown::Rows(table(rows), Form::of(&options.general));
    Ok(Report::looked(shown, Ending::findings_if(is_wrong)))
}

/// Asks for everything that the target leads to. `more`: what else is asked for.
async fn look_at(target: &AwsTarget, options: &Options, more: Asked) -> Result<World, Failure> {
    target::look(target)?;
    let general = &options.general;
    let common = Common {
        region: target.region.as_deref(),
        profile: target.profile.as_deref(),
        endpoint: target.endpoint_url.as_deref(),
        limit: Duration::from_secs(target.timeout),
        is_verbose: general.verbose,
    };
    let (cli, region) = Cli::find(&common).await?;
    target::look_at_region(&region)?;
    let asked = Asked {
        db_instance: target.db_instance.clone(),
        db_cluster: target.db_cluster.clone(),
        directory: target.directory.clone(),
        region,
        profile: target.profile.clone(),
        ..more
    };
    look::look(&cli, asked, general.quiet).await
}

fn table(rows: Vec<Row>) -> Table {
    const COLUMNS: &[Column] = &[
        Column::new("step"),
        Column::new("what").name(),
        Column::new("status").name(),
        Column::new("detail"),
        Column::new("fix").below(),
    ];
    let mut table = Table::new(COLUMNS);
    for row in rows {
        let tone = match row.status {
            Status::Ok => Tone::Plain,
            Status::Wrong => Tone::Bad,
            Status::Warning => Tone::Change,
            Status::CannotLook => Tone::Faint,
        };
        let fix = row.fix.map_or(Value::Null, Value::String);
        let (step, status) = (row.step.name().into(), row.status.name().into());
        table.row_in(tone, [step, row.what.into(), status, row.detail.into(), fix]);
    }
    table
}

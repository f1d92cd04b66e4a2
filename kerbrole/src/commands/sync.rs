//! `kerbrole sync`

use kerbrole_client::{SyncOptions, SyncRow};

use super::again;
use super::confirm::confirm;
use super::job::Job;
use super::plan;
use crate::arguments::SyncArguments;
use crate::exit::{Ending, Failure, Outcome, Report};
use crate::input::principals;
use crate::output::Table;

/// Brings the principals in line with a list, or shows how, or whether there is a difference.
pub(super) async fn run(job: &Job<'_>, arguments: &SyncArguments) -> Outcome {
    let options = SyncOptions::new().absent(arguments.absent.into());
    let options = &arguments.absent_realm.iter().fold(options, SyncOptions::realm);
    let wanted = principals(&arguments.principals)?;
    let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
    let mut rows = job.kerbrole.sync_principals(&names, options, true).await?;
    if arguments.dry_run {
        return Ok(plan::shown_rows(job, table(rows)));
    }
    let differs = !rows.is_empty();
    if !arguments.check && differs {
        let removes = |action: &str| matches!(action, "disable" | "drop");
        let removed = rows.iter().filter(|row| removes(row.action.as_str())).count();
        if removed > 0 {
            confirm(&format!("Disable or drop {removed} principal(s)"), arguments.yes)?;
        }
        let total = rows.len();
        let synced = job.kerbrole.sync_principals(&names, options, false).await;
        rows = synced.map_err(Failure::of_change(total, again::AS_IT_IS))?;
    }
    if !differs {
        job.say("nothing to do");
    }
    let ending = Ending::findings_if(arguments.check && differs);
    Ok(Report::looked(job.rows(table(rows)), ending))
}

fn table(rows: Vec<SyncRow>) -> Table {
    let mut table = Table::new(&["action", "role_name", "statement"]);
    for row in rows {
        table.row([row.action.as_str().into(), row.role_name.into(), row.statement.into()]);
    }
    table
}

//! `kerbrole check`

use super::job::Job;
use crate::arguments::CheckArguments;
use crate::exit::{Ending, Outcome, Report};
use crate::input::principals;
use crate::output::Table;

/// Asks of each what a login would ask.
pub(super) async fn run(job: &Job<'_>, arguments: &CheckArguments) -> Outcome {
    let wanted = principals(&arguments.principals)?;
    let mut table = Table::new(&["principal", "check", "ok", "detail", "fix"]);
    let mut ending = Ending::Done;
    for one in &wanted {
        let checks = match job.kerbrole.check_principal(&one.principal, None).await {
            Ok(checks) => checks,
            Err(error) if table.rows.is_empty() => return Err(error.into()),
            // What is known of those before is shown.
            Err(error) => return Ok(Report::failed(job.rows(table), error.into())),
        };
        for check in checks {
            if check.ok == Some(false) {
                ending = Ending::Findings;
            }
            table.row([
                one.principal.clone().into(),
                check.name.into(),
                check.ok.into(),
                check.detail.into(),
                check.fix.into(),
            ]);
        }
    }
    Ok(Report::looked(job.rows(table), ending))
}

//! `kerbrole canonicalize`

use super::job::Job;
use crate::arguments::NamesArguments;
use crate::exit::{Outcome, Report};
use crate::input::principals;
use crate::output::{Column, Table};

const COLUMNS: &[Column] = &[Column::new("principal"), Column::new("role_name")];

/// Shows the exact name of the role that each logs in as, whether it is there or not.
pub(super) async fn run(job: &Job<'_>, arguments: &NamesArguments) -> Outcome {
    let mut table = Table::new(COLUMNS);
    for one in principals(&arguments.principals)? {
        let role_name = job.kerbrole.canonicalize(&one.principal, None).await?;
        table.row([one.principal.into(), role_name.to_string().into()]);
    }
    Ok(Report::done(job.rows(table)))
}

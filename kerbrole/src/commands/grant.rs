//! `kerbrole grant`

use kerbrole_client::{RoleName, Statement};

use super::conflicts;
use super::job::Job;
use super::plan;
use crate::arguments::GrantArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Table, Tone};

const COLUMNS: &[Column] =
    &[Column::new("granted_role"), Column::new("member"), Column::new("outcome")];

/// Grants a role, unless somebody would come to be in both; or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &GrantArguments) -> Outcome {
    let GrantArguments { role, member, dry_run } = arguments;
    if *dry_run {
        let would_be = job.kerbrole.preview_grant(role, member).await?;
        if !would_be.is_empty() {
            return Ok(conflicts::that_would_be(
                job,
                &would_be,
                &arguments.role,
                &arguments.member,
            ));
        }
        let named = |name: &str| RoleName::new(name).map_err(|e| Failure::usage(e.to_string()));
        let grant = Statement::Grant { roles: vec![named(role)?], members: vec![named(member)?] };
        return Ok(plan::shown(job, [&grant]));
    }
    job.kerbrole.grant_role(role, member).await.map_err(Failure::of_change(1, LOOK_FIRST))?;
    let mut table = Table::new(COLUMNS);
    let cells = [role.clone().into(), member.clone().into(), "granted".into()];
    table.row_in(Tone::New, cells);
    Ok(Report::done(job.rows(table)))
}

/// How to go on where the answer never came.
const LOOK_FIRST: &str = "a GRANT that is made twice does no harm: run it again";

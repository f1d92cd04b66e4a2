//! `kerbrole drop`

use kerbrole_client::{DropOptions, Dropped};

use super::again;
use super::confirm::confirm;
use super::job::Job;
use super::one_by_one::one_by_one;
use super::plan;
use crate::arguments::DropArguments;
use crate::exit::Outcome;
use crate::input::principals;

/// Drops each role, or disables it where something keeps it; or shows how.
pub(super) async fn run(job: &Job<'_>, arguments: &DropArguments) -> Outcome {
    let mut options = DropOptions::new().if_exists(arguments.if_exists);
    if let Some(heir) = &arguments.reassign_owned_to {
        options = options.reassign_owned_to(heir);
    }
    let options = &options;
    let wanted = principals(&arguments.principals)?;
    if arguments.dry_run {
        return plan::of_each(job, &wanted, async |one| {
            job.kerbrole.plan_drop(one, None, options).await
        })
        .await;
    }
    confirm(&format!("Drop {} principal(s)", wanted.len()), arguments.yes)?;
    one_by_one(job, &wanted, again::IF_EXISTS, async |one| {
        Ok(match job.kerbrole.drop_principal(one, None, options).await? {
            Dropped::Gone(name) => (name, "dropped".into()),
            Dropped::OnlyDisabled { role_name, kept_by } => {
                (role_name, format!("disabled, not dropped: {kept_by}"))
            }
            _ => (one.to_string(), "was not there".into()),
        })
    })
    .await
}

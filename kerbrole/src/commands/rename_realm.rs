//! `kerbrole rename-realm`

use kerbrole_client::RealmRename;

use super::again;
use super::confirm::confirm;
use super::job::Job;
use crate::arguments::RenameRealmArguments;
use crate::exit::{Ending, Failure, Outcome, Report};
use crate::output::Table;

/// Gives every principal of one realm the same name in another, all or none, or shows what would
/// be.
pub(super) async fn run(job: &Job<'_>, arguments: &RenameRealmArguments) -> Outcome {
    let (old, new) = (&arguments.old_realm, &arguments.new_realm);
    let mut moved = job.kerbrole.rename_realm(old, new, true).await?;
    if !arguments.dry_run {
        if !is_in_the_way(&moved) && !moved.is_empty() {
            confirm(&format!("Rename {} principal(s)", moved.len()), arguments.yes)?;
        }
        let total = moved.len();
        let renamed = job.kerbrole.rename_realm(old, new, false).await;
        moved = renamed.map_err(Failure::of_change(total, again::LIST_FIRST))?;
    }
    if moved.is_empty() {
        job.say("nothing to do");
    }
    let ending = Ending::findings_if(is_in_the_way(&moved));
    let mut table = Table::new(&["old_name", "new_name", "problem"]);
    for one in moved {
        table.row([one.old_name.into(), one.new_name.into(), one.problem.into()]);
    }
    Ok(Report::looked(job.rows(table), ending))
}

/// Whether something keeps all of them from being renamed.
fn is_in_the_way(moved: &[RealmRename]) -> bool {
    moved.iter().any(|one| one.problem.is_some())
}

//! `kerbrole rename-realm`

use kerbrole_client::RealmRename;

use super::again;
use super::confirm::Question;
use super::job::Job;
use crate::arguments::RenameRealmArguments;
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Table, Tone};

/// Gives every principal of one realm the same name in another, all or none, or shows what would
/// be.
pub(super) async fn run(job: &Job<'_>, arguments: &RenameRealmArguments) -> Outcome {
    let (old, new) = (&arguments.old_realm, &arguments.new_realm);
    let planned = job.kerbrole.plan_rename_realm(old, new);
    let moved = job.waited("reading the principals", planned).await?;
    if !arguments.dry_run && !moved.is_empty() {
        if is_in_the_way(&moved) {
            // Refused, in the words of whoever would have renamed them; should nothing be in the
            // way any more, nobody has been asked, and it is another plan.
            job.kerbrole.apply_rename_realm(old, new, &moved).await?;
        }
        let of = format!("Rename {} principal(s)", moved.len());
        Question { of, lines: lines(&moved) }.ask(job, arguments.yes)?;
        let total = moved.len();
        let renamed = job.kerbrole.apply_rename_realm(old, new, &moved);
        let renamed = job.waited("renaming them", renamed).await;
        renamed.map_err(Failure::of_change(total, again::LIST_FIRST))?;
    }
    if moved.is_empty() {
        job.say("nothing to do");
    }
    let ending = Ending::findings_if(is_in_the_way(&moved));
    const COLUMNS: &[Column] =
        &[Column::new("old_name"), Column::new("new_name"), Column::new("problem").if_any()];
    let mut table = Table::new(COLUMNS);
    for one in moved {
        table.row([one.old_name.to_string().into(), one.new_name.into(), one.problem.into()]);
    }
    Ok(Report::looked(job.rows(table), ending))
}

/// Whether something keeps all of them from being renamed.
fn is_in_the_way(moved: &[RealmRename]) -> bool {
    moved.iter().any(|one| one.problem.is_some())
}

fn lines(moved: &[RealmRename]) -> Vec<(Tone, String)> {
    let widest = moved.iter().map(|one| one.old_name.as_str().chars().count()).max().unwrap_or(0);
    let line =
        |one: &RealmRename| format!("> rename  {:<widest$}  to {}", one.old_name, one.new_name);
    moved.iter().map(|one| (Tone::Change, line(one))).collect()
}

//! `kerbrole add`

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use kerbrole_client::{AddAction, Added, Wanted};

use super::Job;
use crate::arguments::Principals;
use crate::exit::{Failure, Outcome, Report};
use crate::output::{Shown, Table};

/// From how many principals on a bar is worth it.
const LONG: usize = 2_000;

/// How many go at a time where they are many, so that there is something to see. Each portion is done whole or not at all.
const PORTION: usize = 1_000;

const AGAIN: &str = "run it again with --if-not-exists to go on";

impl Job<'_> {
    pub(super) async fn add(
        &self,
        given: &Principals,
        groups: &[String],
        if_not_exists: bool,
        dry_run: bool,
    ) -> Outcome {
        let mut wanted = self.wanted(given)?;
        for one in &mut wanted {
            one.groups.splice(0..0, groups.iter().cloned());
        }
        if dry_run {
            let plan = self.kerbrole.plan_add_each(&wanted, if_not_exists).await?;
            return Ok(Report::done(Shown::Text(plan.sql())));
        }
        // Nothing is begun when something in the last portion is wrong, nor where there is nothing to do.
        if wanted.len() > PORTION {
            let planned = self.kerbrole.plan_add_each(&wanted, if_not_exists).await?.outcomes;
            if are_unchanged(&planned) {
                return Ok(self.added(planned));
            }
        }
        let mut added = Vec::new();
        match self.add_in_portions(&wanted, if_not_exists, &mut added).await {
            Ok(()) => Ok(self.added(added)),
            Err(error) if added.is_empty() => Err(Failure::of_change(wanted.len(), AGAIN)(error)),
            Err(error) => {
                let failure = Failure::Partly { done: added.len(), total: wanted.len(), again: AGAIN, error };
                Ok(Report::failed(self.table(added), failure))
            }
        }
    }

    async fn add_in_portions(
        &self,
        wanted: &[Wanted],
        if_not_exists: bool,
        added: &mut Vec<Added>,
    ) -> Result<(), kerbrole_client::Error> {
        let total = wanted.len();
        let bar = self.bar(total);
        for portion in wanted.chunks(PORTION) {
            added.extend(self.kerbrole.add_each(portion, if_not_exists).await?);
            bar.inc(portion.len() as u64);
            if bar.is_hidden() && total >= LONG {
                self.say(&format!("{} of {total}", added.len()));
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn added(&self, added: Vec<Added>) -> Report {
        if are_unchanged(&added) {
            self.say("nothing to do");
        }
        Report::done(self.table(added))
    }

    fn table(&self, added: Vec<Added>) -> Shown {
        let mut table = Table::new(&["principal", "role_name", "action"]);
        for one in added {
            table.row([one.principal.into(), one.role_name.into(), one.action.as_str().into()]);
        }
        self.rows(table)
    }

    fn bar(&self, total: usize) -> ProgressBar {
        if total < LONG || self.general.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
        ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

fn are_unchanged(added: &[Added]) -> bool {
    added.iter().all(|one| one.action == AddAction::Unchanged)
}

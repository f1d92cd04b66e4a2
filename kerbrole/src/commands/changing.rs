//! What changes principals that are there: one after the other, each whole or not at all, or all of a list.

use std::cell::RefCell;

use kerbrole_client::{DropOptions, Dropped, Error, Plan, SyncOptions, Wanted};

use super::Job;
use crate::arguments::Principals;
use crate::exit::{Failure, Outcome, Report};
use crate::output::{Shown, Table};

impl Job<'_> {
    pub(super) async fn drop(&self, given: &Principals, options: &DropOptions, dry_run: bool, yes: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        if dry_run {
            return plans(&wanted, async |one| self.kerbrole.plan_drop(one, None, options).await).await;
        }
        self.confirm(&format!("Drop {} principal(s)", wanted.len()), yes)?;
        let again = "run it again with --if-exists to go on";
        self.one_by_one(&wanted, again, async |one| {
            Ok(match self.kerbrole.drop_principal(one, None, options).await? {
                Dropped::Gone(name) => (name, "dropped".into()),
                Dropped::OnlyDisabled { role_name, kept_by } => {
                    (role_name, format!("disabled, not dropped: {kept_by}"))
                }
                _ => (one.to_string(), "was not there".into()),
            })
        })
        .await
    }

    pub(super) async fn disable(&self, given: &Principals, terminate: bool, dry_run: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        if dry_run {
            return plans(&wanted, async |one| self.kerbrole.plan_disable(one, None).await).await;
        }
        // Whoever cannot be thrown out does not keep the others in.
        let sessions_left = RefCell::new(Vec::new());
        let report = self
            .one_by_one(&wanted, AS_IT_IS, async |one| {
                let error = match self.kerbrole.disable_principal(one, None, terminate).await {
                    Ok(name) => return Ok((name, "disabled".into())),
                    Err(error) => error,
                };
                let Some((name, left)) = error.sessions_left_of() else { return Err(error) };
                let go_on = if left == 1 { "session goes" } else { "sessions go" };
                let outcome = (name.to_string(), format!("disabled, {left} {go_on} on"));
                sessions_left.borrow_mut().push(error);
                Ok(outcome)
            })
            .await?;
        let sessions_left = sessions_left.into_inner();
        Ok(if sessions_left.is_empty() { report } else { report.but(Failure::SessionsLeft(sessions_left)) })
    }

    pub(super) async fn enable(&self, given: &Principals, dry_run: bool) -> Outcome {
        let wanted = self.wanted(given)?;
        if dry_run {
            return plans(&wanted, async |one| self.kerbrole.plan_enable(one, None).await).await;
        }
        self.one_by_one(&wanted, AS_IT_IS, async |one| {
            Ok((self.kerbrole.enable_principal(one, None).await?, "enabled".into()))
        })
        .await
    }

    /// What was done before an error is shown, and counts.
    async fn one_by_one(
        &self,
        wanted: &[Wanted],
        again: &'static str,
        work: impl AsyncFn(&str) -> Result<(String, String), Error>,
    ) -> Outcome {
        let mut table = Table::new(&["role_name", "outcome"]);
        for one in wanted {
            match work(&one.principal).await {
                Ok((name, outcome)) => table.row([name.into(), outcome.into()]),
                Err(error) if table.rows.is_empty() => return Err(Failure::of_change(wanted.len(), again)(error)),
                Err(error) => {
                    let failure = Failure::Partly { done: table.rows.len(), total: wanted.len(), again, error };
                    return Ok(Report::failed(self.rows(table), failure));
                }
            }
        }
        Ok(Report::done(self.rows(table)))
    }

    pub(super) async fn rename(&self, principal: &str, new_name: &str, dry_run: bool) -> Outcome {
        if dry_run {
            let plan = self.kerbrole.plan_rename(principal, None, new_name, None).await?;
            return Ok(Report::done(Shown::Text(plan.sql())));
        }
        let mut table = Table::new(&["old_name", "new_name"]);
        let name = self.kerbrole.rename_principal(principal, None, new_name, None).await;
        let name = name.map_err(Failure::of_change(1, LIST_FIRST))?;
        table.row([principal.into(), name.into()]);
        Ok(Report::done(self.rows(table)))
    }

    pub(super) async fn rename_realm(&self, old: &str, new: &str, dry_run: bool, yes: bool) -> Outcome {
        let is_in_the_way = |moved: &[kerbrole_client::RealmRename]| moved.iter().any(|one| one.problem.is_some());
        let mut moved = self.kerbrole.rename_realm(old, new, true).await?;
        if !dry_run {
            if !is_in_the_way(&moved) && !moved.is_empty() {
                self.confirm(&format!("Rename {} principal(s)", moved.len()), yes)?;
            }
            let total = moved.len();
            let renamed = self.kerbrole.rename_realm(old, new, false).await;
            moved = renamed.map_err(Failure::of_change(total, LIST_FIRST))?;
        }
        if moved.is_empty() {
            self.say("nothing to do");
        }
        let findings = is_in_the_way(&moved);
        let mut table = Table::new(&["old_name", "new_name", "problem"]);
        for one in moved {
            table.row([one.old_name.into(), one.new_name.into(), one.problem.into()]);
        }
        Ok(Report::looked(self.rows(table), findings))
    }

    pub(super) async fn sync(
        &self,
        given: &Principals,
        options: &SyncOptions,
        dry_run: bool,
        check: bool,
        yes: bool,
    ) -> Outcome {
        let wanted = self.wanted(given)?;
        if wanted.iter().any(|one| !one.groups.is_empty()) {
            self.say("the groups of the list are left alone: sync is about who is there, add gives groups");
        }
        let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
        let mut rows = self.kerbrole.sync_principals(&names, options, true).await?;
        if dry_run {
            let script: String = rows.iter().map(|row| format!("{}\n", row.statement)).collect();
            let script = if script.is_empty() { script } else { format!("BEGIN;\n{script}COMMIT;\n") };
            return Ok(Report::done(Shown::Text(script)));
        }
        let differs = !rows.is_empty();
        if !check && differs {
            let removed = rows.iter().filter(|row| matches!(row.action.as_str(), "disable" | "drop")).count();
            if removed > 0 {
                self.confirm(&format!("Disable or drop {removed} principal(s)"), yes)?;
            }
            let total = rows.len();
            let synced = self.kerbrole.sync_principals(&names, options, false).await;
            rows = synced.map_err(Failure::of_change(total, AS_IT_IS))?;
        }
        if !differs {
            self.say("nothing to do");
        }
        let mut table = Table::new(&["action", "role_name", "statement"]);
        for row in rows {
            table.row([row.action.as_str().into(), row.role_name.into(), row.statement.into()]);
        }
        Ok(Report::looked(self.rows(table), check && differs))
    }
}

/// How to go on after disabling or enabling some, which may be done twice.
const AS_IT_IS: &str = "run it again to go on";

/// How to go on where the answer to a new name never came.
const LIST_FIRST: &str = "kerbrole list shows which names there are";

/// What would be run for each. Where one is refused nothing is shown: half a script would be pasted.
async fn plans(wanted: &[Wanted], plan: impl AsyncFn(&str) -> Result<Plan, Error>) -> Outcome {
    let mut script = String::new();
    for one in wanted {
        script.push_str(&plan(&one.principal).await?.sql());
    }
    Ok(Report::done(Shown::Text(script)))
}

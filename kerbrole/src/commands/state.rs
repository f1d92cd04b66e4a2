//! `kerbrole state`

use kerbrole_client::PrincipalState;

use super::job::Job;
use crate::arguments::NamesArguments;
use crate::exit::{Ending, Outcome, Report};
use crate::input::principals;
use crate::output::{Column, Table, Tone};

const COLUMNS: &[Column] =
    &[Column::new("principal").data(), Column::new("role_name").name(), Column::new("state")];

/// Shows how each stands: to find out what became of work whose end nobody saw.
pub(super) async fn run(job: &Job<'_>, arguments: &NamesArguments) -> Outcome {
    let wanted = principals(&arguments.principals)?;
    let names: Vec<_> = wanted.iter().map(|one| one.principal.as_str()).collect();
    let mut table = Table::new(COLUMNS);
    let mut are_all_enabled = true;
    for (name, (role_name, state)) in names.iter().zip(job.kerbrole.state_of(&names).await?) {
        let (word, tone) = word(state);
        are_all_enabled &= state == PrincipalState::Enabled;
        table.row_in(tone, [(*name).into(), role_name.to_string().into(), word.into()]);
    }
    Ok(Report::looked(job.rows(table), Ending::findings_if(!are_all_enabled)))
}

fn word(state: PrincipalState) -> (&'static str, Tone) {
    match state {
        PrincipalState::Enabled => ("enabled", Tone::Plain),
        PrincipalState::Disabled => ("disabled", Tone::Faint),
        PrincipalState::Absent => ("absent", Tone::Bad),
        PrincipalState::NotInAd => ("not_in_rds_ad", Tone::Bad),
        _ => ("unknown", Tone::Faint),
    }
}

//! `kerbrole check`

use kerbrole_client::Check;
use serde_json::Value;

use super::filter::{Those, is_pattern};
use super::job::Job;
use crate::arguments::{CheckArguments, Principals};
use crate::exit::{Ending, Outcome, Report};
use crate::failure::Failure;
use crate::input::principals;
use crate::output::{Column, Table, Tone};

const COLUMNS: &[Column] = &[
    Column::new("principal").name().if_varied(),
    Column::new("check").name(),
    Column::new("ok").or_unknown(),
    Column::new("detail"),
    Column::new("fix").below(),
];

/// Asks of each what a login would ask.
pub(super) async fn run(job: &Job<'_>, arguments: &CheckArguments) -> Outcome {
    let wanted = whom(job, arguments).await?;
    let mut table = Table::new(COLUMNS);
    let (mut failing, mut checked) = (0_usize, 0_usize);
    for principal in &wanted {
        let checks = match job.kerbrole.check_principal(principal, None).await {
            Ok(checks) => checks,
            Err(error) if checked == 0 => return Err(error.into()),
            // What is known of those before is shown.
            Err(error) => return Ok(Report::failed(job.rows(table), error.into())),
        };
        checked += 1;
        failing += usize::from(checks.iter().any(|check| check.ok == Some(false)));
        for check in checks {
            let is_wrong = check.ok == Some(false) && !check.is_skipped();
            if !arguments.failed || is_wrong {
                table.row_in(tone(&check), row(job, principal, check));
            }
        }
    }
    let summary = job.summary(&match (checked, failing) {
        (0, _) => "no principal is such a one".into(),
        (1, 0) => "nothing that can be seen from here keeps it from logging in".into(),
        (1, _) => "it cannot log in".into(),
        (all, 0) => format!("{all} principals, all in order"),
        (all, wrong) => format!("{wrong} of {all} principals cannot log in"),
    });
    let ending = Ending::findings_if(failing > 0);
    Ok(Report::looked(job.rows(table), ending).summed_up(summary))
}

/// Those who are named, and those who are described.
async fn whom(job: &Job<'_>, arguments: &CheckArguments) -> Result<Vec<String>, Failure> {
    let CheckArguments { principals: given, filter, all, .. } = arguments;
    let realms: Vec<_> = given.realm.iter().cloned().collect();
    let is_filtered = !Those::of(&[], &[], filter).are_all();
    let (patterns, names): (Vec<_>, Vec<_>) =
        given.names.iter().cloned().partition(|name| is_pattern(name));
    let is_named = !names.is_empty() || !given.files.is_empty();
    if is_named && is_filtered {
        return Err(Failure::usage(
            "--group, --disabled and --conflicts choose among all that there are: name nobody \
             beside them, or a pattern such as 'a*'"
                .into(),
        ));
    }
    let are_all = !is_named && (*all || is_filtered || !realms.is_empty());
    let mut whom = Vec::new();
    if are_all || !patterns.is_empty() {
        let listed = Those::of(&patterns, &realms, filter).find(job).await?;
        whom.extend(listed.into_iter().map(|one| one.role_name.into()));
    }
    // Where nobody is meant in any way, that is what is said.
    if is_named || !are_all && patterns.is_empty() {
        let named = Principals { names, files: given.files.clone(), realm: given.realm.clone() };
        whom.extend(principals(&named)?.into_iter().map(|one| one.principal));
    }
    Ok(whom)
}

fn tone(check: &Check) -> Tone {
    match check.ok {
        _ if check.is_skipped() => Tone::Faint,
        Some(true) => Tone::Plain,
        Some(false) => Tone::Bad,
        None => Tone::Faint,
    }
}

fn row(job: &Job<'_>, principal: &str, check: Check) -> [Value; 5] {
    // What a missing role makes pointless is no answer to people; programs get what SQL says.
    let ok = match check.is_skipped() && job.form().is_for_people() {
        true => "skipped".into(),
        false => check.ok.into(),
    };
    [principal.into(), check.name.into(), ok, check.detail.into(), check.fix.into()]
}

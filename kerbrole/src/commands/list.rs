//! `kerbrole list`

use kerbrole_client::ListedPrincipal;
use serde_json::json;

use super::filter::Those;
use super::job::Job;
use crate::arguments::ListArguments;
use crate::exit::{Outcome, Report};
use crate::failure::Failure;
use crate::output::{Column, Drawing, Edge, Shown, Table, Tone, Tree};

const COLUMNS: &[Column] = &[
    Column::new("role_name").name(),
    Column::new("username").data(),
    Column::new("realm").data(),
    Column::new("can_login"),
    Column::new("groups").set(),
    Column::new("ad_path").after_role(),
    Column::new("iam_path").after_role().if_any(),
    Column::new("sessions"),
];

/// Shows who has access, and by which way.
pub(super) async fn run(job: &Job<'_>, arguments: &ListArguments) -> Outcome {
    let ListArguments { patterns, realms, filter, tree } = arguments;
    if *tree && !job.form().is_for_people() {
        return Err(Failure::usage("--tree is for people: it is a form of its own".into()));
    }
    let those = Those::of(patterns, realms, filter);
    let listed = those.find(job).await?;
    let said = summary(&listed);
    let none = if those.are_all() { "there is no principal" } else { "no principal is such a one" };
    let summary = job.summary(if listed.is_empty() { none } else { &said });
    let drawn = if *tree { Some(as_tree(job, &listed)) } else { job.drawn(|| drawing(&listed)) };
    if let Some(drawn) = drawn {
        return Ok(Report::done(drawn).summed_up(summary));
    }
    let mut table = Table::new(COLUMNS);
    for principal in listed {
        table.row_in(
            tone(&principal),
            [
                principal.role_name.to_string().into(),
                principal.username.into(),
                principal.realm.into(),
                principal.can_login.into(),
                principal.groups.into_iter().map(String::from).collect(),
                json!(principal.ad_path),
                json!(principal.iam_path),
                principal.sessions.into(),
            ],
        );
    }
    Ok(Report::done(job.rows(table)).summed_up(summary))
}

/// The ways by which each has access, from its role to those of the rule.
fn paths(listed: &[ListedPrincipal]) -> impl Iterator<Item = &Vec<String>> {
    listed.iter().flat_map(|one| one.ad_path.iter().chain(&one.iam_path))
}

fn drawing(listed: &[ListedPrincipal]) -> Drawing {
    let mut drawing = Drawing::default();
    paths(listed).for_each(|path| drawing.path(path, |_, _| Edge::Plain));
    drawing
}

/// Who is below which group. Whoever no ticket opens is below none.
fn as_tree(job: &Job<'_>, listed: &[ListedPrincipal]) -> Shown {
    let mut tree = Tree::default();
    paths(listed).for_each(|path| tree.path(path));
    let lines = tree.lines().into_iter().map(|line| (Tone::Plain, line));
    Shown::Lines(lines.collect(), job.form())
}

fn tone(principal: &ListedPrincipal) -> Tone {
    match principal {
        // In both, or in none: somebody has to look at it.
        one if one.iam_path.is_some() || one.ad_path.is_none() => Tone::Bad,
        one if !one.can_login => Tone::Faint,
        _ => Tone::Plain,
    }
}

/// How many there are of which kind.
fn summary(listed: &[ListedPrincipal]) -> String {
    let count = |is_such: &dyn Fn(&ListedPrincipal) -> bool| {
        listed.iter().filter(|one| is_such(one)).count()
    };
    let all = match listed.len() {
        1 => "1 principal".to_string(),
        all => format!("{all} principals"),
    };
    let kinds = [
        (count(&|one| !one.can_login), "disabled"),
        (count(&|one| one.ad_path.is_none()), "not in rds_ad"),
        (count(&|one| one.ad_path.is_some() && one.iam_path.is_some()), "in both roles"),
        (count(&|one| one.sessions > 0), "with sessions"),
    ];
    let kinds = kinds.iter().filter(|(number, _)| *number > 0);
    let kinds: Vec<_> = kinds.map(|(number, kind)| format!("{number} {kind}")).collect();
    if kinds.is_empty() { all } else { format!("{all}: {}", kinds.join(", ")) }
}

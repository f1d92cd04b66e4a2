//! Who may have been meant where a principal is missing.

use kerbrole_client::Error;
use strsim::osa_distance;

use super::job::Job;
use crate::failure::Failure;

/// How many are suggested.
const SUGGESTED: usize = 3;

/// The same error, with the principals that are spelled nearly as the one that is missing, if there
/// are any and nothing better is known.
pub(super) async fn suggest(job: &Job<'_>, error: Error) -> Failure {
    let message = error.to_string();
    let missing = message
        .strip_prefix("principal \"")
        .and_then(|rest| rest.strip_suffix("\" does not exist"));
    let is_known = error.hint().is_some_and(|hint| !hint.contains("list_principals"));
    let Some(missing) = missing.filter(|_| !is_known) else { return error.into() };
    // Who may not see the list is not told more.
    let Ok(listed) = job.kerbrole.list_principals().await else { return error.into() };
    let near = nearest(missing, listed.iter().map(|one| one.role_name.as_str()));
    if near.is_empty() { error.into() } else { Failure::Missing { error, near } }
}

/// Those that are a slip or two away, the nearest first, then in the order of names.
fn nearest<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> Vec<String> {
    let at_most = if name.split('@').next().unwrap_or(name).chars().count() < 5 { 1 } else { 2 };
    let folded = name.to_lowercase();
    let distance = |other: &str| {
        let is_as_long = other.len().abs_diff(name.len()) <= 4 * at_most;
        is_as_long.then(|| osa_distance(&folded, &other.to_lowercase()))
    };
    let mut near: Vec<_> = all
        .filter_map(|other| Some((distance(other).filter(|&slips| slips <= at_most)?, other)))
        .collect();
    near.sort_unstable();
    near.into_iter().take(SUGGESTED).map(|(_, name)| name.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_or_two() {
        let all =
            ["user001@A.B", "user002@A.B", "user011@A.B", "ann@A.B", "anna@A.B", "user001@C.D"];
        let near = |name| nearest(name, all.into_iter());
        assert_eq!(near("uesr001@A.B"), ["user001@A.B", "user002@A.B", "user011@A.B"]);
        // One slip from either: in the order of names.
        assert_eq!(near("ana@A.B"), ["ann@A.B", "anna@A.B"]);
        assert!(near("zoe@A.B").is_empty() && near("bob@A.B").is_empty());
    }
}

//! What may stand in the arguments: `aws` reads a value that begins with `-` as an option, and one
//! that begins with `file://`, or with `http://` in its version 1, as the place of one.

use crate::arguments::AwsTarget;
use crate::failure::Failure;

/// Looks at all of them.
///
/// # Errors
/// For the first that can be no such thing.
pub(super) fn look(target: &AwsTarget) -> Result<(), Failure> {
    let AwsTarget { db_instance, db_cluster, directory, region, profile, endpoint_url, .. } =
        target;
    if db_instance.is_none() && db_cluster.is_none() && directory.is_none() {
        return Err(Failure::usage(
            "which database? Name it with --db-instance, or --db-cluster of Aurora; where there is \
             none yet, the directory with --directory"
                .into(),
        ));
    }
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_name =
        |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic()) && is_plain(text);
    let is_directory =
        |text: &str| text.strip_prefix("d-").is_some_and(|rest| !rest.is_empty() && is_plain(rest));
    let is_printed = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_control());
    let is_url = |text: &str| {
        ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) && is_printed(text)
    };
    refuse("--db-instance", db_instance, "the identifier of a DB instance, app-1", is_name)?;
    refuse("--db-cluster", db_cluster, "the identifier of a DB cluster, app", is_name)?;
    refuse("--directory", directory, "the ID of a directory, d-90670a1b2c", is_directory)?;
    region.as_deref().map_or(Ok(()), look_at_region)?;
    refuse("--profile", profile, "the name of a profile", |text| {
        is_printed(text) && !text.starts_with('-')
    })?;
    refuse("--endpoint-url", endpoint_url, "a URL, http://127.0.0.1:5000", is_url)
}

/// Looks at one that may come from elsewhere.
///
/// # Errors
/// Where it can be none.
pub(super) fn look_at_region(region: &str) -> Result<(), Failure> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match region.starts_with(|c: char| c.is_ascii_lowercase()) && region.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(Failure::usage(format!("{region:?} is no region: eu-central-1 is one"))),
    }
}

fn refuse(
    option: &str,
    value: &Option<String>,
    wanted: &str,
    is_one: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    match value {
        Some(value) if !is_one(value) => {
            Err(Failure::usage(format!("{option} takes {wanted}, and {value:?} is none")))
        }
        _ => Ok(()),
    }
}

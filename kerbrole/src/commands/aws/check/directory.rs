//! The directory: of the right type, active, shared where it has to be, its domain controllers up.

use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::world::World;
use crate::commands::aws::world::ds::Directory;

const STEP: Step = Step::Directory;

/// Why nothing is known of a directory.
pub(super) fn why_unknown(world: &World) -> &'static str {
    match world.has_database() {
        true => "the database names none: say which it is to be with --directory",
        false => "the database, which names it, could not be looked at: say so with --directory",
    }
}

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "directory";
    let id = world.directory_id().unwrap_or_default();
    let missing = || {
        let said = format!("there is no directory {id} in {}", world.asked.region);
        Row::wrong(STEP, WHAT, said).fix(format!(
            "one of another account has an ID of its own here, once it is shared; those that there \
             are: {}",
            command(world, &["ds", "describe-directories"])
        ))
    };
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked: why_unknown(world) };
    let directory = match asked.row(&world.directory, missing) {
        Ok(directory) => directory,
        Err(row) => return vec![row],
    };
    let mut rows = vec![kind(directory), state(world, directory)];
    if directory.is_shared() {
        rows.push(sharing(world, directory));
    }
    rows.push(controllers(world, directory));
    rows
}

fn kind(directory: &Directory) -> Row {
    const WHAT: &str = "directory";
    let Directory { directory_id: id, name, kind, .. } = directory;
    let said = |kind: &str| format!("{id}, {name}, {kind}");
    match kind.as_deref() {
        Some(kind @ ("MicrosoftAD" | "SharedMicrosoftAD")) => Row::ok(STEP, WHAT, said(kind)),
        Some(kind @ ("SimpleAD" | "ADConnector")) => {
            Row::wrong(STEP, WHAT, format!("{}: RDS joins no such directory", said(kind))).fix(
                "create an AWS Managed Microsoft AD; one that trusts your own directory lets its \
                 users in",
            )
        }
        kind => {
            let kind = kind.unwrap_or("none");
            Row::unseen(STEP, WHAT, format!("{}: a type that is not known", said(kind)))
        }
    }
}

fn state(world: &World, directory: &Directory) -> Row {
    const WHAT: &str = "state";
    let id = directory.directory_id.as_str();
    let stage = directory.stage.as_deref().unwrap_or("none");
    let said = match directory.stage_reason.as_deref().filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{stage}: {reason}"),
        None => stage.into(),
    };
    let look = || {
        let snapshots = command(world, &["ds", "describe-snapshots", "--directory-id", id]);
        format!("restore it from a snapshot, or ask AWS Support; its snapshots: {snapshots}")
    };
    match stage {
        "Active" => Row::ok(STEP, WHAT, said),
        "Requested" | "Creating" | "Created" | "Restoring" => {
            Row::wrong(STEP, WHAT, said).fix("wait until it is Active, which takes up to an hour")
        }
        "Updating" => Row::warning(STEP, WHAT, said).fix("wait until it is Active"),
        "Impaired" => Row::wrong(STEP, WHAT, said).fix(
            "look at its domain controllers and at the network that they are in; if it lasts, ask \
             AWS Support",
        ),
        "Inoperable" | "RestoreFailed" | "Failed" => Row::wrong(STEP, WHAT, said).fix(look()),
        "Deleting" | "Deleted" => {
            Row::wrong(STEP, WHAT, said).fix("create another one, and join the database to that")
        }
        _ => Row::unseen(STEP, WHAT, format!("{said}: a state that is not known")),
    }
}

/// A directory of another account is there for this one once the two agree.
fn sharing(world: &World, directory: &Directory) -> Row {
    const WHAT: &str = "sharing";
    let id = directory.directory_id.as_str();
    let owner = directory.owner_directory_description.as_ref();
    let owner = owner.and_then(|owner| owner.account_id.as_deref()).unwrap_or("another account");
    let status = directory.share_status.as_deref().unwrap_or("none");
    let said = format!("{status}, by {owner}");
    let again = format!("let {owner} share it again, with this account");
    match status {
        "Shared" => Row::ok(STEP, WHAT, said),
        "PendingAcceptance" => {
            let words = ["ds", "accept-shared-directory", "--shared-directory-id", id];
            Row::wrong(STEP, WHAT, said).fix(command(world, &words))
        }
        "Sharing" => Row::warning(STEP, WHAT, said).fix("wait until it is Shared"),
        "Rejected" | "Rejecting" | "RejectFailed" | "ShareFailed" | "Deleted" | "Deleting" => {
            Row::wrong(STEP, WHAT, said).fix(again)
        }
        _ => Row::unseen(STEP, WHAT, format!("{said}: a status that is not known")),
    }
}

fn controllers(world: &World, directory: &Directory) -> Row {
    const WHAT: &str = "domain controllers";
    let not_asked = match directory.kind.as_deref() {
        Some("SharedMicrosoftAD") => "only the account that owns the directory sees them",
        _ => "a directory of this type has none of its own",
    };
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked };
    let missing = || Row::unseen(STEP, WHAT, "the directory was there, and is not any more");
    let controllers = match asked.row(&world.controllers, missing) {
        Ok(controllers) => controllers,
        Err(row) => return row,
    };
    let status = |wanted: &[&str]| {
        let is = |status: Option<&str>| wanted.contains(&status.unwrap_or("none"));
        let those = controllers.iter().filter(|one| is(one.status.as_deref()));
        those.collect::<Vec<_>>()
    };
    let active = status(&["Active"]);
    let broken = status(&["Impaired", "Restoring", "Failed", "Deleting", "Deleted"]);
    let passing = status(&["Creating", "Updating"]);
    let unknown = controllers.len() - active.len() - broken.len() - passing.len();
    let said = controllers.iter().map(|one| {
        let address = one.dns_ip_addr.as_deref().unwrap_or(&one.domain_controller_id);
        let reason = one.status_reason.as_deref().filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{address} {}{reason}", one.status.as_deref().unwrap_or("none"))
    });
    let said = said.collect::<Vec<_>>().join(", ");
    if !broken.is_empty() {
        return Row::wrong(STEP, WHAT, said).fix(
            "AWS replaces a domain controller by itself where its subnet has a free address and \
             its security group and network ACL are as they were; if it lasts, ask AWS Support",
        );
    }
    if unknown > 0 {
        return Row::unseen(STEP, WHAT, format!("{said}: a status that is not known"));
    }
    if active.is_empty() {
        return Row::wrong(STEP, WHAT, if said.is_empty() { "none".into() } else { said })
            .fix("wait until there are two that are Active");
    }
    if !passing.is_empty() || active.len() < 2 {
        return Row::warning(STEP, WHAT, said).fix("wait until there are two that are Active");
    }
    Row::ok(STEP, WHAT, said)
}

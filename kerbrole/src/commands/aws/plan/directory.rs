//! The directory.

use super::action::Action;
use super::step::Step;
use super::wishes::Wishes;
use crate::commands::aws::check;
use crate::commands::aws::world::World;

pub(super) fn step(world: &World, wishes: &Wishes, rows: &[check::Row]) -> Step {
    let mut step = Step::new("Directory");
    if let Some(note) = super::unseen(&world.directory, "the directory") {
        step.note("it is not known whether it is there", note);
        return step;
    }
    if let Some(directory) = world.directory.got() {
        let mut claimed = Vec::new();
        if directory.share_status.as_deref() == Some("PendingAcceptance") {
            let directory = directory.directory_id.clone();
            step.now(
                "it is offered to this account, which has not accepted it",
                Action::AcceptShare { directory },
            );
            claimed.push("sharing");
        }
        step.notes_of(rows, check::Step::Directory, &claimed);
        return step;
    }
    if world.directory_id().is_some() {
        step.notes_of(rows, check::Step::Directory, &[]);
        return step;
    }
    // It may name one.
    if world.names_database() && super::database::database(world).is_none() {
        return step;
    }
    let Some(wished) = &wishes.directory else {
        step.note(
            "none is known",
            "Say which one by --directory, or have one made by --domain and --directory-subnet.",
        );
        return step;
    };
    let of_database = world.database_place().map(|place| place.vpc);
    let Some(vpc) = wished.vpc.clone().or(of_database) else {
        step.note("there is none", "Say in which VPC it is to be by --directory-vpc.");
        return step;
    };
    let action = Action::CreateDirectory {
        domain: wished.domain.clone(),
        short_name: wished.short_name.clone(),
        edition: wished.edition,
        vpc,
        subnets: wished.subnets.clone(),
    };
    step.now(format!("there is none for {}", wished.domain), action);
    step.note(
        "",
        "It takes up to an hour. Keep the password: nobody can look it up or set another one.",
    );
    step
}

/// Whether a database can join it now; where not, what has to be so before.
pub(super) fn readiness(world: &World) -> Result<String, String> {
    let Some(directory) = world.directory.got() else {
        return Err("there is a directory that is Active".into());
    };
    let is_shared = !directory.is_shared() || directory.share_status.as_deref() == Some("Shared");
    match (directory.stage.as_deref(), is_shared) {
        (Some("Active" | "Updating"), true) => Ok(directory.directory_id.clone()),
        (_, true) => Err(format!("{} is Active", directory.directory_id)),
        (_, false) => Err(format!("{} is Shared", directory.directory_id)),
    }
}

//! Trusts: whether users of another directory can log in through this one.

use super::directory::why_unknown;
use super::row::{Row, Step, Unanswered, command};
use crate::commands::aws::world::World;
use crate::commands::aws::world::ds::Trust;

const STEP: Step = Step::Trust;

pub(super) fn rows(world: &World) -> Vec<Row> {
    const WHAT: &str = "trusts";
    let directory = world.directory.got();
    let not_asked = match directory.map(|directory| directory.kind.as_deref()) {
        None if world.directory_id().is_some() => "the directory could not be looked at",
        None => why_unknown(world),
        Some(Some("SharedMicrosoftAD")) => "only the account that owns the directory sees them",
        Some(_) => "a directory of this type has none",
    };
    let asked = Unanswered { world, step: STEP, what: WHAT, not_asked };
    let missing = || Row::unseen(STEP, WHAT, "the directory was there, and is not any more");
    let trusts = match asked.row(&world.trusts, missing) {
        Ok(trusts) => trusts,
        Err(row) => return vec![row],
    };
    if trusts.is_empty() {
        let name = directory.map_or("the directory", |directory| &directory.name);
        return vec![Row::ok(STEP, WHAT, format!("none: users of {name} log in, and no others"))];
    }
    trusts.iter().flat_map(|trust| of_one(world, trust)).collect()
}

fn of_one(world: &World, trust: &Trust) -> Vec<Row> {
    vec![
        state(world, trust),
        direction(trust),
        kind(trust),
        selective(trust),
        resolution(world, trust),
    ]
}

fn state(world: &World, trust: &Trust) -> Row {
    let what = format!("trust with {}", trust.remote_domain_name);
    let state = trust.trust_state.as_deref().unwrap_or("none");
    let said = match trust.trust_state_reason.as_deref().filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{state}: {reason}"),
        None => state.into(),
    };
    let verify = || command(world, &["ds", "verify-trust", "--trust-id", &trust.trust_id]);
    match state {
        "Verified" => Row::ok(STEP, what, said),
        "Created" | "Updated" => Row::warning(STEP, what, said).fix(verify()),
        "Creating" | "Verifying" | "Updating" => {
            Row::warning(STEP, what, said).fix("wait until it is Verified")
        }
        "VerifyFailed" | "UpdateFailed" | "Failed" => Row::wrong(STEP, what, said).fix(format!(
            "create the other side of the trust in {}, with the same password, and open the ports \
             of its domain controllers to this directory; then {}",
            trust.remote_domain_name,
            verify()
        )),
        "Deleting" | "Deleted" => Row::wrong(STEP, what, said).fix("create the trust again"),
        _ => Row::unseen(STEP, what, format!("{said}: a state that is not known")),
    }
}

/// This directory has to trust the other one, and not the other way round.
fn direction(trust: &Trust) -> Row {
    let remote = &trust.remote_domain_name;
    let what = format!("direction of the trust with {remote}");
    match trust.trust_direction.as_deref() {
        Some(said @ ("One-Way: Outgoing" | "Two-Way")) => Row::ok(STEP, what, said),
        Some(said @ "One-Way: Incoming") => {
            let said = format!("{said}: {remote} trusts this directory, which does not trust it");
            Row::wrong(STEP, what, said).fix(
                "create it anew with --trust-direction 'One-Way: Outgoing' or Two-Way, on both \
                 sides",
            )
        }
        said => {
            let said = said.unwrap_or("none");
            Row::unseen(STEP, what, format!("{said}: a direction that is not known"))
        }
    }
}

fn kind(trust: &Trust) -> Row {
    let what = format!("type of the trust with {}", trust.remote_domain_name);
    match trust.trust_type.as_deref() {
        Some(said @ "Forest") => Row::ok(STEP, what, said),
        Some(said @ "External") => {
            Row::wrong(STEP, what, format!("{said}: a forest trust is needed"))
                .fix("create it anew with --trust-type Forest, on both sides")
        }
        said => {
            let said = said.unwrap_or("none");
            Row::unseen(STEP, what, format!("{said}: a type that is not known"))
        }
    }
}

fn selective(trust: &Trust) -> Row {
    let what = format!("selective authentication of {}", trust.remote_domain_name);
    match trust.selective_auth.as_deref() {
        Some(said @ "Disabled") => Row::ok(STEP, what, said),
        Some(said @ "Enabled") => Row::warning(
            STEP,
            what,
            format!("{said}: only those log in who may authenticate to the database's computer"),
        )
        .fix(
            "give them Allowed to Authenticate on the database's computer object, in the OU of the \
             directory",
        ),
        said => {
            let said = said.unwrap_or("none");
            Row::unseen(STEP, what, format!("{said}: a setting that is not known"))
        }
    }
}

/// The directory finds the other one's domain controllers by DNS.
fn resolution(world: &World, trust: &Trust) -> Row {
    let remote = &trust.remote_domain_name;
    let what = format!("DNS of {remote}");
    let asked = Unanswered { world, step: STEP, what: "", not_asked: "it was not asked for" };
    let missing = || Row::unseen(STEP, "", "the directory was there, and is not any more");
    let forwarders = match asked.row(&world.forwarders, missing) {
        Ok(forwarders) => forwarders,
        Err(row) => return Row { what, ..row },
    };
    let same = |name: &str| name.trim_end_matches('.').eq_ignore_ascii_case(remote);
    match forwarders.iter().find(|forwarder| same(&forwarder.remote_domain_name)) {
        Some(forwarder) if !forwarder.dns_ip_addrs.is_empty() => {
            let said = format!("forwarded to {}", forwarder.dns_ip_addrs.join(", "));
            Row::ok(STEP, what, said)
        }
        _ => {
            let id = world.directory_id().unwrap_or_default();
            let words = [
                "ds",
                "create-conditional-forwarder",
                "--directory-id",
                id,
                "--remote-domain-name",
                remote,
                "--dns-ip-addrs",
                "ADDRESS",
            ];
            let fix = format!("with that of its DNS for ADDRESS: {}", command(world, &words));
            Row::wrong(STEP, what, "not forwarded, so that its domain controllers are not found")
                .fix(fix)
        }
    }
}

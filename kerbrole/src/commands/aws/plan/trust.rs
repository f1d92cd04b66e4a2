//! The trust in a domain of one's own.

use super::action::Action;
use super::directory::readiness;
use super::step::Step;
use super::wishes::Wishes;
use crate::commands::aws::check;
use crate::commands::aws::world::World;

pub(super) fn step(world: &World, wishes: &Wishes, rows: &[check::Row]) -> Step {
    let mut step = Step::new("Trust");
    if let Some(note) = super::unseen(&world.trusts, "trusts") {
        step.note("it is not known which there are", note);
        return step;
    }
    let same = |one: &str, other: &str| {
        one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
    };
    let trusts = world.trusts.got().map_or(&[][..], Vec::as_slice);
    let mut claimed = Vec::new();
    for trust in trusts {
        let remote = &trust.remote_domain_name;
        let what = format!("trust with {remote}");
        match trust.trust_state.as_deref() {
            Some("Created" | "Updated") => {
                let id = trust.trust_id.clone();
                step.now(format!("{remote} is not verified"), Action::VerifyTrust { trust: id });
                claimed.push(what);
            }
            Some("VerifyFailed" | "UpdateFailed") => {
                step.note(format!("{remote} could not be verified"), "");
                step.once(
                    format!(
                        "{remote} has the other side of the trust, with the same password, and \
                         lets the directory reach its domain controllers"
                    ),
                    Action::VerifyTrust { trust: trust.trust_id.clone() },
                );
                claimed.push(what);
            }
            _ => {}
        }
        let forwarders = world.forwarders.got();
        let is_forwarded = forwarders
            .is_none_or(|all| all.iter().any(|one| same(&one.remote_domain_name, remote)));
        if let Some((domain, dns)) = &wishes.trust
            && same(domain, remote)
            && !is_forwarded
            && let Some(directory) = world.directory_id()
        {
            step.now(
                format!("the directory does not find the domain controllers of {remote}"),
                Action::CreateForwarder {
                    directory: directory.into(),
                    domain: remote.clone(),
                    dns: dns.clone(),
                },
            );
            claimed.push(format!("DNS of {remote}"));
        }
    }
    let claimed: Vec<_> = claimed.iter().map(String::as_str).collect();
    step.notes_of(rows, check::Step::Trust, &claimed);
    if let Some((domain, dns)) = &wishes.trust
        && !trusts.iter().any(|trust| same(&trust.remote_domain_name, domain))
    {
        match readiness(world) {
            Ok(directory) => step.now(
                format!("{domain} is not trusted"),
                Action::CreateTrust { directory, domain: domain.clone(), dns: dns.clone() },
            ),
            Err(condition) => step.note(
                format!("{domain} is not trusted"),
                format!("It is in the next plan once {condition}."),
            ),
        }
    }
    step
}

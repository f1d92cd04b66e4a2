//! What holds for every client, as comments.

use super::quoting::shell;
use super::target::Target;

/// What has to be there before anybody logs in, a line each, without the sign of a comment.
pub(super) fn notes(target: &Target) -> Vec<String> {
    let (role, realm) = (&target.role, &target.realm);
    let services: Vec<_> =
        target.servers.iter().map(|one| format!("{}/{}", target.service, one.host)).collect();
    // By its domain nobody would know of which realm it is.
    let domain = realm.as_str().to_ascii_lowercase();
    let endpoints: String = target
        .servers
        .iter()
        .filter(|one| !is_within(&one.host.to_ascii_lowercase(), &domain))
        .map(|one| format!(" --endpoint {}", one.host))
        .collect();
    vec![
        format!("The ticket: kinit {}. On Windows the logon is one.", shell(role)),
        format!("Where krb5.conf does not know the realm, let KRB5_CONFIG name what is printed by"),
        format!("  kerbrole krb5-conf --realm {realm}{endpoints}"),
        format!("The directory has to know the service {}.", services.join(", ")),
        "The user is the role's exact name, also where the ticket has it in another case.".into(),
    ]
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The same with this sign before each.
pub(super) fn commented(sign: &str, target: &Target) -> String {
    notes(target).iter().map(|line| format!("{sign} {line}\n")).collect()
}

//! Why somebody cannot log in: every question that a login asks, with its answer.

pub(crate) mod answer;
mod database;
pub(crate) mod facts;
pub(crate) mod questions;
mod role;
mod server;
mod session;
pub(crate) mod startup;
#[cfg(test)]
mod tests;

pub use answer::Check;
pub use facts::{ConnectionLimit, DatabaseFacts, KeytabFacts, LoginFacts, ServerFacts};
pub use questions::NO_ROLE;
use questions::Questions;
pub use startup::{
    Library, LoginTrigger, Room, SettingOf, SlotFacts, StartupFacts, StartupSetting,
    login_settings_query, preloaded,
};

use crate::error::Error;
use crate::lookup::PrincipalRef;
use crate::memberships::cluster::Cluster;
use crate::memberships::reach::RuleReach;
use crate::names::role_name::RoleName;

/// The answers for a principal whose name is too long for a role: the first question is the last.
pub fn check_too_long(role: &str, bytes: usize) -> Vec<Check> {
    let kept = RoleName::MAX_BYTES;
    vec![Check::wrong(
        "name_length",
        format!(
            "\"{role}\" has {bytes} bytes. The server cuts the role that is asked for at {kept}, \
             but not the principal: they never match."
        ),
        "-- give the account a shorter sAMAccountName in the directory",
    )]
}

/// Asks everything that a login asks, in the same order.
///
/// What has to be read is the principal's [`reading`](PrincipalRef::reading).
///
/// Where every answer is ok, a ticket of the principal, spelled as the role, opens the role; where
/// one is not, none does; an answer that is not known is none of both. Without
/// [`LoginFacts::server`] the server's own side is one thing that is not known, and pg_hba.conf is
/// taken to be as RDS has it: members of `rds_iam` sent elsewhere, then those of `rds_ad` to
/// GSSAPI.
///
/// # Errors
/// 42704 when a role of the rule is missing.
pub fn check_principal(
    meant: &PrincipalRef,
    cluster: &Cluster,
    facts: &LoginFacts<'_>,
) -> Result<Vec<Check>, Error> {
    let both = &RuleReach::find(cluster)?;
    let role = meant.find(&cluster.roles).ok();
    let name = role.map_or_else(|| meant.role_name(), |role| role.name.clone());
    let questions = Questions { facts, both, cluster, role, name };
    let verdict = facts.server.as_ref().map(|server| questions.verdict(server));
    let mut checks = vec![
        Check::ok(
            "name_length",
            format!("{} bytes of at most {}", questions.name.as_str().len(), RoleName::MAX_BYTES),
        ),
        questions.exists(),
        questions.realm_case(),
        questions.in_ad(verdict.as_ref()),
        questions.not_in_iam(verdict.as_ref()),
    ];
    match facts.server.as_ref().zip(verdict.as_ref()) {
        Some((server, verdict)) => checks.extend([
            server::listening(server),
            questions.hba(verdict),
            server::keytab(server, &questions.name),
        ]),
        None => checks.push(server::not_shown()),
    }
    checks.extend([
        questions.case_rule(),
        questions.may_log_in(),
        questions.role_limit(),
        questions.slots(),
        questions.database(),
        questions.connect(),
        questions.libraries(),
        questions.client_encoding(),
        questions.login_triggers(),
    ]);
    Ok(checks)
}

//! Roles that the case of their names opens to the wrong tickets, or to none.

mod cut;
mod finding;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

pub use finding::{CaseFinding, CaseProblem};

use crate::diagnose::fix_with::FixWith;
use crate::error::Error;
use crate::memberships::cluster::Cluster;
use crate::memberships::reach::RuleReach;
use crate::names::case::{HighBytes, fold_case, hash_ignoring_case};
use crate::names::principal::{KnownRealms, Principal, principal_parts};
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::quote::literal;
use crate::roles::role::Role;
use crate::roles::role_set::RoleSet;
use crate::statement::Statement;

/// Looks through all roles that can log in, have the name of a principal in whatever case, and are
/// members of `rds_ad`; of roles that differ by case only one member is enough.
///
/// Of the cluster it takes all roles and all memberships, and time in proportion to them.
///
/// # Errors
/// 42704 when a role of the rule is missing.
pub fn case_audit(
    cluster: &Cluster,
    rules: &NameRules,
    high_bytes: &HighBytes,
    fix_with: FixWith,
) -> Result<Vec<CaseFinding>, Error> {
    let both = RuleReach::find(cluster)?;
    let roles = &cluster.roles;
    let in_ad = |role: &Role| cluster.graph.node(role.oid).is_some_and(|node| both.is_in_ad(node));
    let audit = Audit {
        roles,
        by_name: OnceCell::new(),
        in_ad: &in_ad,
        caseins: rules.caseins_users,
        fix_with,
    };

    let mut realms = KnownRealms::default();
    let mut logins = Vec::new();
    let mut findings = Vec::new();
    for role in roles.iter().filter(|role| role.can_login) {
        // Most names: spelled as a ticket, and in lower case.
        let usual = principal_parts(role.name.as_str(), &mut realms)
            .is_some_and(|(username, _)| !username.bytes().any(|byte| byte.is_ascii_uppercase()));
        if !usual {
            let Ok(principal) = role.name.as_str().parse::<Principal>() else { continue };
            if in_ad(role) {
                findings.extend(audit.spelling(role, &principal));
            }
        }
        logins.push((hash_ignoring_case(role.name.as_str()), role));
    }
    for mut same in spelled_alike(logins) {
        if same.iter().any(|role| in_ad(role)) {
            same.sort_by(|a, b| a.name.cmp(&b.name));
            findings.push(audit.collision(&same, in_ad));
        }
    }
    findings.extend(audit.cut(
        roles.iter().filter(|role| role.can_login && in_ad(role)),
        rules,
        roles,
    ));
    findings.extend(audit.folded(high_bytes));
    findings.sort_by(|a, b| (a.problem, &a.roles).cmp(&(b.problem, &b.roles)));
    Ok(findings)
}

/// The roles that share their name with others, case aside, together. To sort numbers is quicker
/// than to hold all names in a map.
fn spelled_alike(mut roles: Vec<(u64, &Role)>) -> Vec<Vec<&Role>> {
    roles.sort_unstable_by_key(|(hash, role)| (*hash, role.oid));
    let mut spellings: BTreeMap<String, Vec<&Role>> = BTreeMap::new();
    for same in roles.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        for (_, role) in same {
            spellings.entry(fold_case(role.name.as_str())).or_default().push(role);
        }
    }
    spellings.into_values().filter(|same| same.len() > 1).collect()
}

struct Audit<'r> {
    roles: &'r RoleSet,
    /// Most audits ask for no name.
    by_name: OnceCell<HashMap<&'r str, &'r Role>>,
    in_ad: &'r dyn Fn(&Role) -> bool,
    caseins: bool,
    fix_with: FixWith,
}

impl Audit<'_> {
    fn collision(&self, same: &[&Role], in_ad: impl Fn(&Role) -> bool) -> CaseFinding {
        // The one that stays open: a member of rds_ad, in the spelling of a ticket, in lower case;
        // of equals the first.
        let worth = |role: &&&Role| {
            let principal = role.name.principal();
            let lower =
                principal.as_ref().is_some_and(|principal| !principal.username().has_upper_case());
            (in_ad(role), principal.is_some(), lower)
        };
        let stays = same.iter().rev().max_by_key(worth).map(|role| role.oid);
        let fix: Vec<_> = same
            .iter()
            .filter(|role| Some(role.oid) != stays)
            .map(|role| self.disable(role))
            .collect();
        let detail = if self.caseins {
            "One ticket opens all of them: whoever has it chooses."
        } else {
            "With krb_caseins_users on, one ticket would open all of them; now a slip of the \
             keyboard decides which."
        };
        CaseFinding {
            problem: CaseProblem::Collision,
            roles: same.iter().map(|role| role.name.clone()).collect(),
            detail: detail.into(),
            fix: fix.join(" "),
        }
    }

    /// What the setting does to one role, as it is and as it would be.
    fn spelling(&self, role: &Role, principal: &Principal) -> Vec<CaseFinding> {
        let ticket = principal.role_name();
        let finding = |problem, detail: String, to: &RoleName| CaseFinding {
            problem,
            roles: vec![role.name.clone()],
            detail,
            fix: self.rename(role, to),
        };
        if ticket != role.name {
            return match self.caseins {
                false => vec![
                    finding(
                        CaseProblem::UnreachableRealmCase,
                        "No ticket is issued in a realm spelled so, and the server tells upper and \
                         lower case apart."
                            .into(),
                        &ticket,
                    ),
                    finding(
                        CaseProblem::OpenedByCaseins,
                        format!("With krb_caseins_users on, the ticket of {ticket} would open it."),
                        &ticket,
                    ),
                ],
                true => vec![finding(
                    CaseProblem::ClosedByCaseins,
                    "With krb_caseins_users off, no ticket would open it: none is issued in a \
                     realm spelled so."
                        .into(),
                    &ticket,
                )],
            };
        }
        if !principal.username().has_upper_case() {
            return Vec::new();
        }
        let lower = principal.to_lower_case().role_name();
        match self.caseins {
            false => vec![finding(
                CaseProblem::OpenedByCaseins,
                format!(
                    "With krb_caseins_users on, a ticket of {lower}, or spelled in any other case, \
                     would open it as well; the name that is given out then is in lower case. \
                     Rename it once the setting is on."
                ),
                &lower,
            )],
            true => vec![finding(
                CaseProblem::ClosedByCaseins,
                format!(
                    "With krb_caseins_users off, only a ticket spelled exactly {ticket} would open \
                     it."
                ),
                &lower,
            )],
        }
    }

    /// The roles whose names have bytes that the server may fold by its locale; with the setting on
    /// also where there is none yet.
    fn folded(&self, high_bytes: &HighBytes) -> Option<CaseFinding> {
        let HighBytes::Folded { locale } = high_bytes else { return None };
        let is_one =
            |role: &&Role| role.can_login && !role.name.as_str().is_ascii() && (self.in_ad)(role);
        let mut roles: Vec<_> =
            self.roles.iter().filter(is_one).map(|role| role.name.clone()).collect();
        roles.sort();
        let detail = match self.caseins {
            true => format!(
                "The server was started with LC_CTYPE {locale}, by which it folds single bytes of \
                 other letters than A-Z: tickets of other people, spelled with other such letters, \
                 open roles with such letters in their names."
            ),
            false if roles.is_empty() => return None,
            false => format!(
                "The server was started with LC_CTYPE {locale}: with krb_caseins_users on it would \
                 fold single bytes of other letters than A-Z, and tickets of other people, spelled \
                 with other such letters, would open them."
            ),
        };
        let fix = "-- start the server with LC_ALL=C.UTF-8 in its environment, or keep \
                   krb_caseins_users off"
            .into();
        Some(CaseFinding { problem: CaseProblem::FoldedByLocale, roles, detail, fix })
    }

    fn by_function(&self, role: &Role) -> bool {
        self.fix_with == FixWith::Functions
            && role.name.principal().is_some()
            && !role.elevated.any()
    }

    fn disable(&self, role: &Role) -> String {
        if self.by_function(role) {
            format!("SELECT kerb_disable_principal({});", literal(role.name.as_str()))
        } else {
            Statement::ForbidLogin { role: role.name.clone() }.script()
        }
    }

    /// Another name where it is free. Where it is not, there may be a role already that its ticket
    /// opens, and this one is to be shut; a role that nobody logs in as is in the way, and this one
    /// may be the only one that works.
    fn rename(&self, role: &Role, to: &RoleName) -> String {
        let by_name = || self.roles.iter().map(|role| (role.name.as_str(), role)).collect();
        match self.by_name.get_or_init(by_name).get(to.as_str()) {
            Some(other) if other.can_login && (self.in_ad)(other) => self.disable(role),
            Some(_) => format!(
                "/* The role of that name cannot be logged in to by a ticket. Drop or rename it \
                 first. */ {}",
                self.renaming(role, to)
            ),
            None => self.renaming(role, to),
        }
    }

    fn renaming(&self, role: &Role, to: &RoleName) -> String {
        match to.principal() {
            Some(principal) if self.by_function(role) => format!(
                "SELECT kerb_rename_principal({}, NULL, {});",
                literal(role.name.as_str()),
                literal(principal.username().as_str())
            ),
            _ => Statement::Rename { role: role.name.clone(), to: to.clone() }.script(),
        }
    }
}

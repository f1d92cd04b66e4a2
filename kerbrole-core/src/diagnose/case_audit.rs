//! Roles that the case of their names opens to the wrong tickets, or to none.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diagnose::fix_with::FixWith;
use crate::error::Error;
use crate::memberships::graph::MembershipGraph;
use crate::memberships::reach::RuleReach;
use crate::names::case::{HighBytes, fold_case, hash_ignoring_case};
use crate::names::principal::{KnownRealms, Principal, principal_parts};
use crate::names::role_name::RoleName;
use crate::names::rules::NameRules;
use crate::quote::quote_literal;
use crate::roles::role::Role;
use crate::rule::ConflictRule;
use crate::statement::Statement;

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CaseProblem {
    /// Roles that can log in and differ by case only.
    Collision,
    /// The realm is not in upper case, and the server tells upper and lower case apart: no ticket
    /// opens the role.
    UnreachableRealmCase,
    /// The name was cut at 63 bytes when the role was made: no ticket opens it.
    UnreachableLength,
    /// With `krb_caseins_users` on, tickets would open the role that do not now.
    OpenedByCaseins,
    /// With `krb_caseins_users` off, tickets would not open the role any more that do now.
    ClosedByCaseins,
    /// With `krb_caseins_users` on, the server folds bytes of other letters than A-Z, by the
    /// `LC_CTYPE` that it was started with: one ticket opens roles of several people.
    FoldedByLocale,
}

impl CaseProblem {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Collision,
        Self::UnreachableRealmCase,
        Self::UnreachableLength,
        Self::OpenedByCaseins,
        Self::ClosedByCaseins,
        Self::FoldedByLocale,
    ];

    /// The word that results show.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collision => "case_collision",
            Self::UnreachableRealmCase => "unreachable_realm_case",
            Self::UnreachableLength => "unreachable_length",
            Self::OpenedByCaseins => "opened_by_caseins",
            Self::ClosedByCaseins => "closed_by_caseins",
            Self::FoldedByLocale => "folded_by_locale",
        }
    }
}

/// Something that should be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFinding {
    /// What it is.
    pub problem: CaseProblem,
    /// The roles concerned, in the order of names.
    pub roles: Vec<RoleName>,
    /// What it means.
    pub detail: String,
    /// SQL that ends it, or what has to be done, after `--`.
    pub fix: String,
}

/// Looks through all roles that can log in, have the name of a principal in whatever case, and are
/// members of `rds_ad`; of roles that differ by case only one member is enough. Takes time in
/// proportion to roles and memberships.
///
/// # Errors
/// 42704 when a role of the rule is missing.
pub fn case_audit(
    roles: &[Role],
    graph: &MembershipGraph,
    rule: &ConflictRule,
    rules: &NameRules,
    high_bytes: &HighBytes,
    fix_with: FixWith,
) -> Result<Vec<CaseFinding>, Error> {
    let both = RuleReach::find(graph, rule)?;
    let in_ad = |role: &Role| graph.place(role.oid).is_some_and(|place| both.is_in_ad(place));
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
    roles: &'r [Role],
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

    /// Roles whose names the server cut. The name alone does not say for certain, so there has to
    /// be a sign: it is as long as a name can be, and what is left is no principal, or its realm is
    /// the beginning of one that is known.
    fn cut<'r>(
        &self,
        suspects: impl Iterator<Item = &'r Role>,
        rules: &NameRules,
        roles: &[Role],
    ) -> Vec<CaseFinding> {
        let suspects: Vec<_> = suspects.filter(|role| may_be_cut(role.name.as_str())).collect();
        if suspects.is_empty() {
            return Vec::new();
        }
        let mut known: HashSet<String> = rules.known_realms().map(ToString::to_string).collect();
        let shorter = roles.iter().filter(|role| !may_be_cut(role.name.as_str()));
        known.extend(
            shorter.filter_map(|role| role.name.principal()).map(|p| p.realm().to_string()),
        );
        // Every beginning of a known realm, the realm itself excepted.
        let beginnings: HashMap<&str, &str> = known
            .iter()
            .flat_map(|realm| (0..realm.len()).map(move |end| (&realm[..end], realm.as_str())))
            .collect();
        suspects
            .into_iter()
            .filter_map(|role| {
                let realm = role
                    .name
                    .as_str()
                    .split_once('@')
                    .map_or("", |(_, realm)| realm)
                    .to_ascii_uppercase();
                let original = beginnings.get(realm.as_str());
                let is_one = !known.contains(&realm)
                    && (original.is_some() || role.name.as_str().parse::<Principal>().is_err());
                is_one.then(|| CaseFinding {
                    problem: CaseProblem::UnreachableLength,
                    roles: vec![role.name.clone()],
                    detail: match original {
                        Some(realm) if !realm.is_empty() => format!(
                            "The name was cut at 63 bytes, probably in the realm {realm}; a ticket \
                             has the whole name and does not match. The account needs a shorter \
                             sAMAccountName."
                        ),
                        _ => {
                            "The name was cut at 63 bytes, or is none that a directory gives out: \
                             no ticket matches it. The account needs a shorter sAMAccountName."
                                .into()
                        }
                    },
                    fix: self.disable(role),
                })
            })
            .collect()
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

fn literal(text: &str) -> String {
    quote_literal(text).trim_start().into()
}

/// Whether a name is as long as one that was cut: 63 bytes, or up to three less where the next
/// character had several.
fn may_be_cut(name: &str) -> bool {
    name.len() == RoleName::MAX_BYTES
        || (name.len() + 3 >= RoleName::MAX_BYTES && !name.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memberships::graph::Membership;
    use crate::roles::role::Elevated;

    /// Roles in rds_ad with LOGIN, unless they begin with `-` (NOLOGIN) or `!` (not in rds_ad).
    fn audit(caseins_users: bool, names: &[&str]) -> Vec<(&'static str, String, String)> {
        let mut roles = Vec::new();
        let mut memberships = Vec::new();
        for (oid, text) in (1..).zip(["-rds_ad", "-!rds_iam"].iter().chain(names)) {
            let name = RoleName::new(text.trim_start_matches(['-', '!'])).unwrap();
            roles.push(Role {
                oid,
                name,
                can_login: !text.starts_with('-'),
                elevated: Elevated::default(),
            });
            if !text.contains('!') {
                memberships.push(Membership {
                    role: 1,
                    member: oid,
                    grantor: 0,
                    admin: false,
                    from_creation: false,
                });
            }
        }
        let graph = MembershipGraph::new(
            roles.iter().map(|role| (role.oid, role.name.clone())),
            memberships,
        );
        let rule =
            ConflictRule::new(RoleName::new("rds_ad").unwrap(), RoleName::new("rds_iam").unwrap())
                .unwrap();
        let rules = NameRules { caseins_users, ..NameRules::default() };
        let findings =
            case_audit(&roles, &graph, &rule, &rules, &HighBytes::Kept, FixWith::Functions)
                .unwrap();
        let names =
            |f: &CaseFinding| f.roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(" ");
        findings.iter().map(|f| (f.problem.as_str(), names(f), f.fix.clone())).collect()
    }

    #[test]
    fn the_only_login_that_works_is_not_shut() {
        let in_the_way = "/* The role of that name cannot be logged in to by a ticket. Drop or \
                          rename it first. */ SELECT kerb_rename_principal('Carl@A.B', NULL, \
                          'carl');";
        for other in ["-carl@A.B", "!carl@A.B", "-!carl@A.B"] {
            let found = audit(true, &["Carl@A.B", other]);
            let fixes: Vec<_> =
                found.iter().filter(|f| f.0 == "closed_by_caseins").map(|f| f.2.as_str()).collect();
            assert_eq!(fixes, [in_the_way], "{other}");
        }
        // Where its ticket opens the other one already, this one goes.
        let found = audit(true, &["Carl@A.B", "carl@A.B"]);
        let fixes: Vec<_> =
            found.iter().filter(|f| f.0 == "closed_by_caseins").map(|f| f.2.as_str()).collect();
        assert_eq!(fixes, ["SELECT kerb_disable_principal('Carl@A.B');"]);
    }

    fn rows(rows: &[(&'static str, &str, &str)]) -> Vec<(&'static str, String, String)> {
        rows.iter().map(|&(problem, roles, fix)| (problem, roles.into(), fix.into())).collect()
    }

    #[test]
    fn nothing_is_wrong_with_names_in_their_usual_spelling() {
        for caseins in [false, true] {
            assert_eq!(
                audit(
                    caseins,
                    &["alice@A.B", "o'brien@A.B", "app", "team", "-Bob@A.B", "!Eve@A.B"]
                ),
                []
            );
        }
    }

    #[test]
    fn roles_that_differ_by_case_only_and_can_log_in() {
        let disable = "SELECT kerb_disable_principal('Bob@A.B');";
        assert_eq!(
            audit(true, &["bob@A.B", "Bob@A.B"])[0],
            ("case_collision", "Bob@A.B bob@A.B".into(), disable.into())
        );
        // The member of rds_ad stays, whatever it is called; who cannot log in is no danger.
        assert_eq!(
            audit(true, &["!bob@A.B", "Bob@A.B"])[0].2,
            "SELECT kerb_disable_principal('bob@A.B');"
        );
        assert!(audit(true, &["!bob@A.B", "!Bob@A.B"]).is_empty());
        assert!(audit(true, &["bob@A.B", "-Bob@A.B"]).is_empty());
        assert_eq!(audit(true, &["bob@A.B", "bob@a.b"])[0].2, "ALTER ROLE \"bob@a.b\" NOLOGIN;");
    }

    #[test]
    fn a_realm_in_lower_case_is_unreachable_or_would_be() {
        let fix = r#"ALTER ROLE "bob@a.b" RENAME TO "bob@A.B";"#;
        assert_eq!(
            audit(false, &["bob@a.b"]),
            rows(&[
                ("unreachable_realm_case", "bob@a.b", fix),
                ("opened_by_caseins", "bob@a.b", fix)
            ])
        );
        assert_eq!(audit(true, &["bob@a.b"]), rows(&[("closed_by_caseins", "bob@a.b", fix)]));
    }

    #[test]
    fn a_username_in_upper_case_depends_on_the_setting() {
        let fix = "SELECT kerb_rename_principal('Bob@A.B', NULL, 'bob');";
        assert_eq!(audit(false, &["Bob@A.B"]), rows(&[("opened_by_caseins", "Bob@A.B", fix)]));
        assert_eq!(audit(true, &["Bob@A.B"]), rows(&[("closed_by_caseins", "Bob@A.B", fix)]));
    }

    #[test]
    fn names_that_were_cut() {
        let cut = |name: &str| name[..63].to_string();
        let long_user = cut("a-service-with-quite-a-long-name-indeed-it-is@CORP.EXAMPLE.COM.LONG");
        let in_realm = cut(&format!("bob@{}.EXAMPLE.COM", "X".repeat(50)));
        let known = format!("!al@{}.EXAMPLE.COM", "X".repeat(43));
        let long_realm = cut(&format!("a-longer-name@{}.EXAMPLE.COM", "X".repeat(43)));
        let whole = format!("abcdefgh@{}.COM", "Y".repeat(50));
        assert_eq!(whole.len(), 63);
        let problems = |names: &[&str]| -> Vec<_> {
            audit(false, names).into_iter().map(|f| (f.0, f.1)).collect()
        };
        assert_eq!(problems(&[&long_user]), [("unreachable_length", long_user.clone())]);
        assert_eq!(problems(&[&long_realm]), [], "no sign that it is not whole");
        assert_eq!(problems(&[&long_realm, &known]), [("unreachable_length", long_realm.clone())]);
        assert_eq!(problems(&[&whole]), []);
        assert!(in_realm.ends_with('.'));
        assert_eq!(problems(&[&in_realm]), [("unreachable_length", in_realm.clone())]);
        let no_at = cut(&"n".repeat(70));
        assert_eq!(problems(&[&no_at]), [("unreachable_length", no_at.clone())]);
    }
}

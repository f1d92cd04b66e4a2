//! What a login asks about the role.

use crate::diagnose::check::answer::Check;
use crate::diagnose::check::questions::Questions;
use crate::diagnose::hba::verdict::HbaVerdict;
use crate::lookup::changeable;
use crate::names::case::HighBytes;
use crate::names::role_name::RoleName;
use crate::quote::{array_literal, literal};
use crate::roles::path::PathStep;
use crate::roles::role::Role;

impl Questions<'_> {
    fn grant_ad(&self) -> String {
        format!("GRANT {} TO {};", self.cluster.rule.ad_role().quoted(), self.name.quoted())
    }

    fn other(&self) -> Option<&Role> {
        self.cluster.roles.other_spelling(self.name.as_str())
    }

    pub(super) fn exists(&self) -> Check {
        match (self.role, self.other()) {
            (Some(role), _) => Check::ok(
                "role_exists",
                format!(
                    "role \"{}\"; a client has to ask for it in exactly this spelling",
                    role.name
                ),
            ),
            (None, Some(other)) => {
                let is_a_tickets = other.name.principal().is_some();
                let which = if is_a_tickets {
                    "; if the ticket is spelled so, ask for that one"
                } else {
                    ""
                };
                let user = self.name.as_str().rsplit_once('@').map_or("", |(user, _)| user);
                let fix = match changeable(other, &self.cluster.rule) {
                    Ok(()) if is_a_tickets && self.by_function() => format!(
                        "SELECT kerb_rename_principal({}, NULL, {});",
                        literal(other.name.as_str()),
                        literal(user)
                    ),
                    _ => format!(
                        "ALTER ROLE {} RENAME TO {};",
                        other.name.quoted(),
                        self.name.quoted()
                    ),
                };
                let detail = format!(
                    "no role \"{}\", but role \"{}\", which differs by case only{which}",
                    self.name, other.name
                );
                Check::wrong("role_exists", detail, fix)
            }
            (None, None) => Check::wrong(
                "role_exists",
                format!("no role \"{}\", in whatever case", self.name),
                if self.by_function() {
                    format!("SELECT kerb_add_principal({});", self.literal())
                } else {
                    format!("CREATE USER {} WITH LOGIN; {}", self.name.quoted(), self.grant_ad())
                },
            ),
        }
    }

    pub(super) fn realm_case(&self) -> Check {
        let realm_of =
            |name: &RoleName| name.as_str().rsplit_once('@').map(|(_, realm)| realm.to_string());
        match (self.role, self.other()) {
            (None, Some(other)) if realm_of(&other.name) != realm_of(&self.name) => Check::wrong(
                "realm_case",
                format!(
                    "the realm of role \"{}\" is not in upper case, as tickets have it",
                    other.name
                ),
                format!("ALTER ROLE {} RENAME TO {};", other.name.quoted(), self.name.quoted()),
            ),
            _ => Check::ok("realm_case", "the realm is in upper case, as tickets have it"),
        }
    }

    /// Whether the role is in `rds_ad`, or gets in without that.
    pub(super) fn in_ad(&self, verdict: Option<&HbaVerdict>) -> Check {
        const NAME: &str = "rds_ad";
        let ad = self.cluster.rule.ad_role();
        self.of_role(NAME, |_| {
            if let Some(path) = self.node().and_then(|node| self.both.ad_path(node)) {
                return Check::ok(NAME, format!("member of {ad} by {}", path_in_words(path)));
            }
            let outside = format!("not a member of {ad}");
            let fix = if self.by_function() {
                format!("SELECT kerb_add_principal({}, if_not_exists => true);", self.literal())
            } else {
                self.grant_ad()
            };
            match verdict {
                Some(HbaVerdict::Passes { .. }) => {
                    Check::ok(NAME, format!("{outside}, which pg_hba.conf does not ask for"))
                }
                Some(HbaVerdict::Unknown { .. }) => Check::unknown(
                    NAME,
                    format!("{outside}; whether pg_hba.conf asks for it is not known"),
                    fix,
                ),
                _ => Check::wrong(NAME, outside, fix),
            }
        })
    }

    /// Whether the role is in `rds_iam` as well, and sent to that method.
    pub(super) fn not_in_iam(&self, verdict: Option<&HbaVerdict>) -> Check {
        const NAME: &str = "not_rds_iam";
        let iam = self.cluster.rule.iam_role();
        self.of_role(NAME, |_| {
            let path = self.node().and_then(|node| Some((node, self.both.iam_path(node)?)));
            let Some((node, path)) = path else {
                return Check::ok(NAME, format!("not a member of {iam}"));
            };
            let inside = format!("member of {iam} as well, by {}", path_in_words(path));
            let revokes = self.both.out_of_iam(node);
            let fix = match revokes.is_empty() {
                true => "-- let kerbrole.iam_role name another role than this one".into(),
                false => revokes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            };
            match verdict {
                Some(HbaVerdict::Passes { .. }) => {
                    Check::ok(NAME, format!("{inside}, which pg_hba.conf does not ask for"))
                }
                Some(HbaVerdict::Unknown { .. }) => Check::unknown(
                    NAME,
                    format!("{inside}; whether pg_hba.conf sends it to that method is not known"),
                    fix,
                ),
                _ => Check::wrong(NAME, format!("{inside}, and sent to that method first"), fix),
            }
        })
    }

    pub(super) fn case_rule(&self) -> Check {
        let others: Vec<_> = self
            .cluster
            .roles
            .other_spellings(self.name.as_str())
            .filter(|other| other.can_login)
            .collect();
        let mut detail = if self.facts.caseins_users {
            format!(
                "krb_caseins_users is on: a ticket of {} in whatever case of A-Z opens it",
                self.name
            )
        } else {
            format!(
                "krb_caseins_users is off: only a ticket spelled exactly {} opens it",
                self.name
            )
        };
        if let Some(other) = others.first().filter(|_| self.role.is_some()) {
            detail.push_str(&format!(
                "; role \"{}\" differs by case only (the case audit says more)",
                other.name
            ));
        }
        let fix = "-- start the server with LC_ALL=C.UTF-8 in its environment, or turn \
                   krb_caseins_users off";
        match &self.facts.high_bytes {
            _ if !self.facts.caseins_users || self.name.as_str().is_ascii() => {
                Check::ok("case_rule", detail)
            }
            HighBytes::Kept => Check::ok("case_rule", detail),
            HighBytes::Folded { locale } => Check::unknown(
                "case_rule",
                format!(
                    "{detail}; the server was started with LC_CTYPE {locale}, by which it folds \
                     single bytes of other letters: tickets of other people may open it too"
                ),
                fix,
            ),
            HighBytes::Unknown => Check::unknown(
                "case_rule",
                format!(
                    "{detail}; where the server was started with an LC_CTYPE of single bytes it \
                     folds bytes of other letters as well, and tickets of other people may open it \
                     too: to know it, the library has to be in shared_preload_libraries"
                ),
                fix,
            ),
        }
    }

    pub(super) fn may_log_in(&self) -> Check {
        self.of_role("login", |role| {
            if role.can_login {
                Check::ok("login", "LOGIN")
            } else {
                let fix = if role.elevated.any()
                    || role.name.principal().is_none()
                    || !self.by_function()
                {
                    format!("ALTER ROLE {} LOGIN;", role.name.quoted())
                } else {
                    format!("SELECT kerb_enable_principal({});", self.literal())
                };
                Check::wrong("login", "NOLOGIN: the principal is disabled", fix)
            }
        })
    }

    pub(super) fn role_limit(&self) -> Check {
        self.of_role("connection_limit", |role| {
            let fix = format!("ALTER ROLE {} CONNECTION LIMIT -1;", role.name.quoted());
            self.limit("connection_limit", self.facts.role_limit, "the role", fix)
        })
    }
}

fn path_in_words<'p>(path: impl Iterator<Item = PathStep<&'p str>>) -> String {
    array_literal(path.map(|step| step.to_string()))
}

//! What is said about a refusal besides its message: DETAIL and HINT.

use super::{Error, LARGEST_LIST, LONGEST_LIST, counted, visible};
use crate::graph::PathStep;
use crate::names::RoleName;
use crate::powers::Power;
use crate::quote::{array_literal, quote_literal};
use crate::realm::Realm;
use crate::removal::holdings_in_words;

impl Error {
    /// More about the matter: DETAIL.
    pub fn detail(&self) -> Option<String> {
        Some(match self {
            Self::TooLong { .. } => {
                "A login is looked up by the first 63 bytes of the name, but compared with the whole principal: this one could \
                 never log in."
                    .into()
            }
            Self::CaseCollision { .. } | Self::CaseCollisionOnEnable { .. } => {
                "With krb_caseins_users on, one person's ticket would open both roles; with it off, a slip of the keyboard decides \
                 which."
                    .into()
            }
            Self::InUse { sessions, .. } => {
                format!("It has {} on this server.", counted(*sessions as usize, "session"))
            }
            Self::Owner { holdings, .. } | Self::OnlyDisabled { holdings, .. } => holdings_in_words(holdings),
            Self::RenameRealm { first, others } => {
                let detail = first.detail();
                let more = match others {
                    0 => None,
                    n => Some(format!("{} more cannot be renamed either.", counted(*n, "principal"))),
                };
                let all: Vec<_> = detail.into_iter().chain(more).collect();
                return (!all.is_empty()).then(|| all.join(" "));
            }
            Self::Powers { group, path, power, .. } => {
                let path = array_literal(path.iter().map(PathStep::text));
                let why = match power {
                    Power::Attributes(attributes) => format!("\"{group}\" has {attributes}"),
                    Power::Predefined => format!("\"{group}\" is one of the server's own roles"),
                    Power::NotGrantable => format!("the right to grant \"{group}\" is not yours"),
                };
                format!("Memberships: {path}; {why}.")
            }
            Self::Encoding { .. } => {
                "Kerberos names are compared with role names byte for byte in UTF-8.".into()
            }
            Self::RealmNotAllowed { allowed, .. } => {
                let allowed: Vec<_> = allowed.iter().map(Realm::as_str).collect();
                format!("kerbrole.allowed_realms lists {}.", allowed.join(", "))
            }
            Self::Conflict { conflict, others, ad_role, iam_role, .. }
            | Self::ConflictMade { conflict, others, ad_role, iam_role } => {
                let path = |path: &[PathStep]| array_literal(path.iter().map(PathStep::text));
                let mut detail = format!(
                    "Path to {ad_role}: {}. Path to {iam_role}: {}.",
                    path(&conflict.ad_path),
                    path(&conflict.iam_path)
                );
                if *others > 0 {
                    let (roles, are) = if *others == 1 { ("role", "is") } else { ("roles", "are") };
                    detail.push_str(&format!(" {others} more {roles} {are} concerned."));
                }
                detail
            }
            _ => return None,
        })
    }

    /// What to do about it: HINT.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UsernameEmpty => "Write the sAMAccountName of the directory user, for example 'alice'.".into(),
            Self::Null { .. } => "Leave the argument out or give it a value.".into(),
            Self::Username { hint, .. } | Self::Realm { hint, .. } => (*hint).into(),
            Self::RealmMissing { username } => format!(
                "Give the realm as well: '{}@CORP.EXAMPLE.COM', or as an argument of its own. A superuser can set \
                 kerbrole.default_realm.",
                visible(username)
            ),
            Self::RealmTwice { spelling, realm } => {
                let username = spelling.rsplit_once('@').map_or(spelling.as_str(), |(username, _)| username);
                format!("Write either '{}' alone, or '{}' and '{}'.", visible(spelling), visible(username), visible(realm))
            }
            Self::TwoAtSigns { .. } => "Write sAMAccountName@REALM. A user principal name (UPN) opens no role: a ticket that klist shows for one has to be asked \
                 for by the account's own name, or with kinit -C."
                .into(),
            Self::RealmSingleLabel { meant: Some(meant), .. } => format!("Write the directory's DNS name: '{meant}'."),
            Self::RealmSingleLabel { realm, meant: None } => format!(
                "Write the directory's DNS name, for example CORP.EXAMPLE.COM. If the realm really is called {realm}, a superuser can \
                 list it in kerbrole.allowed_realms."
            ),
            Self::RealmNotAllowed { .. } => "Check the realm's spelling: it is the directory's DNS name, which the suffix of a user principal name (UPN) need not \
                                               be. A superuser can extend kerbrole.allowed_realms."
                .into(),
            Self::NetbiosUnknown { .. } => "Write the username and the realm, for example 'alice@CORP.EXAMPLE.COM'. A superuser can map the \
                 domain to its realm in kerbrole.netbios_domains."
                .into(),
            Self::NetbiosDomains { .. } => {
                "Write the list as DOMAIN=REALM, DOMAIN=REALM, each domain once: CORP=CORP.EXAMPLE.COM.".into()
            }
            Self::SameRole { .. } => "Set them to two different roles; their defaults are rds_ad and rds_iam.".into(),
            Self::RoleNameInvalid { .. } => "A role name has at least one character and no NUL.".into(),
            Self::Encoding { .. } | Self::Unwritable { .. } => "Connect to a database with encoding UTF8: roles belong to the whole cluster.".into(),
            Self::ArgumentTooLong { .. } => "Give one name: of a role's, PostgreSQL keeps 63 bytes.".into(),
            Self::ListTooLong { .. } => format!(
                "One call takes up to {LONGEST_LIST} elements with {LARGEST_LIST} bytes in all. Add the principals in several calls; for a synchronisation, list only \
                 those who are to have access to this server."
            ),
            Self::TooLong { .. } => "Give the account a shorter sAMAccountName in the directory. Letters outside ASCII take two to four bytes \
                 each."
                .into(),
            Self::Reserved { prefix: "pg_", .. } => {
                "PostgreSQL keeps names that begin with \"pg_\" for itself: give the account another sAMAccountName.".into()
            }
            Self::Reserved { .. } => {
                "Names that begin with \"rds_\" are the service's own: give the account another sAMAccountName.".into()
            }
            Self::Exists { .. } => "With if_not_exists a role that exists is taken as it is, and given what it lacks.".into(),
            Self::NameTaken { .. } => "Choose another name, or drop or rename that role first.".into(),
            Self::NamedTwice { .. } => "Name each principal once.".into(),
            Self::CaseCollision { other, both_new: false, .. } => {
                format!("Use \"{other}\" as it is, or rename or drop it first.")
            }
            Self::CaseCollision { both_new: true, .. } => "Name the principal once, as its ticket spells it.".into(),
            Self::RuleRoleMissing { setting, .. } => {
                format!("Run sql/rds_roles.sql to create the roles that RDS has, or set {setting} to the role that stands for it here.")
            }
            Self::Setting { setting, reason } => {
                let what = reason.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
                format!(
                    "Nothing is done by a rule that cannot be read. Correct {setting} where it is set: in the server's configuration, or by ALTER DATABASE or ALTER ROLE ... SET.{what}"
                )
            }
            Self::AllowedMeanwhile => "Run it again: the guard has to look at it from the start.".into(),
            Self::Powers { .. } => "A superuser can change it. Whoever gives a role another name, or opens it again, must be able to give what it can do.".into(),
            Self::RoleMissing { other: Some(other), .. } => {
                format!("Did you mean \"{other}\"? A role is written exactly as it is called.")
            }
            Self::RoleMissing { other: None, .. } => "A role is written exactly as it is called; pg_roles lists them.".into(),
            Self::CaseCollisionOnEnable { other, .. } => {
                format!("Disable, rename or drop \"{other}\" first, or leave this one disabled.")
            }
            Self::PrincipalMissing { other: Some(other), .. } if other.principal().is_some() => {
                format!("Did you mean '{other}'?")
            }
            Self::PrincipalMissing { other: Some(other), role } => format!(
                "No ticket is spelled \"{other}\", which differs by case only. To make it the role of the principal: ALTER ROLE {} RENAME TO {};",
                other.quoted(),
                role.quoted()
            ),
            Self::PrincipalMissing { other: None, .. } => "kerb_list_principals() lists those that there are.".into(),
            Self::RuleRole { setting, .. } => {
                format!("Everybody's rights hang on this role. Should {setting} name another one?")
            }
            Self::InUse { role, .. } => {
                format!("End them first: SELECT kerb_disable_principal({}, terminate => true);", literal(role))
            }
            Self::Owner { .. } => "Give the objects in this database to somebody else with reassign_owned_to => 'role', or disable the principal \
                                   instead of dropping it: kerb_disable_principal()."
                .into(),
            Self::OnlyDisabled { role, .. } => format!(
                "Call kerb_drop_principal({}) in each of these databases, with reassign_owned_to where it owns something: the last call drops \
                 the role.",
                literal(role)
            ),
            Self::HeirIsTheRole { .. } => "Name another role in reassign_owned_to.".into(),
            Self::HeirForbidden { .. } => {
                "Name yourself or a role that you are a member of: whoever owns a function decides what it does with its owner's rights.".into()
            }
            Self::Absent { .. } => "Write 'keep', 'disable' or 'drop'.".into(),
            Self::TooManyRemovals { .. } => "Is the list complete? If it is, a superuser can set kerbrole.sync_max_removals to the number that may be \
                                             removed at once."
                .into(),
            Self::UnknownWord { .. } => "Use a version of kerbrole-client that is not older than the extension.".into(),
            Self::SameRealm { .. } => "Give the realm that the principals have now, and the one that they are to have.".into(),
            Self::RenameRealm { first, others } => {
                const ALL: &str = "A dry run lists all of them.";
                return match (first.hint(), others) {
                    (hint, 0) => hint,
                    (Some(hint), _) => Some(format!("{hint} {ALL}")),
                    (None, _) => Some(ALL.into()),
                };
            }
            Self::ChangedMeanwhile { .. } => "Try again.".into(),
            Self::PreparedTransaction => "Use COMMIT, or leave terminate out.".into(),
            Self::NotInAd { role, .. } => {
                format!("SELECT kerb_add_principal({}, if_not_exists => true); makes it one.", literal(role))
            }
            Self::LockTimeout => "Try again when it has ended, or raise lock_timeout. Who holds the lock: SELECT DISTINCT pid FROM pg_locks WHERE \
                                  relation = 'pg_auth_members'::regclass AND granted;"
                .into(),
            Self::GroupMissing { other: Some(other), .. } => {
                format!("Did you mean \"{other}\"? A group is written exactly as its role is called.")
            }
            Self::GroupMissing { other: None, .. } => "Create the role first: groups are not created on the way.".into(),
            Self::Elevated { .. } => {
                "A superuser can take the attributes away with ALTER ROLE, or make the change with plain statements.".into()
            }
            Self::ConflictMade { conflict, .. } => {
                let fix: Vec<_> = conflict.fix.iter().map(ToString::to_string).collect();
                format!("To end that: {}", fix.join(" "))
            }
            Self::Conflict { fix, group, iam_role, .. } => {
                let fix: Vec<_> = fix.iter().map(ToString::to_string).collect();
                let fix = fix.join(" ");
                match (group, fix.is_empty()) {
                    (Some(group), true) => format!("Leave out the group \"{group}\"."),
                    (Some(group), false) => format!("Leave out the group \"{group}\", or run first: {fix}"),
                    (None, true) => format!("A role logs in through Kerberos or through {iam_role}, never both: use two roles."),
                    (None, false) => format!("Run first: {fix}"),
                }
            }
        })
    }
}

/// A name as SQL has to spell it where it is text.
fn literal(role: &RoleName) -> String {
    quote_literal(role.as_str()).trim_start().into()
}

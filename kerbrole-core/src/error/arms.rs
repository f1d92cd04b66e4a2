//! What is said about each refusal: SQLSTATE, message, DETAIL and HINT of one stand together.

use crate::error::words::both_paths;
use crate::error::{Error, LARGEST_LIST, LONGEST_LIST};
use crate::quote::{array_literal, literal};
use crate::report::Report;
use crate::roles::dependants::holdings_in_words;
use crate::roles::path::PathStep;
use crate::roles::power::Power;
use crate::text::{counted, visible};

impl Error {
    pub(crate) fn report(&self) -> Report {
        use crate::sqlstate::SqlState as S;
        let is = |sqlstate: S, message: String| Report::new(sqlstate, message);
        match self {
            Self::Name(error) => error.report(),
            Self::Told(warning) => warning.report(),
            Self::Access(error) => error.report(),
            Self::Null { argument } => {
                is(S::InvalidParameterValue, format!("{argument} must not be NULL"))
                    .hint("Leave the argument out or give it a value.")
            }
            Self::Element { list, position, element, reason } => {
                let report = reason.report();
                let is = match element {
                    Some(element) => format!("\"{}\"", visible(element)),
                    None => "NULL".into(),
                };
                let place = format!("Element {position} of {list} is {is}.");
                let before = report.detail.iter().map(|detail| format!("{detail} "));
                let detail = before.collect::<String>() + &place;
                report.detail(detail)
            }
            Self::Encoding { encoding } => is(
                S::InvalidParameterValue,
                format!(
                    "a name that is not plain ASCII cannot be handled in a database with encoding \
                     {encoding}"
                ),
            )
            .detail("Kerberos names are compared with role names byte for byte in UTF-8.")
            .hint(CONNECT_TO_UTF8),
            Self::Unwritable { role } => {
                let oid =
                    role.unwritable_oid().map(|oid| format!(" (OID {oid})")).unwrap_or_default();
                is(
                    S::InvalidParameterValue,
                    format!(
                        "role \"{role}\"{oid} has a name that is no text in this database and is \
                         not changed"
                    ),
                )
                .hint(CONNECT_TO_UTF8)
            }
            Self::ArgumentTooLong { bytes } => {
                is(S::NameTooLong, format!("an argument of {bytes} bytes is no name"))
                    .hint("Give one name: of a role's, PostgreSQL keeps 63 bytes.")
            }
            Self::ListTooLong { elements, bytes } => {
                let bytes = bytes.map(|bytes| format!(" with {bytes} bytes")).unwrap_or_default();
                is(
                    S::ProgramLimitExceeded,
                    format!("a list of {elements} elements{bytes} is more than one call takes"),
                )
                .hint(format!(
                    "One call takes up to {LONGEST_LIST} elements with {LARGEST_LIST} bytes in \
                     all. Add the principals in several calls; for a synchronisation, list only \
                     those who are to have access to this server."
                ))
            }
            Self::Exists { role } => is(
                S::DuplicateObject,
                format!("role \"{role}\" already exists"),
            )
            .hint(
                "With if_not_exists a role that exists is taken as it is, and given what it lacks.",
            ),
            Self::NameTaken { role } => {
                is(S::DuplicateObject, format!("role \"{role}\" already exists"))
                    .hint("Choose another name, or drop or rename that role first.")
            }
            Self::NamedTwice { role, first, second } => is(
                S::DuplicateObject,
                format!(
                    "\"{}\" and \"{}\" are the same principal, \"{role}\"",
                    visible(first),
                    visible(second)
                ),
            )
            .hint("Name each principal once."),
            Self::CaseCollision { role, other, both_new } => is(
                S::DuplicateObject,
                format!("role \"{role}\" would differ from role \"{other}\" by case only"),
            )
            .detail(ONE_TICKET_OPENS_BOTH)
            .hint(match both_new {
                false => format!("Use \"{other}\" as it is, or rename or drop it first."),
                true => "Name the principal once, as its ticket spells it.".into(),
            }),
            Self::CaseCollisionOnEnable { role, other } => is(
                S::DuplicateObject,
                format!(
                    "role \"{role}\" differs from role \"{other}\", which can log in, by case only"
                ),
            )
            .detail(ONE_TICKET_OPENS_BOTH)
            .hint(format!(
                "Disable, rename or drop \"{other}\" first, or leave this one disabled."
            )),
            Self::PrincipalMissing { role, other } => is(
                S::UndefinedObject,
                format!("principal \"{role}\" does not exist"),
            )
            .hint(match other {
                Some(other) if other.principal().is_some() => format!("Did you mean '{other}'?"),
                Some(other) => format!(
                    "No ticket is spelled \"{other}\", which differs by case only. To make it the \
                     role of the principal: ALTER ROLE {} RENAME TO {};",
                    other.quoted(),
                    role.quoted()
                ),
                None => "kerb_list_principals() lists those that there are.".into(),
            }),
            Self::RuleRole { role, setting } => is(
                S::InsufficientPrivilege,
                format!("role \"{role}\" is {setting} and is not changed"),
            )
            .hint(format!(
                "Everybody's rights hang on this role. Should {setting} name another one?"
            )),
            Self::InUse { role, sessions } => {
                is(S::ObjectInUse, format!("role \"{role}\" is in use"))
                    .detail(format!(
                        "It has {} on this server.",
                        counted(*sessions as usize, "session")
                    ))
                    .hint(format!(
                        "End them first: SELECT kerb_disable_principal({}, terminate => true);",
                        literal(role.as_str())
                    ))
            }
            Self::Owner { role, holdings } => is(
                S::DependentObjectsStillExist,
                format!("role \"{role}\" cannot be dropped because it owns objects"),
            )
            .detail(holdings_in_words(holdings))
            .hint(
                "Give the objects in this database to somebody else with reassign_owned_to => \
                 'role', or disable the principal instead of dropping it: \
                 kerb_disable_principal().",
            ),
            Self::HeirIsTheRole { role } => is(
                S::InvalidParameterValue,
                format!("the objects of role \"{role}\" cannot be given to the role itself"),
            )
            .hint("Name another role in reassign_owned_to."),
            Self::HeirForbidden { heir } => is(
                S::InsufficientPrivilege,
                format!("must be able to SET ROLE \"{heir}\" to give it objects"),
            )
            .hint(
                "Name yourself or a role that you are a member of: whoever owns a function decides \
                 what it does with its owner's rights.",
            ),
            Self::Absent { value } => is(
                S::InvalidParameterValue,
                format!("invalid value for absent: \"{}\"", visible(value)),
            )
            .hint("Write 'keep', 'disable' or 'drop'."),
            Self::TooManyRemovals { removals, principals, at_most } => is(
                S::ConfigurationLimitExceeded,
                format!(
                    "{removals} of {principals} principals would be disabled or dropped, and at \
                     most {at_most} may be at once"
                ),
            )
            .hint(
                "Is the list complete? If it is, a superuser can set kerbrole.sync_max_removals to \
                 the number that may be removed at once.",
            ),
            Self::UnknownWord { word } => is(
                S::InvalidParameterValue,
                format!(
                    "the extension answered with \"{}\", which this version does not know",
                    visible(word)
                ),
            )
            .hint("Use a version of kerbrole-client that is not older than the extension."),
            Self::SameRealm { realm } => {
                is(S::InvalidParameterValue, format!("old and new realm are both \"{realm}\""))
                    .hint(
                        "Give the realm that the principals have now, and the one that they are to \
                         have.",
                    )
            }
            Self::RenameRealm { first, others: 0 } => first.report(),
            Self::RenameRealm { first, others } => {
                let Report { sqlstate, message, detail, hint } = first.report();
                let more =
                    format!("{} more cannot be renamed either.", counted(*others, "principal"));
                let all = |text: Option<String>, more: &str| {
                    text.into_iter().chain([more.to_string()]).collect::<Vec<_>>().join(" ")
                };
                is(sqlstate, message)
                    .detail(all(detail, &more))
                    .hint(all(hint, "A dry run lists all of them."))
            }
            Self::ChangedMeanwhile { role } => is(
                S::SerializationFailure,
                format!("role \"{role}\" was changed by another transaction meanwhile"),
            )
            .hint("Try again."),
            Self::PreparedTransaction => is(
                S::FeatureNotSupported,
                "a transaction that ends sessions cannot be prepared".into(),
            )
            .hint("Use COMMIT, or leave terminate out."),
            Self::RuleRoleMissing { role, setting } => {
                is(S::UndefinedObject, format!("role \"{role}\" does not exist")).hint(format!(
                    "Run sql/rds_roles.sql to create the roles that RDS has, or set {setting} to \
                     the role that stands for it here."
                ))
            }
            Self::RoleMissing { role, other } => is(
                S::UndefinedObject,
                format!("role \"{}\" does not exist", visible(role)),
            )
            .hint(match other {
                Some(other) => {
                    format!("Did you mean \"{other}\"? A role is written exactly as it is called.")
                }
                None => "A role is written exactly as it is called; pg_roles lists them.".into(),
            }),
            Self::Setting { setting, reason } => {
                let Report { message, hint, .. } = reason.report();
                let what = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
                is(
                    S::InvalidParameterValue,
                    format!("{setting} is set to what cannot be read: {message}"),
                )
                .hint(format!(
                    "Nothing is done by a rule that cannot be read. Correct {setting} where it is \
                     set: in the server's configuration, or by ALTER DATABASE or ALTER ROLE ... \
                     SET.{what}"
                ))
            }
            Self::AllowedMeanwhile => is(
                S::SerializationFailure,
                "the right to change these memberships was given while the statement ran".into(),
            )
            .hint("Run it again: the guard has to look at it from the start."),
            Self::LockTimeout => is(
                S::LockNotAvailable,
                "role memberships are being changed by another transaction, and lock_timeout ran \
                 out"
                .into(),
            )
            .hint(
                "Try again when it has ended, or raise lock_timeout. Who holds the lock: SELECT \
                 DISTINCT pid FROM pg_locks WHERE relation = 'pg_auth_members'::regclass AND \
                 granted;",
            ),
            Self::GroupMissing { group, other } => is(
                S::UndefinedObject,
                format!("group \"{}\" does not exist", visible(group)),
            )
            .hint(match other {
                Some(other) => {
                    format!(
                        "Did you mean \"{other}\"? A group is written exactly as its role is \
                         called."
                    )
                }
                None => "Create the role first: groups are not created on the way.".into(),
            }),
            Self::Elevated { role, attributes } => is(
                S::InsufficientPrivilege,
                format!("role \"{role}\" has {attributes} and is not changed"),
            )
            .hint(
                "A superuser can take the attributes away with ALTER ROLE, or make the change with \
                 plain statements.",
            ),
            Self::Powers { role, group, path, power } => {
                let path = array_literal(path.iter().map(PathStep::text));
                let why = match power {
                    Power::Attributes(attributes) => format!("\"{group}\" has {attributes}"),
                    Power::Predefined => format!("\"{group}\" is one of the server's own roles"),
                    Power::NotGrantable => format!("the right to grant \"{group}\" is not yours"),
                };
                is(
                    S::InsufficientPrivilege,
                    format!("role \"{role}\" has powers through \"{group}\" and is not changed"),
                )
                .detail(format!("Memberships: {path}; {why}."))
                .hint(
                    "A superuser can change it. Whoever gives a role another name, or opens it \
                     again, must be able to give what it can do.",
                )
            }
            Self::Conflict { conflict, others, ad_role, iam_role, fix, group } => {
                let fix: Vec<_> = fix.iter().map(ToString::to_string).collect();
                let fix = fix.join(" ");
                is(
                    S::InvalidGrantOperation,
                    format!(
                        "role \"{}\" would be a member of both {ad_role} and {iam_role}",
                        conflict.role
                    ),
                )
                .detail(both_paths(conflict, *others, ad_role, iam_role))
                .hint(match (group, fix.is_empty()) {
                    (Some(group), true) => format!("Leave out the group \"{group}\"."),
                    (Some(group), false) => {
                        format!("Leave out the group \"{group}\", or run first: {fix}")
                    }
                    (None, true) => {
                        format!(
                            "A role logs in through Kerberos or through {iam_role}, never both: \
                             use two roles."
                        )
                    }
                    (None, false) => format!("Run first: {fix}"),
                })
            }
        }
    }
}

const CONNECT_TO_UTF8: &str =
    "Connect to a database with encoding UTF8: roles belong to the whole cluster.";

const ONE_TICKET_OPENS_BOTH: &str = "With krb_caseins_users on, one person's ticket would open \
                                     both roles; with it off, a slip of the keyboard decides \
                                     which.";

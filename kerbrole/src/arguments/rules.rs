//! The options of plain statements, for which the extension has settings.

use clap::{Args, ValueEnum};
use kerbrole_client::{
    Backend, Builder, Kerbrole, NameRules, NetbiosDomains, Realm, RealmList, UsernameCase,
};
use tokio_postgres::Client;

use crate::exit::Failure;

/// The rules by which plain statements go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Plain statements")]
pub(crate) struct RuleOptions {
    /// On PostgreSQL 16 and later: accept that the user becomes a member of each principal it
    /// creates, and so of rds_ad
    #[arg(long, global = true)]
    pub(crate) accept_nesting: bool,
    /// What happens to the case of usernames (default: auto)
    #[arg(long, global = true, value_enum, value_name = "RULE")]
    pub(crate) username_case: Option<CaseChoice>,
    /// Realm of a principal that is given without one
    #[arg(long, global = true, value_name = "REALM", value_parser = Realm::parse)]
    pub(crate) default_realm: Option<Realm>,
    /// The only realms that principals may be of, separated by commas
    #[arg(long, global = true, value_name = "REALMS", value_parser = str::parse::<RealmList>)]
    pub(crate) allowed_realms: Option<RealmList>,
    /// What `CORP\alice` means: CORP=CORP.EXAMPLE.COM, separated by commas
    #[arg(long, global = true, value_name = "DOMAINS", value_parser = str::parse::<NetbiosDomains>)]
    pub(crate) netbios_domains: Option<NetbiosDomains>,
    /// Role whose members log in through Kerberos (default: rds_ad)
    #[arg(long, global = true, value_name = "ROLE")]
    pub(crate) ad_role: Option<String>,
    /// Role whose members log in through IAM (default: rds_iam)
    #[arg(long, global = true, value_name = "ROLE")]
    pub(crate) iam_role: Option<String>,
    /// How many principals sync may disable or drop at once (default: half of them)
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) max_removals: Option<usize>,
}

/// What happens to the case of usernames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaseChoice {
    /// lower case where krb_caseins_users is on, as given where it is off
    Auto,
    /// always lower case
    Lower,
    /// always as given
    Preserve,
}

impl RuleOptions {
    /// A builder that goes by these rules.
    pub(crate) fn builder(&self) -> Builder {
        let mut builder = Kerbrole::<Client>::builder().accept_nesting(self.accept_nesting);
        if let Some(case) = self.username_case {
            builder = builder.username_case(match case {
                CaseChoice::Auto => UsernameCase::Auto,
                CaseChoice::Lower => UsernameCase::Lower,
                CaseChoice::Preserve => UsernameCase::Preserve,
            });
        }
        if let Some(realm) = &self.default_realm {
            builder = builder.default_realm(realm.clone());
        }
        if let Some(realms) = &self.allowed_realms {
            builder = builder.allowed_realms(realms.clone());
        }
        if let Some(domains) = &self.netbios_domains {
            builder = builder.netbios_domains(domains.clone());
        }
        if let Some(role) = &self.ad_role {
            builder = builder.ad_role(role);
        }
        if let Some(role) = &self.iam_role {
            builder = builder.iam_role(role);
        }
        if let Some(at_most) = self.max_removals {
            builder = builder.max_removals(at_most);
        }
        builder
    }

    /// A principal as tickets have it, the realm in upper case; one without a realm is of the
    /// default.
    ///
    /// What cannot be understood stays as it was typed.
    pub(crate) fn with_realm(&self, typed: &str, default_realm: Realm) -> String {
        let rules = NameRules {
            default_realm: Some(default_realm),
            netbios_domains: self.netbios_domains.clone().unwrap_or_default(),
            ..NameRules::default()
        };
        rules
            .canonicalize(typed, None)
            .map_or_else(|_| typed.into(), |one| one.role_name().to_string())
    }

    /// Refuses the rules that do not hold for this backend.
    ///
    /// The extension goes by the settings that its administrator made, and whoever asks for another
    /// rule has to know that it would not hold.
    pub(crate) fn hold_for(&self, backend: Backend) -> Result<(), Failure> {
        if backend != Backend::Extension {
            return Ok(());
        }
        let given = [
            ("--username-case", self.username_case.is_some(), "username_case"),
            ("--default-realm", self.default_realm.is_some(), "default_realm"),
            ("--allowed-realms", self.allowed_realms.is_some(), "allowed_realms"),
            ("--netbios-domains", self.netbios_domains.is_some(), "netbios_domains"),
            ("--ad-role", self.ad_role.is_some(), "ad_role"),
            ("--iam-role", self.iam_role.is_some(), "iam_role"),
            ("--max-removals", self.max_removals.is_some(), "sync_max_removals"),
        ];
        match given.into_iter().find(|(_, given, _)| *given) {
            None => Ok(()),
            Some((option, _, setting)) => Err(Failure::usage(format!(
                "{option} is for plain statements, and this database has the extension, which \
                 goes by its own setting kerbrole.{setting}\n\
                 HINT:  Leave the option out, have a superuser change the setting, or choose plain \
                 statements: --backend sql"
            ))),
        }
    }
}

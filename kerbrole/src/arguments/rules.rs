//! The options of plain statements, for which the extension has settings.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ValueEnum};
use kerbrole_client::{
    Backend, Builder, Kerbrole, NameRules, NetbiosDomains, Realm, RealmList, UsernameCase,
};
use tokio_postgres::Client;

use crate::defaults::RuleDefaults;
use crate::failure::Failure;

/// The rules by which plain statements go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Plain statements")]
pub(crate) struct RuleOptions {
    /// On PostgreSQL 16 and later: accept that the user becomes a member of each principal it
    /// creates, and so of rds_ad
    #[arg(long, global = true, env = "KERBROLE_ACCEPT_NESTING")]
    pub(crate) accept_nesting: bool,
    /// What happens to the case of usernames (default: auto)
    #[arg(long, global = true, env = "KERBROLE_USERNAME_CASE", value_enum, value_name = "RULE")]
    pub(crate) username_case: Option<CaseChoice>,
    /// Realm of a principal that is given without one
    #[arg(
        long,
        global = true,
        env = "KERBROLE_DEFAULT_REALM",
        value_name = "REALM",
        value_parser = Realm::parse
    )]
    pub(crate) default_realm: Option<Realm>,
    /// The only realms that principals may be of, separated by commas
    #[arg(
        long,
        global = true,
        env = "KERBROLE_ALLOWED_REALMS",
        value_name = "REALMS",
        value_parser = str::parse::<RealmList>
    )]
    pub(crate) allowed_realms: Option<RealmList>,
    /// What `CORP\alice` means: CORP=CORP.EXAMPLE.COM, separated by commas
    #[arg(
        long,
        global = true,
        env = "KERBROLE_NETBIOS_DOMAINS",
        value_name = "DOMAINS",
        value_parser = str::parse::<NetbiosDomains>
    )]
    pub(crate) netbios_domains: Option<NetbiosDomains>,
    /// Role whose members log in through Kerberos (default: rds_ad)
    #[arg(long, global = true, env = "KERBROLE_AD_ROLE", value_name = "ROLE")]
    pub(crate) ad_role: Option<String>,
    /// Role whose members log in through IAM (default: rds_iam)
    #[arg(long, global = true, env = "KERBROLE_IAM_ROLE", value_name = "ROLE")]
    pub(crate) iam_role: Option<String>,
    /// How many principals sync may disable or drop at once (default: half of them)
    #[arg(long, global = true, env = "KERBROLE_MAX_REMOVALS", value_name = "NUMBER")]
    pub(crate) max_removals: Option<usize>,
    /// Refuse principals of a realm that nobody is of yet, while there are principals of others
    #[arg(long, global = true, env = "KERBROLE_KNOWN_REALMS_ONLY")]
    pub(crate) known_realms_only: bool,
    /// Those that stand on the command line, and are no defaults from elsewhere.
    #[arg(skip)]
    asked_for: Vec<&'static str>,
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

    /// Refuses the rules that were asked for and do not hold for this backend.
    ///
    /// The functions go by the settings that their administrator made, and whoever asks for another
    /// rule has to know that it would not hold. Defaults from the environment and the file are for
    /// plain statements.
    pub(crate) fn hold_for(&self, backend: Backend) -> Result<(), Failure> {
        let (has, setting_is) = match backend {
            Backend::PlainSql => return Ok(()),
            Backend::SqlFunctions => (
                "the functions in PL/pgSQL, which go by their own setting ",
                "whoever installed them change the setting (SELECT kerbrole.set(...))",
            ),
            _ => (
                "the extension, which goes by its own setting kerbrole.",
                "a superuser change the setting",
            ),
        };
        let setting = |name: &'static str| match name {
            "max_removals" => "sync_max_removals",
            name => name,
        };
        match self.asked_for.first() {
            None => Ok(()),
            Some(name) => Err(Failure::usage(format!(
                "--{} is for plain statements, and this database has {has}{}\n\
                 HINT:  Leave the option out, have {setting_is}, or choose plain statements: \
                 --backend sql",
                name.replace('_', "-"),
                setting(name)
            ))),
        }
    }

    /// Keeps in mind which of them stand on the command line.
    pub(super) fn ask(&mut self, matches: &ArgMatches) {
        const NAMES: [&str; 7] = [
            "username_case",
            "default_realm",
            "allowed_realms",
            "netbios_domains",
            "ad_role",
            "iam_role",
            "max_removals",
        ];
        let is_asked_for = |name: &&str| {
            matches.value_source(name).is_some_and(|source| source == ValueSource::CommandLine)
        };
        self.asked_for = NAMES.into_iter().filter(is_asked_for).collect();
    }

    /// Takes from the file what neither the command line nor the environment says.
    pub(crate) fn complete(&mut self, defaults: RuleDefaults) {
        self.accept_nesting |= defaults.accept_nesting.unwrap_or(false);
        self.known_realms_only |= defaults.known_realms_only.unwrap_or(false);
        self.username_case = self.username_case.or(defaults.username_case);
        self.default_realm = self.default_realm.take().or(defaults.default_realm);
        self.allowed_realms = self.allowed_realms.take().or(defaults.allowed_realms);
        self.netbios_domains = self.netbios_domains.take().or(defaults.netbios_domains);
        self.ad_role = self.ad_role.take().or(defaults.ad_role);
        self.iam_role = self.iam_role.take().or(defaults.iam_role);
        self.max_removals = self.max_removals.or(defaults.max_removals);
    }
}

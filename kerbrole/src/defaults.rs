//! The file of defaults: `KERBROLE_CONFIG`, else `kerbrole/config.toml` in the folder of
//! configurations.
//!
//! Rules of plain statements stand there, so that forgetting one of them once is not possible.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kerbrole_client::{NetbiosDomains, Realm, RealmList};
use serde::Deserialize;

use crate::arguments::{CaseChoice, ColorChoice, Format};
use crate::connect::conninfo::home;
use crate::failure::Failure;

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) rules: RuleDefaults,
    pub(crate) format: Option<Format>,
    pub(crate) color: Option<ColorChoice>,
}

/// What it says of the rules of plain statements.
#[derive(Debug, Default)]
pub(crate) struct RuleDefaults {
    pub(crate) accept_nesting: Option<bool>,
    pub(crate) username_case: Option<CaseChoice>,
    pub(crate) default_realm: Option<Realm>,
    pub(crate) allowed_realms: Option<RealmList>,
    pub(crate) netbios_domains: Option<NetbiosDomains>,
    pub(crate) ad_role: Option<String>,
    pub(crate) iam_role: Option<String>,
    pub(crate) max_removals: Option<usize>,
    pub(crate) known_realms_only: Option<bool>,
}

/// The file, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    accept_nesting: Option<bool>,
    username_case: Option<String>,
    default_realm: Option<String>,
    allowed_realms: Option<Vec<String>>,
    netbios_domains: Option<BTreeMap<String, String>>,
    ad_role: Option<String>,
    iam_role: Option<String>,
    max_removals: Option<usize>,
    known_realms_only: Option<bool>,
    format: Option<String>,
    color: Option<String>,
}

/// Reads the file, where there is one.
///
/// # Errors
/// Where it cannot be read, or says what cannot be meant; also where `KERBROLE_CONFIG` names one
/// that is not there.
pub(crate) fn read() -> Result<Defaults, Failure> {
    let named = env::var_os("KERBROLE_CONFIG").filter(|path| !path.is_empty());
    let is_named = named.is_some();
    let Some(path) = named.map(PathBuf::from).or_else(usual) else {
        return Ok(Defaults::default());
    };
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).map_err(|what| in_file(&path, &what)),
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => Ok(Defaults::default()),
        Err(error) => Err(in_file(&path, &error)),
    }
}

/// Where the XDG Base Directory Specification has it.
fn usual() -> Option<PathBuf> {
    let set = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = set.filter(|path| path.is_absolute()).or_else(|| Some(home()?.join(".config")));
    Some(folder?.join("kerbrole").join("config.toml"))
}

fn in_file(path: &Path, what: &impl Display) -> Failure {
    Failure::usage(format!("the file of defaults {}: {what}", path.display()))
}

fn parse(text: &str) -> Result<Defaults, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let netbios_domains = file.netbios_domains.map(|domains| {
        let pairs: Vec<_> =
            domains.iter().map(|(domain, realm)| format!("{domain}={realm}")).collect();
        pairs.join(",")
    });
    Ok(Defaults {
        rules: RuleDefaults {
            accept_nesting: file.accept_nesting,
            username_case: choice("username_case", file.username_case.as_deref())?,
            default_realm: value("default_realm", file.default_realm, Realm::parse)?,
            allowed_realms: value(
                "allowed_realms",
                file.allowed_realms.map(|realms| realms.join(",")),
                RealmList::from_str,
            )?,
            netbios_domains: value("netbios_domains", netbios_domains, NetbiosDomains::from_str)?,
            ad_role: file.ad_role,
            iam_role: file.iam_role,
            max_removals: file.max_removals,
            known_realms_only: file.known_realms_only,
        },
        format: choice("format", file.format.as_deref())?,
        color: choice("color", file.color.as_deref())?,
    })
}

fn value<T, E: Display>(
    name: &str,
    given: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let parsed = given.map(|text| parse(&text)).transpose();
    parsed.map_err(|error| format!("{name}: {error}"))
}

fn choice<T: clap::ValueEnum>(name: &str, given: Option<&str>) -> Result<Option<T>, String> {
    let Some(given) = given else { return Ok(None) };
    T::from_str(given, false).map(Some).map_err(|_| {
        let all = T::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
        let all: Vec<_> = all.map(|value| value.get_name().to_string()).collect();
        format!("{name} = \"{given}\": there are {}", all.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_can_be_said() {
        let said = parse(
            "accept_nesting = true\nusername_case = 'lower'\ndefault_realm = 'a.b'\n\
             allowed_realms = ['a.b', 'c.d']\nad_role = 'ad'\niam_role = 'iam'\nmax_removals = 3\n\
             known_realms_only = true\nformat = 'json'\ncolor = 'never'\n\
             [netbios_domains]\nCORP = 'corp.example.com'\n",
        )
        .unwrap();
        assert_eq!(said.rules.default_realm.unwrap().as_str(), "A.B");
        assert!(said.rules.allowed_realms.is_some() && said.rules.netbios_domains.is_some());
        assert_eq!(said.rules.username_case, Some(CaseChoice::Lower));
        assert_eq!(said.format, Some(Format::Json));
        assert!(parse("").unwrap().rules.ad_role.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_said_with_its_place() {
        for (text, said) in [
            ("allowed_realm = ['a.b']\n", "unknown field `allowed_realm`"),
            ("\nallowed_realms = 'a.b'\n", "line 2"),
            ("username_case = 'upper'\n", "auto, lower, preserve"),
            ("default_realm = 'a b'\n", "default_realm: "),
            ("[netbios_domains]\n\"A=B\" = 'c.d'\n", "netbios_domains: "),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}

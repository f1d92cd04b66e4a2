//! What somebody sees who asks for nothing yet: the tasks in groups, on one screen.

/// The tasks. Every subcommand is in one of the groups.
pub(crate) const OVERVIEW: &str = "\
Login roles of Kerberos and Active Directory principals on a PostgreSQL server

People
  add  disable  enable  rename  rename-realm  drop
      kerbrole add alice@corp.example.com --group analysts

Looking
  list  check  state  canonicalize  case-audit
      kerbrole check alice@corp.example.com

Memberships
  grant  conflicts  preview-grant  nesting
      kerbrole conflicts

Lists
  sync  diff  plan  apply  directory
      kerbrole diff --file people.csv --absent disable

Set-up
  probe  doctor  aws  install-sql  krb5-conf  client-config  completions  man
      kerbrole doctor --realm corp.example.com

kerbrole COMMAND -?: all about one. kerbrole --help: connection, rules, output.
";

/// What people type for a subcommand that is called otherwise.
const SYNONYMS: &[(&str, &str)] = &[
    ("create", "add"),
    ("new", "add"),
    ("useradd", "add"),
    ("delete", "drop"),
    ("del", "drop"),
    ("remove", "drop"),
    ("userdel", "drop"),
    ("lock", "disable"),
    ("block", "disable"),
    ("unlock", "enable"),
    ("allow", "enable"),
    ("mv", "rename"),
    ("move", "rename"),
    ("show", "list"),
    ("get", "list"),
    ("users", "list"),
    ("principals", "list"),
    ("verify", "check"),
    ("why", "check"),
    ("exists", "state"),
    ("status", "state"),
    ("audit", "conflicts"),
    ("import", "sync"),
    ("info", "probe"),
    ("version", "probe"),
    ("diagnose", "doctor"),
    ("install", "install-sql"),
];

/// The subcommand that is meant by a word that is none.
pub(super) fn meant_by(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    SYNONYMS.iter().find(|(synonym, _)| *synonym == word).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn the_overview_has_every_subcommand_and_fits_a_screen() {
        let whole = Arguments::command();
        let is_group = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
        let groups = OVERVIEW.lines().filter(is_group);
        let words: Vec<_> = groups.flat_map(str::split_whitespace).collect();
        let names: Vec<_> = whole.get_subcommands().map(clap::Command::get_name).collect();
        for name in &names {
            assert!(*name == "help" || words.contains(name), "{name} is in no group");
        }
        assert!(words.iter().all(|word| names.contains(word)), "{words:?}");
        assert!(OVERVIEW.lines().count() <= 24, "{} lines", OVERVIEW.lines().count());
        assert!(OVERVIEW.lines().all(|line| line.chars().count() <= 79));
        assert!(SYNONYMS.iter().all(|(word, name)| !names.contains(word) && names.contains(name)));
    }
}

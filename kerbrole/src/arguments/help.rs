//! The help of a subcommand: its own options, examples, how it can end. The options that all share
//! are in one line that says where they are.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, CommandFactory};

use super::Arguments;
use super::overview::meant_by;
use crate::exit::CODES;

/// What a subcommand's help has below its options.
struct Page {
    name: &'static str,
    /// Lines that can be typed.
    examples: &'static [&'static str],
    /// How it can end.
    codes: &'static [u8],
}

const fn page(name: &'static str, examples: &'static [&'static str], codes: &'static [u8]) -> Page {
    Page { name, examples, codes }
}

const CHANGES: &[u8] = &[0, 2, 3, 4, 5, 6];
const ALL_OR_NONE: &[u8] = &[0, 2, 3, 4, 6];
const LOOKS: &[u8] = &[0, 2, 3, 4, 6];
const FINDS: &[u8] = &[0, 1, 2, 3, 4, 6];
const LOCAL: &[u8] = &[0, 2, 6];

const PAGES: &[Page] = &[
    page(
        "add",
        &[
            "kerbrole add alice@corp.example.com --group analysts",
            "kerbrole add bob carol --realm corp.example.com --dry-run",
            "kerbrole add --file people.csv --if-not-exists",
        ],
        CHANGES,
    ),
    page(
        "drop",
        &[
            "kerbrole drop alice@corp.example.com --dry-run",
            "kerbrole drop alice@corp.example.com --reassign-owned-to analysts --yes",
        ],
        CHANGES,
    ),
    page(
        "disable",
        &[
            "kerbrole disable alice@corp.example.com",
            "kerbrole disable alice bob --realm corp.example.com --terminate",
        ],
        CHANGES,
    ),
    page("enable", &["kerbrole enable alice@corp.example.com"], CHANGES),
    page(
        "rename",
        &[
            "kerbrole rename alice@corp.example.com alicia",
            "kerbrole rename bob@corp.example.com bob@ad.example.org --dry-run",
        ],
        ALL_OR_NONE,
    ),
    page(
        "rename-realm",
        &[
            "kerbrole rename-realm corp.example.com ad.example.org --dry-run",
            "kerbrole rename-realm corp.example.com ad.example.org --yes",
        ],
        FINDS,
    ),
    page(
        "grant",
        &[
            "kerbrole grant analysts alice@CORP.EXAMPLE.COM",
            "kerbrole grant analysts bob@CORP.EXAMPLE.COM --dry-run",
        ],
        FINDS,
    ),
    page(
        "list",
        &[
            "kerbrole list",
            "kerbrole list 'a*' --realm corp.example.com --wide",
            "kerbrole list --group analysts --disabled -o name",
            "kerbrole list --tree",
        ],
        LOOKS,
    ),
    page(
        "check",
        &[
            "kerbrole check alice@corp.example.com",
            "kerbrole check --all --failed",
            "kerbrole check 'a*' --format json",
        ],
        FINDS,
    ),
    page("state", &["kerbrole state alice@corp.example.com bob@corp.example.com"], FINDS),
    page("canonicalize", &["kerbrole canonicalize Alice --realm corp.example.com"], LOOKS),
    page("conflicts", &["kerbrole conflicts", "kerbrole conflicts --format mermaid"], FINDS),
    page(
        "preview-grant",
        &[
            "kerbrole preview-grant analysts alice@CORP.EXAMPLE.COM",
            "kerbrole preview-grant analysts alice@CORP.EXAMPLE.COM --format dot",
        ],
        FINDS,
    ),
    page("case-audit", &["kerbrole case-audit"], FINDS),
    page("nesting", &["kerbrole nesting"], FINDS),
    page(
        "sync",
        &[
            "kerbrole sync --file people.csv --absent disable --dry-run",
            "kerbrole sync --file people.csv --absent disable --yes",
            "kerbrole sync --file people.csv --check",
            "kerbrole sync --from access.toml",
            "kerbrole sync --from access.toml --plan plan.json",
            "kerbrole sync --from access.toml --watch --yes --interval 1m",
        ],
        &[0, 1, 2, 3, 4, 5, 6],
    ),
    page("diff", &["kerbrole diff --file people.csv --absent disable"], FINDS),
    page("plan", &["kerbrole plan --file people.csv --absent drop"], LOOKS),
    page("apply", &["kerbrole apply plan.json"], CHANGES),
    page(
        "directory",
        &[
            "kerbrole directory check access.toml",
            "kerbrole directory who alice --from access.toml",
        ],
        &[0, 1, 2, 3, 4, 6],
    ),
    page("probe", &["kerbrole probe", "kerbrole probe --format json"], LOOKS),
    page(
        "doctor",
        &[
            "kerbrole doctor --realm corp.example.com",
            "kerbrole doctor -r corp.example.com --principal alice@CORP.EXAMPLE.COM",
        ],
        &[0, 1, 2, 6],
    ),
    page(
        "aws",
        &[
            "kerbrole aws check --db-instance app --region eu-central-1",
            "kerbrole aws check --db-cluster app --profile dba --format json",
            "kerbrole aws check --db-instance app --then alice@CORP.EXAMPLE.COM",
            "kerbrole aws plan --db-instance app --directory d-90670a1b2c",
            "kerbrole aws plan --db-instance app --format terraform",
            "kerbrole aws policy --for-check",
        ],
        &[0, 1, 2, 3, 6],
    ),
    page(
        "install-sql",
        &["kerbrole install-sql", "kerbrole install-sql --print --pg-tle"],
        ALL_OR_NONE,
    ),
    page(
        "krb5-conf",
        &["kerbrole krb5-conf --realm corp.example.com --kdc dc1.corp.example.com --rds"],
        LOCAL,
    ),
    page(
        "client-config",
        &[
            "kerbrole client-config psql -h db.example.com -U alice@CORP.EXAMPLE.COM -d app",
            "kerbrole client-config jdbc -h db.example.com -U alice -r corp.example.com",
        ],
        LOCAL,
    ),
    page("completions", &["kerbrole completions bash"], LOCAL),
    page("man", &["kerbrole man", "kerbrole man --to man1"], LOCAL),
];

/// Why a command line asks for no work.
#[derive(Debug)]
pub(crate) enum NoWork {
    /// The tasks were asked for.
    Overview,
    /// Nothing was asked for.
    Nothing,
    /// The help of a subcommand was asked for.
    Help(StyledStr),
    /// Other help or the version was asked for, or it cannot be meant.
    Clap(clap::Error),
}

/// What is said instead of what clap would say: the help of a subcommand that was asked for, and
/// where help is, for whoever typed `-h` for it.
pub(super) fn instead_of(error: clap::Error, given: &[String]) -> NoWork {
    match error.kind() {
        ErrorKind::DisplayHelp => {
            let text = asked_for(given).and_then(|names| text(&names));
            text.map_or(NoWork::Clap(error), NoWork::Help)
        }
        ErrorKind::InvalidSubcommand if nothing_near(&error) => match given_instead(&error) {
            Some((word, name)) => NoWork::Clap(Arguments::command().error(
                ErrorKind::InvalidSubcommand,
                format!("unrecognized subcommand '{word}': it is called '{name}' here"),
            )),
            None => NoWork::Clap(error),
        },
        ErrorKind::InvalidValue if given.last().is_some_and(|last| last == "-h") => {
            NoWork::Clap(Arguments::command().error(
                ErrorKind::InvalidValue,
                "-h takes a host, as psql's does; help is -? and --help",
            ))
        }
        _ => NoWork::Clap(error),
    }
}

/// Whether clap knows no subcommand that is spelled nearly so.
fn nothing_near(error: &clap::Error) -> bool {
    error.get(ContextKind::SuggestedSubcommand).is_none()
}

/// The word that is no subcommand, and the one that is meant by it.
fn given_instead(error: &clap::Error) -> Option<(String, &'static str)> {
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(word) => Some((word.clone(), meant_by(word)?)),
        _ => None,
    }
}

/// The subcommand whose help was asked for, before it, behind it, or by `help`; with the one below
/// it, where that was named too.
fn asked_for(given: &[String]) -> Option<Vec<String>> {
    let is_help = |argument: &&String| !matches!(argument.as_str(), "-?" | "--help");
    let name = String::from("kerbrole");
    let rest: Vec<_> = std::iter::once(&name).chain(given.iter().filter(is_help)).collect();
    let matches = Arguments::command().ignore_errors(true).try_get_matches_from(rest).ok();
    let found = matches.as_ref().and_then(|matches| matches.subcommand());
    match found {
        Some(("help", _)) | None => {
            let named = given.iter().rev().find(|argument| !argument.starts_with('-'))?;
            let whole = Arguments::command();
            whole.find_subcommand(named).map(|found| vec![found.get_name().to_string()])
        }
        Some((name, below)) => {
            Some(std::iter::once(name).chain(below.subcommand_name()).map(String::from).collect())
        }
    }
}

/// The whole command with what stands below the options of each subcommand, as manual pages have
/// it.
pub(super) fn documented() -> clap::Command {
    PAGES.iter().fold(Arguments::command(), |whole, page| {
        whole.mut_subcommand(page.name, |alone| alone.after_help(below(page)))
    })
}

fn below(page: &Page) -> String {
    let examples: Vec<_> = page.examples.iter().map(|line| format!("  {line}")).collect();
    let examples = examples.join("\n");
    let codes = codes(page.codes);
    format!("Examples:\n{examples}\n\n{codes}\n\nConnection, rules and output: kerbrole --help")
}

/// The help of a subcommand, by its names from the top.
fn text(names: &[String]) -> Option<StyledStr> {
    let mut alone = Arguments::command();
    let page = PAGES.iter().find(|page| Some(page.name) == names.first().map(String::as_str))?;
    let help = Arg::new("help").short('?').long("help").action(ArgAction::Help).help("Print help");
    for name in names {
        alone = alone.find_subcommand(name)?.clone();
    }
    alone =
        alone.bin_name(format!("kerbrole {}", names.join(" "))).disable_help_flag(true).arg(help);
    Some(alone.max_term_width(100).after_help(below(page)).render_help())
}

/// Of all exit codes those that it can end with.
fn codes(of: &[u8]) -> String {
    let mut lines = Vec::new();
    let mut is_wanted = true;
    for line in CODES.lines() {
        if let Some(code) = line.trim_start().chars().next().and_then(|c| c.to_digit(10)) {
            is_wanted = of.iter().any(|&one| u32::from(one) == code);
        }
        if is_wanted {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subcommand_has_a_page() {
        let whole = Arguments::command();
        let names: Vec<_> = whole.get_subcommands().map(clap::Command::get_name).collect();
        for name in &names {
            let text = text(&[name.to_string()]);
            let text = text.unwrap_or_else(|| panic!("{name} has none")).to_string();
            assert!(text.contains("Examples:") && text.contains("Exit codes:"), "{text}");
            // What all share is not repeated.
            assert!(!text.contains("--dbname"), "{text}");
        }
        let examples = PAGES.iter().flat_map(|page| page.examples);
        // Whoever copies one has it on one line, on a terminal of 80 columns too.
        assert!(
            examples.clone().all(|line| line.len() <= 78),
            "{:?}",
            examples.max_by_key(|l| l.len())
        );
        let pages: Vec<_> = PAGES.iter().map(|page| page.name).collect();
        assert!(pages.iter().all(|page| names.contains(page)), "{pages:?} {names:?}");
    }

    #[test]
    fn help_is_found_wherever_it_stands() {
        for given in [
            &["add", "-?"][..],
            &["--help", "add"],
            &["help", "add"],
            &["-d", "list", "add", "--help"],
        ] {
            let given: Vec<_> = given.iter().map(ToString::to_string).collect();
            assert_eq!(asked_for(&given), Some(vec!["add".into()]), "{given:?}");
        }
        let given = ["directory", "who", "--help"].map(String::from);
        let names = asked_for(&given).unwrap();
        assert_eq!(names, ["directory", "who"]);
        assert!(text(&names).unwrap().to_string().contains("--from <FILE>"));
        assert_eq!(asked_for(&["--help".into()]), None);
    }
}

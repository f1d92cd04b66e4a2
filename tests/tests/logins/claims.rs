//! What the documents say about case and logins, and the rows that show it.

mod sentences;

use std::fs;
use std::path::Path;

use kerbrole_core::quote_identifier;
use kerbrole_tests::report::{Expected, Key};
use kerbrole_tests::version::workspace;

use sentences::{BY_TESTS, CLAIMS, NO_CLAIMS, WORDS};

use crate::fixture::{Context, REALM};
use crate::{README, REPORT, SECTIONS, cases};

cases! {
    Every: the_table;
    Nowhere: every_sentence_is_here;
}

/// The page that is about nothing else.
const PAGE: &str = "docs/concepts/case-and-logins.md";

/// Pages of which another test looks whether each promise has a test
/// (`tests_that_the_security_model_names_exist`), and one about the code.
const OTHERS: [&str; 2] = ["security-model.md", "architecture.md"];

/// Every page that is written by hand, by its path.
fn pages() -> Vec<(String, String)> {
    let mut pages = vec!["README.md".to_string(), "docs/install.md".to_string()];
    for folder in ["guides", "reference", "concepts"] {
        for entry in fs::read_dir(workspace().join("docs").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") && !OTHERS.contains(&name.as_str()) {
                pages.push(format!("docs/{folder}/{name}"));
            }
        }
    }
    let read = |path: String| {
        let text = fs::read_to_string(workspace().join(&path)).unwrap();
        (path, text)
    };
    pages.into_iter().map(read).collect()
}

/// The prose of a page, in sentences: without code, tables, pictures and headings.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if place % 2 == 1 {
            continue;
        }
        for paragraph in part.split("\n\n") {
            let lines = paragraph
                .lines()
                .filter(|line| !line.starts_with(['|', '#', '<']) && !line.starts_with("  <"));
            let lines = lines.map(|line| line.trim_start_matches("- ").trim());
            let prose = lines.collect::<Vec<_>>().join(" ");
            let mut start = 0;
            for (at, mark) in prose.match_indices(['.', ':', ';', '?']) {
                let end = at + mark.len();
                if prose[end..].is_empty() || prose[end..].starts_with(' ') {
                    let sentence = prose[start..end].trim();
                    start = end;
                    sentences.push(sentence.to_string());
                }
            }
        }
    }
    sentences
}

fn every_sentence_is_here(_: &Context<'_>) {
    let pages = pages();
    assert!(pages.len() > 12, "{:?}", pages.iter().map(|(path, _)| path).collect::<Vec<_>>());
    let mut about = Vec::new();
    for (path, text) in &pages {
        let is_about = |one: &String| path == PAGE || WORDS.iter().any(|word| one.contains(word));
        about.extend(sentences(text).into_iter().filter(is_about).map(|one| (path, one)));
    }
    assert!(about.len() > 60, "{about:?}");
    for (path, sentence) in &about {
        let claimed = CLAIMS
            .iter()
            .any(|(claim, _)| sentence.contains(claim) || claim.contains(sentence.as_str()));
        let shown = BY_TESTS.iter().any(|(beginning, _)| sentence.starts_with(beginning));
        let other = NO_CLAIMS.iter().any(|other| sentence.starts_with(other));
        assert!(claimed || shown || other, "{path}: a sentence without a row: {sentence:?}");
    }
    let joined: String = pages.iter().map(|(_, text)| text.replace("\n- ", " ") + " ").collect();
    let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
    for (claim, rows) in CLAIMS {
        assert!(joined.contains(claim), "no page says: {claim}");
        assert!(!rows.is_empty());
    }
    let suites = suites(&workspace().join("tests/tests"));
    for (beginning, test) in BY_TESTS {
        assert!(joined.contains(beginning), "no page says: {beginning}");
        assert!(
            suites.contains(&format!("fn {test}(")),
            "no test {test}, which is to show: {beginning}"
        );
    }
}

/// All code of the tests.
fn suites(folder: &Path) -> String {
    let mut all = String::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => all.push_str(&fs::read_to_string(path).unwrap()),
            }
        }
    }
    all
}

/// Whether every claim has the rows that it names.
pub fn have_rows() -> Result<(), String> {
    let there = REPORT.subjects();
    for (claim, rows) in CLAIMS {
        for &(section, who) in *rows {
            if !there.contains(&(section, who.into())) {
                return Err(format!(
                    "no row of {who:?} in {:?}, which is to show: {claim}",
                    SECTIONS[section].title
                ));
            }
        }
    }
    Ok(())
}

/// What the report begins with.
pub fn introduction() -> String {
    let mut out = String::from(
        "# Who can log in, and who cannot\n\n\
         Written by `make logins`, and compared with what is seen by every `make test-kerberos`. \
         Each row is a login by psql over TCP, with a ticket of a KDC of\n\
         MIT Kerberos, to a server whose pg_hba.conf sends `+rds_iam` to a method of its own first \
         (`password`, in the place of RDS's PAM), `+rds_ad` to `gss include_realm=1`, and the rest \
         to `scram-sha-256`.\n\
         Where somebody is refused, the last column is the reason in the words of the server's \
         log. \"extension and plain statements\" means that the same was seen with roles made by\n\
         either. The same with Samba's Active Directory is in \
         [logins-active-directory.md](logins-active-directory.md).\n\n\
         | the documents say | shown by |\n| --- | --- |\n",
    );
    for (claim, rows) in CLAIMS {
        let shown: Vec<_> = rows
            .iter()
            .map(|(section, who)| format!("{}: {who}", SECTIONS[*section].title))
            .collect();
        out.push_str(&format!("| {claim} | {} |\n", shown.join("; ")));
    }
    out
}

/// The table, line by line: the role made by hand as it stands there, the ticket as it stands
/// there. The README has the same one.
fn the_table(c: &Context<'_>) {
    const HEAD: &str =
        "| `krb_caseins_users` | role | ticket | login |\n| --- | --- | --- | --- |\n";
    let table = |path: &str| {
        let text = fs::read_to_string(workspace().join(path)).unwrap();
        let rows = text.split(HEAD).nth(1).unwrap_or_else(|| panic!("no table in {path}"));
        rows.split("\n\n").next().unwrap().to_string()
    };
    let rows = table(PAGE);
    assert_eq!(table("README.md"), rows);
    let setting = if c.caseins { "on" } else { "off" };
    let evidence = REPORT.evidence(README, c.server, c.caseins, "hand");
    let mut tried = 0;
    for line in rows.lines().take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        if cells[0] != setting {
            continue;
        }
        let (role, principal) = (cells[1], cells[2]);
        let username = principal.strip_suffix(&format!("@{REALM}")).unwrap();
        let expected = match cells[3].split(':').next().unwrap() {
            "yes" => Expected::LogsIn,
            "no" => Expected::NamesDiffer,
            other => panic!("{other}"),
        };
        c.superuser().run(&format!("CREATE USER {} IN ROLE rds_ad", quote_identifier(role)));
        let ticket = c.kdc.ticket_of(username).unwrap();
        evidence.login(username, Key::Ticket(&ticket, principal), role, expected);
        c.superuser().wait_for_no_sessions(role);
        c.superuser().run(&format!("DROP ROLE {}", quote_identifier(role)));
        tried += 1;
    }
    assert_eq!(tried, 2);
}

//! What the README says about case and logins, and the rows that show it.

mod sentences;

use std::fs;

use kerbrole_core::quote_identifier;
use kerbrole_tests::report::{Expected, Key};
use kerbrole_tests::version::workspace;

use sentences::{CLAIMS, NO_CLAIMS, WORDS};

use crate::fixture::{Context, REALM};
use crate::{README, REPORT, SECTIONS, cases};

cases! {
    Every: the_table;
    Nowhere: every_sentence_is_here;
}

const SECTION: &str = "## Case, and who can log in\n";

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).unwrap()
}

/// The prose of the README, in sentences: without code, tables and headings.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if place % 2 == 1 {
            continue;
        }
        for paragraph in part.split("\n\n") {
            let lines = paragraph.lines().filter(|line| !line.starts_with(['|', '#']));
            let lines = lines.map(|line| line.trim_start_matches("- ").trim());
            let prose = lines.collect::<Vec<_>>().join(" ");
            let mut start = 0;
            for (at, mark) in prose.match_indices(['.', ':', ';', '?']) {
                let end = at + mark.len();
                if prose[end..].is_empty() || prose[end..].starts_with(' ') {
                    let sentence = prose[start..end].trim();
                    start = end;
                    // Where to read on.
                    if !sentence.starts_with("[docs/") {
                        sentences.push(sentence.to_string());
                    }
                }
            }
        }
    }
    sentences
}

fn every_sentence_is_here(_: &Context<'_>) {
    let text = readme();
    let all = sentences(&text);
    let section = text.split(SECTION).nth(1).unwrap().split("\n## ").next().unwrap();
    let of_section = sentences(section);
    assert!(of_section.len() > 10, "{of_section:?}");
    let by_word = all.iter().filter(|one| WORDS.iter().any(|word| one.contains(word)));
    let about: Vec<_> = by_word.chain(&of_section).collect();
    assert!(about.len() > 30, "{about:?}");
    for sentence in about {
        let claimed = CLAIMS
            .iter()
            .any(|(claim, _)| sentence.contains(claim) || claim.contains(sentence.as_str()));
        let other = NO_CLAIMS.iter().any(|other| sentence.starts_with(other));
        assert!(claimed || other, "a sentence without a row: {sentence:?}");
    }
    let joined = text.replace("\n- ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for (claim, rows) in CLAIMS {
        assert!(joined.contains(claim), "the README does not say: {claim}");
        assert!(!rows.is_empty());
    }
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
         | the README says | shown by |\n| --- | --- |\n",
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

/// The table of the README, line by line: the role made by hand as it stands there, the ticket as
/// it stands there.
fn the_table(c: &Context<'_>) {
    let text = readme();
    let rows = text
        .split("| `krb_caseins_users` | role | ticket | login |\n| --- | --- | --- | --- |\n")
        .nth(1)
        .unwrap();
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

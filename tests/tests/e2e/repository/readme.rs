//! The examples of the documents, run in order and compared with what they are said to print; and
//! what else the documents promise.

use std::fs;
use std::path::PathBuf;

use kerbrole_tests::postgres_server::{MASTER, SUPERUSER};
use kerbrole_tests::sandbox::{lossy, output};
use kerbrole_tests::version::workspace;

use crate::cases;
use crate::fixture::Context;

cases! {
    EachVersion: examples_print_what_the_page_says, recipes_print_what_they_say,
        the_first_week_by_sql_is_as_the_page_has_it;
    Nowhere: commands_of_the_documents_are_targets_of_the_makefile,
        tests_that_the_security_model_names_exist;
}

/// A statement, who runs it, and what it prints.
#[derive(Debug)]
struct Example {
    user: &'static str,
    sql: String,
    prints: String,
}

fn document(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let prompt = [("postgres=> ", MASTER), ("postgres=# ", SUPERUSER)]
            .into_iter()
            .find_map(|(prompt, user)| Some((line.strip_prefix(prompt)?, user)));
        match (inside, prompt) {
            (false, _) => inside = line == "```psql",
            (true, _) if line == "```" => inside = false,
            (true, Some((sql, user))) => {
                examples.push(Example { user, sql: sql.into(), prints: String::new() })
            }
            (true, None) => {
                let prints = &mut examples.last_mut().unwrap().prints;
                prints.push_str(line.trim_end());
                prints.push('\n');
            }
        }
    }
    examples
}

fn examples_print_what_the_page_says(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE analysts; CREATE ROLE cloud_apps IN ROLE rds_iam; CREATE ROLE reports IN \
        ROLE cloud_apps",
    );
    su.run("GRANT analysts, reports TO rds_master WITH ADMIN OPTION");
    compare(c, &document("docs/reference/functions.md"));
}

fn recipes_print_what_they_say(c: &Context<'_>) {
    compare(c, &document("docs/guides/recipes.md"));
}

/// docs/guides/first-week.md, on a terminal of 80 columns and 24 lines.
fn the_first_week_by_sql_is_as_the_page_has_it(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE analysts; CREATE ROLE reports IN ROLE rds_iam; \
         GRANT analysts TO rds_master WITH ADMIN OPTION",
    );
    let text = document("docs/guides/first-week.md");
    compare(c, &text);
    for Example { sql, prints, .. } in examples(&text) {
        assert!(prints.lines().all(|line| line.chars().count() <= 80), "{sql}\n{prints}");
        assert!(prints.lines().count() < 24, "{sql}\n{prints}");
    }
}

fn compare(c: &Context<'_>, text: &str) {
    let examples = examples(text);
    assert!(examples.len() >= 9, "{examples:?}");
    for Example { user, sql, prints } in examples {
        let ran = output(c.server.psql(user, "postgres").args(["-c", &sql])).unwrap();
        let said = lossy(&ran.stderr) + &lossy(&ran.stdout);
        let said: String = said.lines().map(|line| line.trim_end().to_string() + "\n").collect();
        assert_eq!(without_grantors(&said).trim(), prints.trim(), "{sql}");
    }
}

/// The pages show REVOKE as up to 15, and says what is added later; a column gets wider by it.
fn without_grantors(said: &str) -> String {
    const GRANTOR: &str = " GRANTED BY \"rdsadmin\"";
    if !said.contains(GRANTOR) {
        return said.into();
    }
    let said = said.replace(GRANTOR, "");
    let half = GRANTOR.len() / 2;
    let narrower = |line: &str| match line {
        _ if line.trim() == "fix" => line[half..].to_string(),
        _ if line.len() > GRANTOR.len() && line.bytes().all(|b| b == b'-') => {
            line[GRANTOR.len()..].to_string()
        }
        _ => line.to_string(),
    };
    said.lines().map(|line| narrower(line) + "\n").collect()
}

fn commands_of_the_documents_are_targets_of_the_makefile(_: &Context<'_>) {
    let makefile = document("Makefile");
    let pages = ["README.md", "docs/install.md", "docs/guides/trying.md", "docs/guides/docker.md"];
    let text: String = pages.map(document).concat();
    let targets: Vec<_> = text
        .split(['`', '\n'])
        .filter_map(|part| part.strip_prefix("make "))
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    assert!(
        targets.contains(&"demo") && targets.contains(&"test") && targets.contains(&"install"),
        "{targets:?}"
    );
    for target in targets {
        assert!(
            makefile.lines().any(|line| line.starts_with(&format!("{target}:"))),
            "make {target}"
        );
    }
}

fn tests_that_the_security_model_names_exist(_: &Context<'_>) {
    let text = document("docs/concepts/security-model.md");
    let named: Vec<_> =
        text.split('`').skip(1).step_by(2).filter(|code| code.contains("::")).collect();
    assert!(named.len() > 20, "{named:?}");
    let all: Vec<_> = crate::SUITES
        .iter()
        .flat_map(|(suite, cases)| cases.iter().map(move |case| format!("{suite}::{}", case.name)))
        .collect();
    // The programs that try logins have suites of their own.
    let tries_logins = |name: &str| {
        let Some((suite, case)) = name.split_once("::") else { return false };
        let defined = |path: PathBuf| {
            fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("fn {case}(")))
        };
        ["logins", "ad"].into_iter().any(|program| {
            let folder = workspace().join("tests/tests").join(program);
            let of_its_own = fs::read_dir(folder.join(suite))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path());
            of_its_own.chain([folder.join(format!("{suite}.rs"))]).any(defined)
        })
    };
    for name in named.iter().chain(&["attacks::sql_injection"]) {
        assert!(
            all.iter().any(|test| test.starts_with(name)) || tries_logins(name),
            "no test {name}"
        );
    }
}

//! docs/guides/first-week.md: what comes up in the first week, on a terminal of 80 columns and 24
//! lines.

use super::*;

/// A line that is typed, and what the page says comes.
fn transcript(page: &str) -> Vec<(String, String)> {
    let mut typed: Vec<(String, String)> = Vec::new();
    for block in page.split("```terminal\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match (line.strip_prefix("$ "), typed.last_mut()) {
                (Some(command), _) => typed.push((command.into(), String::new())),
                (None, Some((_, prints))) => prints.push_str(&format!("{line}\n")),
                (None, None) => panic!("{line}"),
            }
        }
    }
    typed
}

/// Text as a terminal shows it: without what only colours it.
fn without_colours(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").replace('\r', "")
}

pub(super) fn the_first_week_is_as_the_page_has_it(c: &Context<'_>) {
    // Before that whoever creates a role is no member of it, and is not concerned.
    if c.major() < 16 {
        return;
    }
    c.superuser().run(
        "CREATE ROLE dba LOGIN CREATEROLE; GRANT rds_ad TO dba WITH ADMIN OPTION; \
         CREATE ROLE analysts; CREATE ROLE reports IN ROLE rds_iam; \
         GRANT analysts TO dba WITH ADMIN OPTION",
    );
    let page = fs::read_to_string(workspace().join("docs/guides/first-week.md")).unwrap();
    let home = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let folder = home.path().join(".config/kerbrole");
    fs::create_dir_all(&folder).unwrap();
    let toml = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(folder.join("config.toml"), toml).unwrap();
    fs::write(home.path().join("people.txt"), "alice\ncarol\ndave\nerin\n").unwrap();
    let bin = built("kerbrole");
    let path = std::env::join_paths(
        std::iter::once(bin.parent().unwrap().to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let typed = transcript(&page);
    assert!(typed.len() >= 9, "{typed:?}");
    let granted = regex::Regex::new(" GRANTED BY \"[a-z]+\"").unwrap();
    for (line, prints) in typed {
        let mut command = Command::new("script");
        command
            .env_clear()
            .envs(on(c, &[]).get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", &path)
            .env("HOME", home.path())
            .env("PGUSER", "dba")
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env("KERBROLE_PAGER", "sed 's/^/paged: /'")
            .args(["-qec", &format!("stty cols 80 rows 24; {line}"), "/dev/null"])
            .current_dir(home.path())
            .stdin(Stdio::null());
        let ended: Ended = command.output().unwrap().into();
        let shown = without_colours(&ended.out);
        let shown = granted.replace_all(&shown, "");
        assert_eq!(shown.as_ref(), prints, "$ {line}");
        // What is copied stays in one line, and nothing else is wider than the terminal.
        let is_copied = |line: &&str| line.starts_with("  fix: ") || line.starts_with("HINT:  ");
        let is_told = |line: &&str| line.starts_with("DETAIL:  ") || line.starts_with("kerbrole: ");
        let mut lines = shown.lines().filter(|line| !is_copied(line) && !is_told(line));
        assert!(lines.all(|line| line.chars().count() <= 80), "$ {line}\n{shown}");
        assert!(shown.lines().count() < 24, "$ {line}\n{shown}");
    }
}

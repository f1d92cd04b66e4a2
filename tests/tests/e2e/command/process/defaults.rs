//! The file of defaults, the environment, and which of them comes first.

use super::*;

fn file(c: &Context<'_>, text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new_in(c.sandbox.path()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn with(c: &Context<'_>, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    on(c, arguments).envs(variables.iter().copied()).output().unwrap().into()
}

/// Forgetting an option once is not possible.
pub(super) fn rules_may_stand_in_a_file(c: &Context<'_>) {
    let rules = file(
        c,
        "allowed_realms = ['a.b']\ndefault_realm = 'a.b'\nmax_removals = 0\nformat = 'csv'\n\
         [netbios_domains]\nCORP = 'a.b'\n",
    );
    let path = rules.path().display().to_string();
    let config = [("KERBROLE_CONFIG", path.as_str())];
    let name = |variables: &[(&str, &str)], arguments: &[&str]| {
        let ended = with(c, variables, &[&["add", "-o", "name"], arguments].concat());
        (ended.code, ended.out)
    };
    assert_eq!(name(&config, &["ann"]), (0, "ann@A.B\n".into()));
    assert_eq!(name(&config, &["CORP\\bob"]), (0, "bob@A.B\n".into()));
    let refused = with(c, &config, &["add", "eve@c.d"]);
    assert!(refused.code == 2 && refused.err.contains("--allowed-realms"), "{}", refused.err);
    // The environment comes before the file, and the command line before both.
    let both = [config[0], ("KERBROLE_ALLOWED_REALMS", "c.d")];
    assert_eq!(name(&both, &["eve@c.d"]), (0, "eve@C.D\n".into()));
    assert_eq!(name(&both, &["fay@e.f", "--allowed-realms", "e.f"]), (0, "fay@E.F\n".into()));
    assert_eq!(name(&both, &["gus@a.b"]).0, 2);
    let sync = with(c, &config, &["sync", "ann", "--absent", "disable", "--yes"]);
    assert!(sync.code == 4 && sync.err.contains("at most 0"), "{}", sync.err);
    assert!(with(c, &config, &["list"]).out.starts_with("role_name,"));
    assert!(with(c, &config, &["list", "-o", "json"]).out.starts_with('['));
    assert!(with(c, &[config[0], ("KERBROLE_FORMAT", "json")], &["list"]).out.starts_with('['));

    // Where people keep such files.
    let home = tempfile::tempdir_in(c.sandbox.path()).unwrap();
    let folder = home.path().join(".config/kerbrole");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(rules.path(), folder.join("config.toml")).unwrap();
    let home = home.path().display().to_string();
    assert_eq!(name(&[("HOME", &home)], &["hal"]), (0, "hal@A.B\n".into()));
    let xdg = format!("{home}/.config");
    assert_eq!(name(&[("XDG_CONFIG_HOME", &xdg)], &["ian"]), (0, "ian@A.B\n".into()));
}

/// The extension has settings of its own, and nobody asked for other rules.
pub(super) fn defaults_are_no_demands(c: &Context<'_>) {
    let rules = file(c, "allowed_realms = ['a.b']\nmax_removals = 0\n");
    let config = ("KERBROLE_CONFIG", rules.path().to_str().unwrap());
    let ended = with(c, &[config, ("KERBROLE_AD_ROLE", "elsewhere")], &["add", "eve@c.d"]);
    assert_eq!((ended.code, &*ended.err), (0, ""));
    let ended = with(c, &[config], &["add", "fay@c.d", "--allowed-realms", "c.d"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
}

pub(super) fn what_is_wrong_with_the_file_is_said(c: &Context<'_>) {
    for (text, said) in [
        ("alowed_realms = ['a.b']\n", "alowed_realms"),
        ("\n\nmax_removals = 'x'\n", "line 3"),
        ("username_case = 'upper'\n", "auto, lower, preserve"),
        ("default_realm = 'a b'\n", "default_realm"),
    ] {
        let rules = file(c, text);
        let path = rules.path().display().to_string();
        let ended = with(c, &[("KERBROLE_CONFIG", &path)], &["list"]);
        assert_eq!((ended.code, &*ended.out), (2, ""), "{text}: {}", ended.err);
        assert!(ended.err.contains(said) && ended.err.contains(&path), "{text}: {}", ended.err);
    }
    let missing = with(c, &[("KERBROLE_CONFIG", "/nowhere/config.toml")], &["list"]);
    assert!(missing.code == 2 && missing.err.contains("/nowhere/config.toml"), "{}", missing.err);
    assert_eq!(with(c, &[("KERBROLE_CONFIG", "")], &["list"]).code, 0);
}

/// docs/reference/command.md: the file that it shows is one.
pub(super) fn the_file_on_the_page_is_one(c: &Context<'_>) {
    let page = fs::read_to_string(workspace().join("docs/reference/command.md")).unwrap();
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (text, _) = block.split_once("```").unwrap();
    let rules = file(c, text);
    let config = [("KERBROLE_CONFIG", rules.path().to_str().unwrap())];
    let ended = with(c, &config, &["add", "ann"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("ann@CORP.EXAMPLE.COM"), "{}", ended.out);
    assert_eq!(with(c, &config, &["add", "ann@elsewhere.com"]).code, 2);
}

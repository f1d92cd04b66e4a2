//! Memberships as pictures, the tasks in groups, and what somebody sees who has to wait.

use std::io::Read;
use std::process::Stdio;

use super::*;

/// The program by which docs/reference/command.md has its picture reads what is drawn
/// (`pictures::`); here it is what is in it.
pub(super) fn memberships_can_be_drawn(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE staff IN ROLE rds_ad; CREATE ROLE legacy IN ROLE rds_iam; \
         CREATE ROLE \"odd\"\"]one\"; GRANT \"odd\"\"]one\" TO staff; \
         CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE staff, legacy",
    );
    let drawn = run(c, &["conflicts", "--format", "mermaid"]);
    assert_eq!(drawn.code, 1, "{}", drawn.err);
    let node = |name: &str| {
        let line = drawn.out.lines().find(|line| line.contains(&format!("[\"{name}\"]")));
        let line = line.unwrap_or_else(|| panic!("{name} is not drawn: {}", drawn.out));
        line.trim().split('[').next().unwrap().to_string()
    };
    let (bob, staff, legacy) = (node("bob@A.B"), node("staff"), node("legacy"));
    let (ad, iam) = (node("rds_ad"), node("rds_iam"));
    let edges: Vec<_> = drawn.out.lines().filter(|line| line.contains("-->")).collect();
    assert_eq!(edges.len(), 4, "{}", drawn.out);
    // What the fix takes back is marked, and nothing else.
    let fix = run(c, &["conflicts", "--format", "json"]).out;
    let marked: Vec<_> = edges.iter().filter(|line| line.contains("REVOKE")).collect();
    assert_eq!(marked.len(), 1, "{}", drawn.out);
    assert!(fix.contains("REVOKE \\\"legacy\\\" FROM \\\"bob@A.B\\\""), "{fix}");
    assert_eq!(marked[0].trim(), format!("{bob} -- REVOKE --> {legacy}"));
    for edge in [[&bob, &staff], [&staff, &ad], [&legacy, &iam]] {
        let edge = format!("{} --> {}", edge[0], edge[1]);
        assert!(edges.iter().any(|line| line.trim() == edge), "{edge}: {}", drawn.out);
    }
    assert!(!drawn.out.contains("ann@A.B"), "{}", drawn.out);

    let drawn = run(c, &["preview-grant", "rds_iam", "ann@A.B", "-o", "dot"]);
    assert_eq!(drawn.code, 1, "{}", drawn.err);
    assert!(drawn.out.starts_with("digraph "), "{}", drawn.out);
    let marked: Vec<_> = drawn.out.lines().filter(|line| line.contains("GRANT")).collect();
    assert!(marked.len() == 1 && marked[0].contains("dashed"), "{}", drawn.out);

    let drawn = run(c, &["list", "-o", "dot"]);
    assert_eq!((drawn.code, drawn.out.matches(" -> ").count()), (0, 5), "{}", drawn.out);
    let tree = run(c, &["list", "--tree"]);
    let expected = "rds_ad\n├── ann@A.B\n└── staff\n    └── bob@A.B\n\
                    rds_iam\n└── legacy\n    └── bob@A.B\n";
    assert_eq!((tree.code, &*tree.out), (0, expected), "{}", tree.err);

    let before = su.traces();
    for nothing_to_draw in [
        &["add", "eve@a.b", "-o", "dot"][..],
        &["check", "ann@a.b", "--format", "mermaid"],
        &["doctor", "-r", "a.b", "-o", "dot"],
        &["list", "--tree", "--format", "json"],
    ] {
        let ended = run(c, nothing_to_draw);
        assert_eq!((ended.code, &*ended.out), (2, ""), "{nothing_to_draw:?}: {}", ended.err);
    }
    assert_eq!(su.traces(), before);
}

/// Who asks for nothing, for help, or for what is called otherwise.
pub(super) fn tasks_are_in_groups(_: &Context<'_>) {
    let ran = |arguments: &[&str]| {
        let mut command = std::process::Command::new(built("kerbrole"));
        Ended::from(command.args(arguments).env_remove("KERBROLE_FORMAT").output().unwrap())
    };
    let (nothing, help) = (ran(&[]), ran(&["help"]));
    assert_eq!((nothing.code, help.code), (2, 0));
    assert_eq!((&*nothing.out, &*help.err), ("", ""));
    assert_eq!(nothing.err.trim(), help.out.trim());
    for group in ["People", "Looking", "Lists", "Set-up"] {
        assert!(help.out.lines().any(|line| line == group), "{}", help.out);
    }
    assert!(help.out.lines().count() < 24, "{}", help.out);
    assert!(ran(&["--help"]).out.contains("--dbname"));
    for (word, name) in [("lst", "list"), ("delete", "drop"), ("Show", "list"), ("chekc", "check")]
    {
        let ended = ran(&[word]);
        assert!(ended.code == 2 && ended.err.contains(&format!("'{name}'")), "{}", ended.err);
    }
}

/// Somebody else holds what it needs: there is a sign for as long as that lasts.
pub(super) fn who_waits_sees_that_it_goes_on(c: &Context<'_>) {
    c.superuser()
        .run("CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" IN ROLE rds_ad");
    let mut list = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut list, b"ann@a.b\neve@a.b\n").unwrap();
    let sync = format!("sync -f {} --yes", list.path().display());
    for (lock, arguments, sign) in [
        ("pg_auth_members IN ACCESS EXCLUSIVE", "list", "looking at the server"),
        ("pg_auth_members, pg_authid IN SHARE ROW EXCLUSIVE", &sync, "carrying it out"),
        ("pg_authid IN SHARE ROW EXCLUSIVE", "rename-realm a.b c.d --yes", "renaming them"),
    ] {
        let mut holder = c.superuser();
        holder.run(&format!("BEGIN; LOCK {lock} MODE"));
        let mut child = looking::terminal(c, 80, 24, arguments);
        let mut child = child.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let (mut shown, mut some) = (Vec::new(), [0; 512]);
        while !String::from_utf8_lossy(&shown).contains(sign) {
            let read = out.read(&mut some).unwrap();
            assert!(read > 0, "{arguments}: {}", String::from_utf8_lossy(&shown));
            shown.extend_from_slice(&some[..read]);
        }
        holder.run("COMMIT");
        out.read_to_end(&mut shown).unwrap();
        assert!(child.wait().unwrap().success());
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains("e@A.B") || shown.contains("ann@"), "{arguments}: {shown}");
    }
}

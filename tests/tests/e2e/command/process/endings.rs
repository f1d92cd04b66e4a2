//! What happened decides how it ends, whoever reads what is printed.

use std::fs::{File, OpenOptions};
use std::io::pipe;

use super::*;

/// Where a result or a message goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reader {
    Reads,
    /// `kerbrole list | head -0`
    Gone,
    /// A disk without room.
    Full,
}

use Reader::{Full, Gone, Reads};

impl Reader {
    fn stdio(self) -> Stdio {
        match self {
            Reads => Stdio::piped(),
            Gone => pipe().unwrap().1.into(),
            Full => full().into(),
        }
    }
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

fn ends(mut command: Command, out: Reader, err: Reader) -> Ended {
    command
        .stdout(out.stdio())
        .stderr(err.stdio())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
        .into()
}

fn three(su: &mut Session) {
    su.run(
        "CREATE USER \"ann@A.B\" IN ROLE rds_ad; CREATE USER \"bob@A.B\" CREATEDB IN ROLE rds_ad; \
         CREATE USER \"cyd@A.B\" IN ROLE rds_ad",
    );
}

/// Of ann, bob and cyd only ann is dealt with before it ends: bob may not be changed.
pub(super) fn half_done_work_is_told_though_nobody_reads(c: &Context<'_>) {
    let mut su = c.superuser();
    for (command, again, left) in [
        (&["disable"][..], "run it again to go on", "cyd@A.B t"),
        (&["enable"], "run it again to go on", "ann@A.B t,cyd@A.B t"),
        (&["drop", "--yes"], "--if-exists", "cyd@A.B t"),
    ] {
        for reader in [Reads, Gone, Full] {
            three(&mut su);
            let arguments = [command, &["ann@a.b", "bob@a.b", "cyd@a.b"]].concat();
            let ended = ends(on(c, &arguments), reader, Reads);
            assert_eq!(ended.code, 5, "{command:?} {reader:?}: {}", ended.err);
            for said in ["1 of 3 are done", again, "role \"bob@A.B\" has CREATEDB"] {
                assert!(ended.err.contains(said), "{command:?} {reader:?}: {}", ended.err);
            }
            assert_eq!(ended.err.contains("could not be written"), reader == Full, "{}", ended.err);
            let there = "SELECT coalesce(string_agg(rolname || ' ' || left(rolcanlogin::text, 1), \
                ',' ORDER BY rolname), '') \
                         FROM pg_roles WHERE rolname LIKE '%@A.B' AND rolname <> 'bob@A.B' AND \
                         (rolcanlogin OR rolname <> 'ann@A.B')";
            assert_eq!(su.one(there), left, "{command:?} {reader:?}");
            su.run("DROP ROLE IF EXISTS \"ann@A.B\", \"bob@A.B\", \"cyd@A.B\"");
        }
    }
}

/// Every subcommand: read, not read any more, and written to a full disk.
pub(super) fn no_ending_depends_on_the_reader(c: &Context<'_>) {
    let mut su = c.superuser();
    su.run(
        "CREATE ROLE team; CREATE ROLE cloud IN ROLE rds_iam; CREATE USER \"ann@A.B\" IN ROLE \
         rds_ad, team; \
         CREATE USER \"bob@A.B\" IN ROLE rds_ad; ALTER ROLE \"bob@A.B\" NOLOGIN; CREATE \
         USER \"both@X.Y\" IN ROLE rds_ad, rds_iam",
    );
    let before = su.traces();
    let port = c.server.port.to_string();
    let socket = c.server.socket().display().to_string();
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["list", "--format", "json"], 0),
        (&["list", "--format", "csv"], 0),
        (&["probe"], 0),
        (&["check", "ann@a.b"], 0),
        (&["check", "bob@a.b"], 1),
        (&["conflicts"], 1),
        (&["preview-grant", "team", "ann@A.B"], 0),
        (&["preview-grant", "cloud", "team"], 1),
        (&["case-audit"], 0),
        (&["sync", "ann@a.b", "bob@a.b", "both@x.y", "--check"], 0),
        (&["sync", "ann@a.b", "new@a.b", "--check"], 1),
        (&["sync", "ann@a.b", "new@a.b", "--dry-run"], 0),
        (&["sync", "ann@a.b", "bob@a.b"], 0),
        (&["sync", "ann@a.b", "--absent", "drop"], 2),
        (&["add", "ann@a.b", "--if-not-exists"], 0),
        (&["add", "ann@a.b"], 4),
        (&["add", "new@a.b", "--dry-run"], 0),
        (&["drop", "gone@a.b", "--if-exists", "--yes"], 0),
        (&["drop", "gone@a.b", "--yes"], 4),
        (&["drop", "ann@a.b", "gone@a.b", "--dry-run"], 4),
        (&["drop", "ann@a.b", "--dry-run"], 0),
        (&["disable", "bob@a.b"], 0),
        (&["disable", "ann@a.b", "--dry-run"], 0),
        (&["disable", "ann@a.b", "gone@a.b", "--dry-run"], 4),
        (&["enable", "ann@a.b"], 0),
        (&["enable", "bob@a.b", "--dry-run"], 0),
        (&["rename", "ann@a.b", "anna", "--dry-run"], 0),
        (&["rename", "gone@a.b", "anna"], 4),
        (&["rename-realm", "a.b", "c.d", "--dry-run"], 0),
        (&["rename-realm", "e.f", "c.d"], 0),
        (&["doctor", "--realm", "a.b", "--kdc", "127.0.0.1:1", "--timeout", "1"], 1),
        (&["krb5-conf", "--realm", "a.b"], 0),
        (&["krb5-conf", "--realm", "a b"], 2),
        (&["client-config", "psql", "-h", "db", "-U", "ann@a.b"], 0),
        (&["client-config", "psql", "-h", "db", "-U", "ann"], 2),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["--help"], 0),
        (&["add", "--help"], 0),
        (&["--version"], 0),
        (&["frobnicate"], 2),
        (&["list", "-p", "1"], 3),
    ] {
        let mut said = Vec::new();
        for (out, err) in [
            (Reads, Reads),
            (Gone, Reads),
            (Full, Reads),
            (Reads, Gone),
            (Reads, Full),
            (Full, Full),
            (Gone, Gone),
        ] {
            let ended = ends(on(c, arguments), out, err);
            let expected = if out == Full && code == 0 { 6 } else { code };
            assert_eq!(ended.code, expected, "{arguments:?} {out:?} {err:?}: {}", ended.err);
            if err == Reads && out != Full {
                said.push(ended.err.clone());
            }
            // Whoever asked for a result and got none is told so; where there is none to write
            // nothing is said.
            let told = ended.err.contains("could not be written");
            assert!(
                told || !(out == Full && code == 0 && err == Reads),
                "{arguments:?}: {}",
                ended.err
            );
            assert!(!told || out == Full, "{arguments:?}: {}", ended.err);
        }
        assert_eq!(said[0], said[1], "{arguments:?}: what is said beside the result is the same");
    }
    assert_eq!(su.traces(), before, "{socket} {port}: nothing of this changes anything");
}

/// What goes on is told on the way, and nobody listening is no reason to stop half-way.
pub(super) fn a_long_list_goes_on_though_nobody_listens(c: &Context<'_>) {
    const MANY: usize = 3_000;
    let path = c.sandbox.path().join(format!("unheard-{}-{}", c.major(), c.server.port));
    fs::write(&path, (0..MANY).map(|i| format!("u{i}@a.b\n")).collect::<String>()).unwrap();
    let ended = ends(on(c, &["add", "-f", path.to_str().unwrap()]), Gone, Gone);
    assert_eq!(ended.code, 0);
    assert_eq!(
        c.superuser().one("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'u%@A.B'"),
        MANY.to_string()
    );
}

/// What was under way when the connection was lost may be done or not, and nothing else is claimed.
pub(super) fn a_lost_connection_claims_nothing(c: &Context<'_>) {
    let mut su = c.superuser();
    three(&mut su);
    for (principals, code, said) in
        [(&["cyd@a.b"][..], 3, "0 of 1 are done"), (&["ann@a.b", "cyd@a.b"], 5, "1 of 2 are done")]
    {
        let mut holder = c.superuser();
        holder.run("BEGIN; ALTER ROLE \"cyd@A.B\" CONNECTION LIMIT 7");
        let mut command = on(c, &[&["disable"][..], principals].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        su.wait_for_waiting("kerbrole");
        su.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \
            'kerbrole'",
        );
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert_eq!(ended.code, code, "{}", ended.err);
        assert!(ended.err.contains(said) && ended.err.contains("it is not known"), "{}", ended.err);
        holder.run("ROLLBACK");
    }
}

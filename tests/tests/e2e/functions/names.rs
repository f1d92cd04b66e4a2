//! What may be typed, what it becomes, and what is refused.

use crate::cases;
use crate::fixture::{Context, Session};

cases! {
    Every: every_spelling;
}

/// What comes of a spelling: the role, or the SQLSTATE.
enum Expect {
    Role(&'static str),
    /// With `krb_caseins_users` off, and on.
    ByCase(&'static str, &'static str),
    Code(&'static str),
}
use Expect::{ByCase, Code, Role};

const R: Option<&str> = Some("corp.example.com");

/// Spellings by hand; those with lengths in them are made below.
const TABLE: &[(&str, Option<&str>, Expect)] = &[
    // plain
    ("alice", R, Role("alice@CORP.EXAMPLE.COM")),
    ("alice", Some("CORP.EXAMPLE.COM"), Role("alice@CORP.EXAMPLE.COM")),
    ("alice", Some("Corp.Example.Com"), Role("alice@CORP.EXAMPLE.COM")),
    ("alice@corp.example.com", None, Role("alice@CORP.EXAMPLE.COM")),
    ("alice@CORP.EXAMPLE.COM", None, Role("alice@CORP.EXAMPLE.COM")),
    // case
    ("Alice", R, ByCase("Alice@CORP.EXAMPLE.COM", "alice@CORP.EXAMPLE.COM")),
    ("ALICE@corp.example.com", None, ByCase("ALICE@CORP.EXAMPLE.COM", "alice@CORP.EXAMPLE.COM")),
    ("Élise", R, Role("Élise@CORP.EXAMPLE.COM")),
    ("élise", R, Role("élise@CORP.EXAMPLE.COM")),
    ("İbrahim", R, Role("İbrahim@CORP.EXAMPLE.COM")),
    ("STRASSE", R, ByCase("STRASSE@CORP.EXAMPLE.COM", "strasse@CORP.EXAMPLE.COM")),
    ("straße", R, Role("straße@CORP.EXAMPLE.COM")),
    // characters that have a meaning elsewhere
    ("o'brien", R, Role("o'brien@CORP.EXAMPLE.COM")),
    ("''", R, Role("''@CORP.EXAMPLE.COM")),
    ("svc$", R, Role("svc$@CORP.EXAMPLE.COM")),
    ("$$", R, Role("$$@CORP.EXAMPLE.COM")),
    ("ws-0042$", R, Role("ws-0042$@CORP.EXAMPLE.COM")),
    ("mary ann", R, Role("mary ann@CORP.EXAMPLE.COM")),
    ("j.doe", R, Role("j.doe@CORP.EXAMPLE.COM")),
    ("a_b-c", R, Role("a_b-c@CORP.EXAMPLE.COM")),
    ("{a}", R, Role("{a}@CORP.EXAMPLE.COM")),
    ("a%b", R, Role("a%b@CORP.EXAMPLE.COM")),
    ("(a)#&!~`^", R, Role("(a)#&!~`^@CORP.EXAMPLE.COM")),
    ("-- x", R, Role("-- x@CORP.EXAMPLE.COM")),
    ("1234", R, Role("1234@CORP.EXAMPLE.COM")),
    ("public", R, Role("public@CORP.EXAMPLE.COM")),
    ("none", R, Role("none@CORP.EXAMPLE.COM")),
    ("select", R, Role("select@CORP.EXAMPLE.COM")),
    ("山田太郎", R, Role("山田太郎@CORP.EXAMPLE.COM")),
    ("Ω", R, Role("Ω@CORP.EXAMPLE.COM")),
    ("e\u{301}lise", R, Role("e\u{301}lise@CORP.EXAMPLE.COM")),
    ("rdsmith", R, Role("rdsmith@CORP.EXAMPLE.COM")),
    ("pgadmin", R, Role("pgadmin@CORP.EXAMPLE.COM")),
    // realms
    ("alice", Some("a.b"), Role("alice@A.B")),
    ("alice", Some("sub-1.corp.example.com"), Role("alice@SUB-1.CORP.EXAMPLE.COM")),
    ("alice", Some("corp"), Code("22023")),
    ("alice", Some(""), Code("22023")),
    ("alice", Some("corp.example.com."), Code("22023")),
    ("alice", Some(".example.com"), Code("22023")),
    ("alice", Some("corp..com"), Code("22023")),
    ("alice", Some("-corp.com"), Code("22023")),
    ("alice", Some("10.0.0.1"), Code("22023")),
    ("alice", Some("corp.example.com "), Code("22023")),
    ("alice", Some("corp example.com"), Code("22023")),
    ("alice", Some("corp.éxample.com"), Code("22023")),
    ("alice", Some("corp.example.com\u{200b}"), Code("22023")),
    ("alice", Some("x\"; DROP ROLE rds_ad; --.com"), Code("22023")),
    // spellings
    ("alice", None, Code("22023")),
    ("alice@corp.example.com", R, Code("22023")),
    ("alice@corp.com", R, Code("22023")),
    ("CORP\\alice", None, Code("22023")),
    ("CORP\\alice", R, Code("22023")),
    ("corp/alice", R, Code("22023")),
    ("postgres/db.corp.example.com", R, Code("22023")),
    ("a@b@c.d", None, Code("22023")),
    ("jean\\@corp.com@CORP.EXAMPLE.COM", None, Code("22023")),
    ("@corp.example.com", None, Code("22023")),
    ("alice@", None, Code("22023")),
    ("\"alice\"", R, Code("22023")),
    // forbidden in a sAMAccountName
    ("", R, Code("22023")),
    (" alice", R, Code("22023")),
    ("alice ", R, Code("22023")),
    ("\u{a0}alice", R, Code("22023")),
    ("alice\u{3000}", R, Code("22023")),
    ("alice.", R, Code("22023")),
    ("a[b", R, Code("22023")),
    ("a]b", R, Code("22023")),
    ("a:b", R, Code("22023")),
    ("a;b", R, Code("22023")),
    ("a|b", R, Code("22023")),
    ("a=b", R, Code("22023")),
    ("a,b", R, Code("22023")),
    ("a+b", R, Code("22023")),
    ("a*b", R, Code("22023")),
    ("a?b", R, Code("22023")),
    ("a<b", R, Code("22023")),
    ("a>b", R, Code("22023")),
    // invisible
    ("a\tb", R, Code("22023")),
    ("a\nb", R, Code("22023")),
    ("a\u{1}b", R, Code("22023")),
    ("a\u{7f}b", R, Code("22023")),
    ("a\u{9f}b", R, Code("22023")),
    ("a\u{200b}b", R, Code("22023")),
    ("a\u{202e}b", R, Code("22023")),
    ("a\u{2066}b", R, Code("22023")),
    ("a\u{ad}b", R, Code("22023")),
    ("\u{feff}ab", R, Code("22023")),
    ("a\u{2028}b", R, Code("22023")),
    ("a\u{3164}b", R, Code("22023")),
    // injection
    ("x\"; DROP ROLE rds_ad; --", R, Code("22023")),
    ("x'; DROP ROLE rds_ad--", R, Code("22023")),
    ("x'||'y", R, Code("22023")),
    (
        "x' SUPERUSER --",
        R,
        ByCase("x' SUPERUSER --@CORP.EXAMPLE.COM", "x' superuser --@CORP.EXAMPLE.COM"),
    ),
    ("$1", R, Role("$1@CORP.EXAMPLE.COM")),
    ("%I", R, ByCase("%I@CORP.EXAMPLE.COM", "%i@CORP.EXAMPLE.COM")),
    // reserved
    ("pg_monitor", R, Code("42939")),
    ("pg_", R, Code("42939")),
    ("rds_ad", R, Code("42939")),
    ("rds_", R, Code("42939")),
    ("PG_x", R, ByCase("PG_x@CORP.EXAMPLE.COM", "42939")),
];

fn every_spelling(c: &Context<'_>) {
    let mut table: Vec<(String, Option<&str>, String)> = TABLE
        .iter()
        .map(|(username, realm, expect)| {
            let expect = match expect {
                Role(text) | Code(text) => *text,
                ByCase(off, on) => {
                    if c.caseins {
                        *on
                    } else {
                        *off
                    }
                }
            };
            ((*username).to_string(), *realm, expect.to_string())
        })
        .collect();
    // "@CORP.EXAMPLE.COM" has 17 bytes, so that 46 are left for the username.
    for (username, expect) in [
        ("a".repeat(20), None),
        ("a".repeat(20) + "$", None),
        ("a".repeat(21), Some("22023")),
        ("é".repeat(20), None),
        ("日".repeat(15) + "a", None),
        ("日".repeat(15) + "ab", Some("42622")),
        ("日".repeat(16), Some("42622")),
        ("𝒜".repeat(11) + "ab", None),
        ("𝒜".repeat(11) + "abc", Some("42622")),
        ("a".repeat(47), Some("42622")),
        ("a".repeat(100_000), Some("42622")),
    ] {
        let expect =
            expect.map_or_else(|| format!("{username}@CORP.EXAMPLE.COM"), ToString::to_string);
        table.push((username, R, expect));
    }
    assert!(table.len() >= 60, "{}", table.len());

    let (mut su, mut master) = (c.superuser(), c.master());
    let before = master.traces();
    for (username, realm, expect) in &table {
        check_spelling(&mut su, &mut master, username, *realm, expect, &before);
    }
}

fn check_spelling(
    su: &mut Session,
    master: &mut Session,
    username: &str,
    realm: Option<&str>,
    expect: &str,
    before: &[Vec<String>],
) {
    let shown = username.chars().take(30).collect::<String>();
    for function in ["kerb_canonicalize($1, $2)", "kerb_add_principal($1, $2)"] {
        let result = master.call(&format!("SELECT {function}"), &[&username, &realm]);
        match result {
            Ok(name) => {
                assert!(name == expect, "{function} {shown:?} {realm:?}: {name}, not {expect}");
                assert!(name.len() <= 63);
            }
            Err(error) => {
                assert_eq!(
                    error.code().code(),
                    expect,
                    "{function} {shown:?} {realm:?}: {}",
                    error.message()
                );
                assert!(
                    error.hint().is_some(),
                    "{function} {shown:?}: no hint with {}",
                    error.message()
                );
                assert!(error.message().len() < 400, "{function} {shown:?}: {}", error.message());
            }
        }
    }
    let found: Vec<String> = master
        .client
        .query(
            "SELECT r.rolname::text FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid \
             JOIN pg_roles g ON g.oid = m.roleid \
             WHERE r.rolname LIKE '%@%' AND g.rolname = 'rds_ad' AND r.rolcanlogin \
             AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR \
             r.rolbypassrls)",
            &[],
        )
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    match found.as_slice() {
        [] => assert_eq!(master.traces(), before, "{shown:?} left something behind"),
        [name] => {
            assert!(name == expect, "{shown:?} made {name}");
            su.run(&format!("DROP ROLE {}", kerbrole_core::quote_identifier(name)));
        }
        more => panic!("{shown:?} made {more:?}"),
    }
}

//! What becomes of logins by lines of both files.

use crate::diagnose::config_lines::{ConfigLine, config_lines, ident_lines};
use crate::diagnose::hba::line::HbaLine;
use crate::diagnose::hba::login::LoginAttempt;
use crate::diagnose::hba::verdict::HbaVerdict;
use crate::diagnose::hba::words::{Match, Word};

/// `kind databases users address[/mask] method options…`
fn lines(text: &str) -> Vec<HbaLine> {
    let line = |line: ConfigLine| {
        let words = |field: &Vec<Word>| {
            field
                .iter()
                .map(|word| String::from_utf8_lossy(&word.text))
                .collect::<Vec<_>>()
                .join(",")
        };
        let words: Vec<String> = line.fields.iter().map(words).collect();
        let (address, netmask) = match words[3].split_once('/') {
            Some((address, mask)) => (address, Some(mask.to_string())),
            None => (words[3].as_str(), None),
        };
        HbaLine {
            number: line.number,
            kind: words[0].clone(),
            databases: line.fields[1].clone(),
            users: line.fields[2].clone(),
            address: Some(address.into()),
            netmask,
            method: words[4].clone(),
            options: options(&words[5..]),
            error: None,
        }
    };
    config_lines(text.as_bytes()).into_iter().map(line).collect()
}

/// As the view shows them.
fn options(words: &[String]) -> Vec<String> {
    let shown = words.iter().filter(|word| !word.starts_with("include_realm")).cloned();
    let realm = (!words.iter().any(|word| word == "include_realm=0"))
        .then(|| "include_realm=true".to_string());
    shown.chain(realm).collect()
}

/// A login as alice@A.B, who is in rds_ad and team, to the database app.
struct Case<'c> {
    major: u32,
    caseins_users: bool,
    ssl: bool,
    ident: Option<&'c str>,
}

const USUAL: Case<'static> = Case { major: 17, caseins_users: false, ssl: false, ident: Some("") };

impl Case<'_> {
    fn verdict_on(&self, lines: &[HbaLine]) -> String {
        let regex = |pattern: &[u8], text: &[u8]| {
            let (Ok(pattern), Ok(text)) = (str::from_utf8(pattern), str::from_utf8(text)) else {
                return Match::Unknown;
            };
            let Ok(regex) = regex::Regex::new(pattern) else { return Match::Unknown };
            match regex.captures(text) {
                Some(groups) => {
                    Match::Yes { group: groups.get(1).map(|group| group.as_str().into()) }
                }
                None => Match::No,
            }
        };
        let ident = self.ident.and_then(|text| ident_lines(text.as_bytes()));
        let login = LoginAttempt {
            major: self.major,
            database: b"app",
            role: "alice@A.B",
            caseins_users: self.caseins_users,
            folds_high_bytes: Some(false),
            ssl: self.ssl,
            ident: ident.as_deref(),
            is_member: &|group| [&b"rds_ad"[..], b"team"].contains(&group),
            regex: &regex,
        };
        match login.verdict(lines) {
            HbaVerdict::Passes { line, narrowed_by } => {
                format!("{} passes, {} before it", line.number, narrowed_by.len())
            }
            HbaVerdict::Stopped { line, why } => format!("{}: {why}", line.number),
            HbaVerdict::NoLine => "no line".into(),
            HbaVerdict::Unknown { line, .. } => format!("{} unknown", line.number),
        }
    }

    fn verdict(&self, text: &str) -> String {
        self.verdict_on(&lines(text))
    }
}

fn verdict(text: &str) -> String {
    USUAL.verdict(text)
}

#[test]
fn the_first_line_that_matches_decides() {
    assert_eq!(
        verdict("host all +rds_iam all reject\nhost all +rds_ad all gss"),
        "2 passes, 0 before it"
    );
    assert_eq!(
        verdict("host all +team all reject\nhost all +rds_ad all gss"),
        "1: it refuses everybody"
    );
    assert_eq!(
        verdict("host all all all scram-sha-256\nhost all all all gss"),
        "1: it asks for scram-sha-256, not for a ticket"
    );
    assert_eq!(
        verdict(
            "local all all all trust\nhost other,postgres all all gss\nhost replication all all gss"
        ),
        "no line"
    );
    assert_eq!(verdict("host app alice@A.B all gss"), "1 passes, 0 before it");
    assert_eq!(verdict("host sameuser all all gss"), "no line");
    assert_eq!(verdict("host /^a /^alice@ all gss"), "1 passes, 0 before it");
}

#[test]
fn addresses_that_others_take_first() {
    let office = "host all all 10.1.0.0/255.255.0.0 reject\n";
    assert_eq!(verdict(&format!("{office}host all all all gss")), "2 passes, 1 before it");
    assert_eq!(
        verdict(&format!("{office}host all all 10.1.2.0/255.255.255.0 gss")),
        "1: it refuses everybody"
    );
    assert_eq!(
        verdict(&format!("{office}host all all 10.0.0.0/255.0.0.0 gss")),
        "2 passes, 1 before it"
    );
    assert_eq!(verdict(&format!("{office}host all all ::/:: gss")), "2 passes, 1 before it");
    assert_eq!(
        verdict("host all all all md5\nhost all all 10.0.0.0/255.0.0.0 gss"),
        "1: it asks for md5, not for a ticket"
    );
    assert_eq!(
        verdict("host all all db.example.com reject\nhost all all all gss"),
        "2 passes, 1 before it"
    );
}

#[test]
fn transports() {
    assert_eq!(verdict("hostssl all all all gss"), "no line");
    assert_eq!(
        Case { ssl: true, ..USUAL }.verdict("hostssl all all all gss"),
        "1 passes, 0 before it"
    );
    assert_eq!(
        verdict("hostgssenc all all all reject\nhostnogssenc all all all gss"),
        "2 passes, 0 before it"
    );
    assert_eq!(verdict("hostnossl all all all gss"), "1 passes, 0 before it");
}

#[test]
fn options_of_gss() {
    assert_eq!(
        verdict("host all all all gss include_realm=1 krb_realm=A.B"),
        "1 passes, 0 before it"
    );
    assert_eq!(verdict("host all all all gss krb_realm=C.D"), "1: its krb_realm is C.D");
    assert_eq!(verdict("host all all all gss krb_realm=a.b"), "1: its krb_realm is a.b");
    assert_eq!(
        Case { caseins_users: true, ..USUAL }.verdict("host all all all gss krb_realm=a.b"),
        "1 passes, 0 before it"
    );
    assert!(verdict("host all all all gss include_realm=0").starts_with("1: include_realm=0"));
    assert_eq!(verdict("host all all all gss clientcert=verify-ca"), "1 unknown");
}

#[test]
fn maps() {
    let map = |major, caseins_users, options: &str, ident: &str| {
        let case = Case { major, caseins_users, ident: Some(ident), ..USUAL };
        case.verdict(&format!("host all all all gss {options}")).starts_with("1 passes")
    };
    for major in [15, 17] {
        let map = |options: &str, caseins: bool, ident: &str| map(major, caseins, options, ident);
        assert!(!map("map=m", false, ""));
        assert!(map("map=m", false, "m alice@A.B alice@A.B"));
        assert!(!map("map=m", false, "other alice@A.B alice@A.B\nm bob@A.B alice@A.B"));
        assert!(map("map=m", false, "m /^(.*)@A.B$ \\1@A.B"));
        assert!(!map("map=m", false, "m /^(.*)@A.B$ \\1"));
        assert!(map("map=m include_realm=0", false, "m alice alice@A.B"));
        assert!(!map("map=m", false, "m Alice@A.B alice@A.B"));
        assert!(map("map=m", true, "m Alice@A.B alice@A.B"));
        // A group that is asked for and is not there ends the search.
        assert!(!map("map=m", false, "m /^.*@A.B$ \\1@A.B\nm alice@A.B alice@A.B"));
        assert!(map("map=m", false, "m /^.*@C.D$ \\1@A.B\nm alice@A.B alice@A.B"));
        // More than names since 16, unless it is quoted.
        for role in ["+team", "all", "/^alice@"] {
            let line = format!("m alice@A.B {role}");
            assert_eq!(map("map=m", false, &line), major >= 16, "{role}");
        }
        assert!(!map("map=m", false, "m alice@A.B \"+team\""));
        assert!(!map("map=m", false, "m alice@A.B \"all\""));
        assert_eq!(map("map=m", false, "m alice@A.B \"/^alice@\""), major >= 16);
    }
}

#[test]
fn before_16_there_are_no_patterns() {
    let old = Case { major: 15, ..USUAL };
    assert_eq!(old.verdict("host /^a /^alice@ all gss"), "no line");
    assert_eq!(old.verdict("host all +team all gss"), "1 passes, 0 before it");
}

#[test]
fn quotes_take_the_meaning_away() {
    assert_eq!(verdict("host \"all\" all all gss"), "no line");
    assert_eq!(verdict("host all \"all\" all gss"), "no line");
    assert_eq!(verdict("host all \"+team\" all gss"), "no line");
    assert_eq!(verdict("host \"/^a\" all all gss"), "1 passes, 0 before it");
    assert_eq!(verdict("host \"sameuser\",\"app\" all all gss"), "1 passes, 0 before it");
}

#[test]
fn what_is_not_known_is_said_only_where_it_matters() {
    let verdict = |text: &str| {
        // As if the file could not be read.
        let mut lines = lines(text);
        for line in &mut lines {
            for word in line.databases.iter_mut().chain(&mut line.users) {
                word.quoted = None;
            }
        }
        USUAL.verdict_on(&lines)
    };
    let then = |first: &str, second: &str| verdict(&format!("{first}\n{second}"));
    assert_eq!(verdict("host app all all gss"), "1 unknown");
    assert_eq!(verdict("host app all,alice@A.B all gss"), "1 passes, 0 before it");
    assert_eq!(then("host app +team all reject", "host app alice@A.B all gss"), "1 unknown");
    let passes = "2 passes, 0 before it";
    assert_eq!(
        then("host app +team 10.0.0.0/255.0.0.0 reject", "host app alice@A.B all gss"),
        passes
    );
    assert_eq!(then("host app +team all gss", "host app alice@A.B all gss"), passes);
    assert_eq!(then("host app +team all gss", "host app alice@A.B all reject"), "1 unknown");
    assert_eq!(
        then("host app +others all gss", "host app alice@A.B all reject"),
        "2: it refuses everybody"
    );
    assert_eq!(
        then("host app alice@A.B all reject", "host app all all gss"),
        "1: it refuses everybody"
    );
    // A pattern that cannot be evaluated, and a file that is not the one in force.
    assert_eq!(USUAL.verdict("host /( all all gss\nhost all all all reject"), "1 unknown");
    assert_eq!(Case { ident: None, ..USUAL }.verdict("host all all all gss map=m"), "1 unknown");
    let ident = Some("m /(.*)\\2 \\1\nm alice@A.B alice@A.B");
    assert_eq!(Case { ident, ..USUAL }.verdict("host all all all gss map=m"), "1 unknown");
}

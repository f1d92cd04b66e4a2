//! Names, by the functions and by the core.

use kerbrole_core::{NameRules, NetbiosDomains, Realm, UsernameCase};
use postgres::types::ToSql;

use super::{install, times};
use crate::fixture::Context;
use kerbrole_tests::postgres_server::SUPERUSER;

/// On each of two versions.
const NAMES: usize = 10_000;

/// Characters of which names are made: those that mean something, those next to each border of a
/// table, and some letters.
fn alphabet() -> Vec<char> {
    let mut all: Vec<char> = "aAzZ09.-_@\\/$'\"[]:;|=,+*?<> %{}#é".chars().collect();
    let is_special = |c: char| kerbrole_core::is_invisible(c) || c.is_whitespace();
    let mut before = false;
    for c in '\u{1}'..=char::MAX {
        let now = is_special(c);
        if now != before {
            all.push(c);
            all.extend(char::from_u32(u32::from(c) - 1).filter(|&c| c != '\0'));
        }
        before = now;
    }
    all
}

/// Numbers that look like chance and are the same each time.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A username as somebody may type it, and a realm or none. The first ones have each strange
/// character in each place.
fn typed(at: usize, alphabet: &[char], numbers: &mut Numbers) -> (String, Option<String>) {
    let word = |numbers: &mut Numbers, longest: usize| -> String {
        let length = numbers.below(longest);
        let of = |numbers: &mut Numbers| if numbers.below(8) == 0 { alphabet.len() } else { 9 };
        (0..length)
            .map(|_| {
                let bound = of(numbers);
                alphabet[numbers.below(bound)]
            })
            .collect()
    };
    let mut username = match alphabet.get(at / 3) {
        Some(c) => [format!("a{c}b"), format!("{c}a"), format!("a{c}")][at % 3].clone(),
        None => word(numbers, 26),
    };
    let realm = match numbers.below(4) {
        0 => None,
        1 => Some(word(numbers, 20)),
        _ => Some("Corp.Example.Com".to_string()),
    };
    if realm.is_none() {
        match numbers.below(4) {
            0 => username.push_str("@corp.example.com"),
            1 => username.push_str(&format!("@{}", word(numbers, 70))),
            2 => username.insert_str(0, "corp\\"),
            _ => {}
        }
    }
    match numbers.below(40) {
        0 => username.insert_str(0, "pg_"),
        1 => username.insert_str(0, "rds_"),
        _ => {}
    }
    (username, realm)
}

pub(super) fn names_are_those_of_the_core(c: &Context<'_>) {
    let mut su = c.superuser();
    install(c, SUPERUSER);
    su.run(
        "SELECT kerbrole.set('netbios_domains', 'CORP=CORP.EXAMPLE.COM'); \
         SET client_min_messages = warning; \
         CREATE FUNCTION pg_temp.tried(u text, r text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
         RETURN '00000 ' || kerbrole.kerb_canonicalize(u, r); EXCEPTION WHEN OTHERS THEN RETURN \
         concat(SQLSTATE, ' ', SQLERRM); END $$",
    );
    let alphabet = alphabet();
    let mut numbers = Numbers(u64::from(c.major()));
    let cases = [
        (UsernameCase::Auto, "auto", None),
        (UsernameCase::Lower, "lower", Some("DEFAULT.REALM")),
        (UsernameCase::Preserve, "preserve", None),
    ];
    let mut different = Vec::new();
    for (which, (username_case, word, default)) in cases.into_iter().enumerate() {
        let rules = NameRules {
            username_case,
            default_realm: default.map(|realm| Realm::parse(realm).unwrap()),
            netbios_domains: "CORP=CORP.EXAMPLE.COM".parse::<NetbiosDomains>().unwrap(),
            ..NameRules::default()
        };
        let default = default.map_or("NULL".to_string(), |realm| format!("'{realm}'"));
        su.run(&format!(
            "SELECT kerbrole.set('username_case', '{word}'), kerbrole.set('default_realm', \
             {default})"
        ));
        let typed: Vec<_> = (0..NAMES * times())
            .filter(|at| at % 3 == which)
            .map(|at| typed(at / 3 * 3 + at % 3, &alphabet, &mut numbers))
            .collect();
        let (usernames, realms): (Vec<_>, Vec<_>) = typed.iter().cloned().unzip();
        let arguments: [&(dyn ToSql + Sync); 2] = [&usernames, &realms];
        let answers: Vec<String> = su
            .client
            .query_one(
                "SELECT array_agg(pg_temp.tried(u, r) ORDER BY n) FROM \
                 unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (u, r, n)",
                &arguments,
            )
            .unwrap()
            .get(0);
        for ((username, realm), seen) in typed.iter().zip(answers) {
            let wanted = match rules.canonicalize(username, realm.as_deref()) {
                Ok(canonical) => format!("00000 {}", canonical.principal),
                Err(error) => format!("{} {error}", error.sqlstate().code()),
            };
            if seen != wanted {
                different.push(format!("{username:?} {realm:?} {word}: {seen:?}, not {wanted:?}"));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {}:\n{}",
        different.len(),
        NAMES * times(),
        different[..5.min(different.len())].join("\n")
    );
}

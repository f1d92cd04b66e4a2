//! Principals as a directory could have them, drawn from a seed.

use fastrand::Rng;

/// Most people are of the first.
const REALMS: [&str; 2] = ["corp.example.com", "eu.corp.example.com"];

const CONSONANTS: &[u8] = b"bcdfghjklmnprstvz";
const VOWELS: &[u8] = b"aeiou";

/// A principal: as somebody types it, and as its role is called.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) typed: String,
    pub(crate) role: String,
}

/// So many of them, all different, in no order.
pub(crate) fn names(seed: u64, count: usize) -> Vec<Name> {
    let mut rng = Rng::with_seed(seed);
    (0..count)
        .map(|number| {
            let mut username = String::new();
            syllables(&mut rng, &mut username);
            if rng.bool() {
                username.push(['.', '-', '_'][rng.usize(..3)]);
                syllables(&mut rng, &mut username);
            }
            // What makes it the only one.
            username.push_str(&number.to_string());
            let realm = REALMS[usize::from(rng.u8(..5) == 0)];
            Name {
                typed: format!("{username}@{realm}"),
                role: format!("{username}@{}", realm.to_ascii_uppercase()),
            }
        })
        .collect()
}

fn syllables(rng: &mut Rng, to: &mut String) {
    for _ in 0..rng.usize(2..=3) {
        for letters in [CONSONANTS, VOWELS] {
            to.push(char::from(letters[rng.usize(..letters.len())]));
        }
    }
}

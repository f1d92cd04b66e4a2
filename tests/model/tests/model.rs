//! What `make prove` shows, and that docs/evidence/never-both.md is what it would write: the whole
//! model and all of its variants, and a part of the graphs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use kerbrole_model::checking::{catch, check};
use kerbrole_model::fault::Fault;
use kerbrole_model::graphs::{GRAPHS, core};
use kerbrole_model::report::{CI_PART, Evidence, compared};
use kerbrole_model::worlds;

#[test]
fn what_is_promised_holds_in_every_state_every_variant_is_noticed_and_the_page_says_so() {
    let caught = Fault::ALL.into_iter().map(|fault| (fault, catch(fault))).collect();
    let evidence = Evidence { held: worlds::all().into_iter().map(check).collect(), caught };
    let objections = evidence.objections();
    assert!(objections.is_empty(), "{}", objections.join("\n\n"));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence/never-both.md");
    let kept = fs::read_to_string(&page).unwrap();
    let seen = evidence.document();
    let differs = kept.lines().zip(seen.lines()).find(|(kept, seen)| kept != seen);
    assert_eq!(differs, None, "{} is old: make prove writes it", page.display());
    assert_eq!(kept.len(), seen.len(), "{} is old: make prove writes it", page.display());
}

#[test]
fn the_core_finds_in_random_graphs_what_the_definition_says() {
    match core::compare(GRAPHS / CI_PART) {
        Ok(all) => println!("{}", compared(&all)),
        Err(difference) => panic!("{difference}"),
    }
}

//! What is kept about mutants, and whether it is of the code as it is.

use std::fs;

use crate::reasons::{Reason, Reasons};
use crate::report::report;
use crate::results::{Missed, Results, Row};
use crate::{REASONS, REPORT, RESULTS, WANTED, code, fingerprint, workspace};

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn kept() -> (Results, Reasons) {
    (text(RESULTS).parse().unwrap(), text(REASONS).parse().unwrap())
}

#[test]
fn nearly_all_are_noticed() {
    let (noticed, viable) = kept().0.noticed_of();
    assert!(viable > 0 && noticed * 100 >= viable * WANTED, "{noticed} of {viable}");
}

#[test]
fn each_that_is_missed_has_a_reason_and_each_reason_is_about_one() {
    let (results, reasons) = kept();
    for (file, row) in &results.0 {
        for missed in &row.missed {
            assert!(
                reasons.of(file, missed).is_some(),
                "{file}:{}: {}",
                missed.place,
                missed.change
            );
        }
    }
    let about_none: Vec<_> = reasons.about_none(&results).collect();
    assert!(about_none.is_empty(), "{about_none:?}");
}

#[test]
fn reasons_are_about_code_that_is_there() {
    let (_, reasons) = kept();
    for Reason { file, code: line, .. } in &reasons.0 {
        let there = text(file);
        assert!(
            code(&there).lines().any(|there| there.trim() == line),
            "{file} has no line {line:?} any more: make mutants MUTANTS={file}"
        );
    }
}

#[test]
fn the_report_is_of_what_was_found() {
    let (results, reasons) = kept();
    assert_eq!(text(REPORT), report(&results, &reasons), "make mutants writes it");
}

#[test]
fn results_come_back_as_they_were() {
    let missed = |place: &str, code: &str| Missed {
        place: place.into(),
        change: "replace | with & in f".into(),
        code: code.into(),
    };
    let row = Row {
        fingerprint: "0123456789ab".into(),
        caught: 12,
        timeouts: 3,
        unviable: 4,
        missed: vec![missed("1:2", "a | b"), missed("10:2", "c | d")],
    };
    let other = Row { fingerprint: "ba9876543210".into(), ..Row::default() };
    let results = Results([("a.rs".into(), row), ("b.rs".into(), other)].into());
    assert_eq!(results.to_string().parse(), Ok(results.clone()));
    assert_eq!(results.noticed_of(), (15, 17), "what does not compile counts for nothing");
    for wrong in ["\t1:2\ta\tb", "a.rs\tx\t1\t2", "a.rs\tx\tone\t2\t3"] {
        assert!(wrong.parse::<Results>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_mutant_is_found_by_its_line() {
    let text = "fn f() {\n    a < b\n}\n";
    let name = "k/src/f.rs:2:7: replace < with <= in f";
    let missed = Missed::read(name, "k/src/f.rs", text).unwrap();
    assert_eq!(
        (&*missed.place, &*missed.change, &*missed.code),
        ("2:7", "replace < with <= in f", "a < b")
    );
    for (name, file) in [
        (name, "k/src/g.rs"),
        ("k/src/f.rs:9:1: replace f", "k/src/f.rs"),
        ("k/src/f.rs:0:1: replace f", "k/src/f.rs"),
        ("k/src/f.rs: replace f", "k/src/f.rs"),
    ] {
        assert!(Missed::read(name, file, text).is_err(), "{name}");
    }
}

#[test]
fn a_reason_is_for_one_change_of_one_line() {
    let reasons: Reasons =
        "# About all.\n\na.rs\na < b\nreplace < with <= in f\nNever\nequal.\n\n\n\
                            a.rs\nc\nreplace f with ()\nNothing.\n"
            .parse()
            .unwrap();
    let missed = |code: &str| Missed {
        place: "1:1".into(),
        change: "replace < with <= in f".into(),
        code: code.into(),
    };
    assert_eq!(reasons.of("a.rs", &missed("a < b")), Some("Never equal."));
    assert_eq!(reasons.of("b.rs", &missed("a < b")), None);
    assert_eq!(reasons.of("a.rs", &missed("a < c")), None);
    let row = Row { missed: vec![missed("a < b")], ..Row::default() };
    let results = Results([("a.rs".into(), row)].into());
    let unused: Vec<_> = reasons.about_none(&results).map(|reason| &*reason.code).collect();
    assert_eq!(unused, ["c"]);
    assert!("a.rs\nc\nreplace f with ()\n".parse::<Reasons>().is_err(), "without a reason");
}

#[test]
fn tests_are_no_part_of_what_is_tried() {
    let code = "fn f() {}\n\n";
    let with = |tests: &str| format!("{code}#[cfg(test)]\nmod tests {{ {tests} }}\n");
    assert_eq!(fingerprint(&with("a")), fingerprint(&with("b")));
    assert_ne!(fingerprint(&with("a")), fingerprint(&with("a").replace('f', "g")));
    assert_eq!(fingerprint("fn f() {}").len(), 12);
}

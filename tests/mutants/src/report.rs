//! docs/evidence/mutants.md.

use std::fmt::Write as _;

use crate::WANTED;
use crate::reasons::Reasons;
use crate::results::Results;

/// The report, of what was found and why it may be so.
pub(crate) fn report(results: &Results, reasons: &Reasons) -> String {
    let (noticed, viable) = results.noticed_of();
    let mut text = format!(
        "# Mutants of kerbrole-core\n\
        \n\
        Written by `make mutants`, which has [cargo-mutants](https://mutants.rs) change one\n\
        thing in the code at a time (a comparison, an operator, what a function returns, an\n\
        arm of a match) and tries whether a test notices. `make test-units` holds that\n\
        {WANTED} of 100 are noticed in all files below, and that each that is not has a\n\
        reason.\n\
        \n\
        A mutant counts as noticed when one of kerbrole-core's own unit tests fails, or does\n\
        not end; nothing else is tried: neither `deep` of the same crate, which is about\n\
        time and memory, nor the suites on servers, the model and the random graphs, which\n\
        notice more. One that does not compile counts for nothing.\n\
        \n\
        **Noticed: {noticed} of {viable} ({}), in {} files.** A file that is not listed was\n\
        not tried yet, and one whose code was changed since has another fingerprint (SHA-256\n\
        of all but its tests, the first 12 digits): `make mutants` tries those.\n\
        \n\
        ## By file\n\
        \n\
        | file | mutants | caught | no end | do not compile | missed | fingerprint |\n\
        | --- | --: | --: | --: | --: | --: | --- |\n",
        share(noticed, viable),
        results.0.len(),
    );
    for (file, row) in &results.0 {
        let (missed, all) = (row.missed.len(), row.viable() + row.unviable);
        let (caught, timeouts, unviable) = (row.caught, row.timeouts, row.unviable);
        let short = file.trim_start_matches("kerbrole-core/src/");
        let _ = writeln!(
            text,
            "| [{short}](../../{file}) | {all} | {caught} | {timeouts} | {unviable} | {missed} | \
             `{}` |",
            row.fingerprint
        );
    }
    text.push_str("\n## Missed, and why\n");
    for (file, row) in results.0.iter().filter(|(_, row)| !row.missed.is_empty()) {
        let _ = write!(text, "\n### {}\n\n", file.trim_start_matches("kerbrole-core/src/"));
        for missed in &row.missed {
            let why = reasons.of(file, missed).unwrap_or("No reason is given.");
            let (change, code) = (&missed.change, &missed.code);
            let _ = writeln!(text, "- ``{change}``, of ``{code}``: {why}");
        }
    }
    text
}

/// A share in per cent, rounded down.
fn share(part: usize, of: usize) -> String {
    let tenths = (part * 1000).checked_div(of).unwrap_or(1000);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

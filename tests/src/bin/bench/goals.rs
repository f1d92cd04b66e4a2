//! What was to be reached, and whether it was.
//!
//! Each report ends with its goals, and benches/README.md gathers those of all reports, so that one
//! report can be written anew alone.

use std::fs;
use std::path::Path;

use kerbrole_tests::sandbox::Result;

use crate::figures::short;

const HEADING: &str = "## Goals";
const TABLE: &str = "| goal | limit | measured | |\n| --- | --- | --- | --- |\n";

/// One goal.
pub(crate) struct Goal {
    what: String,
    limit: String,
    measured: String,
    verdict: String,
}

impl Goal {
    /// Of something that should be small. `because` is for the case that it is not: from a profile.
    pub(crate) fn at_most(
        what: String,
        measured: f64,
        limit: f64,
        unit: &str,
        because: &str,
    ) -> Self {
        Self::new(
            what,
            ("≤", limit),
            measured,
            unit,
            measured <= limit,
            measured / limit - 1.0,
            because,
        )
    }

    /// Of something that should be large.
    pub(crate) fn at_least(
        what: String,
        measured: f64,
        limit: f64,
        unit: &str,
        because: &str,
    ) -> Self {
        Self::new(
            what,
            ("≥", limit),
            measured,
            unit,
            measured >= limit,
            1.0 - measured / limit,
            because,
        )
    }

    fn new(
        what: String,
        (sign, limit): (&str, f64),
        measured: f64,
        unit: &str,
        met: bool,
        missed_by: f64,
        because: &str,
    ) -> Self {
        let verdict = match (met, because) {
            (true, _) => "met".into(),
            (false, "") => format!("**missed** by {:.0} %", missed_by * 100.0),
            (false, because) => format!("**missed** by {:.0} %: {because}", missed_by * 100.0),
        };
        Self {
            what,
            limit: format!("{sign} {limit} {unit}"),
            measured: format!("{} {unit}", short(measured)),
            verdict,
        }
    }

    /// Of two that should be alike, within what chance makes of them.
    pub(crate) fn indistinguishable(what: String, ratio: f64, apart: bool) -> Self {
        let verdict = if apart { "**missed**" } else { "met" };
        Self {
            what,
            limit: "cannot be told apart".into(),
            measured: format!("{ratio:.3} ×"),
            verdict: verdict.into(),
        }
    }
}

/// The end of a report.
pub(crate) fn section(goals: &[Goal]) -> String {
    let mut text = format!("\n{HEADING}\n\n{TABLE}");
    for Goal { what, limit, measured, verdict } in goals {
        text.push_str(&format!("| {what} | {limit} | {measured} | {verdict} |\n"));
    }
    text
}

/// The goals of all reports that there are.
pub(crate) fn gather(folder: &Path, reports: &[&str]) -> Result<String> {
    let mut text = format!(
        "# Figures\n\n\
         `make bench` writes these reports anew, and this page, in two to three hours on two\n\
         cores; `make bench BENCH=adding` one of them. Every report says on which machine it was \
         made. What is\n\
         compared is compared on the same server, by turns, as ratios. Names and memberships come \
         from a\n\
         seed, 1 unless `KERBROLE_BENCH_SEED` says otherwise. After each run roles, LOGIN and \
         memberships are\n\
         counted.\n\n\
         {TABLE}"
    );
    for report in reports {
        let path = folder.join(format!("{report}.md"));
        let Ok(written) = fs::read_to_string(&path) else { continue };
        let goals = written.split_once(HEADING).map_or("", |(_, goals)| goals);
        for line in goals.lines().filter(|line| line.starts_with("| ") && !TABLE.contains(line)) {
            let line = line.trim_start_matches("| ");
            text.push_str(&format!("| [{report}]({report}.md): {line}\n"));
        }
    }
    Ok(text)
}

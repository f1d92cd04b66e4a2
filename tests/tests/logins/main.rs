//! Who can log in, and who cannot: each case with MIT Kerberos, on every version, written down in
//! docs/evidence/logins.md.
//!
//! A difference from what was expected, or from the report that is kept, fails the run.
//! `make logins` writes the report anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub)]

mod by_hand;
mod check;
mod claims;
mod function_answers;
mod lifecycle;
mod lockout;
mod matrix;
mod memberships;
mod trust;

use std::process::ExitCode;

use kerbrole_tests::admin::Admin;
use kerbrole_tests::fixture::{Case, Context, Kind};
use kerbrole_tests::report::{Evidence, Report, Section};
use kerbrole_tests::version::{wanted, workspace};
// The suites' own paths to what they share.
use kerbrole_tests::{cases, fixture};
use libtest_mimic::Arguments;

const SUITES: &[(&str, &[Case])] = &[
    ("matrix", matrix::CASES),
    ("lifecycle", lifecycle::CASES),
    ("memberships", memberships::CASES),
    ("trust", trust::CASES),
    ("lockout", lockout::CASES),
    ("by_hand", by_hand::CASES),
    ("check", check::CASES),
    ("function_answers", function_answers::CASES),
    ("claims", claims::CASES),
];

static REPORT: Report = Report::new();

/// The report's sections, in order; rows name them by their places.
const SECTIONS: [Section; 13] = [
    Section {
        title: "Tickets and roles",
        about: "Every spelling of a ticket against every role that is made for it. The realm is \
            CORP.EXAMPLE.COM; what was typed is in the first words.",
    },
    Section {
        title: "Other spellings of the role",
        about: "The server looks a role up by its exact name. Who asks for another one is sent to \
            the line of pg_hba.conf for everybody else, which wants a password.",
    },
    Section {
        title: "A life",
        about: "Added, disabled, enabled, renamed, dropped, on a list and off it; the ticket is \
            good all the time.",
    },
    Section {
        title: "Memberships",
        about: "Nested in rds_ad, and in rds_iam by a statement that knew nothing of it.",
    },
    Section {
        title: "A trusted realm",
        about: "Users of ONPREM.COM get tickets for services of CORP.EXAMPLE.COM. The same user \
            name in both is two people.",
    },
    Section {
        title: "A migration",
        about: "The users of ONPREM.COM move to CORP.EXAMPLE.COM, and their roles with them.",
    },
    Section {
        title: "The administrator, by statements typed by hand",
        about: "Since PostgreSQL 16 whoever creates a role becomes a member of it. An \
            administrator who logs in with a password is locked out by that once the role is in \
            rds_ad.",
    },
    Section {
        title: "The administrator, through the extension",
        about: "It makes nobody a member of anything.",
    },
    Section {
        title: "The administrator, by plain statements of kerbrole-client",
        about: "It refuses to nest whoever is not nested yet, and says what to do instead.",
    },
    Section { title: "Roles made by hand", about: "What goes wrong without kerbrole." },
    Section {
        title: "What kerb_check_principal says",
        about: "Everything that keeps somebody out, and some of what does not: asked by a \
            superuser, and tried. The rows of the answer that are not ok, and those that are not \
            known, stand behind what came of the login.",
    },
    Section {
        title: "What the other functions say",
        about: "The WARNING of `kerb_enable_principal`, the `ad_path` of `kerb_list_principals`, \
            the problems of `kerb_case_audit`, what is refused and what the role is called, and \
            what comes of the login.",
    },
    Section { title: "The table in the README", about: "Each line of it." },
];

const MATRIX: usize = 0;
const OTHER_SPELLINGS: usize = 1;
const LIFECYCLE: usize = 2;
const MEMBERSHIPS: usize = 3;
const TRUST: usize = 4;
const MIGRATION: usize = 5;
const DBA_BY_HAND: usize = 6;
const DBA_BY_EXTENSION: usize = 7;
const DBA_BY_CRATE: usize = 8;
const BY_HAND: usize = 9;
const CHECK: usize = 10;
const FUNCTION_ANSWERS: usize = 11;
const README: usize = 12;

/// The master user, with whatever the server has.
fn administrator(c: &Context<'_>) -> Admin {
    Admin::master(c.server, c.backend())
}

/// The rows of a test, on roles that this administrator makes.
fn evidence<'c>(c: &Context<'c>, admin: &Admin, section: usize) -> Evidence<'c> {
    REPORT.evidence(section, c.server, c.caseins, admin.name())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let kinds: Vec<_> = Kind::ALL.into_iter().filter(|&kind| kind != Kind::Guarded).collect();
    let conclusion = match fixture::try_all(SUITES, &kinds, &arguments) {
        Ok(conclusion) => conclusion,
        Err(error) => {
            eprintln!("the servers could not be set up: {error}");
            return ExitCode::FAILURE;
        }
    };
    let whole = !arguments.list && arguments.filter.is_none() && arguments.skip.is_empty();
    if whole && !conclusion.has_failed() {
        let kept = wanted().and_then(|versions| {
            claims::have_rows()?;
            let text = REPORT.text(&claims::introduction(), &SECTIONS);
            REPORT.keep(&workspace().join("docs/evidence/logins.md"), &text, &versions)
        });
        if let Err(error) = kept {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}

//! What the server itself says about the principal, where it can be asked.

use kerbrole_client::{Backend, Check, Error, ErrorKind, Kerbrole, Language, Warning};
use tokio::time::timeout;
use tokio_postgres::Client;

use super::finding::{Finding, fine, unknown, wrong};
use super::network::no_answer_within;
use super::questions::Questions;
use crate::arguments::Options;
use crate::commands::backend;
use crate::connect::conninfo::Connection;
use crate::failure::Failure;

/// The server's answer.
pub(super) struct Answer {
    /// Whether it ignores the case of users, where that is known.
    pub(super) caseins_users: Option<bool>,
    pub(super) findings: Vec<Finding>,
}

impl Answer {
    fn of_one(finding: Finding) -> Self {
        Self { caseins_users: None, findings: vec![finding] }
    }

    fn none(why: String) -> Self {
        Self::of_one(unknown("server", why))
    }
}

/// Asks the server, without a password that somebody would have to type.
///
/// # Errors
/// For options that do not hold for the server.
pub(super) async fn look(
    options: &Options,
    questions: &Questions,
    connection: Connection,
) -> Result<Answer, Failure> {
    let Some(principal) = &questions.principal else {
        return Ok(Answer::none("say --principal to have the server asked about it".into()));
    };
    let limit = questions.timeout;
    let client = match timeout(limit, connection.open(|_| None, false)).await {
        Err(_) => return Ok(Answer::none("no answer".into())),
        Ok(Err(failure)) => {
            // What to do about it stands in rows of its own.
            let said = failure.to_string();
            let said = said.lines().next().unwrap_or_default();
            return Ok(Answer::none(format!("not asked: {said}")));
        }
        Ok(Ok(client)) => client,
    };
    match timeout(limit, checks(options, &client, principal)).await {
        Err(_) => Ok(Answer::none(no_answer_within(limit))),
        Ok(Err(Failure::Refused(error))) => Ok(match error.kind() {
            ErrorKind::Connection => Answer::none(format!("not asked: {error}")),
            _ => Answer::of_one(refused(&error)),
        }),
        Ok(outcome) => outcome,
    }
}

/// The server, or the rules, say no to being asked.
fn refused(error: &Error) -> Finding {
    let fix = error.hint().or_else(|| error.detail());
    let fix = fix.unwrap_or_else(|| "kerbrole probe says what server this is".into());
    wrong("server", error.to_string(), fix)
}

async fn checks(options: &Options, client: &Client, principal: &str) -> Result<Answer, Failure> {
    let kerbrole = backend::open(options, client).await?;
    let caseins_users = kerbrole.server().krb_caseins_users;
    let checks = kerbrole.check_principal(principal, None).await?;
    let finding = |check: Check| Finding {
        what: format!("server: {}", check.name),
        ok: check.ok,
        result: check.detail,
        fix: check.fix.unwrap_or_default(),
    };
    let findings = checks.into_iter().map(finding).chain([memberships(&kerbrole)]).collect();
    Ok(Answer { caseins_users, findings })
}

/// Whether the memberships of whoever asks make its own logins slow.
fn memberships(kerbrole: &Kerbrole<'_, Client>) -> Finding {
    const WHAT: &str = "server: memberships of the user";
    let server = kerbrole.server();
    let Some(slow) = kerbrole.slow_login() else {
        let said = format!("\"{}\" is a member of {} roles", server.user, server.memberships);
        return fine(WHAT, said);
    };
    let warning = Warning::from(slow);
    let has_settings = kerbrole.backend() != Backend::PlainSql;
    let say = |text: String| Language::Command { has_settings }.say(&text).into_owned();
    let detail = warning.detail().map(say).unwrap_or_default();
    let result = format!("{}. {detail}", say(warning.to_string()));
    wrong(WHAT, result, warning.hint().map(say).unwrap_or_default())
}

//! A row: one question of the guide, its answer, and what to do.

use crate::commands::aws::world::{Answer, World};

/// A step of the guide, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Account,
    Directory,
    Trust,
    Role,
    Users,
    Network,
    Database,
    Parameters,
    Logins,
    Client,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Directory => "directory",
            Self::Trust => "trust",
            Self::Role => "role",
            Self::Users => "users",
            Self::Network => "network",
            Self::Database => "database",
            Self::Parameters => "parameters",
            Self::Logins => "logins",
            Self::Client => "client",
        }
    }
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is as the guide has it.
    Ok,
    /// It keeps somebody from logging in.
    Wrong,
    /// It may, or it will pass.
    Warning,
    /// Nobody can tell from here.
    CannotLook,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong => "wrong",
            Self::Warning => "warning",
            Self::CannotLook => "cannot look",
        }
    }
}

/// One question, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) step: Step,
    pub(crate) what: String,
    pub(crate) status: Status,
    pub(crate) detail: String,
    pub(crate) fix: Option<String>,
}

impl Row {
    fn new(step: Step, what: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self { step, what: what.into(), status, detail: detail.into(), fix: None }
    }

    pub(crate) fn ok(step: Step, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(step, what, Status::Ok, detail)
    }

    pub(crate) fn wrong(step: Step, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(step, what, Status::Wrong, detail)
    }

    pub(crate) fn warning(step: Step, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(step, what, Status::Warning, detail)
    }

    pub(crate) fn unseen(step: Step, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(step, what, Status::CannotLook, detail)
    }

    /// The same, with what to do about it.
    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// A question to which there is no answer, and that of what else is to be said of it.
pub(super) struct Unanswered<'w> {
    pub(super) world: &'w World,
    pub(super) step: Step,
    pub(super) what: &'static str,
    /// What it means that there is none.
    pub(super) not_asked: &'static str,
}

impl Unanswered<'_> {
    /// The row for it; `missing` where what was asked for is not there.
    ///
    /// # Errors
    /// Where there is an answer, that.
    pub(super) fn row<'a, T>(
        &self,
        answer: &'a Answer<T>,
        missing: impl FnOnce() -> Row,
    ) -> Result<&'a T, Row> {
        let unseen = |why: String| Row::unseen(self.step, self.what, why);
        Err(match answer {
            Answer::Got(answer) => return Ok(answer),
            Answer::Denied { permission } => {
                unseen(format!("not allowed: {permission}")).fix(allow(self.world, permission))
            }
            Answer::Missing => missing(),
            Answer::Failed { why } => unseen(why.clone()),
            Answer::NotAsked => unseen(self.not_asked.into()),
        })
    }
}

/// What to do where permissions are missing.
pub(super) fn allow(world: &World, permissions: &str) -> String {
    let who = world.caller.got().map_or("whoever runs this", |caller| &caller.arn);
    format!("allow {permissions} to {who}")
}

/// A command that can be pasted, in the same region and with the same profile.
pub(super) fn command(world: &World, words: &[&str]) -> String {
    let mut all = vec!["aws"];
    all.extend(words);
    all.extend(["--region", &world.asked.region]);
    if let Some(profile) = &world.asked.profile {
        all.extend(["--profile", profile]);
    }
    all.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// As a POSIX shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+…".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word() {
        assert_eq!(quoted("d-90670a1b2c"), "d-90670a1b2c");
        assert_eq!(quoted("{\"a\": \"it's\"}"), r#"'{"a": "it'\''s"}'"#);
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("$(x)"), "'$(x)'");
    }
}

//! What IAM's documents allow, as far as it can be told without knowing the request: statements
//! with conditions, and such as are for some resources only, are left undecided.
//!
//! An explicit deny comes before any allow, and what nothing allows is denied (IAM User Guide,
//! "Policy evaluation logic").

use serde_json::Value;

use crate::commands::aws::world::iam::{PolicyDocument, Statement};

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::aws) enum Verdict {
    Allowed,
    /// Nothing allows it, or something denies it.
    Denied,
    /// It depends on what is not known here.
    Depends,
}

/// Whether a statement is about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Yes,
    No,
    Depends,
}

impl About {
    fn of(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Depends,
        }
    }
}

/// Whether a role may do something with all resources, by all documents that have a say.
pub(in crate::commands::aws) fn may<'d>(
    documents: impl IntoIterator<Item = &'d PolicyDocument>,
    action: &str,
) -> Verdict {
    let statements = documents.into_iter().flat_map(|document| &document.statement);
    decide(statements.map(|statement| {
        let about = is_about_action(statement, action)
            .and(is_about_all(statement))
            .and(About::of(statement.condition.is_none()).or_depends());
        (statement, about)
    }))
}

/// Whether a document denies something with all resources, whatever others allow.
pub(super) fn denies(document: &PolicyDocument, action: &str) -> bool {
    document.statement.iter().any(|statement| {
        statement.effect == "Deny"
            && statement.condition.is_none()
            && is_about_action(statement, action).and(is_about_all(statement)) == About::Yes
    })
}

/// Whether a service of this account may act as the role that a trust policy is for.
pub(in crate::commands::aws) fn may_act_as(
    document: &PolicyDocument,
    service: &str,
    account: &str,
) -> Verdict {
    decide(document.statement.iter().map(|statement| {
        let about = is_about_action(statement, "sts:AssumeRole")
            .and(is_about_service(statement, service))
            .and(holds(statement.condition.as_ref(), account));
        (statement, about)
    }))
}

impl About {
    /// What is not so only depends, where it is a condition.
    fn or_depends(self) -> Self {
        if self == Self::No { Self::Depends } else { self }
    }
}

fn decide<'s>(statements: impl Iterator<Item = (&'s Statement, About)>) -> Verdict {
    let (mut allowed, mut may_be) = (false, false);
    let mut depends = false;
    for (statement, about) in statements {
        match (statement.effect.as_str(), about) {
            (_, About::No) => {}
            ("Deny", About::Yes) => return Verdict::Denied,
            ("Allow", About::Yes) => allowed = true,
            ("Allow", About::Depends) => may_be = true,
            // A deny that may be meant, and an effect that is none.
            _ => depends = true,
        }
    }
    match (allowed, may_be, depends) {
        (true, _, false) => Verdict::Allowed,
        (false, false, _) => Verdict::Denied,
        _ => Verdict::Depends,
    }
}

fn is_about_action(statement: &Statement, action: &str) -> About {
    let is_any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    About::of(match statement.action.is_empty() {
        false => is_any(&statement.action),
        true => !statement.not_action.is_empty() && !is_any(&statement.not_action),
    })
}

/// Whether it is about all resources, and not some only.
fn is_about_all(statement: &Statement) -> About {
    match statement.resource.is_empty() {
        false if statement.resource.iter().any(|resource| resource == "*") => About::Yes,
        _ => About::Depends,
    }
}

fn is_about_service(statement: &Statement, service: &str) -> About {
    if statement.not_principal.is_some() {
        return About::Depends;
    }
    match &statement.principal {
        Some(Value::Object(kinds)) => match kinds.get("Service") {
            Some(Value::String(one)) => About::of(one == service),
            Some(Value::Array(some)) => About::of(some.iter().any(|one| one == service)),
            _ => About::No,
        },
        // Everybody, which may or may not mean services.
        Some(Value::String(_)) => About::Depends,
        _ => About::No,
    }
}

/// Whether a condition holds for a request of RDS: one about the account does, or does not.
fn holds(condition: Option<&Value>, account: &str) -> About {
    let Some(condition) = condition else { return About::Yes };
    let Some(operators) = condition.as_object() else { return About::Depends };
    let mut holds = About::Yes;
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else { return About::Depends };
        for (key, values) in keys {
            let is_known = matches!(operator.as_str(), "StringEquals" | "StringLike")
                && key.eq_ignore_ascii_case("aws:SourceAccount");
            holds = holds.and(match values {
                Value::String(one) if is_known => About::of(matches(one, account)),
                Value::Array(some) if is_known => About::of(
                    some.iter().filter_map(Value::as_str).any(|one| matches(one, account)),
                ),
                _ => About::Depends,
            });
        }
    }
    holds
}

/// Whether a pattern of IAM matches, whose letters have no case here: `*` is anything, `?` one
/// character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    wildmatch::WildMatch::new(&pattern).matches(&text)
}

#[cfg(test)]
mod tests;

//! The user's own `aws`, which knows profiles, single sign-on and second factors: one call after
//! the other, each an answer or why there is none.
//!
//! No credential is read here. The command gets the environment as it is, so that it finds its own;
//! a code of MFA it asks for on the terminal.

mod errors;
mod process;
mod version;

use std::cell::RefCell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::errors::Refusal;
use self::process::{Ended, run};
use self::version::Version;
use super::call::Call;
use super::world::Answer;
use crate::failure::Failure;
use crate::output::tell;

/// How often a call is made again that came too fast, after the attempts of `aws` itself.
const AGAIN: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// How many pages an answer may have, which a broken endpoint could go on with for ever.
const MOST_PAGES: usize = 1000;

/// The command, and what all its calls have in common.
#[derive(Debug)]
pub(super) struct Cli {
    version: Version,
    common: Vec<String>,
    limit: Duration,
    is_verbose: bool,
    /// Services that have not answered in time. They are not waited for again.
    silent: RefCell<Vec<&'static str>>,
}

/// What is common to all calls.
#[derive(Debug)]
pub(super) struct Common<'c> {
    pub(super) region: Option<&'c str>,
    pub(super) profile: Option<&'c str>,
    pub(super) endpoint: Option<&'c str>,
    pub(super) limit: Duration,
    pub(super) is_verbose: bool,
}

impl Cli {
    /// Finds the command, and the region where none is named: as `aws` itself looks for it, in
    /// the environment and in the profile.
    ///
    /// # Errors
    /// Where there is no `aws`, none that can be run, or no region.
    pub(super) async fn find(common: &Common<'_>) -> Result<(Self, String), Failure> {
        let version = version::ask(common.limit).await?;
        let profile: Vec<String> = match common.profile {
            Some(profile) => vec!["--profile".into(), profile.into()],
            None => Vec::new(),
        };
        let region = match common.region {
            Some(region) => region.to_string(),
            None => region(&profile, common.limit).await?,
        };
        let mut all = vec!["--region".into(), region.clone()];
        all.extend(profile);
        if let Some(url) = common.endpoint {
            all.extend(["--endpoint-url".into(), url.into()]);
        }
        all.extend(["--output", "json"].map(String::from));
        if version.is_2() {
            all.push("--no-cli-pager".into());
        }
        let cli = Self {
            version,
            common: all,
            limit: common.limit,
            is_verbose: common.is_verbose,
            silent: RefCell::default(),
        };
        Ok((cli, region))
    }

    /// Makes a call, and reads its answer.
    ///
    /// # Errors
    /// Where `aws` has no credentials that are good, which no other call would have either.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        call: Call,
        arguments: &[&str],
    ) -> Result<Answer<T>, Failure> {
        Ok(match self.pages(call, arguments).await {
            Ok(value) => read(call, value),
            Err(Refusal::Denied) => Answer::Denied { permission: call.permission },
            Err(Refusal::Missing) => Answer::Missing,
            Err(Refusal::Failed(why)) => Answer::Failed { why },
            Err(Refusal::NoCredentials(failure)) => return Err(failure),
        })
    }

    /// Makes the first call, by which it turns out whether there are credentials: where it fails,
    /// all would.
    ///
    /// # Errors
    /// Where there is no answer.
    pub(super) async fn ask_first<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let why = match self.pages(call, &[]).await.map(|value| read(call, value)) {
            Ok(Answer::Got(answer)) => return Ok(answer),
            Err(Refusal::NoCredentials(failure)) => return Err(failure),
            Ok(Answer::Failed { why }) | Err(Refusal::Failed(why)) => why,
            Ok(_) | Err(Refusal::Denied | Refusal::Missing) => "it was refused".into(),
        };
        Err(errors::nobody(&why))
    }

    /// All pages of an answer. `aws` puts them together by itself, unless it is too old to know
    /// that an operation has any.
    async fn pages(&self, call: Call, arguments: &[&str]) -> Result<Value, Refusal> {
        let mut whole = self.once(call, arguments).await?;
        // Whoever asks for so many at most does not want the rest.
        if arguments.contains(&"--max-items") {
            return Ok(whole);
        }
        for _ in 0..MOST_PAGES {
            let Some((option, token)) = next(&mut whole) else { return Ok(whole) };
            let more: Vec<_> = arguments.iter().copied().chain([option, &token]).collect();
            let mut page = self.once(call, &more).await?;
            let (Some(all), Some(Value::Array(further))) = (
                whole.get_mut(call.key).and_then(Value::as_array_mut),
                page.get_mut(call.key).map(Value::take),
            ) else {
                return Err(Refusal::Failed(format!(
                    "{} came in pages that cannot be put together",
                    call.operation
                )));
            };
            all.extend(further);
            match (whole.as_object_mut(), page) {
                (Some(whole), Value::Object(page)) => {
                    whole.extend(page.into_iter().filter(|(key, _)| TOKENS.contains(&&**key)));
                }
                _ => return Ok(whole),
            }
        }
        Err(Refusal::Failed(format!("{} has no last page", call.operation)))
    }

    /// One call; once more, and again, where it came too fast.
    async fn once(&self, call: Call, arguments: &[&str]) -> Result<Value, Refusal> {
        if self.silent.borrow().contains(&call.service) {
            return Err(Refusal::Failed(format!(
                "{} did not answer before, and was not waited for again",
                call.service
            )));
        }
        let mut words: Vec<&str> = vec![call.service, call.operation];
        words.extend(arguments);
        words.extend(self.common.iter().map(String::as_str));
        let mut waits = AGAIN.iter();
        loop {
            if self.is_verbose {
                tell(&format!("aws {}", words.join(" ")));
            }
            let refusal = match run(&words, self.limit).await {
                Ok(Ended { code: Some(0), out, .. }) => return json(call, &out),
                Ok(ended) if errors::is_throttled(&ended.err) => match waits.next() {
                    Some(wait) => {
                        tokio::time::sleep(*wait).await;
                        continue;
                    }
                    None => Refusal::Failed(errors::throttled(&ended.err)),
                },
                Ok(ended) => errors::refusal(call, &ended, &self.version),
                Err(process::NoEnd::Silent) => {
                    self.silent.borrow_mut().push(call.service);
                    Refusal::Failed(format!(
                        "aws {} {} did not answer within {} s (--timeout)",
                        call.service,
                        call.operation,
                        self.limit.as_secs()
                    ))
                }
                Err(process::NoEnd::TooLong) => Refusal::Failed(format!(
                    "aws {} {} answered with more than {} MiB",
                    call.service,
                    call.operation,
                    process::MOST_BYTES >> 20
                )),
                Err(process::NoEnd::NotRun(error)) => Refusal::Failed(format!(
                    "aws {} {} could not be run: {error}",
                    call.service, call.operation
                )),
            };
            return Err(refusal);
        }
    }
}

/// What says that there are more pages.
const TOKENS: [&str; 3] = ["NextToken", "Marker", "IsTruncated"];

/// The option that asks for the next page, where there is one, and its value. What said so is taken
/// out of the answer.
fn next(answer: &mut Value) -> Option<(&'static str, String)> {
    let answer = answer.as_object_mut()?;
    answer.remove("IsTruncated");
    let token = |value: Option<Value>| match value {
        Some(Value::String(token)) if !token.is_empty() => Some(token),
        _ => None,
    };
    let (next, marker) = (token(answer.remove("NextToken")), token(answer.remove("Marker")));
    next.map(|token| ("--next-token", token)).or(marker.map(|token| ("--marker", token)))
}

/// What `aws` prints where all went well: nothing, where the answer has no members.
fn json(call: Call, out: &[u8]) -> Result<Value, Refusal> {
    if out.trim_ascii().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(out).map_err(|error| {
        Refusal::Failed(format!(
            "aws {} {} printed no JSON ({error}): is it the AWS CLI, and no wrapper that prints \
             more?",
            call.service, call.operation
        ))
    })
}

fn read<T: DeserializeOwned>(call: Call, mut value: Value) -> Answer<T> {
    let value = match call.key {
        "" => value,
        key => match value.get_mut(key) {
            Some(below) => below.take(),
            None => {
                return Answer::Failed {
                    why: format!("aws {} {} answered without {key}", call.service, call.operation),
                };
            }
        },
    };
    match serde_json::from_value(value) {
        Ok(answer) => Answer::Got(answer),
        Err(error) => Answer::Failed {
            why: format!(
                "aws {} {} answered in a form that is not known: {error}",
                call.service, call.operation
            ),
        },
    }
}

/// The region of the environment, else the profile's.
async fn region(profile: &[String], limit: Duration) -> Result<String, Failure> {
    // Version 1 knows only the second.
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(region) = std::env::var(name).ok().filter(|region| !region.is_empty()) {
            return Ok(region);
        }
    }
    let words = ["configure", "get", "region"].into_iter();
    let words: Vec<_> = words.chain(profile.iter().map(String::as_str)).collect();
    let said = match run(&words, limit).await {
        Ok(ended) => errors::of_configuration(&ended)?,
        Err(_) => String::new(),
    };
    if said.is_empty() {
        return Err(Failure::usage(
            "which region? Say so with --region, AWS_REGION, or in the profile (aws configure)"
                .into(),
        ));
    }
    Ok(said)
}

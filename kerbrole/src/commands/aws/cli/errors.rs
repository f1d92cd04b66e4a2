//! What `aws` says when there is no answer, and what to do then.
//!
//! Services answer `An error occurred (CODE) when calling the OPERATION operation: MESSAGE`, in
//! both versions of `aws`; whatever fails before that is told in words of its own.

use super::process::Ended;
use super::version::Version;
use crate::commands::aws::call::Call;
use crate::failure::Failure;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    Denied,
    Missing,
    Failed(String),
    /// No call would be answered.
    NoCredentials(Failure),
}

/// The code of a service, the operation and its message.
#[derive(Debug, PartialEq, Eq)]
struct Coded<'s> {
    code: &'s str,
    operation: &'s str,
    message: &'s str,
}

impl<'s> Coded<'s> {
    fn parse(said: &'s str) -> Option<Self> {
        let (_, after) = said.split_once("An error occurred (")?;
        let (code, after) = after.split_once(')')?;
        let (_, after) = after.split_once("when calling the ")?;
        let (operation, after) = after.split_once(" operation")?;
        // Between the two there may be how often it was tried.
        let tried = after.strip_prefix(" (").and_then(|tried| tried.split_once(')'));
        let after = tried.map_or(after, |(_, after)| after);
        let message = after.strip_prefix(": ").unwrap_or(after);
        Some(Self { code, operation, message: message.trim() })
    }
}

/// Codes of a service that was asked too often: those that the SDKs of AWS take for it.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "TransactionInProgressException",
    "EC2ThrottledException",
    "ProvisionedThroughputExceededException",
];

/// Codes for credentials that are none, or are none any more.
const NO_CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
    "AuthFailure",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "TokenRefreshRequired",
];

/// Codes of somebody who may not.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "Client.UnauthorizedOperation",
];

/// Codes that end otherwise for what is not there.
const MISSING: &[&str] = &["NoSuchEntity", "EntityDoesNotExistException"];

/// What `aws` says where it has no credentials, in the words that are in the message.
const SAID_WITHOUT: &[&str] = &[
    "Unable to locate credentials",
    "Partial credentials found",
    "The config profile",
    "SSO",
    "sso",
    "Token has expired",
    "Error when retrieving credentials",
    "Unable to parse config file",
    "EOF when reading a line",
    "MFA",
];

/// Whether it was asked too often.
pub(super) fn is_throttled(said: &str) -> bool {
    Coded::parse(said).is_some_and(|coded| THROTTLED.contains(&coded.code))
}

/// Says it.
pub(super) fn throttled(said: &str) -> String {
    let code = Coded::parse(said).map_or("", |coded| coded.code);
    format!(
        "asked too often ({code}), also after some seconds: try again, or with AWS_MAX_ATTEMPTS=10"
    )
}

/// Why a call was not answered.
pub(super) fn refusal(call: Call, ended: &Ended, version: &Version) -> Refusal {
    let said = ended.err.trim();
    if let Some(coded) = Coded::parse(said) {
        // Of a role that is assumed for the call, say.
        let is_before = !is_operation(call, coded.operation);
        return match coded.code {
            code if is_before || NO_CREDENTIALS.contains(&code) => {
                Refusal::NoCredentials(no_credentials(said))
            }
            code if DENIED.contains(&code) => Refusal::Denied,
            code if MISSING.contains(&code) || code.contains("NotFound") => Refusal::Missing,
            code => Refusal::Failed(format!("{code}: {}", line(coded.message))),
        };
    }
    // An argument that is not known is told with the whole usage, or with all that are.
    if said.contains("Invalid choice") || said.contains("Unknown options") {
        return Refusal::Failed(format!(
            "this aws ({version}) is too old to know {} {}: take a newer one",
            call.service, call.operation
        ));
    }
    if SAID_WITHOUT.iter().any(|words| said.contains(words)) {
        return Refusal::NoCredentials(no_credentials(said));
    }
    Refusal::Failed(match (last_line(said), ended.code) {
        ("", Some(code)) => format!("aws {} ended with {code} and said nothing", call.operation),
        ("", None) => format!("aws {} was ended by a signal", call.operation),
        (said, _) => line(said),
    })
}

/// Whether an operation is the call's, whose name `aws` has with hyphens.
fn is_operation(call: Call, operation: &str) -> bool {
    let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
    plain(call.operation) == plain(operation)
}

/// Whoever has no credentials is told what to do by what is wrong with them.
fn no_credentials(said: &str) -> Failure {
    let code = Coded::parse(said).map(|coded| coded.code);
    let has = |words: &str| said.contains(words);
    let hint = match code {
        None if has("The config profile") => {
            "aws configure list-profiles names the profiles that there are."
        }
        None if has("EOF when reading a line") || has("MFA") => {
            "The profile wants a code of MFA, which aws asks for on the terminal, and there is \
             none: run it on a terminal, or get a session first (aws sts get-session-token)."
        }
        None if has("SSO") || has("sso") || has("Token has expired") => {
            "aws sso login, with the same --profile, gets a new session."
        }
        None if has("Unable to parse config file") => "The file is aws's own: ~/.aws/config.",
        None => {
            "aws configure, or aws configure sso and aws sso login, sets credentials up; --profile \
             names those of a profile."
        }
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            "The session is over: get a new one, with aws sso login or as you got this one."
        }
        Some(code) if NO_CREDENTIALS.contains(&code) => {
            "Are they of this partition, is --region one that the account has enabled, and is the \
             clock right? aws configure list shows where they come from."
        }
        Some(_) => {
            "The profile gets its credentials by another call, which failed: \
             aws sts get-caller-identity, with the same --profile, says the same."
        }
    };
    Failure::Connection(format!("aws has no credentials: {}\nHINT:  {hint}", line(last_line(said))))
}

/// Nobody answers the first call, and why.
pub(super) fn nobody(why: &str) -> Failure {
    let hint = if why.contains("Could not connect") {
        "Is --region a region, and is there a way to it (HTTPS_PROXY)?"
    } else {
        "aws sts get-caller-identity, with the same --region and --profile, says the same."
    };
    Failure::Connection(format!("AWS does not say who asks: {why}\nHINT:  {hint}"))
}

/// What `aws configure get` says, which is nothing and 1 where there is nothing.
///
/// # Errors
/// Where it cannot read its files, or has no such profile.
pub(super) fn of_configuration(ended: &Ended) -> Result<String, Failure> {
    let said = ended.err.trim();
    if ended.code != Some(0) && SAID_WITHOUT.iter().any(|words| said.contains(words)) {
        return Err(no_credentials(said));
    }
    Ok(String::from_utf8_lossy(&ended.out).trim().to_string())
}

/// Warnings of Python and of `aws` come before the error.
fn last_line(said: &str) -> &str {
    said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

/// One line, without what only AWS can read, and of a length that can be read.
fn line(said: &str) -> String {
    const LONGEST: usize = 300;
    let said = said.split("Encoded authorization failure message").next().unwrap_or_default();
    let mut line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(at);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;

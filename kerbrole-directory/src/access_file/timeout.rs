//! How long something may take, as the file says it.

use std::time::Duration;

use serde::Deserialize;

/// A limit of more than this is taken for a mistake.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// What there is to say about a limit that is none.
const WANTED: &str = "how long: a number of seconds, or one with ms, s, min, h or d such as \
                      \"15min\", and not 0";

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a number of seconds, or one with ms, s, min, h or d such as \"15min\""
)]
pub(super) enum Timeout {
    Seconds(u32),
    Text(String),
}

impl Timeout {
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub(super) fn duration(&self) -> Result<Duration, &'static str> {
        let limit = match self {
            Self::Seconds(seconds) => Duration::from_secs((*seconds).into()),
            Self::Text(text) => of_text(text).ok_or(WANTED)?,
        };
        match limit {
            Duration::ZERO => Err(WANTED),
            limit if limit > LONGEST => Err("no reading takes longer than a month"),
            limit => Ok(limit),
        }
    }
}

/// A number and a unit of PostgreSQL's settings (its manual, section 20.1.1), as far as they are of
/// use here.
fn of_text(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit.trim_start() {
        "ms" => 1,
        "" | "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    if number.is_empty() {
        return None;
    }
    // A number that is too large for anything is too long as well.
    let number = number.parse::<u64>().unwrap_or(u64::MAX);
    Some(Duration::from_millis(number.saturating_mul(milliseconds)))
}

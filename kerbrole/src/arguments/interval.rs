//! How often something is done: `30s`, `5m`, `1h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The units, in seconds, the longest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The shortest: a directory that is asked without a pause has no time for others.
const SHORTEST: u64 = 5;

/// The longest, in seconds.
const LONGEST: u64 = 86_400;

/// A time of whole seconds, from five of them to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval(u64);

impl Interval {
    /// How long it is.
    pub(crate) fn length(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let of_unit = |&(unit, seconds): &(char, u64)| {
            let number = text.strip_suffix(unit)?;
            let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            // A number that is none of 64 bits is too long as well.
            is_number.then(|| number.parse().unwrap_or(u64::MAX).saturating_mul(seconds))
        };
        match UNITS.iter().find_map(of_unit) {
            Some(seconds @ SHORTEST..=LONGEST) => Ok(Self(seconds)),
            Some(_) => Err("it is from 5s to 1d".into()),
            None => Err("write a whole number and its unit: 30s, 5m or 1h".into()),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, seconds): &&(char, u64)| self.0.is_multiple_of(*seconds);
        let (unit, seconds) = UNITS.iter().find(fits).copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit() {
        for (text, seconds, shown) in [
            ("5s", 5, "5s"),
            ("30s", 30, "30s"),
            ("90s", 90, "90s"),
            ("5m", 300, "5m"),
            ("60m", 3_600, "1h"),
            ("24h", 86_400, "1d"),
            ("1d", 86_400, "1d"),
            ("0007s", 7, "7s"),
        ] {
            let interval: Interval = text.parse().unwrap();
            assert_eq!(interval.length(), Duration::from_secs(seconds), "{text}");
            assert_eq!(interval.to_string(), shown);
        }
    }

    #[test]
    fn what_is_none_or_beyond_the_bounds() {
        for text in [
            "",
            "5",
            "s",
            "5 m",
            "5min",
            "-5m",
            "+5m",
            "1.5h",
            "5M",
            "٥m",
            "4s",
            "0s",
            "0m",
            "86401s",
            "25h",
            "2d",
            "99999999999999999999d",
            "18446744073709551615d",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }
}

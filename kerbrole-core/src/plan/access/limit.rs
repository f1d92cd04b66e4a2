//! How many people may lose something at once.

use std::fmt;
use std::str::FromStr;

use crate::error::AccessError;

/// How many people may be disabled, dropped or taken out of a role in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemovalLimit {
    /// So many of each hundred principals that are bound to accounts of the domains that were read,
    /// rounded down, and at least one: from 1 to 100.
    Percent(u8),
    /// So many.
    People(usize),
}

impl Default for RemovalLimit {
    /// A tenth.
    fn default() -> Self {
        Self::Percent(10)
    }
}

impl RemovalLimit {
    /// How many that is of so many principals.
    pub fn of(self, principals: usize) -> usize {
        match self {
            // In two parts, so that no product is too large.
            Self::Percent(percent) => {
                let percent = usize::from(percent);
                (principals / 100 * percent + principals % 100 * percent / 100).max(1)
            }
            Self::People(people) => people,
        }
    }
}

impl fmt::Display for RemovalLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::People(people) => write!(f, "{people}"),
        }
    }
}

impl FromStr for RemovalLimit {
    type Err = AccessError;

    /// Reads `10%`, or a number: ASCII digits.
    fn from_str(text: &str) -> Result<Self, AccessError> {
        let wrong = || AccessError::Limit { value: text.into() };
        let (digits, is_percentage) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number = digits.parse::<u32>().map_err(|_| wrong())?;
        if !is_percentage {
            return Ok(Self::People(usize::try_from(number).map_err(|_| wrong())?));
        }
        let percent = u8::try_from(number).ok().filter(|percent| (1..=100).contains(percent));
        percent.map(Self::Percent).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_down_and_at_least_one() {
        let of = |limit: &str, principals| limit.parse::<RemovalLimit>().unwrap().of(principals);
        assert_eq!([0, 1, 19, 20, 99, 1_005].map(|all| of("10%", all)), [1, 1, 1, 2, 9, 100]);
        assert_eq!(of("100%", usize::MAX), usize::MAX);
        assert_eq!((of("0", 50), of("7", 2), of("007", 2)), (0, 7, 7));
        for wrong in ["", "%", "0%", "101%", "-1", "+1", "1.5%", "10 %", "10%%", "4294967296", "٣"]
        {
            assert_eq!(wrong.parse::<RemovalLimit>().unwrap_err().sqlstate().code(), "22023");
        }
        assert_eq!(RemovalLimit::default().to_string(), "10%");
    }
}

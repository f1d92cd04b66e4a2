//! From times to what a report shows.

use std::fs;
use std::process::Command;

use kerbrole_tests::sandbox::{Result, lossy, run};

/// The median of some values, and the range of their middle half.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) runs: usize,
}

impl Spread {
    /// `None` without values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let quarter = values.len() / 4;
        let at = |place: usize| values.get(place).copied();
        Some(Self {
            median: at(values.len() / 2)?,
            low: at(quarter)?,
            high: at(values.len().checked_sub(1 + quarter)?)?,
            runs: values.len(),
        })
    }

    /// `0.188 (0.181–0.192)`, with so many digits that the first three count.
    pub(crate) fn shown(&self) -> String {
        match self.runs {
            1 => format!("{} (1 run)", short(self.median)),
            _ => format!("{} ({}–{})", short(self.median), short(self.low), short(self.high)),
        }
    }
}

/// How many times as long one takes as the other, by rounds in which both were measured.
pub(crate) struct Paired {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

impl Paired {
    /// The second against the first.
    pub(crate) fn of(first: &[f64], second: &[f64]) -> Result<Self> {
        let mut ratios: Vec<_> =
            first.iter().zip(second).map(|(first, second)| second / first).collect();
        ratios.sort_by(f64::total_cmp);
        let beyond = beyond(ratios.len());
        let (low, high) = (ratios.get(beyond), ratios.iter().rev().nth(beyond));
        let (Some(&low), Some(&high)) = (low, high) else {
            return Err("nothing was measured".into());
        };
        Ok(Self { median: median(&ratios)?, low, high })
    }

    /// Whether 1 is outside the interval in which the median lies 99 times of 100.
    pub(crate) fn apart(&self) -> bool {
        self.low > 1.0 || self.high < 1.0
    }

    /// `1.012 (0.987–1.043)`
    pub(crate) fn shown(&self) -> String {
        format!("{:.3} ({:.3}–{:.3})", self.median, self.low, self.high)
    }
}

/// How many of so many values, in order, lie beyond either end of an interval that holds the true
/// median 99 times of 100: each value is on either side of it like a coin.
fn beyond(values: usize) -> usize {
    let mut chance = 0.5_f64.powi(i32::try_from(values).unwrap_or(i32::MAX));
    let mut below = 0.0;
    for count in 0..values / 2 {
        below += chance;
        if below > 0.005 {
            return count.saturating_sub(1);
        }
        chance *= (values - count) as f64 / (count + 1) as f64;
    }
    0
}

/// The median alone.
pub(crate) fn median(values: &[f64]) -> Result<f64> {
    Spread::of(values).map(|spread| spread.median).ok_or_else(|| "nothing was measured".into())
}

/// Three digits that count.
pub(crate) fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

/// 1,000,000
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many runs each has, however long they take,
const AT_LEAST: usize = 3;

/// but one that takes more seconds than this.
const VERY_LONG: f64 = 30.0;

/// Lets all have their turns, round by round, each until it has had `rounds` of them or so many
/// seconds went into it. A first round that is not counted warms up where `warm_up` says so. `run`
/// says how long it took, in whatever unit.
pub(crate) fn in_turns<T>(
    contestants: &[T],
    rounds: usize,
    warm_up: bool,
    seconds: f64,
    mut run: impl FnMut(&T) -> Result<f64>,
) -> Result<Vec<Vec<f64>>> {
    let mut times = vec![Vec::new(); contestants.len()];
    let mut spent = vec![0.0; contestants.len()];
    for round in 0..rounds + usize::from(warm_up) {
        for (place, contestant) in contestants.iter().enumerate() {
            let had = times[place].len();
            if had > 0
                && spent[place] >= seconds
                && (had >= AT_LEAST || spent[place] / had as f64 > VERY_LONG)
            {
                continue;
            }
            let start = std::time::Instant::now();
            let time = run(contestant)?;
            if !(warm_up && round == 0) {
                spent[place] += start.elapsed().as_secs_f64();
                times[place].push(time);
            }
        }
    }
    Ok(times)
}

/// The processor, and how many there are.
pub(crate) fn machine() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = lossy(&run(&mut Command::new("nproc"))?.stdout);
    Ok(format!("{cpu}, {} cores", cores.trim()))
}

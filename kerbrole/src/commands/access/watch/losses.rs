//! How many people have lost something lately. The limit of the file is for one run, and looks make
//! many of one: without this a group that is emptied little by little would be followed to its end.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Of each server, how many have lost something and when, as far back as an interval.
#[derive(Debug)]
pub(super) struct Losses {
    interval: Duration,
    of: HashMap<Option<String>, Vec<(Instant, usize)>>,
}

impl Losses {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, of: HashMap::new() }
    }

    /// So many have lost something.
    pub(super) fn note(&mut self, server: &Option<String>, now: Instant, people: usize) {
        if people > 0 {
            self.of.entry(server.clone()).or_default().push((now, people));
        }
    }

    /// How many have, within the interval until now. What is older is forgotten.
    pub(super) fn within(&mut self, server: &Option<String>, now: Instant) -> usize {
        let interval = self.interval;
        self.of.retain(|_, all| {
            all.retain(|(at, _)| now.saturating_duration_since(*at) < interval);
            !all.is_empty()
        });
        self.of.get(server).into_iter().flatten().map(|(_, people)| people).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_counts_for_an_interval() {
        let minute = Duration::from_secs(60);
        let start = Instant::now();
        let mut losses = Losses::new(5 * minute);
        let (orders, other) = (Some("orders".to_string()), None);
        losses.note(&orders, start, 2);
        losses.note(&orders, start + minute, 3);
        losses.note(&other, start + minute, 0);
        assert_eq!(losses.within(&orders, start + 2 * minute), 5);
        assert_eq!(losses.within(&other, start + 2 * minute), 0);
        assert_eq!(losses.within(&orders, start + 5 * minute), 3);
        assert_eq!(losses.within(&orders, start + 6 * minute), 0);
        assert!(losses.of.is_empty());
    }
}

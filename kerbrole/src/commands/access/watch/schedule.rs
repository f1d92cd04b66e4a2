//! When what is due. Pure: the time is what callers say it is.

use std::time::{Duration, Instant};

/// How often it is looked whether something has changed, at most.
const LOOK: Duration = Duration::from_secs(5);

/// How long it is waited after the first of several failures; each further one doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// What reading took, so often, passes at least until the next look: who reads much because much
/// changes leaves the directory nine tenths of its time.
const PAUSES: u32 = 9;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// All is read.
    Read,
    /// It is looked whether something has changed.
    Look,
}

/// What a look has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saw {
    Nothing,
    Change,
    /// It could not be looked. The next reading says why, where it is so then too.
    Failure,
}

/// When all is read, and when it is looked in between.
///
/// A round is a reading and what is done on the servers by it, some of which may still be at work
/// when the next one begins.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    interval: Duration,
    read_at: Instant,
    look_at: Option<Instant>,
    /// How long it is waited between looks.
    pause: Duration,
    /// How many looks have failed, one after the other.
    failed_looks: u32,
    began: Instant,
    /// Whether somebody has asked since this round began.
    is_asked: bool,
    has_failed: bool,
    /// How many rounds before this one have failed, one after the other.
    failures: u32,
}

impl Schedule {
    /// Reads at once, and then every `interval`.
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        Self {
            interval,
            read_at: now,
            look_at: None,
            pause: LOOK,
            failed_looks: 0,
            began: now,
            is_asked: false,
            has_failed: false,
            failures: 0,
        }
    }

    /// What comes next, and when.
    pub(super) fn next(&self) -> (Instant, Due) {
        match self.look_at {
            Some(look_at) if look_at < self.read_at => (look_at, Due::Look),
            _ => (self.read_at, Due::Read),
        }
    }

    /// A round begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.failures = if self.has_failed { self.failures.saturating_add(1) } else { 0 };
        (self.began, self.is_asked, self.has_failed) = (now, false, false);
    }

    /// All was read.
    pub(super) fn has_read(&mut self, now: Instant) {
        let took = now.saturating_duration_since(self.began);
        self.pause = took.saturating_mul(PAUSES).max(LOOK);
        self.look_at = now.checked_add(self.pause);
        self.failed_looks = 0;
        // Who takes longer than the interval is not asked without a pause.
        self.read_at = (self.began + self.interval).max(now + took);
        if self.is_asked {
            self.read_at = now;
        }
    }

    /// It could not be read.
    pub(super) fn has_not_read(&mut self, now: Instant) {
        self.look_at = None;
        self.read_at = now + self.interval;
        self.fail(now);
    }

    /// Something of this round failed: the next one comes sooner, and never later than it would.
    pub(super) fn fail(&mut self, now: Instant) {
        self.has_failed = true;
        let doubled = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(self.failures));
        let again = now + doubled.min(self.interval);
        self.read_at = if self.is_asked { now } else { self.read_at.min(again) };
    }

    /// There are no looks until all was read again; or one begins. Where reading is due before it
    /// is over, it is given up.
    pub(super) fn look_no_more(&mut self) {
        self.look_at = None;
    }

    /// It was looked.
    pub(super) fn look(&mut self, now: Instant, saw: Saw) {
        match saw {
            Saw::Nothing => self.failed_looks = 0,
            Saw::Failure => self.failed_looks = self.failed_looks.saturating_add(1),
            Saw::Change => self.read_at = now,
        }
        let longer = 2_u32.saturating_pow(self.failed_looks);
        self.look_at = now.checked_add(self.pause.saturating_mul(longer));
    }

    /// Somebody asks for all to be read now, also where it is being read: what they mean may have
    /// come after it.
    pub(super) fn ask(&mut self, now: Instant) {
        (self.is_asked, self.read_at) = (true, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    /// A schedule that begins to read at a moment, and that moment.
    fn begun(interval: Duration) -> (Schedule, Instant) {
        let start = Instant::now();
        let mut schedule = Schedule::new(interval, start);
        assert_eq!(schedule.next(), (start, Due::Read));
        schedule.begin(start);
        (schedule, start)
    }

    #[test]
    fn all_is_read_every_interval_from_beginning_to_beginning() {
        let (mut schedule, start) = begun(5 * MINUTE);
        schedule.has_read(start + 10 * SECOND);
        schedule.look_no_more();
        assert_eq!(schedule.next(), (start + 5 * MINUTE, Due::Read));
    }

    #[test]
    fn looks_come_in_between_and_leave_the_directory_its_time() {
        let (mut schedule, start) = begun(MINUTE);
        schedule.has_read(start);
        assert_eq!(schedule.next(), (start + LOOK, Due::Look));
        schedule.look(start + 6 * SECOND, Saw::Nothing);
        assert_eq!(schedule.next(), (start + 11 * SECOND, Due::Look));
        schedule.begin(start);
        schedule.has_read(start + 2 * SECOND);
        assert_eq!(schedule.next(), (start + 20 * SECOND, Due::Look));
        // One that would come after the reading does not come.
        schedule.begin(start);
        schedule.has_read(start + 8 * SECOND);
        assert_eq!(schedule.next(), (start + MINUTE, Due::Read));
        let (mut shortest, start) = begun(5 * SECOND);
        shortest.has_read(start);
        assert_eq!(shortest.next(), (start + 5 * SECOND, Due::Read));
    }

    #[test]
    fn a_change_is_read_at_once() {
        let (mut schedule, start) = begun(5 * MINUTE);
        schedule.has_read(start);
        let now = start + 5 * SECOND;
        schedule.look(now, Saw::Change);
        assert_eq!(schedule.next(), (now, Due::Read));
        schedule.begin(now);
        schedule.has_read(now + SECOND);
        assert_eq!(schedule.next(), (now + 10 * SECOND, Due::Look));
        schedule.look_no_more();
        assert_eq!(schedule.next(), (now + 5 * MINUTE, Due::Read));
    }

    #[test]
    fn failures_wait_longer_and_longer_and_no_longer_than_the_interval() {
        let (mut schedule, mut now) = begun(MINUTE);
        for seconds in [5, 10, 20, 40, 60, 60] {
            schedule.has_not_read(now);
            let (at, due) = schedule.next();
            assert_eq!((at - now, due), (seconds * SECOND, Due::Read));
            now = at;
            schedule.begin(now);
        }
        // However often it failed.
        schedule.failures = u32::MAX;
        schedule.has_not_read(now);
        assert_eq!(schedule.next().0, now + MINUTE);
        // Once it goes well it is as in the beginning.
        schedule.begin(now);
        schedule.has_read(now);
        schedule.begin(now + MINUTE);
        schedule.has_not_read(now + MINUTE);
        assert_eq!(schedule.next().0, now + MINUTE + 5 * SECOND);
    }

    #[test]
    fn a_server_that_fails_brings_the_next_round_and_changes_nothing_for_looks() {
        let (mut schedule, start) = begun(MINUTE);
        schedule.has_read(start);
        schedule.fail(start);
        schedule.fail(start + SECOND);
        assert_eq!(schedule.next(), (start + 5 * SECOND, Due::Read));
        let mut now = start + 5 * SECOND;
        for seconds in [10, 20, 40, 60] {
            schedule.begin(now);
            schedule.has_read(now);
            schedule.fail(now);
            assert_eq!(schedule.next(), (now + LOOK, Due::Look));
            schedule.look_no_more();
            assert_eq!(schedule.next(), (now + seconds * SECOND, Due::Read));
            now += seconds * SECOND;
        }
    }

    #[test]
    fn looks_that_fail_get_rarer_until_one_does_not() {
        let (mut schedule, start) = begun(5 * MINUTE);
        schedule.has_read(start);
        let mut now = start + LOOK;
        for seconds in [10, 20, 40, 80] {
            schedule.look(now, Saw::Failure);
            assert_eq!(schedule.next(), (now + seconds * SECOND, Due::Look));
            now += seconds * SECOND;
        }
        schedule.look(now, Saw::Nothing);
        assert_eq!(schedule.next(), (now + LOOK, Due::Look));
        schedule.failed_looks = u32::MAX;
        schedule.look(now, Saw::Failure);
        assert_eq!(schedule.next(), (start + 5 * MINUTE, Due::Read));
    }

    #[test]
    fn a_look_that_takes_long_keeps_no_reading_waiting() {
        let (mut schedule, start) = begun(MINUTE);
        schedule.has_read(start);
        schedule.look_no_more();
        assert_eq!(schedule.next(), (start + MINUTE, Due::Read));
        schedule.ask(start + 6 * SECOND);
        assert_eq!(schedule.next(), (start + 6 * SECOND, Due::Read));
    }

    #[test]
    fn whoever_asks_is_read_for_also_in_the_middle_of_a_reading() {
        let (mut schedule, start) = begun(MINUTE);
        schedule.ask(start + SECOND);
        schedule.has_read(start + 2 * SECOND);
        assert_eq!(schedule.next(), (start + 2 * SECOND, Due::Read));
        schedule.begin(start + 2 * SECOND);
        schedule.has_read(start + 2 * SECOND);
        assert_eq!(schedule.next().1, Due::Look);
        schedule.ask(start + 3 * SECOND);
        assert_eq!(schedule.next(), (start + 3 * SECOND, Due::Read));
        schedule.begin(start + 3 * SECOND);
        schedule.ask(start + 3 * SECOND);
        schedule.has_not_read(start + 4 * SECOND);
        assert_eq!(schedule.next(), (start + 4 * SECOND, Due::Read));
    }

    #[test]
    fn a_directory_that_is_slower_than_the_interval_has_as_long_a_pause() {
        let (mut schedule, start) = begun(MINUTE);
        schedule.has_read(start + 3 * MINUTE);
        assert_eq!(schedule.next(), (start + 6 * MINUTE, Due::Read));
    }
}

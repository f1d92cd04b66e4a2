//! What memberships cost whoever logs in: the server collects all roles that somebody is in, with
//! each login that it compares with a role of pg_hba.conf.

use std::time::Duration;

use crate::error::Warning;
use crate::names::role_name::RoleName;

/// From which time on a login is worth a word: four times what it takes of the processor where
/// nobody is in many roles, 0.004 s.
const SLOW: Duration = Duration::from_millis(16);

/// What each role costs, in nanoseconds.
const OF_EACH: u64 = 4_000;

/// What each pair of them costs besides, in tenths of a nanosecond. Up to 16 each role that is
/// found is looked for among those before it, and so is the list of those that it is in; 17 has a
/// Bloom filter for the one and a hash table for the other (`roles_list_append` in
/// src/backend/utils/adt/acl.c, `SearchCatCacheList` in src/backend/utils/cache/catcache.c).
const fn of_each_pair(server_major: u32) -> u64 {
    match server_major {
        0..=15 => 26,
        16 => 3,
        _ => 0,
    }
}

/// What a login costs a role that is in so many others, and on which server.
///
/// An estimate: one look at whether somebody is in a role, as `+rds_ad` in pg_hba.conf asks for,
/// and `GRANT` and the privileges of a session once more. Where no line of pg_hba.conf names a role
/// so, a login costs nothing of it.
///
/// ```
/// use kerbrole_core::LoginCost;
///
/// assert!(!LoginCost::of(1_000, 17).is_slow());
/// let cost = LoginCost::of(20_000, 16);
/// assert!(cost.is_slow());
/// assert_eq!(cost.estimate().as_millis(), 200);
/// ```
///
/// # Where the figures come from
/// The processor time of the server's process for a login with one such line, in seconds, less the
/// 0.004 of a login without one (PyPI's builds of 15.19, 16.15, 17 and 18 on two cores of 2026):
///
/// | memberships | 15 | 16 | 17, 18 |
/// | --- | --- | --- | --- |
/// | 1,000 | 0.007 | 0.004 | 0.006 |
/// | 5,000 | 0.1 | 0.022 | 0.025 |
/// | 10,000 | 0.3 | 0.06 | 0.035 |
/// | 20,000 | 1.0 | 0.17 | 0.08 |
/// | 50,000 | 6.2 | 1.2 | 0.24 |
/// | 100,000 | 34 | 3.3 | 0.4 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LoginCost {
    roles: u32,
    server_major: u32,
}

impl LoginCost {
    /// `roles` are all that somebody is in, directly or through others, whatever the options of the
    /// memberships; `server_major` is 15, 16, 17, …
    pub const fn of(roles: u32, server_major: u32) -> Self {
        Self { roles, server_major }
    }

    /// How many roles it is in.
    pub const fn roles(self) -> u32 {
        self.roles
    }

    /// The processor time that each login takes longer.
    pub const fn estimate(self) -> Duration {
        let roles = self.roles as u64;
        // At most 26 · 2⁶⁴ / 10, which is cut off.
        let pairs = (roles * roles / 10).saturating_mul(of_each_pair(self.server_major));
        Duration::from_nanos(pairs.saturating_add(roles * OF_EACH))
    }

    /// Whether somebody should know.
    pub fn is_slow(self) -> bool {
        self.estimate() >= SLOW
    }
}

/// Somebody whose memberships make each login slow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SlowLogin {
    /// Who logs in.
    pub user: RoleName,
    /// By how much.
    pub cost: LoginCost,
}

impl From<SlowLogin> for Warning {
    fn from(SlowLogin { user, cost }: SlowLogin) -> Self {
        Self::SlowLogin { user, roles: cost.roles(), estimate: cost.estimate() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of the documentation: what was measured is met within a factor of two.
    #[test]
    fn the_estimate_is_what_was_measured() {
        for (roles, measured) in [
            (5_000, [0.1, 0.022, 0.025]),
            (10_000, [0.3, 0.06, 0.035]),
            (20_000, [1.0, 0.17, 0.08]),
            (50_000, [6.2, 1.2, 0.24]),
            (100_000, [34.0, 3.3, 0.4]),
        ] {
            for (major, measured) in [15, 16, 17].into_iter().zip(measured) {
                let estimate = LoginCost::of(roles, major).estimate().as_secs_f64();
                let ratio = estimate / measured;
                assert!((0.5..=2.0).contains(&ratio), "{roles} on {major}: {estimate}");
            }
        }
    }

    #[test]
    fn it_is_worth_a_word_from_some_thousands_on() {
        let from = |major| (0..).find(|&roles| LoginCost::of(roles, major).is_slow()).unwrap();
        let all: Vec<u32> = [14, 15, 16, 17, 18].map(from).to_vec();
        assert!(all.iter().all(|from| (1_000..5_000).contains(from)), "{all:?}");
        assert!(all.is_sorted(), "{all:?}");
        assert_eq!(LoginCost::of(0, 16).estimate(), Duration::ZERO);
    }

    #[test]
    fn the_more_the_slower_and_no_number_is_too_large() {
        for major in [0, 15, 16, 17, u32::MAX] {
            let of = |roles| LoginCost::of(roles, major).estimate();
            let some = [0, 1, 100, 10_000, 1_000_000, u32::MAX];
            assert!(some.map(of).is_sorted(), "{major}");
            assert!(LoginCost::of(u32::MAX, major).is_slow());
        }
    }

    #[test]
    fn a_warning_says_how_many_and_how_long() {
        let user = RoleName::new("dba").unwrap();
        let told = Warning::from(SlowLogin { user, cost: LoginCost::of(20_000, 16) });
        assert!(told.to_string().contains("\"dba\""));
        assert!(told.to_string().contains("20000 roles"), "{told}");
        assert!(told.detail().unwrap().contains("0.2 seconds"), "{told:?}");
    }
}

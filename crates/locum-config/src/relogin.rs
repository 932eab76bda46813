use std::num::NonZeroU64;

/// The upper re-login limit in seconds that lets this many users log in again at this rate, rounded to the nearest
/// second: `lower + users / logins per second` (`docs/behaviour.md` §6).
pub fn relogin_upper_limit(lower_s: u64, users: u64, logins_per_second: NonZeroU64) -> u64 {
    let rate = u128::from(logins_per_second.get());
    let spread_s = (2 * u128::from(users) + rate) / (2 * rate);
    lower_s.saturating_add(u64::try_from(spread_s).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_profiles_come_out() {
        let upper = |users, rate| relogin_upper_limit(120, users, NonZeroU64::new(rate).unwrap());
        assert_eq!((upper(2_500, 6), upper(7_500, 15), upper(0, 1)), (537, 620, 120));
        assert_eq!(upper(u64::MAX, 1), u64::MAX);
    }
}

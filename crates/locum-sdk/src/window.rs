//! The replay window: which numbers have been seen among the last [`WIDTH`].

/// How many numbers behind the highest one are still told apart.
pub const WIDTH: u64 = 128;

/// Remembers which of the numbers up to the highest have arrived.
///
/// ```
/// use locum_sdk::window::{Arrival, Window};
///
/// let mut window = Window::default();
/// assert_eq!(window.admit(1000), Arrival::Next);
/// assert_eq!(window.admit(1002), Arrival::Next);
/// assert_eq!(window.admit(1001), Arrival::Late);
/// assert_eq!(window.admit(1001), Arrival::Duplicate);
/// assert_eq!(window.admit(1), Arrival::TooOld);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The highest number that has arrived.
    highest: Option<u64>,
    /// Bit `n` is set if `highest - n` has arrived.
    seen: u128,
}

/// What became of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Higher than every one before it.
    Next,
    /// New, but behind a higher one that came first.
    Late,
    /// Seen before.
    Duplicate,
    /// [`WIDTH`] or more behind the highest: nobody knows whether it has been seen.
    TooOld,
}

impl Window {
    /// Takes a number in and says what it is. Only [`Next`](Arrival::Next) and [`Late`](Arrival::Late) change the window.
    pub fn admit(&mut self, number: u64) -> Arrival {
        let highest = self.highest.unwrap_or(number);
        if self.highest.is_none() || number > highest {
            let ahead = u32::try_from(number - highest).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = Some(number);
            return Arrival::Next;
        }
        let behind = highest - number;
        if behind >= WIDTH {
            return Arrival::TooOld;
        }
        let bit = 1 << behind;
        if self.seen & bit != 0 {
            return Arrival::Duplicate;
        }
        self.seen |= bit;
        Arrival::Late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Arrival::{Duplicate, Late, Next, TooOld};

    fn admit(numbers: &[u64]) -> Vec<Arrival> {
        let mut window = Window::default();
        numbers.iter().map(|number| window.admit(*number)).collect()
    }

    #[test]
    fn numbers_in_order_are_new() {
        assert_eq!(admit(&[1, 2, 3]), [Next, Next, Next]);
    }

    #[test]
    fn a_number_is_taken_once_in_any_order() {
        assert_eq!(admit(&[5, 3, 5, 4, 3, 4]), [Next, Late, Duplicate, Late, Duplicate, Duplicate]);
    }

    #[test]
    fn the_window_ends_where_it_says() {
        assert_eq!(admit(&[1, WIDTH, 1]), [Next, Next, Duplicate]);
        assert_eq!(admit(&[2, WIDTH, 1]), [Next, Next, Late]);
        assert_eq!(admit(&[2, WIDTH + 1, 1, 2]), [Next, Next, TooOld, Duplicate]);
    }

    #[test]
    fn a_leap_forgets_what_was_seen_and_lets_nothing_old_in() {
        assert_eq!(admit(&[1, 2, u64::MAX, 2, u64::MAX - 1]), [Next, Next, Next, TooOld, Late]);
        assert_eq!(admit(&[1, 1 + WIDTH, 2]), [Next, Next, Late]);
    }

    #[test]
    fn zero_is_a_number_like_any_other() {
        assert_eq!(admit(&[0, 0]), [Next, Duplicate]);
    }
}

//! Whether a heartbeat can be true. Who has the group's key can seal anything, a number too that no machine could go on
//! counting from.

use locum_core::Heartbeat;

/// How far ahead of this node's epoch the peer's can be: more takeovers than any pair lives to see, one a second for
/// a century.
const LEAP_MAX: u64 = 1 << 32;
/// What other counters and the start of a daemon, in milliseconds since 1970, stay below.
const COUNT_MAX: u64 = 1 << 62;

/// Whether this node can take the heartbeat at its word: no number in it lies where neither time nor counting leads.
pub fn is_plausible(heartbeat: &Heartbeat, own_epoch: u64) -> bool {
    let Heartbeat { incarnation, epoch, announced, echo, .. } = heartbeat;
    let echoed = echo.map_or(0, |echo| echo.incarnation);
    let counts = [*incarnation, echoed, announced.high_availability.decision];
    *epoch <= own_epoch.saturating_add(LEAP_MAX) && counts.iter().all(|count| *count < COUNT_MAX)
}

#[cfg(test)]
mod tests {
    use locum_core::{Announced, Directory, Echo, Parameters, Reason, State, Switch};

    use super::*;

    fn heartbeat() -> Heartbeat {
        let announced = Announced {
            state: State::Normal,
            reason: Reason::Normal,
            remembered: State::Normal,
            remembered_reason: Reason::Normal,
            recovering: false,
            started: true,
            high_availability: Switch { decision: 3, on: true },
            goodbye: false,
            promises: true,
        };
        Heartbeat {
            incarnation: 1_800_000_000_000,
            boot_id: u64::MAX,
            sequence: 1,
            sent_ms: 1,
            version: 1,
            announced,
            epoch: 7,
            directory: Directory::default(),
            parameters: Parameters::fast(),
            echo: Some(Echo { incarnation: 1_800_000_000_000, version: 1, sent_ms: 1 }),
        }
    }

    #[test]
    fn what_a_peer_counts_to_is_plausible() {
        assert!(is_plausible(&heartbeat(), 7));
        // This node has lost its disk, or has not heard the peer for years.
        assert!(is_plausible(&Heartbeat { epoch: 1_000_000, ..heartbeat() }, 0));
        assert!(is_plausible(&Heartbeat { epoch: 0, echo: None, ..heartbeat() }, u64::MAX));
    }

    #[test]
    fn what_nobody_counts_to_is_not() {
        assert!(!is_plausible(&Heartbeat { epoch: 1 << 63, ..heartbeat() }, 7));
        assert!(!is_plausible(&Heartbeat { epoch: u64::MAX, ..heartbeat() }, 1 << 31));
        assert!(!is_plausible(&Heartbeat { incarnation: u64::MAX, ..heartbeat() }, 7));
        let echo = Some(Echo { incarnation: u64::MAX, version: 1, sent_ms: 1 });
        assert!(!is_plausible(&Heartbeat { echo, ..heartbeat() }, 7));
        let high_availability = Switch { decision: u64::MAX, on: false };
        let announced = Announced { high_availability, ..heartbeat().announced };
        assert!(!is_plausible(&Heartbeat { announced, ..heartbeat() }, 7));
    }
}

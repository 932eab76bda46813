//! Inputs from inputs: a few small changes each.

use fastrand::Rng;

/// No input is longer, in bytes.
pub const BYTES_MAX: usize = 64 << 10;
/// At most so many changes at a time.
const CHANGES_MAX: usize = 6;

/// Numbers at which programs go wrong, as they stand in bytes and in text.
const NUMBERS: [u64; 10] = [0, 1, 127, 128, 255, 65_535, u32::MAX as u64, 1 << 32, i64::MAX as u64, u64::MAX];

/// A changed input; `other` is one to take pieces from.
pub fn mutate(rng: &mut Rng, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..rng.usize(1..=CHANGES_MAX) {
        change(rng, &mut bytes, other);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let piece = |rng: &mut Rng, of: &[u8]| {
        let from = rng.usize(0..=of.len());
        let length = rng.usize(0..=(of.len() - from).min(64));
        of[from..from + length].to_vec()
    };
    let at = rng.usize(0..=bytes.len());
    match rng.u8(0..9) {
        // A bit flips, or a byte is another.
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(0..8),
        1 if at < bytes.len() => bytes[at] = rng.u8(..),
        // The end, or a piece of the middle, is missing.
        2 => bytes.truncate(at),
        3 => {
            let to = (at + rng.usize(0..=32)).min(bytes.len());
            drop(bytes.drain(at..to));
        }
        // Something comes twice, often, or from elsewhere.
        4 => {
            let piece = piece(rng, bytes);
            drop(bytes.splice(at..at, piece));
        }
        5 => {
            let piece = piece(rng, bytes).repeat(rng.usize(1..64));
            drop(bytes.splice(at..at, piece));
        }
        6 => {
            let piece = piece(rng, other);
            drop(bytes.splice(at..at, piece));
        }
        // A number that is hard to bear.
        7 => {
            let number = rng.choice(NUMBERS).unwrap_or_default();
            let mut number = if rng.bool() { number.to_be_bytes().to_vec() } else { number.to_le_bytes().to_vec() };
            number.truncate(1 << rng.u8(0..4));
            let to = (at + number.len()).min(bytes.len());
            drop(bytes.splice(at..to, number));
        }
        _ => {
            let number = rng.choice(NUMBERS).unwrap_or_default().to_string().into_bytes();
            drop(bytes.splice(at..at, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs_and_none_is_too_long() {
        let all = |seed| {
            let mut rng = Rng::with_seed(seed);
            let mut inputs = vec![b"something to begin with".to_vec()];
            for _ in 0..2000 {
                let next = mutate(&mut rng, &inputs[inputs.len() - 1], &inputs[0]);
                assert!(next.len() <= BYTES_MAX);
                inputs.push(next);
            }
            inputs
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
    }
}

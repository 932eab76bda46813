//! Joint states by number, in the order in which they were found.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::joint::{Joint, Packed};

#[derive(Default)]
pub(crate) struct States {
    packed: Vec<Packed>,
    numbers: HashTable<u32>,
    hasher: FixedState,
}

impl States {
    pub(crate) fn len(&self) -> usize {
        self.packed.len()
    }

    /// The joint state of this number.
    pub(crate) fn joint(&self, number: usize) -> Joint {
        Joint::unpack(self.packed(number))
    }

    /// The same, packed.
    pub(crate) fn packed(&self, number: usize) -> Packed {
        self.packed[number]
    }

    /// The number of a joint state; `None` if it has none.
    pub(crate) fn number_of(&self, packed: Packed) -> Option<u32> {
        let hash = self.hasher.hash_one(packed);
        self.numbers.find(hash, |number| self.packed[*number as usize] == packed).copied()
    }

    /// The number of a joint state: a new one if it has none, and there are fewer than `max`.
    pub(crate) fn number(&mut self, packed: Packed, max: usize) -> Option<u32> {
        let hash = self.hasher.hash_one(packed);
        let known = &self.packed;
        if let Some(number) = self.numbers.find(hash, |number| known[*number as usize] == packed) {
            return Some(*number);
        }
        if known.len() >= max {
            return None;
        }
        let number = known.len() as u32;
        self.packed.push(packed);
        let (known, hasher) = (&self.packed, &self.hasher);
        self.numbers.insert_unique(hash, number, |number| hasher.hash_one(known[*number as usize]));
        Some(number)
    }
}

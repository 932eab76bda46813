//! The bytes of what the machine alone writes and reads.

use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of a value. Writing to memory does not fail.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}

/// The value in these bytes; `None` where they are not exactly one.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}

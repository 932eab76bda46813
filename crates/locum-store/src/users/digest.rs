use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::UserRef;

/// A BLAKE3 digest of a directory's users, in the order of their ids: two directories with the same users have the
/// same digest, however they came about. The revision is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of users sorted by id.
    pub(crate) fn of<'a>(users: impl Iterator<Item = UserRef<'a>>) -> Self {
        const HASHED_AT_ONCE: usize = 64 * 1024;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = Vec::with_capacity(HASHED_AT_ONCE + 512);
        for user in users {
            buffer.extend_from_slice(&user.id.to_le_bytes());
            // No name is longer than 128 bytes, so 255 can stand for "no home".
            buffer.push(user.name.len() as u8);
            buffer.extend_from_slice(user.name.as_bytes());
            buffer.push(user.home.map_or(u8::MAX, |home| home.len() as u8));
            buffer.extend_from_slice(user.home.unwrap_or_default().as_bytes());
            buffer.extend_from_slice(&user.weight.to_le_bytes());
            buffer.extend_from_slice(&user.class.to_le_bytes());
            if buffer.len() >= HASHED_AT_ONCE {
                hasher.update(&buffer);
                buffer.clear();
            }
        }
        Self(*hasher.update(&buffer).finalize().as_bytes())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight bytes as a number, for places where the whole is too long: the same digits that the hexadecimal
    /// form begins with.
    pub fn prefix(&self) -> u64 {
        u64::from_be_bytes(self.0[..8].try_into().expect("eight of 32 bytes"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Hexadecimal where people read it, bytes where they do not.
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 32]>::deserialize(deserializer).map(Self);
        }
        let hex = String::deserialize(deserializer)?;
        let bytes = blake3::Hash::from_hex(&hex).map_err(D::Error::custom)?;
        Ok(Self(*bytes.as_bytes()))
    }
}

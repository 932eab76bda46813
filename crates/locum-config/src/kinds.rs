//! What a key may hold.

mod duration;
mod list;
mod number;
mod sections;
#[macro_use]
mod text;

pub use duration::duration_ms;
pub(crate) use duration::{Time, show_duration};
pub(crate) use list::{List, Pairs};
pub(crate) use number::{Count, Homes, Share};
pub(crate) use sections::{Sub, Subs, Titled};
pub(crate) use text::{Address, Choice, Choices, Description, File, Grant, KeyPrefix, Name, Sha256, Text};

use serde_json::{Value as Json, json};

use crate::{
    Change,
    reader::{Reader, Spot, What},
};

/// A kind of value.
pub(crate) trait Kind {
    type Value: Default + Clone + PartialEq;
    /// Reads what stands at `spot`; `None` after a fault.
    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<Self::Value>;
    /// Its JSON Schema.
    fn schema(&self) -> Json;
    /// The value as the file would give it.
    fn json(&self, value: &Self::Value) -> Json;
    /// How to give the key `name`, for one who left it out.
    fn example(&self, name: &str) -> String;
    /// Adds what differs.
    fn compare(&self, old: &Self::Value, new: &Self::Value, key: &str, live: bool, changes: &mut Vec<Change>) {
        if old != new {
            changes.push(Change::new(key, live, &self.json(old), &self.json(new)));
        }
    }
}

/// `true` or `false`.
pub(crate) struct Truth;

impl Kind for Truth {
    type Value = bool;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<bool> {
        match spot.what {
            What::Boolean(truth) => Some(truth),
            _ => spot.fault(
                reader,
                format!("this is {}", spot.what.describe()),
                "write `true` or `false`, without quotes",
            ),
        }
    }

    fn schema(&self) -> Json {
        json!({ "type": "boolean" })
    }

    fn json(&self, value: &bool) -> Json {
        (*value).into()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = true`")
    }
}

/// A port, 1 to 65535.
pub(crate) struct Port;

impl Kind for Port {
    type Value = u16;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<u16> {
        match spot.what {
            What::Whole(port @ 1..=65_535) => u16::try_from(port).ok(),
            _ => spot.fault(
                reader,
                format!("this is {}", spot.what.describe()),
                "write a port, a number from 1 to 65535 without quotes",
            ),
        }
    }

    fn schema(&self) -> Json {
        json!({ "type": "integer", "minimum": 1, "maximum": 65_535 })
    }

    fn json(&self, value: &u16) -> Json {
        (*value).into()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = 22001`")
    }
}

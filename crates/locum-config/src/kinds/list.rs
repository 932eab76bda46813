use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Kind;
use crate::reader::{Reader, Spot, What};

/// A list of values, at least so many.
pub(crate) struct List<K> {
    pub(crate) of: K,
    pub(crate) min: usize,
}

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<Self::Value> {
        let (line, place) = (spot.line, spot.place.clone());
        let spots = match spot.into_list(reader) {
            Ok(spots) => spots,
            Err(spot) => {
                return spot.fault(
                    reader,
                    format!("this is {}", spot.what.describe()),
                    "write a list: `[\"…\", \"…\"]`",
                );
            }
        };
        if spots.len() < self.min {
            reader.fault_at(line, &place, "this list is too short", format!("give at least {}", self.min));
            return None;
        }
        // Every value is read, so that each fault is told.
        let values: Vec<Option<K::Value>> = spots.into_iter().map(|spot| self.of.read(spot, reader)).collect();
        values.into_iter().collect()
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": self.of.schema(), "minItems": self.min })
    }

    fn json(&self, value: &Self::Value) -> Json {
        value.iter().map(|value| self.of.json(value)).collect()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = [\"…\"]`")
    }
}

/// A table of free keys and texts; numbers and truths are taken as they are written.
pub(crate) struct Pairs;

impl Kind for Pairs {
    type Value = BTreeMap<String, String>;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<Self::Value> {
        let What::Table(table) = spot.what else {
            return spot.fault(
                reader,
                format!("this is {}", spot.what.describe()),
                "write a table: `{ key = \"value\" }`",
            );
        };
        let mut pairs = BTreeMap::new();
        for (name, _) in table.iter() {
            let Some(value) = spot.key(name, reader) else { continue };
            let text = match value.what {
                What::Text(text) => Some(text.to_owned()),
                What::Whole(number) => Some(number.to_string()),
                What::Boolean(truth) => Some(truth.to_string()),
                _ => value.fault(reader, format!("this is {}", value.what.describe()), "write a text in quotes"),
            };
            text.map(|text| pairs.insert(name.to_owned(), text));
        }
        Some(pairs)
    }

    fn schema(&self) -> Json {
        json!({ "type": "object", "additionalProperties": { "type": ["string", "integer", "boolean"] } })
    }

    fn json(&self, value: &Self::Value) -> Json {
        json!(value)
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = {{ key = \"value\" }}`")
    }
}

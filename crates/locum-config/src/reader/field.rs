//! What becomes of a key that the file does not give.

use serde_json::Value as Json;
use toml_edit::Value;

use super::{Reader, Spot, join};
use crate::{Change, Profile, kinds::Kind};

/// A kind of value, and what holds where the file gives none.
pub(crate) trait Field {
    type Value;
    /// Reads the key `name` of the table at `section`. After a fault the value is a blank one.
    fn take(&self, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> Self::Value;
    /// The JSON Schema of the value, and whether the key must be given.
    fn schema(&self) -> (Json, bool);
    /// The value as the file would give it; nothing where there is none.
    fn json(&self, value: &Self::Value) -> Json;
    /// Adds what differs.
    fn compare(&self, old: &Self::Value, new: &Self::Value, key: &str, live: bool, changes: &mut Vec<Change>);
}

/// A key that must be given.
pub(crate) struct Required<K>(pub(crate) K);
/// A key that may be left out.
pub(crate) struct Optional<K>(pub(crate) K);
/// A key with a default, written as in the file.
pub(crate) struct Or<K, D>(pub(crate) K, pub(crate) D);
/// A key with a default in each profile, `classic` and `fast`.
pub(crate) struct ByProfile<K, D>(pub(crate) K, pub(crate) D, pub(crate) D);

impl<K: Kind> Field for Required<K> {
    type Value = K::Value;

    fn take(&self, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> K::Value {
        match section.key(name, reader) {
            Some(spot) => self.0.read(spot, reader),
            None => {
                let place = join(&section.place, name);
                reader.fault_at(section.line, &place, "this is missing", format!("add {}", self.0.example(name)));
                None
            }
        }
        .unwrap_or_default()
    }

    fn schema(&self) -> (Json, bool) {
        (self.0.schema(), true)
    }

    fn json(&self, value: &K::Value) -> Json {
        self.0.json(value)
    }

    fn compare(&self, old: &K::Value, new: &K::Value, key: &str, live: bool, changes: &mut Vec<Change>) {
        self.0.compare(old, new, key, live, changes);
    }
}

impl<K: Kind> Field for Optional<K> {
    type Value = Option<K::Value>;

    fn take(&self, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> Self::Value {
        section.key(name, reader).and_then(|spot| self.0.read(spot, reader))
    }

    fn schema(&self) -> (Json, bool) {
        (self.0.schema(), false)
    }

    fn json(&self, value: &Self::Value) -> Json {
        value.as_ref().map_or(Json::Null, |value| self.0.json(value))
    }

    fn compare(&self, old: &Self::Value, new: &Self::Value, key: &str, live: bool, changes: &mut Vec<Change>) {
        match (old, new) {
            (Some(old), Some(new)) => self.0.compare(old, new, key, live, changes),
            (None, None) => {}
            _ => changes.push(Change::new(key, live, &self.json(old), &self.json(new))),
        }
    }
}

impl<K: Kind, D: Into<Value> + Clone> Field for Or<K, D> {
    type Value = K::Value;

    fn take(&self, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> K::Value {
        given_or(&self.0, self.1.clone().into(), section, name, reader)
    }

    fn schema(&self) -> (Json, bool) {
        let mut schema = self.0.schema();
        if let Some(default) = literal(&self.1.clone().into()) {
            schema["default"] = default;
        }
        (schema, false)
    }

    fn json(&self, value: &K::Value) -> Json {
        self.0.json(value)
    }

    fn compare(&self, old: &K::Value, new: &K::Value, key: &str, live: bool, changes: &mut Vec<Change>) {
        self.0.compare(old, new, key, live, changes);
    }
}

impl<K: Kind, D: Into<Value> + Clone> Field for ByProfile<K, D> {
    type Value = K::Value;

    fn take(&self, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> K::Value {
        let default = match reader.profile {
            Profile::Classic => self.1.clone(),
            Profile::Fast => self.2.clone(),
        };
        given_or(&self.0, default.into(), section, name, reader)
    }

    fn schema(&self) -> (Json, bool) {
        let [classic, fast] = [&self.1, &self.2].map(|default| literal(&default.clone().into()).unwrap_or_default());
        let mut schema = self.0.schema();
        schema["description"] = format!("Default: {classic} in `classic`, {fast} in `fast`.").into();
        (schema, false)
    }

    fn json(&self, value: &K::Value) -> Json {
        self.0.json(value)
    }

    fn compare(&self, old: &K::Value, new: &K::Value, key: &str, live: bool, changes: &mut Vec<Change>) {
        self.0.compare(old, new, key, live, changes);
    }
}

/// Reads what the file gives, or the default, in the same way.
fn given_or<K: Kind>(kind: &K, default: Value, section: &Spot<'_>, name: &str, reader: &mut Reader<'_>) -> K::Value {
    let given = section.key(name, reader);
    let spot = given.unwrap_or_else(|| Spot {
        what: (&default).into(),
        place: join(&section.place, name),
        line: section.line,
    });
    kind.read(spot, reader).unwrap_or_default()
}

/// A default as JSON; none for an empty table, which stands for the defaults of its keys.
fn literal(default: &Value) -> Option<Json> {
    match default {
        Value::String(text) => Some(text.value().as_str().into()),
        Value::Integer(number) => Some((*number.value()).into()),
        Value::Boolean(truth) => Some((*truth.value()).into()),
        Value::Array(list) => Some(list.iter().filter_map(literal).collect()),
        Value::InlineTable(_) | Value::Float(_) | Value::Datetime(_) => None,
    }
}

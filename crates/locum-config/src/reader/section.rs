//! Sections: a struct, its keys and their documentation, declared once.

use serde_json::Value as Json;

use super::{Field, Reader, Spot, What, suggest::closest};
use crate::Change;

/// A table of the file.
pub(crate) trait Section: Default + Clone + PartialEq {
    /// What the section is for.
    const ABOUT: &'static str;
    /// Reads the table at `spot`.
    fn read(spot: &Spot<'_>, reader: &mut Reader<'_>) -> Self;
    /// Its JSON Schema.
    fn schema() -> Json;
    /// Every key and its value.
    fn json(&self) -> Json;
    /// Adds what differs.
    fn compare(&self, new: &Self, path: &str, changes: &mut Vec<Change>);
}

/// Declares a section. Each key is `live`, if a reload may change it, or `fixed`; it has the name of its field, unless
/// `as` gives another.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident {
            $($(#[doc = $doc:literal])+ $live:ident $field:ident $(as $key:literal)? : $type:ty = $spec:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $section {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl $crate::reader::Section for $section {
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();

            fn read(spot: &$crate::reader::Spot<'_>, reader: &mut $crate::reader::Reader<'_>) -> Self {
                use $crate::reader::Field;
                reader.refuse_unknown(spot, &[$(section!(@key $field $($key)?)),+]);
                Self { $($field: $spec.take(spot, section!(@key $field $($key)?), reader),)+ }
            }

            fn schema() -> serde_json::Value {
                let mut keys = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    let name = section!(@key $field $($key)?);
                    let (schema, needed) = $crate::reader::schema_of::<$type>(&$spec);
                    let doc = concat!($($doc),+).trim_ascii();
                    keys.insert(name.into(), $crate::reader::documented(schema, doc, section!(@live $live)));
                    if needed {
                        required.push(name);
                    }
                )+
                serde_json::json!({
                    "type": "object",
                    "description": Self::ABOUT,
                    "properties": keys,
                    "required": required,
                    "additionalProperties": false,
                })
            }

            fn json(&self) -> serde_json::Value {
                use $crate::reader::Field;
                let mut keys = serde_json::Map::new();
                $(keys.insert(section!(@key $field $($key)?).into(), $spec.json(&self.$field));)+
                keys.into()
            }

            fn compare(&self, new: &Self, path: &str, changes: &mut Vec<$crate::Change>) {
                use $crate::reader::Field;
                $(
                    let key = $crate::reader::join(path, section!(@key $field $($key)?));
                    $spec.compare(&self.$field, &new.$field, &key, section!(@live $live), changes);
                )+
            }
        }
    };
    (@key $field:ident $key:literal) => { $key };
    (@key $field:ident) => { stringify!($field) };
    (@live live) => { true };
    (@live fixed) => { false };
}

impl Reader<'_> {
    /// A fault for every key of the table that is none of these.
    pub(crate) fn refuse_unknown(&mut self, spot: &Spot<'_>, known: &[&str]) {
        let What::Table(table) = spot.what else { return };
        let unknown: Vec<&str> = table.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
        for name in unknown {
            let advice = match closest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys here are {}", known.join(", ")),
            };
            if let Some(unknown) = spot.key(name, self) {
                self.fault_at(unknown.line, &unknown.place, "there is no such key", advice);
            }
        }
    }
}

/// The schema of a key whose values have this type.
pub(crate) fn schema_of<T>(spec: &dyn Field<Value = T>) -> (Json, bool) {
    spec.schema()
}

/// A place within a section.
pub(crate) fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// Puts a key's documentation before what its schema says already.
pub(crate) fn documented(mut schema: Json, doc: &str, live: bool) -> Json {
    let defaults = schema["description"].as_str().filter(|_| schema["properties"].is_null()).unwrap_or_default();
    let reload = if live { "" } else { "Only a restart changes it." };
    let parts = [doc, defaults, if schema["properties"].is_null() { reload } else { "" }];
    schema["description"] = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ").into();
    schema
}

use std::collections::BTreeSet;

use locum_config::Config;
use serde_json::Value as Json;

use crate::{FULL, PAIR};

/// Every key that the schema allows, and what it requires.
fn keys(schema: &Json, path: &str, found: &mut BTreeSet<String>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    assert_eq!(schema["additionalProperties"], false, "{path}");
    for (name, property) in properties {
        let key = format!("{path}.{name}");
        assert!(property["description"].as_str().is_some_and(|doc| doc.ends_with('.')), "{key} is not documented");
        keys(property, &key, found);
        keys(&property["items"], &key, found);
        found.insert(key);
    }
}

/// Every key that a value gives.
fn given(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        // What stands in these is free.
        Json::Object(_) if path.ends_with(".environment") || path.ends_with(".settings") => {}
        Json::Object(keys) => keys.iter().for_each(|(name, value)| {
            let key = format!("{path}.{name}");
            given(value, &key, found);
            found.insert(key);
        }),
        Json::Array(values) => values.iter().for_each(|value| given(value, path, found)),
        _ => {}
    }
}

#[test]
fn the_schema_has_the_keys_of_the_reader_and_no_others() {
    let (mut allowed, mut read) = (BTreeSet::new(), BTreeSet::new());
    keys(&Config::schema(), "", &mut allowed);
    // A group has a witness or does without.
    let without = format!("{PAIR}[witness]\npartition = \"preferred-node\"\npreferred_node = \"alpha\"\n");
    for text in [FULL, &without] {
        given(&toml_edit::de::from_str(text).unwrap(), "", &mut read);
        crate::sound(text);
    }
    assert_eq!(allowed, read, "the full file has every other key, and the reader takes it");
}

#[test]
fn the_schema_knows_defaults_and_what_is_needed() {
    let schema = Config::schema();
    assert_eq!(schema["required"], serde_json::json!(["group", "node"]));
    let group = &schema["properties"]["group"]["properties"];
    assert_eq!(group["service_port"]["default"], 22001);
    assert_eq!(
        group["keep_alive_interval"]["description"],
        "Between two heartbeats; at least 10 ms. Default: \"15s\" in `classic`, \"100ms\" in `fast`."
    );
    assert_eq!(
        group["name"]["description"],
        "Unique; at most 128 of letters, digits, `_` and `-`. Only a restart changes it."
    );
    let service = &schema["properties"]["service"]["items"];
    assert_eq!(service["required"], serde_json::json!(["name", "start"]));
    assert_eq!(service["properties"]["supervise"]["enum"], serde_json::json!(["child", "command"]));
}

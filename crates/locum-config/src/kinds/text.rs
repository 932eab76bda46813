use std::{marker::PhantomData, path::PathBuf};

use serde_json::{Value as Json, json};

use super::Kind;
use crate::{
    Endpoint,
    reader::{Reader, Spot, What},
};

const NAME_CHARACTERS_MAX: usize = 128;
const DESCRIPTION_CHARACTERS_MAX: usize = 128;
const DESCRIPTION_REFUSED: [char; 7] = ['"', '%', '&', '/', '\\', '<', '>'];

/// The text at a spot, or a fault.
fn text<'t>(spot: &Spot<'t>, reader: &mut Reader<'_>) -> Option<&'t str> {
    match spot.what {
        What::Text(text) => Some(text),
        _ => spot.fault(reader, format!("this is {}", spot.what.describe()), "write a text in quotes"),
    }
}

/// Declares a kind of text: how it is checked, and how it looks in a schema and in an example.
macro_rules! text_kind {
    ($(#[doc = $doc:literal])+ $kind:ident: $type:ty = $schema:tt, $example:literal, |$value:ident| $show:expr, |$spot:ident, $text:ident, $reader:ident| $read:expr) => {
        $(#[doc = $doc])+
        pub(crate) struct $kind;

        impl Kind for $kind {
            type Value = $type;

            fn read(&self, $spot: Spot<'_>, $reader: &mut Reader<'_>) -> Option<$type> {
                let $text = text(&$spot, $reader)?;
                $read
            }

            fn schema(&self) -> Json {
                json!($schema)
            }

            fn json(&self, $value: &$type) -> Json {
                $show
            }

            fn example(&self, name: &str) -> String {
                format!(concat!("`{} = \"", $example, "\"`"), name)
            }
        }
    };
}

text_kind! {
    /// Any text but an empty one.
    Text: String = { "type": "string", "minLength": 1 }, "…", |value| value.as_str().into(), |spot, text, reader| {
        if text.is_empty() { spot.fault(reader, "this is empty", "write something, or leave the key out") } else { Some(text.to_owned()) }
    }
}

text_kind! {
    /// The name of a group, a node or a service (`docs/behaviour.md` §6).
    Name: String = { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$" }, "…", |value| value.as_str().into(), |spot, text, reader| {
        let stranger = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
        match (text.chars().count(), stranger) {
            (1..=NAME_CHARACTERS_MAX, None) => Some(text.to_owned()),
            (1..=NAME_CHARACTERS_MAX, Some(c)) => spot.fault(reader, format!("a name cannot hold {c:?}"), "use letters, digits, `_` and `-`"),
            (count, _) => spot.fault(reader, format!("the name has {count} characters"), format!("use 1 to {NAME_CHARACTERS_MAX}")),
        }
    }
}

text_kind! {
    /// A description for people (`docs/behaviour.md` §6).
    Description: String = { "type": "string", "maxLength": 128, "pattern": "^[^\"%&/\\\\<>]*$" }, "…", |value| value.as_str().into(), |spot, text, reader| {
        let count = text.chars().count();
        match text.chars().find(|c| DESCRIPTION_REFUSED.contains(c)) {
            Some(c) => spot.fault(reader, format!("a description cannot hold {c:?}"), "leave out all of `\" % & / \\ < >`"),
            None if count > DESCRIPTION_CHARACTERS_MAX => {
                spot.fault(reader, format!("the description has {count} characters"), format!("shorten it to {DESCRIPTION_CHARACTERS_MAX}"))
            }
            None => Some(text.to_owned()),
        }
    }
}

text_kind! {
    /// A path, relative to the directory of the file it is written in.
    File: PathBuf = { "type": "string", "minLength": 1 }, "/path/to/it", |value| value.to_string_lossy().into(), |spot, text, reader| {
        if text.is_empty() { spot.fault(reader, "this is empty", "write a path") } else { Some(reader.resolve(text)) }
    }
}

text_kind! {
    /// A host with or without a port.
    Address: Endpoint = { "type": "string", "minLength": 1 }, "10.0.0.2", |value| value.to_string().into(), |spot, text, reader| {
        Endpoint::parse(text).or_else(|| {
            spot.fault(reader, format!("{text:?} is no address"), "write `host`, `host:port`, or `[address]:port` for IPv6")
        })
    }
}

text_kind! {
    /// What keys of etcd begin with.
    KeyPrefix: String = { "type": "string", "pattern": "^(/[A-Za-z0-9._-]+)+$" }, "/locum", |value| value.as_str().into(), |spot, text, reader| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let good = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| !part.is_empty() && part.chars().all(known)));
        if good {
            return Some(text.to_owned());
        }
        spot.fault(reader, format!("{text:?} is no prefix of keys"), "write `/` and a word of letters, digits, `.`, `_` and `-`; more of both may follow")
    }
}

text_kind! {
    /// A SHA-256 digest.
    Sha256: String = { "type": "string", "pattern": "^[0-9A-Fa-f]{64}$" }, "…", |value| value.as_str().into(), |spot, text, reader| {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Some(text.to_ascii_lowercase())
        } else {
            spot.fault(reader, "this is not a SHA-256 digest", "write the 64 hexadecimal digits that `printf %s TOKEN | sha256sum` prints")
        }
    }
}

text_kind! {
    /// A power granted to a plugin.
    Grant: String = { "type": "string", "pattern": "^(tcp|http|exec|process):.+$" }, "tcp:127.0.0.1:5222", |value| value.as_str().into(), |spot, text, reader| {
        let good = match text.split_once(':') {
            Some(("tcp" | "http", address)) => Endpoint::parse(address).is_some_and(|address| address.port.is_some()),
            Some(("exec", command)) => command.starts_with('/'),
            Some(("process", name)) => !name.is_empty(),
            _ => false,
        };
        if good {
            return Some(text.to_owned());
        }
        spot.fault(reader, format!("{text:?} is no grant"), "write `tcp:HOST:PORT`, `http:HOST:PORT`, `exec:/path/to/command`, or `process:` and a pid file or name")
    }
}

/// A closed list of words.
pub(crate) trait Choices: Default + Copy + PartialEq + 'static {
    /// Every word and what it stands for.
    const ALL: &'static [(&'static str, Self)];
}

/// One of a closed list of words.
pub(crate) struct Choice<T>(pub(crate) PhantomData<T>);

impl<T: Choices> Choice<T> {
    pub(crate) const KIND: Self = Self(PhantomData);

    fn words(separator: &str) -> String {
        T::ALL.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(separator)
    }
}

impl<T: Choices> Kind for Choice<T> {
    type Value = T;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<T> {
        let text = text(&spot, reader)?;
        let found = T::ALL.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        found.or_else(|| {
            spot.fault(
                reader,
                format!("this is {}", spot.what.describe()),
                format!("write one of {}", Self::words(", ")),
            )
        })
    }

    fn schema(&self) -> Json {
        json!({ "enum": T::ALL.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
    }

    fn json(&self, value: &T) -> Json {
        T::ALL.iter().find(|(_, choice)| choice == value).map_or(Json::Null, |(word, _)| (*word).into())
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = {}`", Self::words(" or "))
    }
}

/// Declares a closed list of words as an enum; the first is the default.
macro_rules! choices {
    ($(#[doc = $doc:literal])+ $name:ident { $(#[doc = $first_doc:literal])+ $first:ident = $first_word:literal, $($(#[doc = $each_doc:literal])+ $each:ident = $word:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $first_doc])+
            #[default]
            $first,
            $($(#[doc = $each_doc])+ $each,)*
        }

        impl $name {
            /// The word for it in the file.
            pub const fn name(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$each => $word,)*
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                let all = <$name as $crate::kinds::Choices>::ALL;
                let found = all.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
                found.ok_or_else(|| serde::de::Error::unknown_variant(&word, &[$first_word, $($word),*]))
            }
        }

        impl $crate::kinds::Choices for $name {
            const ALL: &'static [(&'static str, Self)] = &[($first_word, Self::$first), $(($word, Self::$each)),*];
        }
    };
}

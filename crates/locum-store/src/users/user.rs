use serde::{Deserialize, Serialize};

/// The longest name of a user or a node.
pub const NAME_BYTES_MAX: usize = 128;

/// A user as known to the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Given by the directory, and kept for as long as the user is in it.
    pub id: u32,
    /// Unique; 1 to [`NAME_BYTES_MAX`] bytes without white space, control characters or commas.
    pub name: String,
    /// The node the user is assigned to, if any.
    pub home: Option<String>,
    /// How much of a node this user takes up, for policies that care.
    pub weight: u32,
    /// A number with a meaning for policies only.
    pub class: u32,
}

impl User {
    /// The same user, borrowed.
    pub fn as_ref(&self) -> UserRef<'_> {
        let Self { id, name, home, weight, class } = self;
        UserRef { id: *id, name, home: home.as_deref(), weight: *weight, class: *class }
    }
}

/// A user as an import or a command names one: the directory gives the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// As [`User::name`].
    pub name: String,
    /// As [`User::home`].
    pub home: Option<String>,
    /// As [`User::weight`].
    pub weight: u32,
    /// As [`User::class`].
    pub class: u32,
}

impl NewUser {
    /// A user of weight 1 and class 0, not assigned to a node.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), home: None, weight: 1, class: 0 }
    }
}

/// A [`User`] borrowed from the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UserRef<'a> {
    /// As [`User::id`].
    pub id: u32,
    /// As [`User::name`].
    pub name: &'a str,
    /// As [`User::home`].
    pub home: Option<&'a str>,
    /// As [`User::weight`].
    pub weight: u32,
    /// As [`User::class`].
    pub class: u32,
}

impl UserRef<'_> {
    /// The same user, owned.
    pub fn to_user(self) -> User {
        let Self { id, name, home, weight, class } = self;
        User { id, name: name.to_owned(), home: home.map(str::to_owned), weight, class }
    }
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// There is none.
    #[error("the name is empty; give one of 1 to {NAME_BYTES_MAX} bytes")]
    Empty,
    /// Longer than [`NAME_BYTES_MAX`].
    #[error("the name has {bytes} bytes; shorten it to {NAME_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A character that user names cannot have.
    #[error("the name holds {character:?}; leave out white space, control characters and commas")]
    UserCharacter {
        /// The first such character.
        character: char,
    },
    /// A character that node names cannot have.
    #[error("the node's name holds {character:?}; use letters, digits, `_` and `-` only")]
    NodeCharacter {
        /// The first such character.
        character: char,
    },
}

/// Whether a user may be called this.
pub fn check_user_name(name: &str) -> Result<(), NameFault> {
    check_length(name)?;
    match name.chars().find(|c| c.is_whitespace() || c.is_control() || *c == ',') {
        Some(character) => Err(NameFault::UserCharacter { character }),
        None => Ok(()),
    }
}

/// Whether a node may be called this (`docs/behaviour.md` §6).
pub fn check_node_name(name: &str) -> Result<(), NameFault> {
    check_length(name)?;
    match name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        Some(character) => Err(NameFault::NodeCharacter { character }),
        None => Ok(()),
    }
}

fn check_length(name: &str) -> Result<(), NameFault> {
    match name.len() {
        0 => Err(NameFault::Empty),
        1..=NAME_BYTES_MAX => Ok(()),
        bytes => Err(NameFault::TooLong { bytes }),
    }
}

//! What is fuzzed, one file for each kind of input. Every target says what must hold in its answers' place: what does not
//! is a panic.

mod admin;
mod component;
mod config;
mod directory;
mod heartbeat;
mod memory;
mod packet;
mod users;

use std::time::Duration;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A datagram at the link. Only what the peer has sealed is opened, bit by bit.
    Packet,
    /// A frame under the group's key. It is one heartbeat exactly, or refused; the machine goes on after any that is
    /// plausible.
    Heartbeat,
    /// A node's configuration. It is read, and shown as it was read; or every fault has its line.
    Config,
    /// A what-if's file, likewise.
    WhatIf,
    /// Users as CSV. They are read, and read again as they were written; or every fault has its line.
    Users,
    /// A directory, or a change of one, as the peer sends it. It keeps every rule of a directory, or is refused.
    Directory,
    /// What a machine remembers: from the disk, and as a whole. It is read exactly, or refused.
    Memory,
    /// A plugin's file. It is refused, or serves within its limits.
    Component,
    /// What a client sends to the admin API. It is answered in HTTP, and so is the next one.
    Admin,
}

/// Takes one input, and says in short what was answered.
pub(crate) type Attempt = Box<dyn FnMut(&[u8]) -> String>;

impl Target {
    /// All of them.
    pub const ALL: [Target; 9] = [
        Target::Packet,
        Target::Heartbeat,
        Target::Config,
        Target::WhatIf,
        Target::Users,
        Target::Directory,
        Target::Memory,
        Target::Component,
        Target::Admin,
    ];

    /// No input may take longer.
    pub(crate) const TIME_MAX: Duration = Duration::from_secs(10);

    /// Its name, and that of its folder in the corpus.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Packet => "packet",
            Target::Heartbeat => "heartbeat",
            Target::Config => "config",
            Target::WhatIf => "what-if",
            Target::Users => "users",
            Target::Directory => "directory",
            Target::Memory => "memory",
            Target::Component => "component",
            Target::Admin => "admin",
        }
    }

    /// What a well-meaning sender writes.
    pub(crate) fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Target::Packet => packet::seeds(),
            Target::Heartbeat => heartbeat::seeds(),
            Target::Config => config::seeds(),
            Target::WhatIf => config::what_if_seeds(),
            Target::Users => users::seeds(),
            Target::Directory => directory::seeds(),
            Target::Memory => memory::seeds(),
            Target::Component => component::seeds(),
            Target::Admin => admin::seeds(),
        }
    }

    /// What takes its inputs, ready for the first, and answers each in words.
    pub(crate) fn begin(self) -> Attempt {
        match self {
            Target::Packet => Box::new(packet::attempt()),
            Target::Heartbeat => Box::new(heartbeat::attempt()),
            Target::Config => Box::new(config::attempt),
            Target::WhatIf => Box::new(config::attempt_what_if),
            Target::Users => Box::new(users::attempt),
            Target::Directory => Box::new(directory::attempt),
            Target::Memory => Box::new(memory::attempt()),
            Target::Component => Box::new(component::attempt()),
            Target::Admin => Box::new(admin::attempt()),
        }
    }
}

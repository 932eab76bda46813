//! What every command works with: the node it talks to, and how it prints.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;

use crate::{
    cli::{Globals, Output},
    client::Client,
    render::Paint,
    target::Target,
};

/// What every command works with.
pub(crate) struct Context {
    /// What holds for every command.
    pub(crate) globals: Globals,
    /// How tables are coloured.
    pub(crate) paint: Paint,
}

impl Context {
    /// Colours only where a person looks, and only if that person did not ask for none.
    pub(crate) fn new(globals: Globals) -> Context {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Context { globals, paint: Paint { colours: wanted && io::stdout().is_terminal() } }
    }

    /// Whether documents are printed for programs.
    pub(crate) fn json(&self) -> bool {
        self.globals.output == Output::Json
    }

    /// A client of the node that is meant.
    ///
    /// # Errors
    /// A file that cannot be read, an address that makes no sense.
    pub(crate) fn client(&self) -> Result<Client> {
        Ok(Client::new(Target::of(&self.globals)?))
    }

    /// Prints a document, or what it says to people.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(crate) fn show<T: Serialize>(&self, document: &T, table: impl FnOnce(Paint) -> String) -> Result<()> {
        match self.json() {
            true => print(&serde_json::to_string_pretty(document)?),
            false => print(&table(self.paint)),
        }
    }
}

/// Prints a text with a line end. A reader that has gone away (`| head`) ends the program quietly.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => Ok(written?),
    }
}

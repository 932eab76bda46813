//! The files that can be replayed: each kind is a case of [`Source`].

use std::{fmt::Display, fs, path::PathBuf};

use anyhow::Result;
use locum_node::api::Event;
use locum_prove::counterexample::StepsFile;
use locum_sim::{Node, history::History};

use super::journal::{self, Journal, Seen};
use crate::failure::Failure;

/// What the files hold.
#[derive(Debug)]
pub(crate) enum Source {
    /// What happens to a pair.
    History(Box<History>),
    /// What one node or both have written down.
    Journals(Vec<Journal>),
    /// A way that `locum prove` has found.
    Steps(Box<StepsFile>),
}

/// Something to replay.
#[derive(Debug)]
pub(crate) struct Story {
    /// What the nodes are called.
    pub(crate) names: [String; 2],
    /// What happens to them.
    pub(crate) history: History,
    /// What is no more than a conclusion, for people.
    pub(crate) inferred: Vec<String>,
    /// What the nodes did, where they have written it down.
    pub(crate) seen: Vec<Seen>,
}

impl Source {
    /// Reads one history, the journals of one node or of both, or one way that `locum prove` has saved.
    ///
    /// # Errors
    /// A file that cannot be read, or that is none of these.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Source, Failure> {
        let mut journals = Vec::new();
        for file in files {
            let shown = file.display();
            let text = fs::read_to_string(file).map_err(|error| Failure::bad_input(format!("{shown}: {error}")))?;
            if let Some(events) = events(&text) {
                journals.push(Journal::new(events).map_err(|why| Failure::bad_input(format!("{shown}: {why}")))?);
                continue;
            }
            let (source, what) = match StepsFile::read(&text) {
                Some(file) => {
                    let file = file.map_err(|error| Failure::bad_input(format!("{shown} has a fault: {error}")))?;
                    (Source::Steps(Box::new(file)), "what `locum prove` has saved")
                }
                None => (Source::History(Box::new(history(&text, &shown)?)), "a history"),
            };
            if files.len() > 1 {
                return Err(Failure::Usage(format!("{shown} is {what}, and is replayed alone")));
            }
            return Ok(source);
        }
        Ok(Source::Journals(journals))
    }
}

impl Story {
    /// What a history tells.
    pub(crate) fn of_history(history: History) -> Story {
        let names = Node::BOTH.map(|node| node.name().to_owned());
        Story { names, history, inferred: Vec::new(), seen: Vec::new() }
    }

    /// What these journals tell.
    ///
    /// # Errors
    /// They are not those of a pair.
    pub(crate) fn of_journals(journals: Vec<Journal>) -> Result<Story, Failure> {
        journal::story(journals).map_err(Failure::bad_input)
    }
}

fn history(text: &str, shown: &dyn Display) -> Result<History, Failure> {
    History::read(text).map_err(|error| {
        let hint = "give a history, what `locum events --output json` prints, or what `locum prove --save` writes";
        Failure::BadInput { text: format!("{shown} is no history: {error}"), details: vec![hint.into()] }
    })
}

/// The entries of a journal: a list, or one on each line.
fn events(text: &str) -> Option<Vec<Event>> {
    if let Ok(list) = serde_json::from_str(text) {
        return Some(list);
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let events: Result<Vec<Event>, _> = lines.map(serde_json::from_str).collect();
    events.ok().filter(|events| !events.is_empty())
}

//! Two daemons.

use std::{collections::BTreeSet, fs, time::Duration};

use locum_node::api::Status;

use crate::{ALL_TIMERS, Node, World, mold, until};

/// A pair of nodes, `a` and `b`, and the folder in which they live.
pub struct Pair {
    /// The first by name.
    pub a: Node,
    /// The second.
    pub b: Node,
    /// Where they live.
    pub world: World,
}

/// What must be the same before and after what changes nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture {
    states: [String; 2],
    epochs: [u64; 2],
    digests: [String; 2],
    exports: [String; 2],
    transitions: [usize; 2],
}

impl Pair {
    /// Both nodes.
    pub fn both(&self) -> [&Node; 2] {
        [&self.a, &self.b]
    }

    /// Gives nodes that have never run the compiled components of those before them: they start at once.
    pub fn warm(&self) {
        self.both().into_iter().for_each(mold::write_cache);
    }

    /// `State (Reason)` of both, each by its own word.
    pub fn states(&self) -> [String; 2] {
        self.both().map(Node::state)
    }

    /// Waits until the nodes are in these states, each by its own word, and each knows it of the other.
    pub fn settle(&self, a: &str, b: &str) {
        until(&format!("the pair is {a} / {b}"), ALL_TIMERS, || {
            let seen: Vec<Result<Status, String>> = self.both().map(Node::look).into();
            let pair = |status: &Status| status.nodes.iter().map(|n| format!("{} ({})", n.state, n.reason)).collect();
            let seen: Vec<Vec<String>> =
                seen.iter().map(|status| status.as_ref().map_or_else(|error| vec![error.clone()], pair)).collect();
            if seen == [vec![a, b], vec![b, a]] { Ok(()) } else { Err(format!("{seen:?}{}", self.logs())) }
        });
    }

    /// Waits until both have stored the same users.
    pub fn agree(&self) {
        until("both nodes have the same users", Duration::ZERO, || {
            let [a, b] = self.both().map(|node| node.look().map(|status| status.nodes[0].directory.clone()));
            if a.is_ok() && a == b { Ok(()) } else { Err(format!("{a:?} / {b:?}{}", self.logs())) }
        });
    }

    /// What must stay as it is where nothing may change.
    pub fn picture(&self) -> Picture {
        let own = |node: &Node| node.status().nodes.swap_remove(0);
        let transitions = |node: &Node| node.events().iter().filter(|event| event.kind == "transition").count();
        Picture {
            states: self.states(),
            epochs: self.both().map(|node| own(node).epoch),
            digests: self.both().map(|node| own(node).directory.digest),
            exports: self.both().map(Node::export),
            transitions: self.both().map(transitions),
        }
    }

    /// Fails a node over by command, and waits until that is done.
    pub fn fail_over_a(&self) {
        self.a.locum(&["failover", "a"]).ok();
        self.settle(super::IDLE, super::BACKUP);
    }

    /// The last lines of both logs, for the message of a test that fails.
    pub fn logs(&self) -> String {
        let tail = |node: &Node| {
            let log = node.log();
            let lines: Vec<_> = log.lines().collect();
            format!("\n-- {}:\n{}", node.name, lines[lines.len().saturating_sub(40)..].join("\n"))
        };
        self.both().map(tail).concat()
    }
}

/// `user0001` and so on, in the form that `locum users import` reads.
pub fn users(numbers: std::ops::Range<u32>) -> String {
    numbers.fold("user\n".to_owned(), |text, number| text + &format!("user{number:05}\n"))
}

/// The names in an export.
///
/// # Panics
/// Somebody is there twice.
pub fn names(export: &str) -> BTreeSet<String> {
    let names: Vec<_> = export.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let set: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(names.len(), set.len(), "a user is there twice");
    set
}

/// The processes that were started with this mark in their environment.
pub fn marked(mark: &str) -> Vec<u32> {
    let wanted = format!("LOCUM_TEST={mark}");
    let has = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has).collect()
}

//! Users and nodes as a policy sees them, and the rules of where users belong.

use locum_host::policy::{Nodes, Occasion, UNASSIGNED, Users};

use super::words::{Place, Spread};

/// The columns of a question.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    pub(super) users: Users,
    pub(super) nodes: Nodes,
}

impl Cluster {
    /// Every user is served at home, and every node is available.
    pub(super) fn new(Spread(groups): &Spread) -> Self {
        let nodes = (0..).zip(groups).flat_map(|(group, nodes)| nodes.iter().map(move |count| (group, *count)));
        let (groups, counts): (Vec<u32>, Vec<u32>) = nodes.unzip();
        let available = vec![1; groups.len()];
        let mut cluster = Self { users: Users::default(), nodes: Nodes { groups, available } };
        // Dealt out like cards, so that nobody can tell a user's home from where the user stands in the directory.
        let rounds = counts.iter().max().copied().unwrap_or_default();
        for round in 0..rounds {
            (0..).zip(&counts).filter(|(_, count)| **count > round).for_each(|(row, _)| cluster.add(row));
        }
        cluster
    }

    /// One user more, with this home.
    pub(super) fn add(&mut self, home: u32) {
        let users = &mut self.users;
        users.ids.push(users.ids.last().map_or(7, |last| last + 1 + last % 3));
        users.homes.push(home);
        users.nodes.push(home);
        users.weights.push(1);
        users.classes.push(0);
    }

    /// A node may serve users from now on, or may not.
    pub(super) fn set_available(&mut self, place: Place, available: bool) -> Result<(), String> {
        let mut rows = (0..self.nodes.len()).filter(|row| self.nodes.groups[*row] + 1 == place.group);
        let row = (place.node as usize).checked_sub(1).and_then(|before| rows.nth(before));
        self.nodes.available[row.ok_or_else(|| format!("there is no {place}"))?] = u8::from(available);
        Ok(())
    }

    /// An answer comes true.
    pub(super) fn follow(&mut self, occasion: Occasion, answer: &[u32]) {
        let column = if occasion.is_about_homes() { &mut self.users.homes } else { &mut self.users.nodes };
        column.copy_from_slice(answer);
    }

    /// How many users are at each node.
    pub(super) fn loads(&self, rows: &[u32]) -> Vec<u32> {
        let mut loads = vec![0; self.nodes.len()];
        rows.iter().filter(|row| **row != UNASSIGNED).for_each(|row| loads[*row as usize] += 1);
        loads
    }

    /// Whether a row is the first node of its group.
    pub(super) fn is_first(&self, row: u32) -> bool {
        row == 0 || self.nodes.groups[row as usize - 1] != self.nodes.groups[row as usize]
    }

    /// A node, or its absence, for people.
    pub(super) fn name(&self, row: u32) -> String {
        if row == UNASSIGNED {
            return "no node".to_owned();
        }
        let group = self.nodes.groups[row as usize];
        let before = self.nodes.groups[..row as usize].iter().filter(|other| **other == group).count();
        format!("{} (node row {row})", Place { node: before as u32 + 1, group: group + 1 })
    }

    /// What a question is about.
    pub(super) fn describe(&self, occasion: Occasion) -> String {
        let users = &self.users;
        let mut parts = vec![format!("{} users", users.len()), self.count(Occasion::Assign, &users.homes)];
        if !occasion.is_about_homes() && users.nodes != users.homes {
            parts.push(self.count(occasion, &users.nodes));
        }
        let away = (0..self.nodes.len() as u32).filter(|row| !self.nodes.is_available(*row));
        let away: Vec<_> = away.map(|row| self.name(row)).collect();
        parts.push(match &away[..] {
            [] => "every node available".to_owned(),
            away => format!("not available: {}", away.join(", ")),
        });
        parts.join("; ")
    }

    /// How many users a column puts where.
    pub(super) fn count(&self, occasion: Occasion, rows: &[u32]) -> String {
        let loads = self.loads(rows);
        let groups = (0..=self.nodes.groups.last().copied().unwrap_or_default()).map(|group| {
            let nodes = loads.iter().zip(&self.nodes.groups).filter(|(_, of)| **of == group);
            nodes.map(|(load, _)| *load).collect()
        });
        let nowhere = rows.iter().filter(|row| **row == UNASSIGNED).count();
        let (at, without) = match occasion.is_about_homes() {
            true => ("at home", "without a home"),
            false => ("served", "served by nobody"),
        };
        match nowhere {
            0 => format!("{at} {}", Spread(groups.collect())),
            _ => format!("{at} {}, {nowhere} {without}", Spread(groups.collect())),
        }
    }
}

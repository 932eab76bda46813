//! The users of a cluster, and the policies that say where they belong.

use anyhow::Result;
use locum_host::Loaded;
use locum_host::policy::{Nodes, Occasion, Policy, Promise, UNASSIGNED, Users, place_builtin};

use crate::words::{Homes, Mode, Node};

/// The users and nodes of a cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    users: Users,
    nodes: Nodes,
}

impl Cluster {
    /// Every group has two nodes, and every user is served at home.
    pub fn new(Homes(groups): &Homes) -> Self {
        let rows = || (0..).zip(groups.iter().flatten());
        let homes: Vec<u32> = rows().flat_map(|(row, count)| std::iter::repeat_n(row, *count as usize)).collect();
        let nodes = Nodes { groups: rows().map(|(row, _)| row / 2).collect(), available: rows().map(|_| 1).collect() };
        let mut cluster = Self { users: Users::default(), nodes };
        cluster.add(&homes);
        cluster
    }

    /// Users without a home come, and the policy gives them one.
    pub fn admit(&mut self, count: u32, policies: &Policies, mode: Mode) {
        self.add(&vec![UNASSIGNED; count as usize]);
        self.users.homes = policies.place(mode, Occasion::Assign, &self.users, &self.nodes);
    }

    /// The policy may give every user another home.
    pub fn rebalance(&mut self, policies: &Policies, mode: Mode) {
        self.users.homes = policies.place(mode, Occasion::Rebalance, &self.users, &self.nodes);
    }

    /// A node of the first group is lost or back, and the policy says who is served where.
    pub fn set_available(&mut self, node: Node, available: bool, policies: &Policies, mode: Mode) {
        self.nodes.available[node as usize] = u8::from(available);
        let occasion = if available { Occasion::GiveBack } else { Occasion::TakeOver };
        self.users.nodes = policies.place(mode, occasion, &self.users, &self.nodes);
    }

    /// How many users are at home where.
    pub fn homes(&self) -> Homes {
        self.count(&self.users.homes)
    }

    /// How many users are served where.
    pub fn served(&self) -> Homes {
        self.count(&self.users.nodes)
    }

    fn add(&mut self, homes: &[u32]) {
        let users = &mut self.users;
        users.homes.extend(homes);
        users.nodes.extend(homes);
        users.ids = (1..).take(users.homes.len()).collect();
        users.weights = vec![1; users.homes.len()];
        users.classes = vec![0; users.homes.len()];
    }

    fn count(&self, rows: &[u32]) -> Homes {
        let mut counts = vec![0; self.nodes.len()];
        rows.iter().filter(|row| **row != UNASSIGNED).for_each(|row| counts[*row as usize] += 1);
        Homes(counts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
    }
}

/// The three policies, native or as components.
#[derive(Clone)]
pub enum Policies {
    /// The built-in answers.
    Native,
    /// The plugins: balanced, active-standby, none.
    Components(Box<[Loaded; 3]>),
}

impl Policies {
    /// The plugins that `cargo xtask components` has built.
    ///
    /// # Errors
    /// They have not been built, or the host refuses them.
    pub fn components() -> Result<Self> {
        let [balanced, standby, none] =
            ["policy-balanced", "policy-active-standby", "policy-none"].map(locum_parts::load);
        Ok(Self::Components(Box::new([balanced?, standby?, none?])))
    }

    fn place(&self, mode: Mode, occasion: Occasion, users: &Users, nodes: &Nodes) -> Vec<u32> {
        let promise = match mode {
            Mode::Balanced => Promise::Balanced,
            Mode::ActiveStandby => Promise::FirstNode,
            Mode::None => Promise::Unassigned,
        };
        match self {
            Self::Native => place_builtin(occasion, promise, users, nodes),
            Self::Components(plugins) => {
                let mut policy = Policy::new(&plugins[mode as usize]).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(policy.promised(), promise);
                let placement = policy.place(occasion, users, nodes);
                assert_eq!(placement.fault, None);
                placement.nodes
            }
        }
    }
}

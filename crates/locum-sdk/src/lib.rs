//! What the author of a Locum plugin depends on.
//!
//! A plugin is a WebAssembly component: a policy that assigns users, a probe that looks at a service, or a transport that
//! carries frames. Each kind is one module here, with the types of its world, helpers, and the macro `export!`. This is
//! a whole policy, which sends every new user to the last node that is available:
//!
//! ```
//! use locum_sdk::policy::{self, Guest, Nodes, Occasion, Promise, UNASSIGNED, Users, export};
//!
//! struct LastNode;
//!
//! impl Guest for LastNode {
//!     fn promised() -> Promise {
//!         Promise::Anywhere
//!     }
//!
//!     fn place(why: Occasion, users: Users, nodes: Nodes) -> Vec<u32> {
//!         let last = nodes.available_rows().last().unwrap_or(UNASSIGNED);
//!         match why {
//!             Occasion::Assign => policy::assign(&users, |_| last),
//!             Occasion::Rebalance => vec![last; users.ids.len()],
//!             Occasion::TakeOver => policy::take_over(&users, &nodes),
//!             Occasion::GiveBack => policy::give_back(&users, &nodes),
//!         }
//!     }
//! }
//!
//! export!(LastNode);
//! ```
//!
//! Its crate is a `cdylib` with this crate as its one dependency. A guest of this workspace is built by
//! `cargo xtask components`; `cargo test -p ITS-NAME` tests it on the host.
//!
//! **Invariant:** this crate depends on nothing of ours, and a component holds no import that its author does not call.

pub mod policy;
pub mod probe;
pub mod transport;
pub mod window;

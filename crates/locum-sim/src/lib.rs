//! Two nodes of a redundancy group on a virtual clock, with a network, disks, users and services that fail on request.
//!
//! What decides anything is handed in ([`Parts`]): the shipped state machine, transport and policies, native or as
//! components. Directories are those of the store, without its file. What happens to a pair can be written down as a
//! [`history`], and played as often as one likes.

mod chance;
pub mod history;
mod host;
mod log;
mod machine;
mod network;
mod node;
mod pair;
mod parts;
mod policy;
pub mod seeds;
mod transport;
mod users;
pub mod whatif;

pub use chance::Chance;
pub use host::{DiskHealth, UserMoves};
pub use locum_store::{Directory, NewUser, Snapshot};
pub use log::{Entry, Logged};
pub use machine::{Factory, Machine};
pub use network::{LINKS, Rough, Weather};
pub use node::{Node, Served};
pub use pair::Pair;
pub use parts::{Parts, native};
pub use policy::{Placed, Policy, PolicyFactory, builtin, failing};
pub use transport::{Packet, Transport, TransportFactory};
pub use users::{Placement, UsersRefusal};

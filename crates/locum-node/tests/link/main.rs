//! The link between two nodes, over real sockets on the loopback interface.

mod strangers;
mod stream;
mod support;
mod udp;

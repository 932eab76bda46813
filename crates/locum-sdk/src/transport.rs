//! Transports: the world `transport`, which imports nothing.
//!
//! A transport turns frames into numbered packets on named links and back. It is handed the time and every packet, and
//! owns no socket, so that the same component runs on a node and in simulation. [`Sender`] and [`Receiver`] are what a
//! transport needs that numbers its packets; what is left to its author is the choice of links. [`Multipath`] is the one
//! that chooses them all.

mod multipath;
mod receiver;
mod sender;

/// Generated from `wit/transport.wit`, where every item is documented.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/transport.wit",
        world: "transport",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "locum_sdk::transport::bindings",
    });
}

#[doc(inline)]
pub use crate::export_transport as export;
pub use bindings::exports::locum::plugin::framing::{Guest, LinkQuality, Packet, Verdict};
pub use multipath::Multipath;
pub use receiver::Receiver;
pub use sender::Sender;

/// Makes a transport of a type that is a [`Guest`]: `export!(Mine);`, once in a component.
///
/// On the host it only checks that the type is one, so that a plugin's crate builds and is tested there too.
#[doc(hidden)]
#[macro_export]
macro_rules! export_transport {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::transport::bindings::export!($plugin with_types_in $crate::transport::bindings);
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = $crate::transport::is_guest::<$plugin>();
    };
}

#[doc(hidden)]
pub const fn is_guest<G: Guest>() {}

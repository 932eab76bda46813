//! Service probes: the world `probe`.
//!
//! The host interfaces [`tcp`], [`http`], [`exec`] and [`process`] are at a probe's disposal. A component imports only
//! those that it calls, and its imports are its request for powers: the operator grants addresses, commands and names.
//!
//! A probe that cannot tell says [`Status::Unknown`], which is never taken for down (`docs/behaviour.md` §9.8): a denied
//! power and a faulty setting are unknown.

mod settings;

/// Generated from `wit/probe.wit`, where every item is documented.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/probe.wit",
        world: "probe",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "locum_sdk::probe::bindings",
    });
}

#[doc(inline)]
pub use crate::export_probe as export;
pub use bindings::exports::locum::plugin::check::{Guest, Measure, Report, Status};
pub use bindings::locum::plugin::{exec, http, process, tcp};
pub use settings::Settings;

/// Makes a probe of a type that is a [`Guest`]: `export!(Mine);`, once in a component.
///
/// On the host it only checks that the type is one, so that a plugin's crate builds and is tested there too.
#[doc(hidden)]
#[macro_export]
macro_rules! export_probe {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::probe::bindings::export!($plugin with_types_in $crate::probe::bindings);
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = $crate::probe::is_guest::<$plugin>();
    };
}

#[doc(hidden)]
pub const fn is_guest<G: Guest>() {}

impl Report {
    /// The service works.
    pub fn up(message: impl Into<String>) -> Self {
        Self { status: Status::Up, message: message.into(), measures: Vec::new() }
    }

    /// The service does not work.
    pub fn down(message: impl Into<String>) -> Self {
        Self { status: Status::Down, ..Self::up(message) }
    }

    /// The probe cannot tell.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self { status: Status::Unknown, ..Self::up(message) }
    }
}

/// The time that a probe gives the host for one look, in milliseconds: nine tenths of its own, so that the answer still
/// comes in time when the service's does not.
pub fn patience_ms(timeout_ms: u32) -> u32 {
    timeout_ms - timeout_ms / 10
}

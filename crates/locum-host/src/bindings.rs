//! What `bindgen!` makes of the WIT package. Nothing in here leaves the crate.

/// The policy world.
pub(crate) mod policy {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "locum:plugin/policy",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

/// The transport world.
pub(crate) mod transport {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "locum:plugin/transport",
    });
}

/// The probe world.
pub(crate) mod probe {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "locum:plugin/probe",
        imports: { default: async },
        exports: { default: async },
    });
}

/// The state-machine world.
pub(crate) mod state_machine {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "locum:plugin/state-machine",
    });
}

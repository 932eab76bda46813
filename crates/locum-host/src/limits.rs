//! How much a plugin may use.

use wasmtime::ResourceLimiter;

use crate::World;

const MIB: usize = 1 << 20;

/// The most memory any plugin can be given, in bytes: the pool's slots are this large.
pub(crate) const MEMORY_BYTES_CEILING: usize = 256 * MIB;
/// The most table elements any plugin can be given.
pub(crate) const TABLE_ELEMENTS_CEILING: usize = 20_000;

/// What one plugin may use. [`Limits::of`] has the defaults of each world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All its linear memories together, in bytes. At most 256 MiB; growing beyond traps.
    pub memory_bytes_max: usize,
    /// All its tables together, in elements. At most 20,000.
    pub table_elements_max: usize,
    /// What it may hand to the host in one call, in bytes as the host stores them.
    pub returned_bytes_max: usize,
    /// Fuel of one call, about one unit an instruction. Probes are not fuelled.
    pub fuel_per_call: u64,
    /// Fuel that each user row of a call adds. Policies only.
    pub fuel_per_row: u64,
    /// Deadline of one call by the clock, in milliseconds. For deterministic worlds a backstop that fuel is meant to
    /// come before; for a probe the time it may compute, in which waiting for the host does not count.
    pub deadline_ms: u64,
}

impl Limits {
    /// The defaults of a world.
    pub const fn of(world: World) -> Self {
        let usual = Self {
            memory_bytes_max: 64 * MIB,
            table_elements_max: TABLE_ELEMENTS_CEILING,
            returned_bytes_max: MIB,
            fuel_per_call: 100_000_000,
            fuel_per_row: 0,
            deadline_ms: 2_000,
        };
        match world {
            // A million users are 25 MB of columns; an interpreted guest spends a thousand instructions on each.
            World::Policy => Self {
                memory_bytes_max: MEMORY_BYTES_CEILING,
                returned_bytes_max: 16 * MIB,
                fuel_per_row: 2_000,
                deadline_ms: 30_000,
                ..usual
            },
            // The longest frame on each of the most links is a little more than 1 MiB.
            World::Transport => Self { returned_bytes_max: 2 * MIB, ..usual },
            World::StateMachine => usual,
            World::Probe => Self { deadline_ms: 1_000, ..usual },
        }
    }
}

/// A plugin asked for more memory than its limit.
#[derive(Debug, thiserror::Error)]
#[error("more than {bytes_max} bytes of memory")]
pub(crate) struct MemoryCap {
    pub(crate) bytes_max: usize,
}

/// A plugin asked for larger tables than its limit.
#[derive(Debug, thiserror::Error)]
#[error("more than {elements_max} table elements")]
pub(crate) struct TableCap {
    pub(crate) elements_max: usize,
}

/// Counts what a store has been given. Growth that cannot be had traps instead of answering -1: a guest that can
/// see whether the machine is short of memory is no longer deterministic.
pub(crate) struct Meter {
    memory_bytes_left: usize,
    table_elements_left: usize,
    limits: Limits,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { memory_bytes_left: limits.memory_bytes_max, table_elements_left: limits.table_elements_max, limits }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        match self.memory_bytes_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.memory_bytes_left = left,
            None => return Err(MemoryCap { bytes_max: self.limits.memory_bytes_max }.into()),
        }
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error.context("memory cannot grow"))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        match self.table_elements_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.table_elements_left = left,
            None => return Err(TableCap { elements_max: self.limits.table_elements_max }.into()),
        }
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error.context("a table cannot grow"))
    }

    fn instances(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        8
    }

    fn tables(&self) -> usize {
        16
    }
}

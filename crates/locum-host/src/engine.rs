//! The two engines: one whose every run is the same, one that may wait.

use std::time::Duration;

use wasmtime::{Config, Engine, PoolingAllocationConfig};

use crate::error::HostError;
use crate::limits::{MEMORY_BYTES_CEILING, TABLE_ELEMENTS_CEILING};

/// How often the epoch advances, in milliseconds.
const TICK_MS: u64 = 10;

/// How many plugins can be alive at once in each engine's pool.
const POOL_SLOTS: u32 = 128;

/// The engines that all components of a process share, and the thread that ticks their epochs. Cheap to clone.
#[derive(Clone)]
pub struct Engines {
    pub(crate) deterministic: Engine,
    pub(crate) probing: Engine,
}

impl Engines {
    /// Makes both engines and starts the ticker, which ends when the last engine is dropped.
    ///
    /// # Errors
    /// [`HostError::Engine`] where the machine cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, HostError> {
        let engines = Self { deterministic: engine(&deterministic())?, probing: engine(&probing())? };
        engines.start_ticker()?;
        Ok(engines)
    }

    fn start_ticker(&self) -> Result<(), HostError> {
        let engines = [self.deterministic.weak(), self.probing.weak()];
        let tick = move || {
            loop {
                std::thread::sleep(Duration::from_millis(TICK_MS));
                let alive: Vec<Engine> = engines.iter().filter_map(wasmtime::EngineWeak::upgrade).collect();
                if alive.is_empty() {
                    return;
                }
                alive.iter().for_each(Engine::increment_epoch);
            }
        };
        let thread = std::thread::Builder::new().name("wasm-epoch".into());
        thread.spawn(tick).map_err(|error| HostError::Engine(error.to_string()))?;
        Ok(())
    }
}

/// Epoch ticks that cover a time: at least two, since the first may come at once.
pub(crate) fn ticks(time_ms: u64) -> u64 {
    time_ms.div_ceil(TICK_MS) + 1
}

/// Fuel is the deadline that two nodes agree on; the epoch only the backstop.
fn deterministic() -> Config {
    let mut config = common();
    config.consume_fuel(true).cranelift_nan_canonicalization(true);
    config
}

/// The epoch is the deadline: fuel would say nothing about time spent waiting.
fn probing() -> Config {
    common()
}

fn common() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false);
    config
}

/// With a pool, or on demand where so much address space cannot be reserved.
fn engine(config: &Config) -> Result<Engine, HostError> {
    let pooled = config.clone().allocation_strategy(pool()).clone();
    Engine::new(&pooled)
        .or_else(|error| {
            tracing::info!("no pool for plugins, their memory is reserved on demand: {error}");
            let mut config = config.clone();
            config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(1 << 20);
            Engine::new(&config)
        })
        .map_err(|error| HostError::Engine(error.to_string()))
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.max_memory_size(MEMORY_BYTES_CEILING)
        .table_elements(TABLE_ELEMENTS_CEILING)
        .max_tables_per_module(4)
        .total_component_instances(POOL_SLOTS)
        // A component with imports is its own module and two small ones that tie it to the host.
        .total_core_instances(4 * POOL_SLOTS)
        .total_memories(POOL_SLOTS)
        .total_tables(4 * POOL_SLOTS)
        .total_stacks(POOL_SLOTS);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deterministic_engine_leaves_nothing_to_chance() {
        let engines = Engines::new().unwrap();
        let config = &engines.deterministic;
        assert!(config.get_consume_fuel());
        assert!(config.get_epoch_interruption());
        assert_eq!(config.get_cranelift_nan_canonicalization(), Some(true));
        assert!(!config.get_concurrency_support());
        assert!(!config.get_shared_memory());
    }

    #[test]
    fn modules_with_threads_relaxed_simd_or_wide_memories_do_not_compile() {
        let engines = Engines::new().unwrap();
        for module in [
            r#"(module (memory 1 1 shared))"#,
            r#"(module (memory i64 1))"#,
            r#"(module (func (param v128 v128) (result v128)
                 local.get 0 local.get 1 i8x16.relaxed_swizzle))"#,
        ] {
            let wasm = wat::parse_str(module).unwrap();
            assert!(engines.deterministic.precompile_module(&wasm).is_err(), "{module}");
        }
    }

    #[test]
    fn the_probing_engine_counts_no_fuel() {
        let engines = Engines::new().unwrap();
        assert!(!engines.probing.get_consume_fuel());
        assert!(engines.probing.get_epoch_interruption());
    }
}

//! wasmtime, set up once for the process: how code is compiled, where instances live, how time is counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use super::bindings::FullPlugin;
use super::limits::{
    CORE_INSTANCES_PER_COMPONENT, MEMORIES_PER_COMPONENT, Settings, TABLES_PER_COMPONENT, TICK,
};
use super::store::CallState;

/// The sandbox cannot be set up at all.
#[derive(Debug, Error)]
pub enum SetupError {
    /// wasmtime refuses the configuration or the machine lacks something.
    #[error("the WebAssembly engine cannot be set up: {0}")]
    Engine(String),
    /// The thread that counts time cannot be started.
    #[error("the thread that counts plugins' time cannot be started: {0}")]
    Ticker(std::io::Error),
}

/// The engine with everything that each plugin is linked against.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    pub(super) linker: Linker<CallState>,
    pub(super) ticks: Ticks,
}

/// How often the epoch advanced; read to tell time spent in the guest from time spent waiting.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticks(Arc<AtomicU64>);

impl Ticks {
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Sandbox {
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let cache = open_cache(settings.cache_dir.as_deref());
        let engine = new_engine(settings, cache.as_ref())?;
        let linker =
            new_linker(&engine).map_err(|error| SetupError::Engine(format!("{error:#}")))?;
        let ticks = start_ticker(&engine)?;
        Ok(Self {
            engine,
            linker,
            ticks,
        })
    }
}

/// With a pool of instances where the machine has the address space for it, else without.
fn new_engine(settings: &Settings, cache: Option<&Cache>) -> Result<Engine, SetupError> {
    let mut config = base_config(cache);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    let no_pool = match Engine::new(&config) {
        Ok(engine) => return Ok(engine),
        Err(error) => format!("{error:#}"),
    };
    tracing::warn!(
        error = no_pool,
        "no address space for a pool of instances (ulimit -v?); plugins run without one, somewhat slower"
    );
    let mut config = base_config(cache);
    // Not the 4 GiB for each memory that spare compiled code its bounds checks, only what a guest may use.
    config
        .memory_reservation(settings.limits.memory)
        .memory_reservation_for_growth(0);
    Engine::new(&config).map_err(|error| SetupError::Engine(format!("{error:#}")))
}

fn base_config(cache: Option<&Cache>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Instrumented code looks at the epoch on each loop and call; cheaper than fuel, and exact enough.
        .epoch_interruption(true)
        // A component's initial memory is mapped from its file's image instead of copied for each instance.
        .memory_init_cow(true)
        // Keeps compiled code; the key covers the component, wasmtime's version, its flags and the CPU.
        .cache(cache.cloned());
    config
}

/// How many instances live beside the calls: one plugin that is being loaded while all places are taken.
const LOADING: u32 = 1;

fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let instances = u32::try_from(settings.instances)
        .unwrap_or(u32::MAX)
        .saturating_add(LOADING);
    let mut pool = PoolingAllocationConfig::new();
    // Taking from an empty pool is an error, so there are as many places as `admission` hands out.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_memories(instances.saturating_mul(MEMORIES_PER_COMPONENT))
        .total_tables(instances.saturating_mul(TABLES_PER_COMPONENT))
        .total_stacks(instances)
        // No component takes another one's share of the pool.
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memory_size(usize::try_from(settings.limits.memory).unwrap_or(usize::MAX))
        .table_elements(usize::try_from(settings.limits.table_elements).unwrap_or(usize::MAX))
        // A freed memory is zeroed by hand up to here, which is cheaper than giving pages back and faulting them in again;
        // a Rust plugin touches about this much.
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10)
        // Slots kept warm for the plugin that used them last: a few for each of some plugins.
        .max_unused_warm_slots(16);
    pool
}

fn new_linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    // All of WASI 0.2, over a context that holds nothing (`store.rs`): toolchains import far more than they use.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    FullPlugin::add_to_linker::<CallState, HasSelf<CallState>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// Advances the epoch until the engine is gone.
fn start_ticker(engine: &Engine) -> Result<Ticks, SetupError> {
    let ticks = Ticks::default();
    let (engine, count) = (engine.weak(), ticks.0.clone());
    let run = move || {
        while let Some(engine) = engine.upgrade() {
            count.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name("plugin-ticks".to_owned())
        .spawn(run)
        .map_err(SetupError::Ticker)?;
    Ok(ticks)
}

/// The compile cache's folder within the data folder. wasmtime tidies it up by removing every file that it does not
/// know, so nothing else may lie beside its own.
const COMPILED: &str = "compiled";

/// The compile cache, or `None` with a line in the log that says why each start compiles.
fn open_cache(folder: Option<&Path>) -> Option<Cache> {
    let Some(folder) = folder else {
        tracing::info!("NEXTCLOUD_MCP_DATA_DIR is not set: each start compiles the plugins");
        return None;
    };
    // Both, since who can write into the outer one can put another in place of the inner one.
    let cache = prepare(folder)
        .and_then(|folder| prepare(&folder.join(COMPILED)))
        .and_then(new_cache);
    cache
        .inspect_err(|reason| {
            let folder = folder.display();
            tracing::warn!(%folder, reason, "no cache for compiled plugins; each start compiles them");
        })
        .ok()
}

fn new_cache(folder: PathBuf) -> Result<Cache, String> {
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).map_err(|error| format!("{error:#}"))
}

/// Makes sure that nobody else can put code into `folder`: what lies there is run as native code.
fn prepare(folder: &Path) -> Result<PathBuf, String> {
    create_private(folder).map_err(|error| format!("it cannot be created: {error}"))?;
    let found = fs::metadata(folder).map_err(|error| error.to_string())?;
    if !found.is_dir() {
        return Err("it is no folder".to_owned());
    }
    make_private(folder, &found)?;
    fs::canonicalize(folder).map_err(|error| error.to_string())
}

#[cfg(unix)]
fn create_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn make_private(folder: &Path, found: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    if found.permissions().mode() & 0o022 != 0 {
        return Err("others could have written into it; remove it, and it is made anew".to_owned());
    }
    // Only its owner can do this, so it also tells a folder of somebody else's.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .map_err(|error| format!("it belongs to somebody else: {error}"))
}

#[cfg(not(unix))]
fn make_private(_folder: &Path, _found: &fs::Metadata) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_cache_folder_is_made_for_us_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/compiled");
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
    }

    #[test]
    fn the_cache_keeps_away_from_what_else_is_in_the_data_folder() {
        let data = tempfile::tempdir().unwrap();
        let cache = open_cache(Some(data.path())).unwrap();
        let folder = data.path().canonicalize().unwrap().join(COMPILED);
        assert_eq!(cache.directory(), &folder);
    }

    #[test]
    fn a_folder_that_others_could_write_into_is_not_trusted() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("compiled");
        prepare(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(prepare(&folder).unwrap_err().contains("remove it"));
        assert!(open_cache(Some(&folder)).is_none());
        assert!(prepare(&parent.path().join("compiled/../x/\0")).is_err());
    }
}

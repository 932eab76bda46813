//! Finding and loading the node's components.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use locum_config::{Config, Mode, Service};
use locum_host::policy::Policy;
use locum_host::probe::Probe;
use locum_host::transport::Transport;
use locum_host::{GrantError, Grants, HostError, Loader};
use tokio::runtime::Handle;

use crate::supervise::{ServiceSpec, plugin};

/// The component of the state machine.
pub(crate) const STATE_MACHINE: &str = "locum-core-component";

/// Where components are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Locate {
    /// By name, first to last.
    folders: Vec<PathBuf>,
    /// Where a path begins: beside the configuration file, as all its paths do.
    beside_config: PathBuf,
}

/// Why a plugin is not there to be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// No file of that name.
    #[error("plugin {name}: not found in {}; give a path, or name its folder in `directory` of `[plugins]`", places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", "))]
    NotFound {
        /// The name or path.
        name: String,
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// It cannot be loaded.
    #[error("{user}: {error}")]
    Host {
        /// Which part of the configuration wants it.
        user: String,
        /// Why.
        error: HostError,
    },
    /// A grant that is none.
    #[error("service {service}: {error}")]
    Grant {
        /// The service whose probe it is for.
        service: String,
        /// Why.
        error: GrantError,
    },
}

impl Locate {
    /// The folder of the configuration, then those that come with Locum: beside the program, and where a package
    /// puts them.
    pub(crate) fn new(config: &Config, config_path: &Path) -> Locate {
        let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let with_locum = std::env::var_os("LOCUM_COMPONENTS").map(PathBuf::from);
        let packaged = beside.as_ref().map(|folder| folder.join("../lib/locum/components"));
        // A build in place keeps them one folder up.
        let built = beside.as_ref().map(|folder| folder.join("../components"));
        let folders = config.plugins.directory.clone().into_iter().chain(with_locum).chain(packaged).chain(built);
        let beside_config = config_path.parent().unwrap_or(Path::new("")).to_path_buf();
        Locate { folders: folders.collect(), beside_config }
    }

    /// The file of a plugin, by name or path.
    pub(crate) fn find(&self, name: &str) -> Result<PathBuf, PluginError> {
        if name.contains('/') {
            return Ok(self.beside_config.join(name));
        }
        let files = self.folders.iter().map(|folder| folder.join(name).with_extension("wasm"));
        let found = files.into_iter().find(|file| file.is_file());
        found.ok_or_else(|| PluginError::NotFound { name: name.to_owned(), places: self.folders.clone() })
    }
}

/// The policy of the configured mode, or the operator's own.
pub(crate) fn policy(loader: &Loader, config: &Config, locate: &Locate) -> Result<Policy, PluginError> {
    let of_mode = match config.users.mode {
        Mode::Balanced => "policy-balanced",
        Mode::ActiveStandby => "policy-active-standby",
        Mode::None => "policy-none",
    };
    let file = locate.find(config.users.policy.as_deref().unwrap_or(of_mode))?;
    let host = |error| PluginError::Host { user: "the policy of [users]".into(), error };
    loader.load(file).and_then(|loaded| Policy::new(&loaded)).map_err(host)
}

/// The transport to this many links.
pub(crate) fn transport(
    loader: &Loader,
    config: &Config,
    locate: &Locate,
    links: u32,
) -> Result<Transport, PluginError> {
    let file = locate.find(&config.transport.plugin)?;
    let host = |error| PluginError::Host { user: "the plugin of [transport]".into(), error };
    loader.load(file).and_then(|loaded| Transport::new(&loaded, links)).map_err(host)
}

/// Where the services' output goes.
pub(crate) fn log_directory(config: &Config) -> PathBuf {
    config.node.state_directory.join("log")
}

/// The guarded services, each with its probe loaded and its grants in force.
pub(crate) async fn services(
    loader: &Arc<Loader>,
    config: &Config,
    locate: &Locate,
    lane: &Handle,
) -> Result<Vec<ServiceSpec>, PluginError> {
    let settings = config.settings();
    let mut specs = Vec::new();
    for (service, guarded) in config.services.iter().zip(settings.services) {
        let log = log_directory(config).join(format!("{}.log", service.name));
        let check = probe(loader, service, locate, lane).await?;
        specs.push(ServiceSpec { config: service.clone(), critical: guarded.critical, log: Some(log), check });
    }
    Ok(specs)
}

async fn probe(
    loader: &Arc<Loader>,
    service: &Service,
    locate: &Locate,
    lane: &Handle,
) -> Result<Option<crate::supervise::Check>, PluginError> {
    let Some(probe) = &service.probe else { return Ok(None) };
    let grants =
        Grants::parse(&probe.grants).map_err(|error| PluginError::Grant { service: service.name.clone(), error })?;
    let host = |error| PluginError::Host { user: format!("the probe of service {}", service.name), error };
    let loaded = loader.load(locate.find(&probe.plugin)?).map_err(host)?;
    let plugged = Probe::new(&loaded, grants).await.map_err(host)?;
    let settings = probe.settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(Some(plugin(plugged, settings, probe.timeout, lane.clone())))
}

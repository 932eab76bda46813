//! What the state machine is told of a configuration.

use locum_core::{Parameters, Rank, Settings};

use crate::{Config, Group, Profile, Timers};

impl Profile {
    /// What the state machine is told where nothing is set.
    pub fn parameters(self) -> Parameters {
        match self {
            Profile::Classic => Parameters::classic(),
            Profile::Fast => Parameters::fast(),
        }
    }
}

impl Group {
    /// Its timers.
    pub fn timers(&self) -> Timers {
        Timers {
            critical_service_delay: self.critical_service_delay,
            automatic_fallback: self.automatic_fallback,
            automatic_fallback_delay: self.automatic_fallback_delay,
            initialization_keep_alive_timeout: self.initialization_keep_alive_timeout,
            keep_alive_timeout: self.keep_alive_timeout,
            keep_alive_interval: self.keep_alive_interval,
            fast_peer_loss: self.fast_peer_loss,
        }
    }
}

impl Config {
    /// The parameters that both nodes must share, as the state machine takes them.
    pub fn parameters(&self) -> Parameters {
        let group = &self.group;
        Parameters {
            cluster: group.cluster.clone(),
            monitor_authentication: group.monitor_authentication,
            service_port: group.service_port,
            admin_rpc_port: group.admin_rpc_port,
            user_assignment_mode: self.users.mode.name().to_owned(),
            partition: self.partition(),
            ..group.timers().parameters()
        }
    }

    /// Which node of the group this is.
    pub fn rank(&self) -> Rank {
        let first = self.peer.as_ref().is_none_or(|peer| self.node.name < peer.name);
        if first { Rank::First } else { Rank::Second }
    }

    /// What the state machine is told when it starts.
    pub fn settings(&self) -> Settings {
        Settings {
            rank: self.rank(),
            has_peer: self.peer.is_some(),
            high_availability: self.group.high_availability,
            parameters: self.parameters(),
            services: self.services.iter().map(|service| self.guarded(service)).collect(),
        }
    }

    fn guarded(&self, service: &crate::Service) -> locum_core::Service {
        let monitored = !service.authentication || self.group.monitor_authentication;
        locum_core::Service {
            critical: service.critical && monitored,
            database: service.database,
            start_timeout_ms: service.start_timeout.as_millis() as u64,
        }
    }
}

//! What the state machine is told of a configuration.

use std::time::Duration;

use locum_core::{Parameters, Rank, Settings};

use crate::Config;

impl Config {
    /// The parameters that both nodes must share, as the state machine takes them.
    pub fn parameters(&self) -> Parameters {
        let group = &self.group;
        let ms = |duration: Duration| duration.as_millis() as u64;
        Parameters {
            cluster: group.cluster.clone(),
            keep_alive_interval_ms: ms(group.keep_alive_interval),
            keep_alive_timeout_ms: ms(group.keep_alive_timeout),
            initialization_keep_alive_timeout_ms: ms(group.initialization_keep_alive_timeout),
            critical_service_delay_ms: ms(group.critical_service_delay),
            automatic_fallback: group.automatic_fallback,
            automatic_fallback_delay_ms: ms(group.automatic_fallback_delay),
            fast_peer_loss: group.fast_peer_loss,
            monitor_authentication: group.monitor_authentication,
            service_port: group.service_port,
            admin_rpc_port: group.admin_rpc_port,
            user_assignment_mode: self.users.mode.name().to_owned(),
            ..Parameters::classic()
        }
    }

    /// What the state machine is told when it starts.
    pub fn settings(&self) -> Settings {
        let first = self.peer.as_ref().is_none_or(|peer| self.node.name < peer.name);
        Settings {
            rank: if first { Rank::First } else { Rank::Second },
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

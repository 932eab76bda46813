//! Between the core's types and those of the WIT package.

use locum_core::{self as core, Heartbeat, Memory, Rank, Reason, State};

use crate::wit;

/// Enums whose cases have the same names on both sides, one way.
macro_rules! same_cases {
    ($($from:ident -> $to:ident: $name:ident { $($case:ident),* $(,)? })*) => {$(
        impl From<$from::$name> for $to::$name {
            fn from(value: $from::$name) -> Self {
                match value { $($from::$name::$case => Self::$case),* }
            }
        }
    )*};
}

same_cases! {
    wit -> core: PeerLoss { StreamClosed, PortRefused }
    wit -> core: Health { Up, Down, Unknown }
    core -> wit: Health { Up, Down, Unknown }
    wit -> core: Command {
        Failover, Fallback, ForceTakeOver, Recover, CancelFallback, HighAvailabilityOn, HighAvailabilityOff, Goodbye,
    }
    core -> wit: Command {
        Failover, Fallback, ForceTakeOver, Recover, CancelFallback, HighAvailabilityOn, HighAvailabilityOff, Goodbye,
    }
    core -> wit: Direction { TakeOver, GiveBack }
    core -> wit: Obstacle { State, Peer, Directory, OneNode, NoCountdown, Leaving }
    core -> wit: Trigger { Start, Timer, Heartbeat, PeerLoss, Probe, UsersMoved, Command, Directory, Parameters, Witness }
    core -> wit: Alarm { NobodyServes, ProbeUnknown, ServiceDown, ParameterMismatch, DirectoryMismatch, PeerApart, WitnessLost }
    wit -> core: Rank { First, Second }
    core -> wit: Rank { First, Second }
}

// What the host says.

impl From<wit::Settings> for core::Settings {
    fn from(settings: wit::Settings) -> Self {
        Self {
            rank: if settings.first { Rank::First } else { Rank::Second },
            has_peer: settings.has_peer,
            high_availability: settings.high_availability,
            parameters: settings.parameters.into(),
            services: settings.services.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wit::Service> for core::Service {
    fn from(service: wit::Service) -> Self {
        Self { critical: service.critical, database: service.database, start_timeout_ms: service.start_timeout_ms }
    }
}

impl From<wit::Parameters> for core::Parameters {
    fn from(parameters: wit::Parameters) -> Self {
        Self {
            cluster: parameters.cluster,
            software: parameters.software,
            keep_alive_interval_ms: parameters.keep_alive_interval_ms,
            keep_alive_timeout_ms: parameters.keep_alive_timeout_ms,
            initialization_keep_alive_timeout_ms: parameters.initialization_keep_alive_timeout_ms,
            critical_service_delay_ms: parameters.critical_service_delay_ms,
            automatic_fallback: parameters.automatic_fallback,
            automatic_fallback_delay_ms: parameters.automatic_fallback_delay_ms,
            fast_peer_loss: parameters.fast_peer_loss,
            monitor_authentication: parameters.monitor_authentication,
            service_port: parameters.service_port,
            admin_rpc_port: parameters.admin_rpc_port,
            user_assignment_mode: parameters.user_assignment_mode,
            partition: parameters.partition.into(),
        }
    }
}

impl From<wit::Partition> for core::Partition {
    fn from(partition: wit::Partition) -> Self {
        match partition {
            wit::Partition::Available => Self::Available,
            wit::Partition::PreferredNode(rank) => Self::PreferredNode(rank.into()),
            wit::Partition::Manual => Self::Manual,
            wit::Partition::Witness(lease_ms) => Self::Witness { lease_ms },
        }
    }
}

impl From<wit::LeaseReply> for core::LeaseReply {
    fn from(wit::LeaseReply { swapped, record }: wit::LeaseReply) -> Self {
        let wit::LeaseRecord { revision, holder, epoch } = record;
        Self { swapped, record: core::LeaseRecord { revision, holder: holder.map(Into::into), epoch } }
    }
}

impl From<wit::StartUp> for core::Start {
    fn from(start: wit::StartUp) -> Self {
        Self {
            now_ms: start.now_ms,
            boot_id: start.boot_id,
            incarnation_min: start.incarnation_min,
            memory: Memory::decode(&start.memory),
        }
    }
}

/// An input; `None` for a heartbeat whose bytes are none, which changes nothing.
pub(crate) fn input(input: wit::Input) -> Option<core::Input> {
    Some(match input {
        wit::Input::Timer(token) => core::Input::Timer { token },
        wit::Input::Heartbeat(bytes) => core::Input::Heartbeat(Heartbeat::decode(&bytes)?),
        wit::Input::PeerLoss(sign) => core::Input::PeerLoss(sign.into()),
        wit::Input::Probe(wit::Observation { service, run, health }) => {
            core::Input::Probe { service, run, health: health.into() }
        }
        wit::Input::UsersMoved(wit::MoveResult { token, moved }) => core::Input::UsersMoved { token, moved },
        wit::Input::Command(wit::Request { token, command }) => core::Input::Command { token, command: command.into() },
        wit::Input::Directory(wit::Directory { revision, digest }) => {
            core::Input::Directory(core::Directory { revision, digest })
        }
        wit::Input::Parameters(parameters) => core::Input::Parameters(parameters.into()),
        wit::Input::Witness(wit::WitnessReply { token, leases }) => {
            core::Input::Witness { token, leases: leases.map(|(first, second)| [first.into(), second.into()]) }
        }
    })
}

// What the core answers.

impl From<core::Effect> for wit::Effect {
    fn from(effect: core::Effect) -> Self {
        match effect {
            core::Effect::Gate(core::Gate { own, peer, epoch }) => Self::Gate(wit::Gate { own, peer, epoch }),
            core::Effect::Persist(memory) => Self::Persist(memory.encode()),
            core::Effect::Transition(transition) => Self::Transition(transition.into()),
            core::Effect::Notice(notice) => Self::Notice(notice.into()),
            core::Effect::Send(heartbeat) => Self::Send(heartbeat.encode()),
            core::Effect::StartServices { run } => Self::StartServices(run),
            core::Effect::RestartServices { run } => Self::RestartServices(run),
            core::Effect::StopServices => Self::StopServices,
            core::Effect::MoveUsers { token, direction, epoch } => {
                Self::MoveUsers(wit::Move { token, direction: direction.into(), epoch })
            }
            core::Effect::Answer { token, answer } => Self::Answer(wit::Reply { token, answer: answer.into() }),
            core::Effect::Witness(core::WitnessRequest { token, wishes: [first, second] }) => {
                Self::Witness(wit::WitnessRequest { token, wishes: (first.into(), second.into()) })
            }
            core::Effect::Leave => Self::Leave,
        }
    }
}

impl From<core::Wish> for wit::Wish {
    fn from(wish: core::Wish) -> Self {
        match wish {
            core::Wish::Read => Self::Read,
            core::Wish::Hold { revision, epoch } => Self::Hold(wit::Swap { revision, epoch }),
            core::Wish::Release { revision, epoch } => Self::Release(wit::Swap { revision, epoch }),
        }
    }
}

impl From<core::Transition> for wit::Transition {
    fn from(transition: core::Transition) -> Self {
        Self {
            row: transition.row,
            at_ms: transition.at_ms,
            before: place(transition.from),
            after: place(transition.to),
            epoch: transition.epoch,
            evidence: transition.evidence.into(),
        }
    }
}

impl From<core::Evidence> for wit::Evidence {
    fn from(evidence: core::Evidence) -> Self {
        Self {
            trigger: evidence.trigger.into(),
            peer: evidence.peer.map(place),
            peer_silent_ms: evidence.peer_silent_ms,
            failing_service: evidence.failing_service,
            down_ms: evidence.down_ms,
        }
    }
}

impl From<core::Notice> for wit::Notice {
    fn from(notice: core::Notice) -> Self {
        match notice {
            core::Notice::Stalled { late_ms } => Self::Stalled(late_ms),
            core::Notice::ServiceHealth { service, health } => {
                Self::ServiceHealth(wit::ServiceNotice { service, health: health.into() })
            }
            core::Notice::Alarm { alarm, raised } => Self::Alarm(wit::AlarmNotice { alarm: alarm.into(), raised }),
        }
    }
}

impl From<core::Answer> for wit::Answer {
    fn from(answer: core::Answer) -> Self {
        match answer {
            core::Answer::Accepted => Self::Accepted,
            core::Answer::AlreadyDone => Self::AlreadyDone,
            core::Answer::Refused(refusal) => Self::Refused(wit::Refusal {
                command: refusal.command.into(),
                state: refusal.state.number(),
                reason: refusal.reason.number(),
                obstacle: refusal.obstacle.into(),
            }),
        }
    }
}

impl From<core::Deadline> for wit::Deadline {
    fn from(core::Deadline { at_ms, token }: core::Deadline) -> Self {
        Self { at_ms, token }
    }
}

fn place((state, reason): (State, Reason)) -> wit::Place {
    wit::Place { state: state.number(), reason: reason.number() }
}

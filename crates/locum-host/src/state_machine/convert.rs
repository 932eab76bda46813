//! Between the core's types and those of the WIT package.

use locum_core as core;

use super::wit;

/// Enums whose cases have the same names on both sides.
macro_rules! same_cases {
    ($($name:ident { $($case:ident),* $(,)? })*) => {$(
        impl From<core::$name> for wit::$name {
            fn from(value: core::$name) -> Self {
                match value { $(core::$name::$case => Self::$case),* }
            }
        }

        impl From<wit::$name> for core::$name {
            fn from(value: wit::$name) -> Self {
                match value { $(wit::$name::$case => Self::$case),* }
            }
        }
    )*};
}

same_cases! {
    PeerLoss { StreamClosed, PortRefused }
    Health { Up, Down, Unknown }
    Command {
        Failover, Fallback, ForceTakeOver, Recover, CancelFallback, HighAvailabilityOn, HighAvailabilityOff, Goodbye,
    }
    Direction { TakeOver, GiveBack }
    Obstacle { State, Peer, Directory, OneNode, NoCountdown, Leaving }
    Trigger { Start, Timer, Heartbeat, PeerLoss, Probe, UsersMoved, Command, Directory, Parameters, Witness }
    Alarm { NobodyServes, ProbeUnknown, ServiceDown, ParameterMismatch, DirectoryMismatch, PeerApart, WitnessLost }
    Rank { First, Second }
}

impl From<core::Settings> for wit::Settings {
    fn from(settings: core::Settings) -> Self {
        Self {
            first: settings.rank == core::Rank::First,
            has_peer: settings.has_peer,
            high_availability: settings.high_availability,
            parameters: settings.parameters.into(),
            services: settings.services.into_iter().map(wit::Service::from).collect(),
        }
    }
}

impl From<core::Service> for wit::Service {
    fn from(service: core::Service) -> Self {
        Self { critical: service.critical, database: service.database, start_timeout_ms: service.start_timeout_ms }
    }
}

impl From<core::Parameters> for wit::Parameters {
    fn from(parameters: core::Parameters) -> Self {
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

impl From<core::Partition> for wit::Partition {
    fn from(partition: core::Partition) -> Self {
        match partition {
            core::Partition::Available => Self::Available,
            core::Partition::PreferredNode(rank) => Self::PreferredNode(rank.into()),
            core::Partition::Manual => Self::Manual,
            core::Partition::Witness { lease_ms } => Self::Witness(lease_ms),
        }
    }
}

impl From<core::LeaseReply> for wit::LeaseReply {
    fn from(core::LeaseReply { swapped, record }: core::LeaseReply) -> Self {
        let core::LeaseRecord { revision, holder, epoch } = record;
        Self { swapped, record: wit::LeaseRecord { revision, holder: holder.map(Into::into), epoch } }
    }
}

impl From<core::Start> for wit::StartUp {
    fn from(start: core::Start) -> Self {
        Self {
            now_ms: start.now_ms,
            boot_id: start.boot_id,
            incarnation_min: start.incarnation_min,
            memory: start.memory.map(|memory| memory.encode()).unwrap_or_default(),
        }
    }
}

impl From<core::Input> for wit::Input {
    fn from(input: core::Input) -> Self {
        match input {
            core::Input::Timer { token } => Self::Timer(token),
            core::Input::Heartbeat(heartbeat) => Self::Heartbeat(heartbeat.encode()),
            core::Input::PeerLoss(sign) => Self::PeerLoss(sign.into()),
            core::Input::Probe { service, run, health } => {
                Self::Probe(wit::Observation { service, run, health: health.into() })
            }
            core::Input::UsersMoved { token, moved } => Self::UsersMoved(wit::MoveResult { token, moved }),
            core::Input::Command { token, command } => Self::Command(wit::Request { token, command: command.into() }),
            core::Input::Directory(core::Directory { revision, digest }) => {
                Self::Directory(wit::Directory { revision, digest })
            }
            core::Input::Parameters(parameters) => Self::Parameters(parameters.into()),
            core::Input::Witness { token, leases } => {
                let leases = leases.map(|[first, second]| (first.into(), second.into()));
                Self::Witness(wit::WitnessReply { token, leases })
            }
        }
    }
}

/// An effect; `None` where it holds what is no state, reason, heartbeat or memory.
pub(super) fn effect(effect: wit::Effect) -> Option<core::Effect> {
    Some(match effect {
        wit::Effect::Gate(wit::Gate { own, peer, epoch }) => core::Effect::Gate(core::Gate { own, peer, epoch }),
        wit::Effect::Persist(memory) => core::Effect::Persist(core::Memory::decode(&memory)?),
        wit::Effect::Transition(done) => core::Effect::Transition(transition(done)?),
        wit::Effect::Notice(seen) => core::Effect::Notice(notice(seen)),
        wit::Effect::Send(heartbeat) => core::Effect::Send(core::Heartbeat::decode(&heartbeat)?),
        wit::Effect::StartServices(run) => core::Effect::StartServices { run },
        wit::Effect::RestartServices(run) => core::Effect::RestartServices { run },
        wit::Effect::StopServices => core::Effect::StopServices,
        wit::Effect::MoveUsers(wit::Move { token, direction, epoch }) => {
            core::Effect::MoveUsers { token, direction: direction.into(), epoch }
        }
        wit::Effect::Answer(reply) => core::Effect::Answer { token: reply.token, answer: answer(reply.answer)? },
        wit::Effect::Witness(wit::WitnessRequest { token, wishes: (first, second) }) => {
            core::Effect::Witness(core::WitnessRequest { token, wishes: [first.into(), second.into()] })
        }
        wit::Effect::Leave => core::Effect::Leave,
    })
}

impl From<wit::Wish> for core::Wish {
    fn from(wish: wit::Wish) -> Self {
        match wish {
            wit::Wish::Read => Self::Read,
            wit::Wish::Hold(wit::Swap { revision, epoch }) => Self::Hold { revision, epoch },
            wit::Wish::Release(wit::Swap { revision, epoch }) => Self::Release { revision, epoch },
        }
    }
}

fn state(number: u8) -> Option<core::State> {
    core::State::ALL.get(usize::from(number)).copied()
}

fn reason(number: u8) -> Option<core::Reason> {
    core::Reason::ALL.get(usize::from(number)).copied()
}

fn place(place: wit::Place) -> Option<(core::State, core::Reason)> {
    Some((state(place.state)?, reason(place.reason)?))
}

fn transition(transition: wit::Transition) -> Option<core::Transition> {
    let evidence = transition.evidence;
    let peer = match evidence.peer {
        Some(peer) => Some(place(peer)?),
        None => None,
    };
    Some(core::Transition {
        row: transition.row,
        at_ms: transition.at_ms,
        from: place(transition.before)?,
        to: place(transition.after)?,
        epoch: transition.epoch,
        evidence: core::Evidence {
            trigger: evidence.trigger.into(),
            peer,
            peer_silent_ms: evidence.peer_silent_ms,
            failing_service: evidence.failing_service,
            down_ms: evidence.down_ms,
        },
    })
}

fn notice(notice: wit::Notice) -> core::Notice {
    match notice {
        wit::Notice::Stalled(late_ms) => core::Notice::Stalled { late_ms },
        wit::Notice::ServiceHealth(seen) => {
            core::Notice::ServiceHealth { service: seen.service, health: seen.health.into() }
        }
        wit::Notice::Alarm(seen) => core::Notice::Alarm { alarm: seen.alarm.into(), raised: seen.raised },
    }
}

fn answer(answer: wit::Answer) -> Option<core::Answer> {
    Some(match answer {
        wit::Answer::Accepted => core::Answer::Accepted,
        wit::Answer::AlreadyDone => core::Answer::AlreadyDone,
        wit::Answer::Refused(refusal) => core::Answer::Refused(core::Refusal {
            command: refusal.command.into(),
            state: state(refusal.state)?,
            reason: reason(refusal.reason)?,
            obstacle: refusal.obstacle.into(),
        }),
    })
}

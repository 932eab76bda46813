//! Every key of a what-if, declared once. The timers have the names, the bounds and the defaults that they have in the
//! configuration of a node (`docs/behaviour.md` §6).

use std::time::Duration;

use toml_edit::{Array, InlineTable};

use crate::{
    Profile,
    keys::{
        AUTOMATIC_FALLBACK, AUTOMATIC_FALLBACK_DELAY, CRITICAL_SERVICE_DELAY, FAST_PEER_LOSS,
        INITIALIZATION_KEEP_ALIVE_TIMEOUT, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT,
    },
    kinds::{Choice, Count, Description, Homes, Share, Sub, Subs, Time, Titled},
    reader::{Optional, Or, Required},
};

/// A part of the time that is played; a year is enough for anybody.
const SPAN: Time = Time { min_ms: 0, max_ms: 366 * 86_400_000 };
/// A part of the time that is played, and not nothing.
const SOME_SPAN: Time = Time { min_ms: 1, ..SPAN };
/// Between two troubles on average.
const RARE: Time = Time { min_ms: 1, max_ms: 36_500 * 86_400_000 };

choices! {
    /// A node: `a` is the first by name.
    Home {
        /// The first.
        A = "a",
        /// The second.
        B = "b",
    }
}

choices! {
    /// One of the two services that each simulated node guards; both are critical.
    Kept {
        /// The service.
        Service = "service",
        /// The database.
        Database = "database",
    }
}

choices! {
    /// What happens.
    Happens {
        /// The daemon starts, and its services with it.
        Start = "start",
        /// The daemon dies and its host lives on, whose kernel tells the peer.
        Kill = "kill",
        /// The host dies without a word; its next start is a new boot.
        Crash = "crash",
        /// The node hands over, and its host goes down.
        Goodbye = "goodbye",
        /// The node hands over, and its host boots again.
        Reboot = "reboot",
        /// The node's disk loses its contents.
        LoseDisk = "lose-disk",
        /// A critical service stops working.
        ServiceFails = "service-fails",
        /// It works again.
        ServiceMends = "service-mends",
        /// Nothing that the nodes send each other arrives.
        Cut = "cut",
        /// Nothing that the node sends arrives.
        CutOneWay = "cut-one-way",
        /// Everything arrives again.
        Heal = "heal",
        /// The node's host stands still.
        Freeze = "freeze",
        /// It goes on.
        Thaw = "thaw",
        /// User moves at the node fail.
        MovesFail = "moves-fail",
        /// They succeed again.
        MovesSucceed = "moves-succeed",
        /// An administrator moves the node's users to its peer.
        Failover = "failover",
        /// An administrator gives the node its users back.
        Fallback = "fallback",
        /// An administrator makes an Idle node take over.
        ForceTakeOver = "force-take-over",
        /// An administrator leads both nodes out of Failed Mode.
        Recover = "recover",
        /// An administrator stops the countdown of an automatic fallback.
        CancelFallback = "cancel-fallback",
        /// An administrator switches high availability on.
        HaOn = "ha-on",
        /// An administrator switches high availability off.
        HaOff = "ha-off",
    }
}

section! {
    /// What happens to a pair, and how often that is played.
    WhatIf {
        /// What is asked, for those who read the answer; at most 128 characters, none of `" % & / \ < >`.
        live title: String = Or(Description, "");
        /// Whose defaults hold for the timers.
        live profile: Profile = Or(Choice::KIND, "classic");
        /// How many users there are: one number, half of them at home on each node, or `{ a = …, b = … }`.
        live users: [u32; 2] = Or(Homes, 1_000);
        /// How often it is played; what is random is drawn anew each time.
        live runs: u32 = Or(Count { min: 1, max: 100_000 }, 100);
        /// Where chance begins: the same seed gives the same answer.
        live seed: u32 = Or(Count { min: 0, max: u32::MAX }, 1);
        /// How long a run lasts, from two nodes in Normal on.
        live lasts: Duration = Required(SOME_SPAN);
        /// The timers that are not those of the profile.
        live set: Timers = Or(Sub::KIND, InlineTable::new());
        /// What goes wrong at random, all the time.
        live background: Background = Or(Sub::KIND, InlineTable::new());
        /// What happens, and when.
        live events as "event": Vec<Event> = Or(Subs::KIND, Array::new());
    }
}

section! {
    /// The timers of the group, by the names that they have in the configuration of a node.
    Timers {
        /// How long a critical service may be down before the node fails over.
        live critical_service_delay: Duration = CRITICAL_SERVICE_DELAY;
        /// Whether users go home by themselves once their node is healthy again.
        live automatic_fallback: bool = AUTOMATIC_FALLBACK;
        /// How long the node must have been healthy first.
        live automatic_fallback_delay: Duration = AUTOMATIC_FALLBACK_DELAY;
        /// How long a starting node waits for its peer; at least two intervals.
        live initialization_keep_alive_timeout: Duration = INITIALIZATION_KEEP_ALIVE_TIMEOUT;
        /// How long the peer may be silent; at least two intervals.
        live keep_alive_timeout: Duration = KEEP_ALIVE_TIMEOUT;
        /// Between two heartbeats; at least 10 ms.
        live keep_alive_interval: Duration = KEEP_ALIVE_INTERVAL;
        /// Whether a closed stream and a refusing port together count as Peer Down at once.
        live fast_peer_loss: bool = FAST_PEER_LOSS;
    }
}

section! {
    /// What goes wrong at random, all the time, drawn anew for each run.
    Background {
        /// The share of heartbeats that get lost on all links, each by itself: 0 to 1.
        live loss_ppm as "loss": u32 = Or(Share, 0);
        /// Times in which nothing that the nodes send each other arrives.
        live burst_loss: Option<Trouble> = Optional(Sub::KIND);
        /// Times in which a node's host stands still; each node has its own.
        live stalls: Option<Trouble> = Optional(Sub::KIND);
        /// Times in which a host is dead, until its daemon starts again; each node has its own.
        live crashes: Option<Trouble> = Optional(Sub::KIND);
        /// Times in which the critical service of a node is down; each node has its own.
        live service_faults: Option<Trouble> = Optional(Sub::KIND);
    }
}

section! {
    /// Something that comes again and again; both times are means, of exponential distributions.
    Trouble {
        /// From one to the next, on average.
        live every: Duration = Required(RARE);
        /// How long one lasts, on average.
        live lasts: Duration = Required(SOME_SPAN);
    }
}

section! {
    /// Something that happens.
    Event {
        /// When, from the beginning of the run.
        live at: Duration = Required(SPAN);
        /// It comes up to this much later, evenly drawn for each run.
        live jitter: Duration = Or(SPAN, "0s");
        /// What happens.
        live what: Happens = Required(Choice::KIND);
        /// Where; needed for all but `cut`, `heal`, `recover`, `ha-on` and `ha-off`.
        live node: Option<Home> = Optional(Choice::KIND);
        /// Which service, where one fails or is mended.
        live service: Kept = Or(Choice::KIND, "service");
        /// After how long it is over: what fails is mended, what is cut heals, what dies starts again.
        live lasts: Option<Duration> = Optional(SOME_SPAN);
        /// How often it happens.
        live times: u32 = Or(Count { min: 1, max: 10_000 }, 1);
        /// From one time to the next.
        live every: Option<Duration> = Optional(SOME_SPAN);
    }
}

impl Titled for Event {
    fn title(&self) -> &str {
        self.what.name()
    }
}

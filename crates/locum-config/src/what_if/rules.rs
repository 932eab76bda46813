//! What must hold between the keys of a what-if. A rule is silent about keys that have a fault already.

use super::{Event, Happens, WhatIf};
use crate::{kinds::show_duration, reader::Reader, rules::two_intervals};

/// How many heartbeats a whole what-if may have: more take hours.
const HEARTBEATS_MAX: u128 = 2_000_000_000;
/// How many random troubles of one kind a run may have.
const TROUBLES_MAX: u128 = 100_000;

pub(super) fn check(what_if: &WhatIf, reader: &mut Reader<'_>) {
    // Without a sound profile nobody knows the defaults.
    if reader.sound("profile") {
        let set = &what_if.set;
        let timeouts = [
            ("keep_alive_timeout", set.keep_alive_timeout),
            ("initialization_keep_alive_timeout", set.initialization_keep_alive_timeout),
        ];
        two_intervals("set", set.keep_alive_interval, &timeouts, reader);
        size(what_if, reader);
    }
    for (place, event) in what_if.events.iter().enumerate() {
        whole(event, &format!("event[{place}]"), what_if, reader);
    }
}

fn size(what_if: &WhatIf, reader: &mut Reader<'_>) {
    if !["lasts", "runs", "set"].iter().all(|key| reader.sound(key)) {
        return;
    }
    let heartbeats = 2 * what_if.lasts.as_millis() / what_if.set.keep_alive_interval.as_millis();
    if heartbeats * u128::from(what_if.runs) > HEARTBEATS_MAX {
        let told = format!("{} runs of {} have too many heartbeats", what_if.runs, show_duration(what_if.lasts));
        reader.fault("lasts", told, "play fewer runs, or shorter ones, or with a longer `keep_alive_interval`");
    }
    let background = &what_if.background;
    let troubles = [
        ("burst_loss", &background.burst_loss),
        ("stalls", &background.stalls),
        ("crashes", &background.crashes),
        ("service_faults", &background.service_faults),
    ];
    for (name, trouble) in troubles {
        let Some(trouble) = trouble else { continue };
        let each_ms = (trouble.every + trouble.lasts).as_millis().max(1);
        if what_if.lasts.as_millis() / each_ms > TROUBLES_MAX {
            let told = format!("a run of {} has too many of them", show_duration(what_if.lasts));
            reader.fault(&format!("background.{name}"), told, "let them come less often, or the run be shorter");
        }
    }
}

fn whole(event: &Event, place: &str, what_if: &WhatIf, reader: &mut Reader<'_>) {
    let key = |name: &str| format!("{place}.{name}");
    if !reader.sound(&key("what")) {
        return;
    }
    let word = event.what.name();
    if event.node.is_none() && event.what.needs_node() && reader.sound(&key("node")) {
        reader.fault(&key("node"), format!("this is missing, and `{word}` is of one node"), "add `node = \"a\"`");
    }
    if event.node.is_some() && matches!(event.what, Happens::Cut | Happens::Heal) {
        let advice = "leave it out, or write `cut-one-way` for what this node sends";
        reader.fault(&key("node"), format!("`{word}` is of both nodes"), advice);
    }
    let of_service = matches!(event.what, Happens::ServiceFails | Happens::ServiceMends);
    if reader.gives(&key("service")) && !of_service {
        reader.fault(&key("service"), format!("`{word}` has nothing to do with a service"), "leave it out");
    }
    if event.lasts.is_some() && event.what.end().is_none() {
        reader.fault(&key("lasts"), format!("`{word}` is over at once"), "leave it out");
    }
    if event.what == Happens::Reboot && event.lasts.is_none() && reader.sound(&key("lasts")) {
        let told = "this is missing, and a host takes its time to boot";
        reader.fault(&key("lasts"), told, "add `lasts = \"2min\"`");
    }
    if event.times > 1 && event.every.is_none() && reader.sound(&key("every")) {
        reader.fault(&key("every"), "this is missing, and it happens more than once", "add `every = \"10min\"`");
    }
    if reader.sound(&key("at")) && reader.sound("lasts") && event.at >= what_if.lasts {
        let told = format!("a run is over after {}", show_duration(what_if.lasts));
        reader.fault(&key("at"), told, "let it happen earlier, or let the run last longer");
    }
}

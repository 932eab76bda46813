//! What is drawn: two lanes of states, and how many users are served.

use std::fmt::Write as _;

use locum_core::{State, States};

use super::escape;
use crate::node::Node;
use crate::whatif::answer::Answer;
use crate::whatif::figures::grouped;
use crate::whatif::outcome::{Seen, Stay};

/// The width of a drawing, in its own units; on a phone that is about one unit a pixel.
const WIDTH: f64 = 360.0;
/// Where the lanes and the axis begin and end.
const LEFT: f64 = 14.0;
const RIGHT: f64 = 354.0;
const LANE_HEIGHT: f64 = 24.0;
const AREA_HEIGHT: f64 = 84.0;
/// What is shorter is drawn this wide, to be seen at all.
const STAY_MIN: f64 = 0.8;
/// About how wide a letter is.
const LETTER: f64 = 6.1;
/// Steps between two marks on the axis, in seconds, each with how it is written.
const STEPS_S: [(u64, u64, &str); 22] = [
    (1, 1, "s"),
    (2, 1, "s"),
    (5, 1, "s"),
    (10, 1, "s"),
    (20, 1, "s"),
    (30, 1, "s"),
    (60, 60, "min"),
    (120, 60, "min"),
    (300, 60, "min"),
    (600, 60, "min"),
    (1_200, 60, "min"),
    (1_800, 60, "min"),
    (3_600, 3_600, "h"),
    (7_200, 3_600, "h"),
    (14_400, 3_600, "h"),
    (21_600, 3_600, "h"),
    (43_200, 3_600, "h"),
    (86_400, 86_400, "d"),
    (172_800, 86_400, "d"),
    (604_800, 86_400, "d"),
    (2_592_000, 86_400, "d"),
    (7_776_000, 86_400, "d"),
];

/// A colour and what it stands for.
type Colour = (&'static str, &'static str);

fn colour(seen: Seen) -> Colour {
    match seen {
        Seen::NotRunning => ("off", "not running"),
        Seen::StandsStill => ("off", "stands still"),
        Seen::In(State::RunningInFailedMode) => ("failed", "Running in Failed Mode"),
        Seen::In(State::Normal | State::Unknown) => ("own", "serves its own users"),
        Seen::In(state) if States::COVERING.has(state) => ("both", "serves all users"),
        Seen::In(state) if state.is_transition() => ("turn", "on its way to another state"),
        Seen::In(_) => ("covered", "serves nobody"),
    }
}

/// A word for a lane that has no room for the whole name.
fn short(seen: Seen) -> &'static str {
    match seen {
        Seen::NotRunning => "off",
        Seen::StandsStill => "still",
        Seen::In(State::RunningInFailedMode) => "Failed Mode",
        Seen::In(State::RunningInBackupMode | State::BackupActivated) => "Backup",
        Seen::In(State::FailedOver | State::FailedOverWithCriticalServicesNotRunning) => "Failed Over",
        Seen::In(state) => state.name(),
    }
}

/// Both lanes above the users served, on one axis, with what came from outside as marks.
pub(super) fn chart(answer: &Answer, users: [u32; 2], lasts_ms: u64) -> String {
    let x = |ms: f64| LEFT + (RIGHT - LEFT) * (ms / lasts_ms as f64).clamp(0.0, 1.0);
    let mut svg = String::new();
    for node in Node::BOTH {
        let top = 4.0 + (LANE_HEIGHT + 6.0) * f64::from(node as u8);
        let middle = top + LANE_HEIGHT / 2.0 + 4.0;
        _ = write!(svg, "<text class=\"dim\" x=\"1\" y=\"{middle:.1}\">{}</text>", node.name());
        for stay in &answer.shown.lanes[node as usize] {
            svg += &lane(stay, top, middle, &x);
        }
    }
    let top = 4.0 + 2.0 * (LANE_HEIGHT + 6.0) + 12.0;
    let bottom = top + AREA_HEIGHT;
    let all = f64::from(users[0]) + f64::from(users[1]);
    let y = |served: f64| bottom - AREA_HEIGHT * served / all.max(1.0);
    for served in [0.0, all / 2.0, all] {
        let at = y(served);
        _ = write!(svg, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>");
    }
    svg += &area(answer, users, &x, &y, bottom);
    svg += &mean(answer, &x, &y, lasts_ms);
    for event in answer.shown.events.iter().filter(|event| event.from_outside).take(60) {
        let at = x(event.at_ms as f64);
        _ = write!(svg, "<line class=\"mark\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"0\" y2=\"{bottom:.1}\"/>");
    }
    let label = grouped(u64::from(users[0]) + u64::from(users[1]));
    _ = write!(svg, "<text class=\"dim\" x=\"{LEFT}\" y=\"{:.1}\">{label} users</text>", top - 3.0);
    svg += &axis(lasts_ms, bottom, &x);
    let height = bottom + 18.0;
    let title = format!("States of both nodes and users served over time: {}", answer.label);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{}\">{svg}</svg>\n{}",
        escape(&title),
        legend(answer)
    )
}

fn lane(stay: &Stay, top: f64, middle: f64, x: &impl Fn(f64) -> f64) -> String {
    let (from, to) = (x(stay.from_ms as f64), x(stay.to_ms as f64));
    let width = (to - from).max(STAY_MIN);
    let (class, _) = colour(stay.state);
    let reason = stay.reason.map_or(String::new(), |reason| format!(" ({reason})"));
    let whole = escape(&format!("{}{reason}", stay.state.name()));
    let mut svg = format!(
        "<rect class=\"state {class}\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{LANE_HEIGHT}\">\
         <title>{whole}</title></rect>"
    );
    let fits = |text: &&str| text.chars().count() as f64 * LETTER + 6.0 <= width;
    if let Some(text) = [stay.state.name(), short(stay.state)].iter().find(|text| fits(text)) {
        _ = write!(svg, "<text x=\"{:.1}\" y=\"{middle:.1}\">{}</text>", from + 4.0, escape(text));
    }
    svg
}

/// The users served in the run that is shown, as steps.
fn area(answer: &Answer, users: [u32; 2], x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64, bottom: f64) -> String {
    let mut path = format!("M{LEFT} {bottom:.1}");
    for level in &answer.shown.served {
        let served: f64 = (0..2).filter(|home| level.served[*home]).map(|home| f64::from(users[home])).sum();
        let (from, to, height) = (x(level.from_ms as f64), x(level.to_ms as f64), y(served));
        _ = write!(path, "L{from:.2} {height:.1}L{to:.2} {height:.1}");
    }
    _ = write!(path, "L{RIGHT} {bottom:.1}Z");
    format!("<path class=\"area\" d=\"{path}\"/>")
}

fn mean(answer: &Answer, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64, lasts_ms: u64) -> String {
    let slice_ms = lasts_ms as f64 / answer.users_served_mean.len().max(1) as f64;
    let points = answer.users_served_mean.iter().enumerate();
    let points = points.map(|(place, served)| format!("{:.1},{:.1}", x((place as f64 + 0.5) * slice_ms), y(*served)));
    format!("<polyline class=\"mean\" points=\"{}\"/>", points.collect::<Vec<_>>().join(" "))
}

fn axis(lasts_ms: u64, bottom: f64, x: &impl Fn(f64) -> f64) -> String {
    let enough = |(step_s, _, _): &&(u64, u64, &str)| lasts_ms <= step_s * 1_000 * 5;
    let (step_s, unit_s, unit) = STEPS_S.iter().find(enough).unwrap_or(&STEPS_S[STEPS_S.len() - 1]);
    let mut svg = String::new();
    for step in 0..=lasts_ms / (step_s * 1_000) {
        let (ms, at) = (step * step_s * 1_000, x((step * step_s * 1_000) as f64));
        let anchor = if at > RIGHT - 14.0 {
            "end"
        } else if step == 0 {
            "start"
        } else {
            "middle"
        };
        let text = if step == 0 { "0".to_owned() } else { format!("{} {unit}", ms / 1_000 / unit_s) };
        let (top, below) = (bottom + 3.0, bottom + 15.0);
        _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{bottom:.1}\" y2=\"{top:.1}\"/>\
             <text class=\"dim\" x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }
    svg
}

/// The colours that occur, and nothing else.
fn legend(answer: &Answer) -> String {
    let mut seen: Vec<Colour> = Vec::new();
    for stay in answer.shown.lanes.iter().flatten() {
        let colour = colour(stay.state);
        if !seen.contains(&colour) {
            seen.push(colour);
        }
    }
    let items = seen.iter().map(|(class, meaning)| format!("<span><i class=\"{class}\"></i>{meaning}</span>"));
    let items: String = items.collect();
    format!(
        "<div class=\"legend\">{items}<span class=\"dim\">green area: users served in this run; dashed: mean of all runs; \
         red marks: what happens from outside</span></div>"
    )
}

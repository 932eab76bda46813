//! The journal.

use locum_node::api::Event;

use super::{
    paint::{Paint, Tone},
    words,
};

/// An entry, on one line.
pub(crate) fn event(event: &Event, paint: Paint) -> String {
    let tone = match &*event.kind {
        "transition" => Tone::Title,
        "alarm" | "stall" | "fence" | "epoch" => Tone::Warn,
        _ => Tone::Plain,
    };
    let head = format!("{:>6}  {}", event.sequence, words::time_exact(event.at_unix_ms));
    let kind = format!("{:<10}", event.kind);
    format!("{}  {}  {}", paint.tone(Tone::Quiet, &head), paint.tone(tone, &kind), event.text.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line() {
        let entry = Event {
            sequence: 7,
            at_unix_ms: 1_785_585_603_250,
            kind: "transition".into(),
            text: "Normal →\nTaking Over (Peer Down)".into(),
            fields: serde_json::Value::Null,
        };
        let line = "     7  2026-08-01 12:00:03.250Z  transition  Normal → Taking Over (Peer Down)";
        assert_eq!(event(&entry, Paint::default()), line);
    }
}

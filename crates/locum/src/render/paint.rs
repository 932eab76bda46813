//! Colours, where they are wanted.

use owo_colors::Style;

/// How tables are coloured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    /// Whether at all.
    pub(crate) colours: bool,
}

/// What a text says by its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading.
    Title,
    /// Beside the point.
    Quiet,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
}

impl Paint {
    /// A text in its tone.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Title => Style::new().bold(),
            Tone::Quiet => Style::new().dimmed(),
            Tone::Good => Style::new().green(),
            Tone::Warn => Style::new().yellow(),
            Tone::Bad => Style::new().red().bold(),
        };
        if self.colours && tone != Tone::Plain && !text.is_empty() {
            style.style(text).to_string()
        } else {
            text.to_owned()
        }
    }
}

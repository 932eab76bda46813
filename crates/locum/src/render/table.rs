//! Columns of text.

use super::paint::{Paint, Tone};

/// Between two columns.
const GAP: &str = "  ";

/// One place in a table; a text too wide for its column goes on in the next line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    right: bool,
}

impl Cell {
    /// A text in its tone.
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone, right: false }
    }

    /// A number.
    pub(crate) fn number(number: u64) -> Cell {
        Cell { text: super::words::number(number), tone: Tone::Plain, right: true }
    }

    /// A heading over texts.
    pub(crate) fn head(text: &str) -> Cell {
        Cell::new(text, Tone::Quiet)
    }

    /// A heading over numbers.
    pub(crate) fn head_right(text: &str) -> Cell {
        Cell { right: true, ..Cell::head(text) }
    }

    /// A text that stands below numbers, or is one already.
    pub(crate) fn right(text: &str) -> Cell {
        Cell { text: text.into(), tone: Tone::Plain, right: true }
    }

    fn padded(line: &str, width: usize, right: bool) -> (String, String) {
        let space = " ".repeat(width.saturating_sub(line.chars().count()));
        if right { (space, String::new()) } else { (String::new(), space) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::new(text, Tone::Plain)
    }
}

/// Rows of cells as lines of text, each after `indent`; no column is wider than `width_max`.
pub(crate) fn table(rows: &[Vec<Cell>], indent: &str, width_max: usize, paint: Paint) -> String {
    let wrapped = rows.iter().map(|row| row.iter().map(|cell| wrap(&cell.text, width_max)).collect::<Vec<_>>());
    let wrapped = wrapped.collect::<Vec<_>>();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = wrapped.iter().filter_map(|row| row.get(column)).flatten();
        cells.map(|line| line.chars().count()).max().unwrap_or(0)
    };
    let widths = (0..columns).map(width).collect::<Vec<_>>();
    let mut text = String::new();
    for (row, lines) in rows.iter().zip(&wrapped) {
        for place in 0..lines.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::from(indent);
            for ((cell, lines), width) in row.iter().zip(lines).zip(&widths) {
                let part = lines.get(place).map_or("", String::as_str);
                let (before, after) = Cell::padded(part, *width, cell.right);
                line += &(before + &paint.tone(cell.tone, part) + &after + GAP);
            }
            text += line.trim_end();
            text.push('\n');
        }
    }
    text
}

/// A text in lines of at most `width` characters, broken at spaces where there are any.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ') {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(String::new());
            length = 0;
        } else if length > 0 {
            lines.last_mut().expect("there is a line").push(' ');
            length += 1;
        }
        lines.last_mut().expect("there is a line").push_str(word);
        length += word_length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest() {
        let rows = [vec!["a".into(), Cell::number(1234)], vec!["long".into(), Cell::number(5)]];
        assert_eq!(table(&rows, "  ", 40, Paint::default()), "  a     1,234\n  long      5\n");
    }

    #[test]
    fn long_texts_go_on_below_themselves() {
        let rows = [vec!["x".into(), "one two three".into(), "y".into()]];
        assert_eq!(table(&rows, "", 8, Paint::default()), "x  one two  y\n   three\n");
    }

    #[test]
    fn colours_take_no_room() {
        let rows = [vec![Cell::new("up", Tone::Good), "b".into()], vec!["down".into(), "c".into()]];
        let text = table(&rows, "", 40, Paint { colours: true });
        assert_eq!(text, "\x1b[32mup\x1b[0m    b\ndown  c\n");
    }
}

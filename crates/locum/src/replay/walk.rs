//! Stepping forwards and back, for a person at a terminal.

use std::io::BufRead;

/// Where to go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    /// One step on.
    Next,
    /// One step back.
    Back,
    /// To this step.
    To(usize),
    /// Enough.
    Quit,
}

impl Move {
    /// What a line asks for, if anything.
    fn read(line: &str) -> Option<Move> {
        match line.trim() {
            "" | "n" | "next" => Some(Move::Next),
            "p" | "b" | "back" => Some(Move::Back),
            "q" | "quit" => Some(Move::Quit),
            number => number.parse().ok().map(Move::To),
        }
    }

    /// The place after this move, counted from 0, of so many; `None` at the end of it all.
    fn from(self, place: usize, count: usize) -> Option<usize> {
        match self {
            Move::Next => Some(place + 1).filter(|next| *next < count),
            Move::Back => Some(place.saturating_sub(1)),
            Move::To(step) => Some(step.clamp(1, count) - 1),
            Move::Quit => None,
        }
    }
}

/// Shows one step after the other, as the lines say: the next one, the one before, any by its number.
pub(crate) fn walk(count: usize, lines: impl BufRead, mut show: impl FnMut(usize)) {
    if count == 0 {
        return;
    }
    let mut place = 0;
    show(place);
    for line in lines.lines().map_while(Result::ok) {
        let Some(asked) = Move::read(&line) else { continue };
        match asked.from(place, count) {
            Some(next) => place = next,
            None => return,
        }
        show(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_steps_on_and_back_and_anywhere() {
        let shown = |typed: &str| {
            let mut shown = Vec::new();
            walk(4, typed.as_bytes(), |place| shown.push(place));
            shown
        };
        assert_eq!(shown("\nn\np\nb\nb\n"), [0, 1, 2, 1, 0, 0]);
        assert_eq!(shown("3\n99\n0\nwhat\nq\nn\n"), [0, 2, 3, 0]);
        assert_eq!(shown("4\n\nn\n"), [0, 3]);
        walk(0, "n".as_bytes(), |_| panic!("there is nothing to show"));
    }
}

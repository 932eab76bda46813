//! Who served whose users, and when: only from what the gates let through.
//!
//! A *span* is a run of answers "serve" of one node for the users of one home, from the first answer to the last,
//! with no refusal between them and the node always answering. Where spans of both nodes for one home overlap, its
//! users were served twice. Times are those at which the gates decided, on the one clock of the host.

use super::node::Node;

/// How it is counted, to be told beside the number.
pub(crate) const METHOD: &str = "Served twice is counted from what the gates let through: both nodes are asked \
    continuously for users of both homes; an unbroken run of \"serve\" from its first answer to its last is a span, \
    and where spans of both nodes for one home overlap, all users of that home count. What is shorter than the pause \
    between two questions can escape.";

/// Times in microseconds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first_us: u64,
    pub(crate) last_us: u64,
}

/// All spans, by the node that serves and the home of those who are served.
#[derive(Default)]
pub(crate) struct Spans {
    runs: [[Run; 2]; 2],
    /// How many questions were answered, of several users each.
    pub(crate) questions: u64,
}

#[derive(Default)]
struct Run {
    spans: Vec<Span>,
    /// Whether the next admission belongs to the last span.
    unbroken: bool,
}

impl Spans {
    /// The gate of `node` has decided about a user of `home`.
    pub(crate) fn answer(&mut self, node: Node, home: Node, at_us: u64, serve: bool) {
        let run = &mut self.runs[node.index()][home.index()];
        match run.spans.last_mut() {
            Some(span) if serve && run.unbroken => span.last_us = at_us,
            _ if serve => run.spans.push(Span { first_us: at_us, last_us: at_us }),
            _ => {}
        }
        run.unbroken = serve;
    }

    /// The gate of `node` does not answer.
    pub(crate) fn unreachable(&mut self, node: Node) {
        self.runs[node.index()].iter_mut().for_each(|run| run.unbroken = false);
    }

    /// When `node` first served users of `home`, from `since_us` on.
    pub(crate) fn first_served(&self, node: Node, home: Node, since_us: u64) -> Option<u64> {
        let spans = &self.runs[node.index()][home.index()].spans;
        spans.iter().find(|span| span.last_us >= since_us).map(|span| span.first_us.max(since_us))
    }

    /// When anybody served users of `home`.
    pub(crate) fn served(&self, home: Node) -> Vec<Span> {
        self.runs.iter().flat_map(|runs| runs[home.index()].spans.clone()).collect()
    }

    /// When both nodes served users of `home`, from `since_us` on.
    pub(crate) fn overlaps(&self, home: Node, since_us: u64) -> Vec<Span> {
        let spans = |node: Node| {
            let all = &self.runs[node.index()][home.index()].spans;
            &all[all.partition_point(|span| span.last_us < since_us)..]
        };
        let overlap = |a: &Span, b: &Span| Span {
            first_us: a.first_us.max(b.first_us).max(since_us),
            last_us: a.last_us.min(b.last_us),
        };
        let pairs = spans(Node::A).iter().flat_map(|a| spans(Node::B).iter().map(move |b| overlap(a, b)));
        pairs.filter(|span| span.first_us <= span.last_us).collect()
    }
}

/// How long these last together, each instant once.
pub(crate) fn covered_us(mut spans: Vec<Span>) -> u64 {
    spans.sort_by_key(|span| span.first_us);
    let mut until_us = 0;
    let lasts_us = |span: Span| {
        let from_us = span.first_us.max(until_us);
        until_us = until_us.max(span.last_us + 1);
        until_us.saturating_sub(from_us)
    };
    spans.into_iter().map(lasts_us).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &[(Node, u64, bool)]) -> Spans {
        let mut spans = Spans::default();
        answers.iter().for_each(|(node, at_us, serve)| spans.answer(*node, Node::A, *at_us, *serve));
        spans
    }

    #[test]
    fn a_clean_handover_has_no_overlap() {
        let spans = asked(&[(Node::A, 1, true), (Node::A, 5, true), (Node::B, 6, false), (Node::B, 7, true)]);
        assert_eq!(spans.overlaps(Node::A, 0), []);
        assert_eq!(spans.first_served(Node::B, Node::A, 5), Some(7));
        assert_eq!(spans.first_served(Node::B, Node::B, 0), None);
    }

    #[test]
    fn one_answer_inside_the_other_nodes_span_is_seen() {
        let spans = asked(&[(Node::A, 1, true), (Node::B, 4, true), (Node::B, 5, false), (Node::A, 9, true)]);
        assert_eq!(spans.overlaps(Node::A, 0), [Span { first_us: 4, last_us: 4 }]);
        assert_eq!(spans.overlaps(Node::B, 0), []);
    }

    #[test]
    fn answers_that_come_late_are_judged_by_when_they_were_decided() {
        let spans = asked(&[(Node::B, 4, true), (Node::B, 8, true), (Node::A, 1, true), (Node::A, 3, true)]);
        assert_eq!(spans.overlaps(Node::A, 0), []);
    }

    #[test]
    fn a_refusal_or_silence_ends_a_span() {
        let refused = asked(&[(Node::A, 1, true), (Node::A, 2, false), (Node::B, 3, true), (Node::A, 4, true)]);
        assert_eq!(refused.overlaps(Node::A, 0), []);
        let mut silent = asked(&[(Node::A, 1, true), (Node::B, 3, true)]);
        silent.unreachable(Node::A);
        silent.answer(Node::A, Node::A, 4, true);
        assert_eq!(silent.overlaps(Node::A, 0), []);
        assert_eq!(silent.first_served(Node::A, Node::A, 2), Some(4));
    }

    #[test]
    fn what_overlaps_counts_once() {
        let span = |first_us, last_us| Span { first_us, last_us };
        assert_eq!(covered_us(vec![span(10, 19), span(1, 4), span(15, 17), span(19, 20), span(30, 30)]), 4 + 11 + 1);
    }

    #[test]
    fn only_what_is_asked_for_counts() {
        let spans = asked(&[(Node::A, 1, true), (Node::B, 2, true), (Node::B, 3, true), (Node::A, 9, true)]);
        assert_eq!(spans.overlaps(Node::A, 3), [Span { first_us: 3, last_us: 3 }]);
        assert_eq!(spans.overlaps(Node::A, 4), []);
        assert_eq!(spans.first_served(Node::A, Node::A, 5), Some(5));
    }
}

//! `locum witness check`.

use super::{
    paint::{Paint, Tone},
    table::{Cell, table},
    words,
};
use crate::commands::witness::{Document, LeaseDocument, Member};

/// How wide running text is.
const TEXT_WIDTH: usize = 100;

/// The members, how fast they are, and what lease they carry.
pub(crate) fn witness(document: &Document, paint: Paint) -> String {
    let titles = ["member", "version", "read: min, median, max", "swap: min, median, max"].map(Cell::head);
    let rows: Vec<Vec<Cell>> =
        std::iter::once(titles.into()).chain(document.members.iter().filter_map(member)).collect();
    let mut text = if rows.len() > 1 { table(&rows, "", TEXT_WIDTH, paint) } else { String::new() };
    // Each begins with the member's address.
    for problem in document.members.iter().filter_map(|member| member.problem.as_ref()) {
        text += &paint.tone(Tone::Bad, &format!("! {problem}\n"));
    }
    for Member { endpoint, .. } in document.members.iter().filter(|member| sees_more(member)) {
        let warning = format!(
            "! {endpoint} lets this node read more than {}: give it a user whose role has these keys only\n",
            document.keys
        );
        text += &paint.tone(Tone::Warn, &warning);
    }
    let mut rows = Vec::new();
    if let Some(lease) = &document.lease {
        rows.extend(times(lease));
    }
    rows.push(vec![Cell::head("risk"), Cell::from(&document.risk)]);
    text + "\n" + &table(&rows, "", TEXT_WIDTH, paint)
}

fn member(member: &Member) -> Option<Vec<Cell>> {
    let spread = |ms: [f64; 3]| Cell::from(ms.map(|ms| format!("{ms:.1} ms")).join(", "));
    let measured = member.measured.as_ref()?;
    let (name, version) = (Cell::from(&member.endpoint), Cell::from(&measured.version));
    Some(vec![name, version, spread(measured.read_ms), spread(measured.swap_ms)])
}

fn sees_more(member: &Member) -> bool {
    member.measured.as_ref().is_some_and(|measured| measured.sees_more)
}

fn times(lease: &LeaseDocument) -> [Vec<Cell>; 2] {
    let long_enough = |fits: bool| if fits { ("long enough", Tone::Good) } else { ("TOO SHORT", Tone::Bad) };
    let (verdict, tone) = long_enough(lease.fits);
    let (configured, recommended) = (words::duration(lease.configured_ms), words::duration(lease.recommended_ms));
    let held = Cell::new(format!("{configured}: {verdict}, this witness carries {recommended} or more"), tone);
    let (verdict, tone) = long_enough(lease.timeout_fits);
    let timeout = Cell::new(format!("{}: {verdict}", words::duration(lease.timeout_ms)), tone);
    [vec![Cell::head("lease"), held], vec![Cell::head("timeout"), timeout]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::witness::Measured;

    #[test]
    fn a_page_names_every_member_and_judges_the_lease() {
        let measured = Measured {
            version: "3.4.23".into(),
            read_ms: [0.5, 0.61, 2.0],
            swap_ms: [1.0, 1.5, 20.0],
            sees_more: true,
        };
        let well = Member { endpoint: "10.0.0.3:2379".into(), problem: None, measured: Some(measured) };
        let gone =
            Member { endpoint: "10.0.0.4:2379".into(), problem: Some("10.0.0.4:2379 is gone".into()), measured: None };
        let lease =
            LeaseDocument { recommended_ms: 260, configured_ms: 350, fits: true, timeout_ms: 50, timeout_fits: false };
        let document = Document {
            risk: "A risk.".into(),
            keys: "/locum/g1/".into(),
            members: vec![well, gone],
            lease: Some(lease),
        };
        let expected = "\
member         version  read: min, median, max  swap: min, median, max
10.0.0.3:2379  3.4.23   0.5 ms, 0.6 ms, 2.0 ms  1.0 ms, 1.5 ms, 20.0 ms
! 10.0.0.4:2379 is gone
! 10.0.0.3:2379 lets this node read more than /locum/g1/: give it a user whose role has these keys only

lease    350 ms: long enough, this witness carries 260 ms or more
timeout  50 ms: TOO SHORT
risk     A risk.
";
        assert_eq!(witness(&document, Paint::default()), expected);
    }
}

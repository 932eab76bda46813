//! A store that was looked at.

use std::path::Path;

use locum_store::{CheckReport, Cover};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table},
    words,
};

/// What is in a sound store.
pub(crate) fn store(file: &Path, report: &CheckReport, paint: Paint) -> String {
    let CheckReport { identity, users, unassigned, revision, digest, journal_entries, .. } = report;
    let sound = if report.repaired { "sound, after a daemon that was killed" } else { "sound" };
    let staged = report.staged.map(|staged| format!("; a change to revision {} waits", staged.revision));
    let rows = [
        ("Belongs to", format!("node {} of group {}", identity.node, identity.group)),
        ("Marker", if report.marked { "there" } else { "missing; the next start makes it" }.to_owned()),
        ("Users", format!("{}, {} without a home", words::number(*users as u64), words::number(*unassigned as u64))),
        ("Directory", format!("{digest}, revision {revision}{}", staged.unwrap_or_default())),
        ("Serves", serves(report.cover.as_ref())),
        ("Journal", format!("{} entries, the last is {}", words::number(*journal_entries), report.last_sequence)),
        ("Outcomes", format!("{} of commands", words::number(report.outcomes))),
    ];
    let title =
        format!("{}: {}\n", paint.tone(Tone::Title, &file.display().to_string()), paint.tone(Tone::Good, sound));
    title + &table(&rows.map(|(label, text)| vec![Cell::head(label), Cell::from(text)]), "  ", usize::MAX, paint)
}

fn serves(cover: Option<&Cover>) -> String {
    match cover {
        Some(cover) => format!("{}, epoch {}", words::list(&cover.homes, "nobody"), cover.epoch),
        None => "nobody yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use locum_store::{Identity, JournalEntry, NewUser, Store, check};

    use super::*;

    #[test]
    fn a_store_is_told_on_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { group: "chat".into(), node: "ada".into() };
        let store = Store::open(folder.path(), &identity).unwrap();
        let users = [NewUser { home: Some("ada".into()), ..NewUser::new("mona") }, NewUser::new("zoe")];
        store.apply(&locum_store::DirectoryChange::importing(&store.directory(), users)).unwrap();
        let cover = Cover { epoch: 7, homes: vec!["ada".into(), "bea".into()], directory_revision: 1 };
        let entry = JournalEntry::new(0, "test", "an entry", serde_json::Value::Null);
        store.save(None, &[entry], Some(&cover)).unwrap();
        drop(store);
        let report = check(folder.path()).unwrap();
        let text = super::store(Path::new("locum.redb"), &report, Paint { colours: false });
        let digest = report.digest;
        assert_eq!(
            text,
            format!(
                "locum.redb: sound\n  Belongs to  node ada of group chat\n  Marker      there\n  \
                 Users       2, 1 without a home\n  Directory   {digest}, revision 1\n  \
                 Serves      ada, bea, epoch 7\n  Journal     1 entries, the last is 1\n  Outcomes    0 of commands\n"
            )
        );
    }
}

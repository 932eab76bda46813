//! Sections within sections.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::Kind;
use crate::{
    Change,
    reader::{Reader, Section, Spot, What, join},
};

/// One table.
pub(crate) struct Sub<S>(PhantomData<S>);

impl<S> Sub<S> {
    pub(crate) const KIND: Self = Self(PhantomData);
}

impl<S: Section> Kind for Sub<S> {
    type Value = S;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<S> {
        match spot.what {
            What::Table(_) => Some(S::read(&spot, reader)),
            _ => spot.fault(
                reader,
                format!("this is {}", spot.what.describe()),
                "write it as a section, with keys of its own",
            ),
        }
    }

    fn schema(&self) -> Json {
        S::schema()
    }

    fn json(&self, value: &S) -> Json {
        value.json()
    }

    fn example(&self, name: &str) -> String {
        format!("the section `[{name}]`")
    }

    fn compare(&self, old: &S, new: &S, key: &str, _live: bool, changes: &mut Vec<Change>) {
        old.compare(new, key, changes);
    }
}

/// A section that there may be several of, told apart by name.
pub(crate) trait Titled: Section {
    fn title(&self) -> &str;
}

/// Any number of tables with different names.
pub(crate) struct Subs<S>(PhantomData<S>);

impl<S> Subs<S> {
    pub(crate) const KIND: Self = Self(PhantomData);
}

impl<S: Titled> Kind for Subs<S> {
    type Value = Vec<S>;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<Vec<S>> {
        let name = spot.place.clone();
        let spots = match spot.into_list(reader) {
            Ok(spots) => spots,
            Err(spot) => {
                let advice = format!("write it with two brackets, `[[{name}]]`: there may be several");
                return spot.fault(reader, format!("this is {}", spot.what.describe()), advice);
            }
        };
        let values = spots.into_iter().map(|spot| Sub::<S>::KIND.read(spot, reader).unwrap_or_default());
        Some(values.collect())
    }

    fn schema(&self) -> Json {
        json!({ "type": "array", "items": S::schema() })
    }

    fn json(&self, value: &Vec<S>) -> Json {
        value.iter().map(Section::json).collect()
    }

    fn example(&self, name: &str) -> String {
        format!("the section `[[{name}]]`")
    }

    fn compare(&self, old: &Vec<S>, new: &Vec<S>, key: &str, live: bool, changes: &mut Vec<Change>) {
        let find = |all: &[S], title: &str| all.iter().find(|other| other.title() == title).cloned();
        let absent = Json::Null;
        for old in old {
            let key = join(key, old.title());
            match find(new, old.title()) {
                Some(new) => old.compare(&new, &key, changes),
                None => changes.push(Change::new(&key, live, &old.json(), &absent)),
            }
        }
        for new in new.iter().filter(|new| find(old, new.title()).is_none()) {
            changes.push(Change::new(&join(key, new.title()), live, &absent, &new.json()));
        }
        let titles = |all: &[S], other: &[S]| -> Vec<String> {
            all.iter().map(|each| each.title().to_owned()).filter(|title| find(other, title).is_some()).collect()
        };
        let (before, after) = (titles(old, new), titles(new, old));
        if before != after {
            changes.push(Change::new(key, live, &json!(before), &json!(after)));
        }
    }
}

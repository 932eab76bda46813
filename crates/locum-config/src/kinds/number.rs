use serde_json::{Value as Json, json};

use super::Kind;
use crate::reader::{Reader, Spot, What, join};

/// A whole number within bounds.
pub(crate) struct Count {
    pub(crate) min: u32,
    pub(crate) max: u32,
}

impl Kind for Count {
    type Value = u32;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<u32> {
        let count = match spot.what {
            What::Whole(number) => u32::try_from(number).ok().filter(|count| (self.min..=self.max).contains(count)),
            _ => None,
        };
        count.or_else(|| {
            let advice = format!("write a whole number from {} to {}, without quotes", self.min, self.max);
            spot.fault(reader, format!("this is {}", spot.what.describe()), advice)
        })
    }

    fn schema(&self) -> Json {
        json!({ "type": "integer", "minimum": self.min, "maximum": self.max })
    }

    fn json(&self, value: &u32) -> Json {
        (*value).into()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = {}`", self.min)
    }
}

/// A share of a whole, 0 to 1, in millionths.
pub(crate) struct Share;

/// A whole, in the unit of [`Share`].
const WHOLE_PPM: f64 = 1e6;

impl Kind for Share {
    type Value = u32;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<u32> {
        let share = match spot.what {
            What::Fraction(share) => Some(share),
            What::Whole(number @ 0..=1) => Some(number as f64),
            _ => None,
        };
        match share {
            Some(share) if (0.0..=1.0).contains(&share) => Some((share * WHOLE_PPM).round() as u32),
            Some(share) => spot.fault(reader, format!("{share} is no share of a whole"), "write a number from 0 to 1"),
            None => {
                let what = format!("this is {}", spot.what.describe());
                spot.fault(reader, what, "write a number from 0 to 1, without quotes: `0.02` is two of a hundred")
            }
        }
    }

    fn schema(&self) -> Json {
        json!({ "type": "number", "minimum": 0, "maximum": 1 })
    }

    fn json(&self, value: &u32) -> Json {
        (f64::from(*value) / WHOLE_PPM).into()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = 0.02`")
    }
}

/// How many users have their home on each node: one number, which both share, or `{ a = …, b = … }`.
pub(crate) struct Homes;

const USERS: Count = Count { min: 0, max: 10_000_000 };

impl Kind for Homes {
    type Value = [u32; 2];

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<[u32; 2]> {
        if let What::Whole(_) = spot.what {
            return USERS.read(spot, reader).map(|users| [users - users / 2, users / 2]);
        }
        let What::Table(_) = spot.what else {
            let what = format!("this is {}", spot.what.describe());
            return spot.fault(reader, what, "write how many there are: `15_000`, or `{ a = 10_000, b = 5_000 }`");
        };
        reader.refuse_unknown(&spot, &["a", "b"]);
        let homes = ["a", "b"].map(|name| match spot.key(name, reader) {
            Some(users) => USERS.read(users, reader),
            None => {
                let advice = format!("add `{name} = 5_000`, or write one number for both nodes");
                reader.fault_at(spot.line, &join(&spot.place, name), "this is missing", advice);
                None
            }
        });
        Some([homes[0]?, homes[1]?])
    }

    fn schema(&self) -> Json {
        let count = USERS.schema();
        let homes = json!({ "type": "object", "properties": { "a": count, "b": count }, "required": ["a", "b"],
            "additionalProperties": false });
        json!({ "oneOf": [count, homes] })
    }

    fn json(&self, [a, b]: &[u32; 2]) -> Json {
        json!({ "a": a, "b": b })
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = 15_000`")
    }
}

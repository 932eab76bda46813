use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use super::{Reader, join};

/// A value in the document and where it stands.
pub(crate) struct Spot<'t> {
    pub(crate) what: What<'t>,
    /// Its place: `service[1].probe.interval`.
    pub(crate) place: String,
    pub(crate) line: usize,
}

/// What stands there, as far as a configuration tells it apart.
pub(crate) enum What<'t> {
    Text(&'t str),
    Whole(i64),
    Boolean(bool),
    /// Values or tables, each with the bytes it takes up.
    List(Vec<(What<'t>, Option<Range<usize>>)>),
    Table(&'t dyn TableLike),
    Fraction(f64),
    /// A date, or nothing: what no key holds.
    Other(&'static str),
}

impl What<'_> {
    /// For the sentence "this is …".
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("the text {:?}", text.chars().take(60).collect::<String>()),
            Self::Whole(number) => format!("the number {number}"),
            Self::Fraction(_) => "a number with a fraction".into(),
            Self::Boolean(truth) => truth.to_string(),
            Self::List(_) => "a list".into(),
            Self::Table(_) => "a table".into(),
            Self::Other(name) => (*name).into(),
        }
    }
}

impl<'t> From<&'t Item> for What<'t> {
    fn from(item: &'t Item) -> Self {
        match item {
            Item::Value(value) => value.into(),
            Item::Table(table) => Self::Table(table),
            Item::ArrayOfTables(tables) => {
                Self::List(tables.iter().map(|table| (Self::Table(table), table.span())).collect())
            }
            Item::None => Self::Other("nothing"),
        }
    }
}

impl<'t> From<&'t Value> for What<'t> {
    fn from(value: &'t Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.value()),
            Value::Integer(number) => Self::Whole(*number.value()),
            Value::Boolean(truth) => Self::Boolean(*truth.value()),
            Value::Array(list) => Self::List(list.iter().map(|value| (value.into(), value.span())).collect()),
            Value::InlineTable(table) => Self::Table(table),
            Value::Float(number) => Self::Fraction(*number.value()),
            Value::Datetime(_) => Self::Other("a date"),
        }
    }
}

impl<'t> Spot<'t> {
    /// What stands under this key of a table, with the line of the key.
    pub(crate) fn key(&self, name: &str, reader: &mut Reader<'_>) -> Option<Spot<'t>> {
        let What::Table(table) = self.what else { return None };
        let (key, item) = table.get_key_value(name)?;
        let start = key.span().or_else(|| item.span()).map(|span| span.start);
        Some(self.inner(join(&self.place, name), start, item.into(), reader))
    }

    /// The values of a list, each with its own line.
    pub(crate) fn into_list(self, reader: &mut Reader<'_>) -> Result<Vec<Spot<'t>>, Self> {
        let Spot { what: What::List(values), place, line } = self else { return Err(self) };
        let list = Spot { what: What::Other("a list"), place, line };
        let spots = values.into_iter().enumerate().map(|(n, (what, span))| {
            let place = format!("{}[{n}]", list.place);
            list.inner(place, span.map(|span| span.start), what, reader)
        });
        Ok(spots.collect())
    }

    fn inner(&self, place: String, start: Option<usize>, what: What<'t>, reader: &mut Reader<'_>) -> Spot<'t> {
        let line = start.map_or(self.line, |start| reader.line_at(start));
        // A default has no bytes in the file, and is not remembered.
        if start.is_some() {
            reader.remember(&place, line);
        }
        Spot { what, place, line }
    }

    /// A fault of what stands here.
    pub(crate) fn fault<T>(
        &self,
        reader: &mut Reader<'_>,
        what: impl std::fmt::Display,
        advice: impl std::fmt::Display,
    ) -> Option<T> {
        reader.fault_at(self.line, &self.place, what, advice);
        None
    }
}

//! Users as CSV: a header `user[,home][,weight][,class]` in any order, then one user a line. A file with a fault is
//! refused whole, with every fault in it.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    io::{self, Read, Write},
};

use serde::Serialize;

use crate::{NewUser, UserRef, check_node_name, check_user_name};

/// How many faults are told one by one.
pub const FAULTS_SHOWN: usize = 50;

const COLUMNS: [&str; 4] = ["user", "home", "weight", "class"];

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CsvFault {
    /// The line, from 1.
    pub line: u64,
    /// The column, or `header`, or `line`.
    pub key: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl fmt::Display for CsvFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.key, self.problem)
    }
}

/// Everything wrong with a file, in the order of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CsvFaults {
    /// The first [`FAULTS_SHOWN`].
    pub shown: Vec<CsvFault>,
    /// How many there are.
    pub count: usize,
}

impl fmt::Display for CsvFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.shown {
            writeln!(f, "{fault}")?;
        }
        if self.count > self.shown.len() {
            writeln!(f, "and {} more", self.count - self.shown.len())?;
        }
        write!(f, "{} fault{}; nothing was imported", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl std::error::Error for CsvFaults {}

impl CsvFaults {
    fn add(&mut self, line: u64, key: &str, problem: impl fmt::Display) {
        self.count += 1;
        if self.shown.len() < FAULTS_SHOWN {
            self.shown.push(CsvFault { line, key: key.to_owned(), problem: problem.to_string() });
        }
    }

    fn one(line: u64, key: &str, problem: impl fmt::Display) -> Self {
        let mut faults = Self::default();
        faults.add(line, key, problem);
        faults
    }
}

/// Reads users. Weight is 1 and class 0 where the file does not say; an empty home is none.
pub fn parse(reader: impl Read) -> Result<Vec<NewUser>, CsvFaults> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).trim(::csv::Trim::All).from_reader(reader);
    let header = match reader.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(CsvFaults::one(1, "line", unreadable(&error))),
    };
    let columns = columns(&header)?;
    let mut faults = CsvFaults::default();
    let mut users = Vec::new();
    let mut line_of = HashMap::new();
    for record in reader.byte_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, ::csv::Position::line);
                faults.add(line, "line", unreadable(&error));
                break;
            }
        };
        let line = record.position().map_or(0, ::csv::Position::line);
        if record.len() != header.len() {
            let problem = format!("{} fields under {} columns; write one field for each", record.len(), header.len());
            faults.add(line, "line", problem);
            continue;
        }
        let Some(user) = Row { record: &record, columns: &columns, line, faults: &mut faults }.user() else { continue };
        match line_of.entry(user.name.clone()) {
            Entry::Occupied(first) => {
                let problem = format!("{:?} is on line {} already; name each user once", user.name, first.get());
                faults.add(line, "user", problem);
            }
            Entry::Vacant(place) => {
                place.insert(line);
                users.push(user);
            }
        }
    }
    if faults.count > 0 { Err(faults) } else { Ok(users) }
}

/// Writes users with all four columns, so that [`parse`] reads the same.
pub fn write<'a>(writer: impl Write, users: impl Iterator<Item = UserRef<'a>>) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(writer);
    writer.write_record(COLUMNS)?;
    for UserRef { name, home, weight, class, .. } in users {
        writer.write_record([name, home.unwrap_or_default(), &weight.to_string(), &class.to_string()])?;
    }
    writer.flush()
}

/// Where in a record each of [`COLUMNS`] is.
type Places = [Option<usize>; 4];

fn columns(header: &::csv::ByteRecord) -> Result<Places, CsvFaults> {
    let mut places = [None; 4];
    let mut faults = CsvFaults::default();
    for (place, name) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(name);
        match COLUMNS.iter().position(|column| *column == name) {
            Some(column) if places[column].is_some() => {
                faults.add(1, "header", format!("`{name}` is there twice; leave one out"))
            }
            Some(column) => places[column] = Some(place),
            None => {
                faults.add(1, "header", format!("`{name}` is not a column; the columns are {}", COLUMNS.join(", ")))
            }
        }
    }
    if places[0].is_none() {
        faults.add(
            1,
            "header",
            "there is no column `user`; begin the file with `user,home,weight,class`, of which only `user` is needed",
        );
    }
    if faults.count > 0 { Err(faults) } else { Ok(places) }
}

/// One line on its way to become a user.
struct Row<'a> {
    record: &'a ::csv::ByteRecord,
    columns: &'a Places,
    line: u64,
    faults: &'a mut CsvFaults,
}

impl Row<'_> {
    /// The user, or `None` after every fault of the line was told.
    fn user(mut self) -> Option<NewUser> {
        let name = self.text(0).and_then(|name| match check_user_name(&name) {
            Ok(()) => Some(name),
            Err(fault) => self.fault(0, fault),
        });
        let home = self.text(1).and_then(|home| match check_node_name(&home) {
            Ok(()) => Some(Some(home)),
            Err(_) if home.is_empty() => Some(None),
            Err(fault) => self.fault(1, fault),
        });
        let (weight, class) = (self.number(2, 1), self.number(3, 0));
        Some(NewUser { name: name?, home: home?, weight: weight?, class: class? })
    }

    fn number(&mut self, column: usize, default: u32) -> Option<u32> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Some(default);
        }
        text.parse().map_or_else(
            |_| {
                self.fault(
                    column,
                    format!(
                        "{:?} is not a number from 0 to {}; write digits only, or nothing for {default}",
                        excerpt(&text),
                        u32::MAX
                    ),
                )
            },
            Some,
        )
    }

    fn text(&mut self, column: usize) -> Option<String> {
        let bytes = self.columns[column].and_then(|place| self.record.get(place)).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => self.fault(column, "this is not UTF-8; save the file as UTF-8"),
        }
    }

    fn fault<T>(&mut self, column: usize, problem: impl fmt::Display) -> Option<T> {
        self.faults.add(self.line, COLUMNS[column], problem);
        None
    }
}

/// Enough of a text to recognise it: a quote that is never closed makes the rest of the file one field.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

fn unreadable(error: &::csv::Error) -> String {
    format!("the file cannot be read: {error}")
}

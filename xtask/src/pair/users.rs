//! The users: a CSV of them, where they are at home, and whether each is still there.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::{chance::Chance, node::Node};

const SYLLABLES: [&str; 16] =
    ["ba", "del", "fi", "gor", "ha", "jun", "ka", "lem", "mi", "nor", "pa", "rin", "sa", "tul", "vo", "zel"];

/// Users, each known by its place in the list.
pub(crate) struct Users {
    names: Vec<String>,
    homes: Vec<Node>,
}

/// Makes a CSV of as many users, the same for the same seed.
pub(crate) fn csv(users: usize, seed: u64) -> String {
    let mut random = Chance::new(seed);
    let lines = (1..=users).map(|number| {
        let name: String = (0..3).map(|_| random.one_of(&SYLLABLES)).collect();
        format!("{name}.{number:05},{}\n", 1 + random.draw() % 3)
    });
    std::iter::once("user,weight\n".to_owned()).chain(lines).collect()
}

impl Users {
    /// The users of an export, as the nodes have taken them in.
    pub(crate) fn exported(export: &str) -> Result<Users> {
        let (mut names, mut homes) = (Vec::new(), Vec::new());
        let home_column = columns(export).position(|column| column == "home").context("the export has no homes")?;
        for line in export.lines().skip(1) {
            let (name, home) = (line.split(',').next(), line.split(',').nth(home_column).and_then(Node::named));
            let (Some(name), Some(home)) = (name, home) else { bail!("`{line}`: this user has no home") };
            names.push(name.to_owned());
            homes.push(home);
        }
        Ok(Users { names, homes })
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of those who are at home there.
    pub(crate) fn at_home(&self, home: Node) -> Vec<&str> {
        let users = self.names.iter().zip(&self.homes);
        users.filter(|(_, at)| **at == home).map(|(name, _)| name.as_str()).collect()
    }
}

/// The users of the CSV that an export does not have exactly once.
pub(crate) fn missing<'a>(csv: &'a str, export: &str) -> Result<BTreeSet<&'a str>> {
    ensure!(columns(export).next() == Some("user"), "the export has no users in its first column");
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    names(export).for_each(|name| *times.entry(name).or_default() += 1);
    Ok(names(csv).filter(|name| times.get(name) != Some(&1)).collect())
}

fn names(csv: &str) -> impl Iterator<Item = &str> {
    csv.lines().skip(1).filter_map(|line| line.split(',').next())
}

fn columns(csv: &str) -> impl Iterator<Item = &str> {
    csv.lines().next().unwrap_or_default().split(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_users_and_no_name_twice() {
        assert_eq!(csv(50, 1), csv(50, 1));
        assert_ne!(csv(50, 1), csv(50, 2));
        let csv = csv(2000, 7);
        assert_eq!(names(&csv).collect::<BTreeSet<_>>().len(), 2000);
    }

    #[test]
    fn an_export_tells_the_homes() {
        let users = Users::exported("user,home,weight,class\nada,a,1,0\nbob,b,1,0\ncy,a,1,0\n").unwrap();
        assert_eq!((users.len(), users.at_home(Node::A), users.at_home(Node::B)), (3, vec!["ada", "cy"], vec!["bob"]));
        assert!(Users::exported("user,home\nada,\n").is_err());
    }

    #[test]
    fn who_is_gone_or_there_twice_is_missing() {
        let csv = "user,weight\nada,1\nbob,1\ncy,1\n";
        assert!(missing(csv, "user,home\ncy,a\nbob,b\nada,a\n").unwrap().is_empty());
        let found = missing(csv, "user,home\ncy,a\nada,a\nada,b\n").unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["ada", "bob"]);
    }
}

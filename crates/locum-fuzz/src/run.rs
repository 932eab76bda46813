//! Playing inputs: those of the corpus, and as many made of them as there is time for.

use std::{
    any::Any,
    collections::HashSet,
    fs, io,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fastrand::Rng;
use sha2::{Digest, Sha256};

use crate::{Target, mutate::mutate};

/// So many inputs with new answers are kept besides the corpus.
const KEPT_MAX: usize = 2000;

/// What to play.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The target.
    pub target: Target,
    /// For how long.
    pub time: Duration,
    /// What chance begins with: the same seed makes the same inputs.
    pub seed: u64,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many inputs were tried.
    pub executions: u64,
    /// How many answers differed.
    pub answers: usize,
    /// What went wrong, with the file that keeps the input.
    pub fault: Option<(String, PathBuf)>,
}

/// The inputs of a target, from its seeds and from its folder of the corpus.
///
/// # Errors
/// The folder is there and cannot be read.
pub fn corpus(folder: &Path, target: Target) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut inputs: Vec<_> =
        (1..).zip(target.seeds()).map(|(number, seed): (u32, _)| (format!("seed {number}"), seed)).collect();
    let folder = folder.join(target.name());
    if folder.is_dir() {
        let mut files: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        files.sort_unstable();
        for file in files {
            inputs.push((file.display().to_string(), fs::read(&file)?));
        }
    }
    Ok(inputs)
}

/// Plays the corpus once, and says what went wrong.
///
/// # Errors
/// As [`corpus`].
pub fn replay(folder: &Path, target: Target) -> io::Result<Vec<String>> {
    let mut attempt = target.begin();
    let inputs = corpus(folder, target)?;
    Ok(inputs
        .iter()
        .filter_map(|(name, input)| Some(format!("{name}: {}", played(&mut *attempt, input).err()?)))
        .collect())
}

/// Plays inputs made of the corpus until the time is over or something goes wrong, which is kept in the corpus then.
///
/// # Errors
/// The corpus cannot be read or written.
pub fn play(folder: &Path, campaign: Campaign) -> io::Result<Report> {
    let Campaign { target, time, seed } = campaign;
    let (mut attempt, mut rng, begin) = (target.begin(), Rng::with_seed(seed), Instant::now());
    let mut inputs: Vec<Vec<u8>> = corpus(folder, target)?.into_iter().map(|(_, input)| input).collect();
    let (written, mut seen, mut executions) = (inputs.len(), HashSet::new(), 0);
    while begin.elapsed() < time {
        let (one, other) = (rng.usize(..inputs.len()), rng.usize(..inputs.len()));
        let input = mutate(&mut rng, &inputs[one], &inputs[other]);
        executions += 1;
        match played(&mut *attempt, &input) {
            Ok(answer) => {
                if seen.insert(shape(&answer)) && inputs.len() < written + KEPT_MAX {
                    inputs.push(input);
                }
            }
            Err(fault) => {
                let file = keep(folder, target, &input)?;
                return Ok(Report { executions, answers: seen.len(), fault: Some((fault, file)) });
            }
        }
    }
    Ok(Report { executions, answers: seen.len(), fault: None })
}

/// What a target answers to one input, or how it failed.
fn played(attempt: &mut dyn FnMut(&[u8]) -> String, input: &[u8]) -> Result<String, String> {
    let begin = Instant::now();
    let answer = panic::catch_unwind(AssertUnwindSafe(|| attempt(input))).map_err(|panic| words(&*panic))?;
    let took = begin.elapsed();
    if took > Target::TIME_MAX { Err(format!("it took {took:?}")) } else { Ok(answer) }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    format!("it panicked: {}", text.unwrap_or("without a word"))
}

/// An answer without what an input puts into it: numbers and what is quoted.
fn shape(answer: &str) -> String {
    let unquoted: String = answer.split(['"', '`', '\'']).step_by(2).collect();
    unquoted.chars().filter(|character| character.is_ascii_alphabetic()).take(200).collect()
}

fn keep(folder: &Path, target: Target, input: &[u8]) -> io::Result<PathBuf> {
    let folder = folder.join(target.name());
    fs::create_dir_all(&folder)?;
    let name: String = Sha256::digest(input).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let file = folder.join(format!("found-{name}"));
    fs::write(&file, input)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_an_answer_has_a_shape() {
        let told = played(&mut |_| panic!("at {}", 7), b"");
        assert_eq!(told, Err("it panicked: at 7".into()));
        assert_eq!(played(&mut |input| format!("{input:?}"), b"a"), Ok("[97]".into()));
        assert_eq!(shape("line 7: `colour` is no key"), shape("line 99: `mood` is no key"));
        assert_ne!(shape("no key"), shape("no table"));
    }

    #[test]
    fn what_went_wrong_is_kept_and_played_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = keep(folder.path(), Target::Users, b"user\n\xff\n").unwrap();
        let inputs = corpus(folder.path(), Target::Users).unwrap();
        assert!(inputs.iter().any(|(name, input)| *name == file.display().to_string() && input == b"user\n\xff\n"));
    }
}

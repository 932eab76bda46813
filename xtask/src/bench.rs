//! `cargo xtask bench`: how many times longer components take.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::{components, test::cargo, workspace};

/// Measure native code against components, and print the ratios
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fewer samples: to see that it runs
    #[arg(long)]
    quick: bool,
    /// The profile to build with
    #[arg(long, default_value = "bench")]
    profile: String,
    /// How to print the ratios
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Output {
    #[default]
    Table,
    /// One line of JSON a bench.
    Json,
}

/// A bench: the same work done twice.
#[derive(Debug, PartialEq, Serialize)]
struct Ratio {
    bench: String,
    native_ns: f64,
    component_ns: f64,
    /// Component ÷ native.
    ratio: f64,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        components::ensure()?;
        let results = Path::new(workspace::metadata()?.target_directory.as_std_path()).join("criterion");
        // What an earlier run has left would pass for this one's.
        if results.exists() {
            fs::remove_dir_all(&results).with_context(|| format!("{} cannot be emptied", results.display()))?;
        }
        let mut bench = cargo(&["bench", "--package", "benches", "--profile", &self.profile, "--benches"]);
        bench.args(["--", "--noplot", "--quiet"]).args(self.quick.then_some("--quick"));
        bench.stdout(std::io::stderr());
        ensure!(bench.status().context("cargo cannot be run")?.success(), "the benches failed");
        let ratios = read(&results)?;
        ensure!(!ratios.is_empty(), "no bench has left a result in {}", results.display());
        for ratio in &ratios {
            if let Output::Json = self.output {
                println!("{}", serde_json::to_string(ratio)?);
            }
        }
        if let Output::Table = self.output {
            print_table(&ratios);
        }
        Ok(())
    }
}

/// Every bench's two estimates, by name.
fn read(results: &Path) -> Result<Vec<Ratio>> {
    let mut ratios = Vec::new();
    let groups = fs::read_dir(results).with_context(|| format!("{} cannot be read", results.display()))?;
    for group in groups {
        let group = group?.path();
        let (Some(native_ns), Some(component_ns)) = (estimate(&group, "native")?, estimate(&group, "component")?)
        else {
            continue;
        };
        let bench = group.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ratios.push(Ratio { bench, native_ns, component_ns, ratio: component_ns / native_ns });
    }
    ratios.sort_by(|one, other| one.bench.cmp(&other.bench));
    Ok(ratios)
}

/// The mean that criterion has left for a function of a group, in nanoseconds; `None` where there is no such function.
fn estimate(group: &Path, function: &str) -> Result<Option<f64>> {
    let path = group.join(function).join("new/estimates.json");
    let Ok(json) = fs::read(&path) else { return Ok(None) };
    let estimates: serde_json::Value = serde_json::from_slice(&json)?;
    let mean = estimates["mean"]["point_estimate"].as_f64();
    mean.map(Some).with_context(|| format!("{} holds no mean", path.display()))
}

fn print_table(ratios: &[Ratio]) {
    println!("{:24} {:>12} {:>12} {:>8}", "bench", "native", "component", "ratio");
    for Ratio { bench, native_ns, component_ns, ratio } in ratios {
        println!("{bench:24} {:>12} {:>12} {ratio:>7.2}×", time(*native_ns), time(*component_ns));
    }
}

fn time(ns: f64) -> String {
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.1} µs", ns / 1e3),
        _ => format!("{:.2} ms", ns / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_for_people() {
        assert_eq!([412.0, 10_450.0, 3_141_592.0].map(time), ["412 ns", "10.4 µs", "3.14 ms"]);
    }
}

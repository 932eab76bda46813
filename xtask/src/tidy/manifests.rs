//! Every package obeys the lints of the workspace and lies in the folder of its name.

use std::fs;

use super::Finding;
use crate::workspace::{self, Metadata, Package};

pub(super) fn check(metadata: &Metadata) -> Vec<Finding> {
    metadata.workspace_packages().into_iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let (name, folder) = (package.name.as_str(), workspace::folder_name(package));
    let place = format!("{folder}/Cargo.toml");
    let mut findings = Vec::new();
    if folder.rsplit('/').next() != Some(name) {
        findings.push(Finding::new(&*place, format!("{name} lies in {folder}"), "give folder and package one name"));
    }
    let manifest = fs::read_to_string(&package.manifest_path).unwrap_or_default();
    if !obeys_lints(&manifest) {
        findings.push(Finding::new(place, "obeys its own lints", "add `workspace = true` under `[lints]`"));
    }
    findings
}

fn obeys_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]");
    lines.nth(1).is_some_and(|line| line.replace(' ', "") == "workspace=true")
}

#[cfg(test)]
mod tests {
    use super::obeys_lints;

    #[test]
    fn only_the_lints_of_the_workspace_will_do() {
        assert!(obeys_lints("[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"));
        assert!(!obeys_lints("[package]\nversion.workspace = true\n[lints]\nrust.unsafe_code = \"warn\"\n"));
        assert!(!obeys_lints("[dependencies]\n"));
    }
}

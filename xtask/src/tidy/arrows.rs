//! Dependencies point one way: the core depends on nothing of ours, and only the daemon's edge knows the outside world.

use cargo_metadata::DependencyKind;

use super::Finding;
use crate::workspace::{self, Metadata, Package};

/// What of ours a package may depend on. Tests look from outside, so that dev-dependencies are free.
const ARROWS: [(&str, &[&str]); 19] = [
    ("locum-core", &[]),
    ("locum-core-component", &["locum-core"]),
    ("locum-sdk", &[]),
    ("locum-config", &["locum-core"]),
    ("locum-policy", &[]),
    ("locum-host", &["locum-core", "locum-policy"]),
    ("locum-store", &["locum-core"]),
    ("locum-witness", &["locum-core"]),
    ("locum-sim", &["locum-core", "locum-config", "locum-policy", "locum-sdk", "locum-store"]),
    ("locum-prove", &["locum-core"]),
    // Components where the simulation and the proof expect parts: they know nothing of WebAssembly themselves.
    ("locum-parts", &["locum-core", "locum-host", "locum-prove", "locum-sim"]),
    ("locum-node", &["locum-core", "locum-config", "locum-host", "locum-store", "locum-witness"]),
    ("locum-testbed", &["locum-host", "locum-node"]),
    // Every way in.
    ("locum-fuzz", &["locum-core", "locum-config", "locum-host", "locum-store", "locum-node", "locum-testbed"]),
    // The scenarios for the authors of plugins come along in the program.
    ("locum-trials", &["locum-host"]),
    (
        "locum",
        &[
            "locum-core",
            "locum-config",
            "locum-host",
            "locum-store",
            "locum-node",
            "locum-witness",
            "locum-trials",
            "locum-prove",
            "locum-sim",
            "locum-parts",
        ],
    ),
    ("features", &["locum-core", "locum-config", "locum-host", "locum-store", "locum-sim", "locum-parts", "locum"]),
    (
        "benches",
        &["locum-core", "locum-config", "locum-host", "locum-store", "locum-sim", "locum-node", "locum", "locum-sdk"],
    ),
    ("xtask", &["locum-core", "locum-config"]),
];

/// What a plugin may depend on.
const PLUGIN: &[&str] = &["locum-sdk"];

/// What of others the core may depend on: nothing that knows time, I/O or async.
const CORE_EXTERNAL: [&str; 3] = ["serde", "postcard", "thiserror"];

pub(super) fn check(metadata: &Metadata) -> Vec<Finding> {
    let packages = metadata.workspace_packages();
    let ours: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    packages.iter().flat_map(|package| check_package(package, &ours)).collect()
}

fn check_package(package: &Package, ours: &[&str]) -> Vec<Finding> {
    let name = package.name.as_str();
    let place = format!("{}/Cargo.toml", workspace::folder_name(package));
    let Some(allowed) = allowed(package) else {
        let remedy = "say in xtask/src/tidy/arrows.rs what it may depend on";
        return vec![Finding::new(place, format!("{name} is a package that no arrow is drawn for"), remedy)];
    };
    let dependencies = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let judge = |dependency: &str| match ours.contains(&dependency) {
        true if !allowed.contains(&dependency) => Some(match allowed {
            [] => "it depends on nothing of ours: move what it needs here, or hand it in".to_owned(),
            _ => format!("it may depend on {}: move what it needs there, or hand it in", allowed.join(", ")),
        }),
        false if name == "locum-core" && !CORE_EXTERNAL.contains(&dependency) => {
            Some(format!("the core takes time, randomness and I/O as inputs, and only {}", CORE_EXTERNAL.join(", ")))
        }
        _ => None,
    };
    dependencies
        .filter_map(|dependency| {
            let remedy = judge(&dependency.name)?;
            Some(Finding::new(&*place, format!("{name} depends on {}", dependency.name), remedy))
        })
        .collect()
}

fn allowed(package: &Package) -> Option<&'static [&'static str]> {
    if workspace::folder_name(package).starts_with("plugins/") {
        return Some(PLUGIN);
    }
    ARROWS.iter().find(|(name, _)| *name == package.name.as_str()).map(|(_, allowed)| *allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_arrow_leads_in_a_circle() {
        for (place, (name, allowed)) in ARROWS.iter().enumerate() {
            let before: Vec<&str> = ARROWS[..place].iter().map(|(name, _)| *name).collect();
            assert!(allowed.iter().all(|other| before.contains(other)), "{name}: only what stands above it");
        }
    }

    #[test]
    fn a_wrong_arrow_is_found() {
        let metadata = workspace::metadata().unwrap();
        let packages = metadata.workspace_packages();
        let mut core = (*packages.iter().find(|package| package.name.as_str() == "locum-core").unwrap()).clone();
        let node = packages.iter().find(|package| package.name.as_str() == "locum-node").unwrap();
        core.dependencies.extend(node.dependencies.iter().filter(|other| other.name == "locum-store").cloned());
        let findings = check_package(&core, &["locum-core", "locum-store"]);
        assert_eq!(findings[0].what, "locum-core depends on locum-store");
        assert_eq!(findings[0].place, "crates/locum-core/Cargo.toml");
    }
}

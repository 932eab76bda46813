//! A daemon in miniature: `supervised daemon SCRIPT` guards one shell script as a child until it is killed. It is its
//! own shepherd, as the real daemon is.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use locum_config::{Restart, Service, Supervise};
use locum_node::supervise::{Epoch, ServiceSpec, Supervisor, Surroundings, shepherd};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [role, _, timeout_ms, _, command @ ..] if role == "shepherd" => {
            let timeout_ms = timeout_ms.to_string_lossy().parse().unwrap_or(0);
            shepherd(Duration::from_millis(timeout_ms), command)
        }
        [role, script] if role == "daemon" => guard(script.to_string_lossy().into_owned()),
        _ => {
            eprintln!("usage: supervised daemon SCRIPT");
            ExitCode::from(2)
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn guard(script: String) -> ExitCode {
    let config = Service {
        name: "script".into(),
        start: vec!["/bin/sh".into(), "-c".into(), script],
        stop: None,
        supervise: Supervise::Child,
        critical: true,
        database: false,
        authentication: false,
        restart: Restart::Never,
        start_timeout: Duration::from_secs(10),
        stop_timeout: Duration::from_secs(10),
        environment: Default::default(),
        epoch_file: None,
        on_epoch: None,
        probe: None,
    };
    let spec = ServiceSpec { config, critical: true, log: None, check: None };
    let epoch = Epoch { number: 1, homes: Vec::new() };
    let surroundings = Surroundings { node: "alone".into(), epoch, shepherd: Surroundings::own_shepherd() };
    let (sender, mut observations) = tokio::sync::mpsc::channel(8);
    let (incidents, _) = tokio::sync::mpsc::unbounded_channel();
    let supervisor = Supervisor::start(vec![spec], surroundings, sender, incidents);
    supervisor.start_all(1);
    while let Some(observation) = observations.recv().await {
        println!("{observation:?}");
    }
    ExitCode::SUCCESS
}

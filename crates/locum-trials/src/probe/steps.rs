//! The steps of `features/plugins/probe.feature`.

use std::time::Duration;

use cucumber::{given, then, when};
use locum_host::probe::Status;

use super::{ProbeWorld, name};

/// How long a look may take where the scenario does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

#[given("a probe without settings")]
fn without_settings(world: &mut ProbeWorld) {
    world.settings.clear();
}

#[given("a probe with a setting that nobody knows")]
fn unknown_setting(world: &mut ProbeWorld) {
    set(world, "no-probe-knows-this", "yes");
}

#[given("a probe with an empty setting")]
fn empty_setting(world: &mut ProbeWorld) {
    set(world, "", "");
}

#[given(expr = "a probe with {int} settings")]
fn settings(world: &mut ProbeWorld, count: u32) {
    (0..count).for_each(|number| set(world, &format!("setting-{number:03}"), "7"));
}

#[given(expr = "a probe with a setting of {int} letters")]
fn long_setting(world: &mut ProbeWorld, count: usize) {
    set(world, "no-probe-knows-this", &"x".repeat(count));
}

#[given("a probe with a setting in many scripts")]
fn setting_in_many_scripts(world: &mut ProbeWorld) {
    set(world, "größe", "Ελλάδα, Україна, 日本, 🙂, \u{0} and \u{7f}");
}

fn set(world: &mut ProbeWorld, key: &str, value: &str) {
    world.settings.push((key.to_owned(), value.to_owned()));
}

#[when("it looks")]
async fn looks(world: &mut ProbeWorld) -> Result<(), String> {
    world.look(TIMEOUT).await
}

#[when(expr = "it looks {int} times")]
async fn looks_often(world: &mut ProbeWorld, times: u32) -> Result<(), String> {
    for _ in 0..times {
        world.look(TIMEOUT).await?;
        cannot_tell(world)?;
    }
    Ok(())
}

#[when(expr = "it looks for at most {int} ms")]
async fn looks_for(world: &mut ProbeWorld, timeout_ms: u32) -> Result<(), String> {
    world.look(Duration::from_millis(timeout_ms.into())).await
}

#[then("it cannot tell")]
fn cannot_tell(world: &mut ProbeWorld) -> Result<(), String> {
    match world.seen()? {
        (Status::Unknown, _) => Ok(()),
        (status, _) => Err(format!("it says {}, though there is nothing that it could know", name(status))),
    }
}

#[then("it says why")]
fn says_why(world: &mut ProbeWorld) -> Result<(), String> {
    match world.seen()? {
        (_, "") => Err("its message is empty".to_owned()),
        _ => Ok(()),
    }
}

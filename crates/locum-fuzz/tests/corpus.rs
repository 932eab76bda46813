//! What was saved is played as a test, for ever.

use std::path::Path;

use locum_fuzz::{Target, replay};

fn plays(target: Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let faults = replay(&folder, target).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

macro_rules! corpora {
    ($($name:ident: $target:ident),*) => {
        $(#[test] fn $name() { plays(Target::$target); })*

        #[test]
        fn every_target_is_played() {
            assert_eq!(Target::ALL, [$(Target::$target),*]);
        }
    };
}

corpora! {
    packets: Packet, heartbeats: Heartbeat, configurations: Config, what_ifs: WhatIf, users: Users,
    directories: Directory, memories: Memory, components: Component, admin_requests: Admin
}

use std::{path::PathBuf, time::Duration};

use locum_config::{Config, Endpoint, Mode, Profile, Restart, Role, Supervise};
use locum_core::{Parameters, Rank};
use serde_json::json;

use crate::{FULL, PAIR, edit, sound};

#[test]
fn the_classic_profile_has_the_documented_values() {
    let config = sound(PAIR);
    assert_eq!(config.profile, Profile::Classic);
    let expected = json!({
        "name": "pair", "description": "", "cluster": "default", "high_availability": true,
        "service_port": 22001, "admin_rpc_port": 20075, "critical_service_delay": "90s",
        "automatic_fallback": false, "automatic_fallback_delay": "30min",
        "initialization_keep_alive_timeout": "2min", "keep_alive_timeout": "1min", "keep_alive_interval": "15s",
        "monitor_authentication": false, "fast_peer_loss": false,
    });
    assert_eq!(config.effective()["group"], expected);
    assert_eq!(config.parameters(), Parameters::classic());
    assert_eq!(config.node.client_relogin_lower_limit, Duration::from_secs(120));
    assert_eq!(config.node.client_relogin_upper_limit, Duration::from_secs(537));
    assert_eq!(config.users.mode, Mode::Balanced);
}

#[test]
fn the_fast_profile_has_the_documented_values() {
    let config = sound(&format!("profile = \"fast\"\n{PAIR}"));
    assert_eq!(config.profile, Profile::Fast);
    let expected = json!({
        "name": "pair", "description": "", "cluster": "default", "high_availability": true,
        "service_port": 22001, "admin_rpc_port": 20075, "critical_service_delay": "1s",
        "automatic_fallback": false, "automatic_fallback_delay": "10s",
        "initialization_keep_alive_timeout": "2s", "keep_alive_timeout": "350ms", "keep_alive_interval": "100ms",
        "monitor_authentication": false, "fast_peer_loss": true,
    });
    assert_eq!(config.effective()["group"], expected);
    assert_eq!(config.parameters(), Parameters::fast());
    assert_eq!(config.node.client_relogin_lower_limit, Duration::ZERO);
    assert_eq!(config.node.client_relogin_upper_limit, Duration::from_secs(2));
}

#[test]
fn addresses_follow_from_ports_and_each_other() {
    let config = sound(PAIR);
    assert_eq!(config.node.listen, [Endpoint::new("0.0.0.0", 22001)]);
    assert_eq!(config.node.stream, Some(Endpoint::new("0.0.0.0", 22001)));
    let peer = config.peer.unwrap();
    assert_eq!(
        (peer.links, peer.stream),
        (vec![Endpoint::new("10.0.0.2", 22001)], Some(Endpoint::new("10.0.0.2", 22001)))
    );
    assert_eq!(config.admin.listen, Some(Endpoint::new("127.0.0.1", 20075)));
    assert_eq!(config.admin.socket, Some(PathBuf::from("/var/lib/locum/locum.sock")));
    assert_eq!(config.security.unwrap().ca, PathBuf::from("/etc/locum/ca.pem"), "relative to the file");
    assert_eq!(config.transport.plugin, "transport-multipath");
}

#[test]
fn every_key_is_read() {
    let config = sound(FULL);
    let mut expected: serde_json::Value =
        serde_json::to_value(toml_edit::de::from_str::<serde_json::Value>(FULL).unwrap()).unwrap();
    // What is filled in, made absolute, or written in one way of several.
    expected["node"]["listen"][0] = "127.0.0.2:22011".into();
    expected["peer"]["links"][0] = "alpha-1.example.org:22011".into();
    expected["admin"]["listen"] = "0.0.0.0:20085".into();
    for key in ["ca", "certificate", "group_key"] {
        expected["security"][key] = format!("/etc/locum/{}", expected["security"][key].as_str().unwrap()).into();
    }
    expected["witness"]["endpoints"][0] = "etcd-1.example.org:2379".into();
    for key in ["ca", "certificate", "key"] {
        expected["witness"][key] = format!("/etc/locum/{}", expected["witness"][key].as_str().unwrap()).into();
    }
    for key in ["partition", "preferred_node"] {
        expected["witness"][key] = config.effective()["witness"][key].clone();
    }
    expected["plugins"]["directory"] = "/etc/locum/plugins".into();
    let digest = expected["admin"]["tokens"][0]["sha256"].as_str().unwrap().to_ascii_lowercase();
    expected["admin"]["tokens"][0]["sha256"] = digest.into();
    expected["service"][0]["epoch_file"] = "/etc/locum/run/chat.epoch".into();
    expected["service"][0]["environment"]["WORKERS"] = "4".into();
    expected["service"][0]["probe"]["settings"]["tls"] = "true".into();
    assert_eq!(config.effective(), expected);
    let service = &config.services[0];
    assert_eq!((service.supervise, service.restart), (Supervise::Command, Restart::OnFailure));
    assert_eq!(config.admin.tokens[1].role, Role::Operator);
}

#[test]
fn the_state_machine_is_told_what_the_file_says() {
    let settings = sound(FULL).settings();
    assert_eq!((settings.rank, settings.has_peer, settings.high_availability), (Rank::Second, true, false));
    assert_eq!(settings.parameters.keep_alive_interval_ms, 50);
    assert_eq!(settings.parameters.user_assignment_mode, "active-standby");
    assert!(!settings.services[0].critical && settings.services[0].database);
    assert_eq!(settings.services[0].start_timeout_ms, 60_000);
    assert_eq!(sound(PAIR).settings().rank, Rank::First);

    let service = "[[service]]\nname = \"login\"\nstart = [\"logind\"]\nauthentication = true\n";
    let critical = |text: &str| sound(text).settings().services[0].critical;
    assert!(
        !critical(&format!("{PAIR}{service}")),
        "the authentication service is not monitored unless it is asked for"
    );
    assert!(critical(&edit(&format!("{PAIR}{service}"), "[node]", "monitor_authentication = true\n[node]")));
}

#[test]
fn a_group_of_one_node_has_no_high_availability() {
    let config = sound("[group]\nname = \"solo\"\n[node]\nname = \"alpha\"\n");
    assert!(!config.group.high_availability && config.peer.is_none() && !config.settings().has_peer);
}

#[test]
fn a_file_is_read_from_disk_with_paths_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alpha.toml");
    std::fs::write(&path, PAIR).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.security.unwrap().key, dir.path().join("alpha.key"));
    let missing = Config::load(&dir.path().join("beta.toml")).unwrap_err().to_string();
    assert!(missing.contains("beta.toml: the file cannot be read"), "{missing}");
}

use locum_config::{Change, Config, Reload};

use crate::{FULL, edit, sound};

fn reload(new: &str) -> Reload {
    Config::changes(&sound(FULL), &sound(new))
}

fn keys(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.key.as_str()).collect()
}

#[test]
fn nothing_changed_is_nothing_to_do() {
    assert_eq!(reload(FULL), Reload::Accept(Vec::new()));
}

#[test]
fn timers_descriptions_tokens_and_probe_settings_change_live() {
    let text = edit(FULL, "keep_alive_timeout = \"500ms\"", "keep_alive_timeout = \"600ms\"");
    let text = edit(&text, "Chat for the north", "Chat for the south");
    let text = edit(&text, "role = \"viewer\"", "role = \"operator\"");
    let text = edit(&text, "name = \"oncall\"", "name = \"night\"");
    let text = edit(&text, "interval = \"1s\"", "interval = \"2s\"");
    let text = edit(&text, "tls = true", "tls = false");
    let text = edit(&text, "client_relogin_upper_limit = \"3s\"", "client_relogin_upper_limit = \"4s\"");
    let Reload::Accept(changes) = reload(&text) else { panic!("refused") };
    let expected = [
        "group.description",
        "group.keep_alive_timeout",
        "node.client_relogin_upper_limit",
        "admin.tokens.grafana.role",
        "admin.tokens.oncall",
        "admin.tokens.night",
        "service.chat.probe.interval",
        "service.chat.probe.settings",
    ];
    assert_eq!(keys(&changes), expected);
    assert_eq!(changes[1].to_string(), "group.keep_alive_timeout: \"500ms\" → \"600ms\"");
    assert_eq!(changes[5].to_string(), "admin.tokens.night: nothing → a section");
}

#[test]
fn names_ports_paths_and_the_peer_need_a_restart_and_refuse_the_rest_with_them() {
    let text = edit(FULL, "name = \"beta\"", "name = \"gamma\"");
    let text = edit(&text, "service_port = 22011", "service_port = 22012");
    let text = edit(&text, "key = \"/etc/locum/beta.key\"", "key = \"gamma.key\"");
    let text = edit(&text, "name = \"alpha\"", "name = \"delta\"");
    let text = edit(&text, "keep_alive_timeout = \"500ms\"", "keep_alive_timeout = \"600ms\"");
    let Reload::Refuse(reasons) = reload(&text) else { panic!("accepted") };
    let expected = ["group.service_port", "node.name", "node.listen", "peer.name", "peer.links", "security.key"];
    assert_eq!(keys(&reasons), expected, "only what stands in the way");
    assert_eq!(reasons[0].to_string(), "group.service_port: 22011 → 22012; restart the daemon to change it");
}

#[test]
fn services_do_not_come_go_or_trade_places_live() {
    let second = "[[service]]\nname = \"web\"\nstart = [\"webd\"]\n";
    let (one, two) = (sound(FULL), sound(&format!("{FULL}{second}")));
    for (old, new) in [(&one, &two), (&two, &one)] {
        let Reload::Refuse(reasons) = Config::changes(old, new) else { panic!("accepted") };
        assert_eq!(keys(&reasons), ["service.web"]);
    }
    let mut swapped = two.clone();
    swapped.services.reverse();
    let Reload::Refuse(reasons) = Config::changes(&two, &swapped) else { panic!("accepted") };
    assert_eq!(
        reasons[0].to_string(),
        "service: [\"chat\",\"web\"] → [\"web\",\"chat\"]; restart the daemon to change it"
    );
}

//! The plugins that come along, and what is no plugin of these worlds.

use locum_trials::{Outcome, Refusal, check};

use crate::{alone, component, failures, refusal};

#[tokio::test]
async fn the_plugins_that_come_along_pass() {
    let _alone = alone().await;
    for (plugin, claims) in [
        ("policy-balanced", &["balanced"][..]),
        ("policy-active-standby", &["first-node"]),
        ("policy-none", &["unassigned"]),
        ("transport-direct", &[]),
        ("transport-multipath", &["every-link"]),
        ("probe-tcp", &[]),
        ("probe-http", &[]),
        ("probe-exec", &[]),
        ("probe-process", &[]),
    ] {
        let report = check(&component(plugin), None).await.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(report.claims, claims, "{plugin}");
        assert_eq!(failures(&report), [], "{plugin}");
        assert!(report.passed() > 0, "{plugin}");
    }
}

#[tokio::test]
async fn what_others_claim_does_not_apply() {
    let _alone = alone().await;
    let report = check(&component("transport-direct"), None).await.unwrap();
    assert_eq!(report.not_applicable(), 3);
    for scenario in report.scenarios.iter().filter(|scenario| scenario.outcome != Outcome::Passed) {
        assert_eq!(scenario.rule, "A dead link loses nothing");
        assert_eq!(scenario.outcome, Outcome::NotApplicable { only_for: vec!["every-link".to_owned()] });
    }
}

#[tokio::test]
async fn a_name_chooses_scenarios() {
    let _alone = alone().await;
    let policy = component("policy-balanced");
    let report = check(&policy, Some("rebalance of 11/0")).await.unwrap();
    assert_eq!(report.scenarios.iter().map(|scenario| &*scenario.name).collect::<Vec<_>>(), ["A rebalance of 11/0"]);
    let refusal = refusal(&policy, Some("no such thing")).await;
    assert_eq!(refusal.to_string(), "no scenario for a policy plugin has `no such thing` in its name");
}

#[tokio::test]
async fn what_is_no_policy_transport_or_probe_is_refused() {
    let _alone = alone().await;
    assert!(matches!(refusal(&component("locum-core-component"), None).await, Refusal::StateMachine(_)));
    let manifest = component("policy-none").with_file_name("../../Cargo.toml");
    assert!(matches!(refusal(&manifest, None).await, Refusal::Host(_)));
}

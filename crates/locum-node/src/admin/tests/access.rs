//! Who may do what.

use std::{os::unix::fs::PermissionsExt, sync::Arc};

use locum_config::Role;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::fake::{Fake, send, token};
use crate::{
    admin::{AdminConfig, AdminError, AdminTls, Bound, CertificateRole},
    pki::{self, TlsMaterial},
};

/// Everything that changes state, with a body that would do it.
const CHANGES: [(&str, &str, &str); 13] = [
    ("POST", "/v1/nodes/alpha/failover", ""),
    ("POST", "/v1/nodes/alpha/fallback", ""),
    ("POST", "/v1/recover", ""),
    ("POST", "/v1/high-availability", r#"{"on":false}"#),
    ("POST", "/v1/stop", r#"{"goodbye":true}"#),
    ("POST", "/v1/reload", ""),
    ("POST", "/v1/services/web/stop", ""),
    ("PUT", "/v1/users/ada", "{}"),
    ("DELETE", "/v1/users/ada", ""),
    ("POST", "/v1/users/import", "user\nada\n"),
    ("POST", "/v1/users/remove", "[]"),
    ("POST", "/v1/users/rebalance", ""),
    ("POST", "/v1/nowhere", ""),
];
const LOOKS: [&str; 7] =
    ["/v1/status", "/v1/events", "/v1/users", "/v1/users/ada", "/v1/users/export", "/v1/gate/ada", "/openapi.json"];

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    let mut fake = Fake::start().await;
    for path in LOOKS {
        assert_eq!(fake.remote("GET", path, "", "looker").await.0, 200, "{path}");
    }
    assert_eq!(fake.remote("POST", "/v1/gate", r#"["ada"]"#, "looker").await.0, 200);
    for (method, path, body) in CHANGES {
        let (status, problem) = fake.remote(method, path, body, "looker").await;
        assert_eq!(status, 403, "{method} {path}");
        assert_eq!(problem["problem"], "forbidden");
        let text = problem["text"].as_str().unwrap();
        assert!(text.contains("needs the role operator; the looker has the role viewer"), "{text}");
    }
    assert_eq!(fake.seen(), [""; 0]);
    assert!(fake.stops.try_recv().is_err());
}

#[tokio::test]
async fn an_operator_may_do_everything() {
    let fake = Fake::start().await;
    for path in LOOKS {
        assert_eq!(fake.remote("GET", path, "", "doer").await.0, 200, "{path}");
    }
    for (method, path, body) in CHANGES {
        let (status, _) = fake.remote(method, path, body, "doer").await;
        assert!(status != 401 && status != 403, "{method} {path}: {status}");
    }
    assert_eq!(fake.seen().len(), CHANGES.len() - 2, "all but the stop and the unknown address");
}

#[tokio::test]
async fn strangers_learn_only_that_the_daemon_lives() {
    let fake = Fake::start().await;
    assert_eq!(fake.remote("GET", "/v1/health", "", "").await.0, 200);
    for token in ["", "wrong", "looker2", "looke"] {
        let (status, problem) = fake.remote("GET", "/v1/status", "", token).await;
        assert_eq!((status.as_u16(), &problem["problem"]), (401, &"unauthenticated".into()), "{token}");
    }
    for (method, path, body) in CHANGES {
        assert_eq!(fake.remote(method, path, body, "").await.0, 401, "{method} {path}");
    }
    assert_eq!(fake.seen(), [""; 0]);
}

#[tokio::test]
async fn a_reload_changes_the_tokens_of_a_running_api() {
    let fake = Fake::start().await;
    fake.tokens.replace(vec![token("new", Role::Viewer)]);
    assert_eq!(fake.remote("GET", "/v1/status", "", "looker").await.0, 401);
    assert_eq!(fake.remote("GET", "/v1/status", "", "new").await.0, 200);
}

#[tokio::test]
async fn a_certificate_has_the_role_that_is_given_to_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    pki::init(dir, "pair").unwrap();
    let material = |name: &str| {
        let issued = pki::issue(dir, "pair", name, 1).unwrap();
        TlsMaterial::load(&dir.join("ca.pem"), &issued.certificate, &issued.key).unwrap()
    };
    let node = material("alpha");
    let certificates = [("boss", Role::Operator), ("guest", Role::Viewer)]
        .map(|(name, role)| CertificateRole { name: pki::name_of("pair", name), role });
    let config = AdminConfig {
        certificates: certificates.into(),
        tls: Some(AdminTls::new(&node).unwrap()),
        ..AdminConfig::default()
    };
    let fake = Fake::with(config).await;
    for (name, look, change) in [("boss", 200, 200), ("guest", 200, 403), ("beta", 401, 401)] {
        let client = Arc::new(pki::peer_client_config(&material(name), &pki::name_of("pair", "alpha")).unwrap());
        for (method, path, code) in [("GET", "/v1/status", look), ("POST", "/v1/users/rebalance", change)] {
            let stream = TcpStream::connect(fake.address).await.unwrap();
            let server = ServerName::try_from("alpha.pair.locum").unwrap();
            let stream = TlsConnector::from(Arc::clone(&client)).connect(server, stream).await.unwrap();
            assert_eq!(send(stream, method, path, "", &[]).await.status(), code, "{name}: {method} {path}");
        }
    }
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn only_its_owner_can_open_the_socket() {
    let fake = Fake::start().await;
    let mode = std::fs::metadata(&fake.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_network_address_needs_tls() {
    let config = AdminConfig { listen: Some("0.0.0.0:0".parse().unwrap()), ..AdminConfig::default() };
    let Err(error) = Bound::bind(config).await else { panic!("it listens") };
    assert!(matches!(error, AdminError::NeedsTls { .. }), "{error}");
}

#[tokio::test]
async fn a_socket_in_use_is_left_alone_and_a_dead_one_replaced() {
    let fake = Fake::start().await;
    let config = || AdminConfig { socket: Some(fake.socket.clone()), ..AdminConfig::default() };
    let Err(error) = Bound::bind(config()).await else { panic!("two daemons on one socket") };
    assert!(matches!(error, AdminError::SocketInUse { .. }), "{error}");
    assert_eq!(fake.local("GET", "/v1/status", "").await.0, 200);

    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    let config = AdminConfig { socket: Some(dead.clone()), ..AdminConfig::default() };
    drop(Bound::bind(config).await.unwrap());
    assert!(!dead.exists(), "the daemon takes its socket along");

    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let config = AdminConfig { socket: Some(file.clone()), ..AdminConfig::default() };
    let Err(error) = Bound::bind(config).await else { panic!("a file was replaced") };
    assert!(matches!(error, AdminError::NotASocket { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "precious");
}

//! Who may do what: every route, every verb, every caller.

use std::{collections::BTreeSet, sync::Arc};

use locum_config::Role;
use rustls::{ClientConfig, pki_types::ServerName};
use tempfile::TempDir;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::fake::{Fake, send};
use crate::{
    admin::{AdminConfig, AdminTls, CertificateRole},
    pki::{self, TlsMaterial},
};

/// What it takes to be let through to a route by a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Viewer,
    Operator,
    /// The route does not know the verb. Who may not change anything is not even told.
    NoSuch(Role),
}
use Takes::{NoSuch, Nothing, Operator as O, Viewer as V};

const VERBS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// No such verb: one that would only look, one that would change something.
const L: Takes = NoSuch(Role::Viewer);
const C: Takes = NoSuch(Role::Operator);

/// Every route as it is registered, one that is asked for in its place, and what each of the [`VERBS`] takes there.
const MATRIX: [(&str, &str, [Takes; 7]); 20] = [
    //                                                              GET HEAD POST PUT DELETE PATCH OPTIONS
    ("/v1/health", "/v1/health", [Nothing, Nothing, C, C, C, C, C]),
    ("/v1/status", "/v1/status", [V, V, C, C, C, C, C]),
    ("/v1/reload", "/v1/reload", [L, L, O, C, C, C, C]),
    ("/v1/stop", "/v1/stop", [L, L, O, C, C, C, C]),
    ("/v1/services/{name}/{action}", "/v1/services/web/restart", [L, L, O, C, C, C, C]),
    ("/v1/openapi.json", "/v1/openapi.json", [V, V, C, C, C, C, C]),
    ("/openapi.json", "/openapi.json", [V, V, C, C, C, C, C]),
    ("/v1/events", "/v1/events", [V, V, C, C, C, C, C]),
    ("/v1/events/follow", "/v1/events/follow", [V, V, C, C, C, C, C]),
    ("/v1/nodes/{node}/{command}", "/v1/nodes/alpha/failover", [L, L, O, C, C, C, C]),
    ("/v1/recover", "/v1/recover", [L, L, O, C, C, C, C]),
    ("/v1/high-availability", "/v1/high-availability", [L, L, O, C, C, C, C]),
    ("/v1/users", "/v1/users", [V, V, C, C, C, C, C]),
    ("/v1/users/import", "/v1/users/import", [L, L, O, C, C, C, C]),
    ("/v1/users/export", "/v1/users/export", [V, V, C, C, C, C, C]),
    ("/v1/users/remove", "/v1/users/remove", [L, L, O, C, C, C, C]),
    ("/v1/users/rebalance", "/v1/users/rebalance", [L, L, O, C, C, C, C]),
    ("/v1/users/{user}", "/v1/users/ada", [V, V, C, O, O, C, C]),
    // A question of many users is a POST, and changes nothing.
    ("/v1/gate", "/v1/gate", [L, L, V, C, C, C, C]),
    ("/v1/gate/{user}", "/v1/gate/ada", [V, V, C, C, C, C, C]),
];

/// Who calls, and the role that this gives.
struct Caller {
    who: &'static str,
    role: Option<Role>,
    token: &'static str,
    /// Shown over TLS; without one the caller comes through the Unix socket.
    shows: Option<Arc<ClientConfig>>,
}

/// An API with TLS, and everybody who may call it.
async fn callers() -> (Fake, Vec<Caller>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    pki::init(dir, "pair").unwrap();
    let material = |name: &str| {
        let issued = pki::issue(dir, "pair", name, 1).unwrap();
        TlsMaterial::load(&dir.join("ca.pem"), &issued.certificate, &issued.key).unwrap()
    };
    let tls = Some(AdminTls::new(&material("alpha")).unwrap());
    let certificates = [("operator", Role::Operator), ("viewer", Role::Viewer)]
        .map(|(name, role)| CertificateRole { name: pki::name_of("pair", name), role });
    let fake = Fake::with(AdminConfig { certificates: certificates.into(), tls, ..AdminConfig::default() }).await;

    let nameless = rustls::ClientConfig::builder_with_provider(pki::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(Arc::clone(&material("nobody").roots))
        .with_no_client_auth();
    let nameless = Some(Arc::new(nameless));
    let shows =
        |name: &str| Some(Arc::new(pki::peer_client_config(&material(name), &pki::name_of("pair", "alpha")).unwrap()));
    let caller = |who, role, token, shows| Caller { who, role, token, shows };
    let (viewer, operator) = (Some(Role::Viewer), Some(Role::Operator));
    let callers = vec![
        caller("nobody", None, "", nameless.clone()),
        caller("a wrong token", None, "look", nameless.clone()),
        caller("the certificate of a node", None, "", shows("beta")),
        caller("a viewer's token", viewer, "looker", nameless.clone()),
        caller("a viewer's certificate", viewer, "", shows("viewer")),
        caller("an operator's token", operator, "doer", nameless),
        caller("an operator's certificate", operator, "", shows("operator")),
        caller("the owner of the socket", operator, "", None),
    ];
    (fake, callers, folder)
}

async fn ask(fake: &Fake, caller: &Caller, verb: &str, path: &str) -> u16 {
    let bearer = format!("Bearer {}", caller.token);
    let headers = [("authorization", &*bearer)];
    let headers = if caller.token.is_empty() { &[][..] } else { &headers };
    let response = match &caller.shows {
        None => send(UnixStream::connect(&fake.socket).await.unwrap(), verb, path, "", headers).await,
        Some(client) => {
            let server = ServerName::try_from("alpha.pair.locum").unwrap();
            let stream = TcpStream::connect(fake.address).await.unwrap();
            // Else every request waits until the end of its handshake has been acknowledged.
            stream.set_nodelay(true).unwrap();
            let stream = TlsConnector::from(Arc::clone(client)).connect(server, stream).await.unwrap();
            send(stream, verb, path, "", headers).await
        }
    };
    response.status().as_u16()
}

/// What the caller is told; `None` where the route itself answers.
fn refusal(role: Option<Role>, takes: Takes) -> Option<u16> {
    let needed = match takes {
        Nothing => return None,
        V => Role::Viewer,
        O => Role::Operator,
        NoSuch(role) => role,
    };
    match (role, needed) {
        (None, _) => Some(401),
        (Some(Role::Viewer), Role::Operator) => Some(403),
        _ if matches!(takes, NoSuch(_)) => Some(405),
        _ => None,
    }
}

#[tokio::test]
async fn every_route_takes_the_role_that_stands_in_the_matrix() {
    let (fake, callers, _folder) = callers().await;
    for caller in &callers {
        for (_, path, row) in &MATRIX {
            for (verb, takes) in VERBS.iter().zip(row) {
                let status = ask(&fake, caller, verb, path).await;
                let expected = refusal(caller.role, *takes);
                let what = format!("{}: {verb} {path} gives {status}", caller.who);
                match expected {
                    Some(expected) => assert_eq!(status, expected, "{what}"),
                    None => assert!(![401, 403, 405].contains(&status), "{what}"),
                }
            }
        }
        if caller.role != Some(Role::Operator) {
            assert_eq!(fake.seen(), [""; 0], "{} has changed something", caller.who);
        }
    }
    assert!(!fake.seen().is_empty(), "operators have");
}

/// A new route is not there before somebody has said who may use it.
#[test]
fn every_route_stands_in_the_matrix() {
    let router = include_str!("../routes/mod.rs");
    let routes = router.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let (within, top): (Vec<&str>, Vec<&str>) = routes.partition(|route| *route != "/openapi.json");
    assert_eq!(top.len(), 2, "one with the version, one without");
    let registered: BTreeSet<String> = within.into_iter().map(|route| format!("/v1{route}")).collect();
    let tops = ["/openapi.json", "/v1/openapi.json"].map(str::to_owned);
    let registered: BTreeSet<String> = registered.into_iter().chain(tops).collect();
    assert_eq!(registered, MATRIX.iter().map(|(route, ..)| (*route).to_owned()).collect());

    let document = serde_json::to_value(crate::admin::openapi_document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let (_, _, row) = MATRIX.iter().find(|(route, ..)| route == path).expect("a documented route is one");
        for (verb, takes) in VERBS.iter().zip(row) {
            let documented = operations.get(verb.to_lowercase()).is_some();
            // HEAD comes with GET.
            assert!(documented != matches!(takes, NoSuch(_)) || *verb == "HEAD", "{verb} {path}");
        }
    }
}

//! What each route asks of the node, and what it answers.

use serde_json::json;

use super::fake::Fake;

#[tokio::test]
async fn commands_reach_the_node_that_is_meant() {
    let mut fake = Fake::start().await;
    let key = [("idempotency-key", "k1")];
    let (status, outcome) = fake.keyed("POST", "/v1/nodes/beta/failover", "", &key).await;
    assert_eq!((status.as_u16(), &outcome["outcome"]), (200, &json!("accepted")));
    fake.local("POST", "/v1/nodes/beta/failover?force=true", "").await;
    fake.keyed("POST", "/v1/high-availability", r#"{"on":true}"#, &key).await;
    fake.local("POST", "/v1/high-availability", r#"{"on":false}"#).await;
    let expected = [
        r#"failover at Some("beta") key Some("k1")"#,
        r#"forced takeover at Some("alpha") key None"#,
        r#"high availability on at None key Some("k1")"#,
        "high availability off at None key None",
    ];
    assert_eq!(fake.seen(), expected);
    assert_eq!(fake.local("POST", "/v1/stop", r#"{"goodbye":false}"#).await.0, 202);
    assert!(!fake.stops.recv().await.unwrap().goodbye);
}

#[tokio::test]
async fn problems_have_fitting_codes() {
    let fake = Fake::start().await;
    for (method, path, body, code, problem) in [
        ("POST", "/v1/nodes/beta/fallback", "", 409, "refused"),
        ("POST", "/v1/nodes/beta/cancel-fallback", "", 409, "refused"),
        ("POST", "/v1/recover", "", 502, "peer"),
        ("POST", "/v1/nodes/gamma/failover", "", 404, "not-found"),
        ("POST", "/v1/nodes/beta/explode", "", 404, "not-found"),
        ("POST", "/v1/nodes/beta/fallback?force=true", "", 400, "invalid"),
        ("POST", "/v1/nodes/beta/failover?forse=true", "", 400, "invalid"),
        ("POST", "/v1/high-availability", "{", 400, "invalid"),
        ("POST", "/v1/high-availability", r#"{"on":true,"off":true}"#, 400, "invalid"),
        ("POST", "/v1/reload", "", 400, "invalid"),
        ("POST", "/v1/services/busy/start", "", 503, "busy"),
        ("POST", "/v1/services/web/explode", "", 404, "not-found"),
        ("GET", "/v1/users/nobody", "", 404, "not-found"),
        ("GET", "/v1/users?home=nowhere", "", 404, "not-found"),
        ("GET", "/v1/users?limit=many", "", 400, "invalid"),
        ("GET", "/v1/users/%FF", "", 400, "invalid"),
        ("PUT", "/v1/users/ada", r#"{"user":"bob"}"#, 400, "invalid"),
        ("GET", "/v1/nowhere", "", 404, "not-found"),
        ("GET", "/v1/recover", "", 405, "wrong-method"),
    ] {
        let (status, document) = fake.local(method, path, body).await;
        assert_eq!((status.as_u16(), &document["problem"]), (code, &json!(problem)), "{method} {path} {body}");
        assert!(document["text"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}: words for people");
    }
}

#[tokio::test]
async fn single_faults_come_along() {
    let fake = Fake::start().await;
    assert_eq!(fake.local("POST", "/v1/reload", "").await.1["details"], json!(["a.toml:3"]));
    let stream = tokio::net::UnixStream::connect(&fake.socket).await.unwrap();
    let response = super::fake::send(stream, "POST", "/v1/services/busy/start", "", &[]).await;
    assert_eq!(response.headers()["retry-after"], "1");
}

#[tokio::test]
async fn users_are_changed_with_the_key_of_the_request() {
    let fake = Fake::start().await;
    let key = [("idempotency-key", "k2")];
    assert_eq!(fake.keyed("POST", "/v1/users/import", "user\nada\n", &key).await.0, 200);
    fake.keyed("PUT", "/v1/users/ada", r#"{"home":"beta","weight":3}"#, &key).await;
    fake.keyed("DELETE", "/v1/users/a%2Fb", "", &key).await;
    fake.keyed("DELETE", "/v1/users/%65xport", "", &key).await;
    fake.keyed("POST", "/v1/users/remove", r#"["ada","bob"]"#, &key).await;
    fake.keyed("POST", "/v1/users/rebalance", "", &key).await;
    let expected = [
        r#"Import("user\nada\n") key Some("k2")"#,
        r#"Add(UserDocument { user: "ada", home: Some("beta"), weight: 3, class: 0, served_by: None }) key Some("k2")"#,
        r#"Remove(["a/b"]) key Some("k2")"#,
        r#"Remove(["export"]) key Some("k2")"#,
        r#"Remove(["ada", "bob"]) key Some("k2")"#,
        r#"Rebalance key Some("k2")"#,
    ];
    assert_eq!(fake.seen(), expected);
}

#[tokio::test]
async fn a_file_that_is_not_text_names_its_line() {
    let fake = Fake::start().await;
    let stream = tokio::net::UnixStream::connect(&fake.socket).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let body = http_body_util::Full::new(hyper::body::Bytes::from_static(b"user\nada\nb\xffb\n"));
    let request = hyper::Request::post("/v1/users/import").body(body).unwrap();
    let (status, problem) = super::fake::document(sender.send_request(request).await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(problem["details"][0].as_str().unwrap().starts_with("line 3:"), "{problem}");
    assert_eq!(fake.seen(), [""; 0]);
}

#[tokio::test]
async fn an_export_has_every_user_once_and_one_header() {
    let fake = Fake::start().await;
    let (status, text) = fake.local("GET", "/v1/users/export", "").await;
    assert_eq!(status, 200);
    let text = text.as_str().unwrap();
    let users = locum_store::csv::parse(text.as_bytes()).unwrap();
    assert_eq!(users.len(), 10_003);
    assert_eq!(users[10_002].name, "user-10002");
}

#[tokio::test]
async fn the_gate_answers_by_its_code() {
    let fake = Fake::start().await;
    assert_eq!(fake.local("GET", "/v1/gate/ada", "").await.0, 200);
    let (status, admission) = fake.local("GET", "/v1/gate/stranger", "").await;
    assert_eq!((status.as_u16(), &admission["serve"]), (409, &json!(false)));
    let (_, admissions) = fake.local("POST", "/v1/gate", r#"["ada","stranger"]"#).await;
    assert_eq!((&admissions[0]["serve"], &admissions[1]["serve"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_service_is_restarted_once_for_each_key() {
    let fake = Fake::start().await;
    let key = [("idempotency-key", "k3")];
    for _ in 0..3 {
        let (status, done) = fake.keyed("POST", "/v1/services/web/restart", "", &key).await;
        assert_eq!((status.as_u16(), &done["text"][0]), (200, &json!("web: done")));
    }
    assert_eq!(fake.seen(), ["Restart web"]);
    // What did not happen is tried again, and a key does not stand for two things.
    for _ in 0..2 {
        fake.keyed("POST", "/v1/services/busy/start", "", &[("idempotency-key", "k4")]).await;
    }
    assert_eq!(fake.seen(), ["Restart web", "Start busy", "Start busy"]);
    let (status, problem) = fake.keyed("POST", "/v1/services/web/stop", "", &key).await;
    assert_eq!(status, 400);
    assert!(problem["text"].as_str().unwrap().contains("k3 was used to restart the service web"), "{problem}");
    let long = "x".repeat(129);
    assert_eq!(fake.keyed("POST", "/v1/services/web/stop", "", &[("idempotency-key", &long)]).await.0, 400);
}

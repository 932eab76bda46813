//! The document describes what is there.

use super::fake::Fake;

#[tokio::test]
async fn every_path_of_the_document_is_a_route() {
    let fake = Fake::start().await;
    let (status, document) = fake.local("GET", "/openapi.json", "").await;
    assert_eq!(status, 200);
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 18, "{:?}", paths.keys());
    for (path, methods) in paths {
        let path = path
            .replace("{node}/{command}", "alpha/failover")
            .replace("{name}/{action}", "web/start")
            .replace("{user}", "ada");
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            if path == "/v1/events/follow" {
                continue;
            }
            let (status, answer) = fake.local(&method.to_uppercase(), &path, "").await;
            assert!(status != 404 && status != 405, "{method} {path}: {answer}");
            let changes = method != "get" && path != "/v1/gate";
            let keyed = operation["parameters"].to_string().contains("Idempotency-Key");
            assert_eq!(changes, keyed, "{method} {path}: a change has an idempotency key");
        }
    }
}

//! Reading the configuration again, at SIGHUP or by the admin API: taken whole, or refused whole.

use std::sync::{Arc, PoisonError};

use locum_config::{Config, Reload};
use locum_core::Input;

use super::shared::{Arrival, Shared};
use super::{journal, plugins};
use crate::api::Problem;

/// Reads the file again and takes over what may change while the daemon runs. Returns what changed, in words.
pub(crate) async fn reload(shared: &Arc<Shared>) -> Result<Vec<String>, Problem> {
    let path = shared.config_path.clone();
    let new = Config::load(&path).map_err(|faults| {
        let text = format!("The configuration has {} fault(s); the old one stays in force.", faults.0.len());
        Problem { details: faults.0.iter().map(ToString::to_string).collect(), ..Problem::new("invalid", text) }
    })?;
    let changes = match Config::changes(&shared.config(), &new) {
        Reload::Accept(changes) => changes,
        Reload::Refuse(changes) => {
            let text = "Some of these keys cannot change while the daemon runs; the old configuration stays in force as a whole.";
            let details = changes.iter().map(ToString::to_string).collect();
            return Err(Problem { details, ..Problem::new("refused", text) });
        }
    };
    let loader = Arc::clone(&shared.loader);
    let specs = plugins::services(&loader, &new, &shared.locate)
        .await
        .map_err(|error| Problem::new("invalid", error.to_string()))?;
    shared.supervisor.adjust(specs);
    shared.tokens.replace(new.admin.tokens.clone());
    let parameters = new.parameters();
    shared.gate.set_keep_alive_timeout_ms(parameters.keep_alive_timeout_ms);
    *shared.config.write().unwrap_or_else(PoisonError::into_inner) = new;
    let _ = shared.arrivals.send(Arrival::input(Input::Parameters(parameters))).await;
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let text = format!("The configuration was read again: {} change(s).", changes.len());
    let entry = journal::entry("daemon", text, serde_json::json!({ "changes": changes }));
    shared.journal(vec![entry]).await.map_err(|error| Problem::new("internal", error.to_string()))?;
    Ok(changes)
}

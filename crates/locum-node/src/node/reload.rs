//! Reading the configuration again, at SIGHUP or by the admin API: taken whole, or refused whole.

use std::sync::{Arc, PoisonError};

use locum_config::{Config, Reload};
use locum_core::Input;

use super::shared::{Arrival, Shared};
use super::{journal, plugins};
use crate::api::Problem;
use crate::pki::TlsMaterial;

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
    let specs = plugins::services(&loader, &new, &shared.locate, &shared.probes)
        .await
        .map_err(|error| Problem::new("invalid", error.to_string()))?;
    let renewed = renewed(shared, &new)?;
    // From here on nothing fails.
    shared.supervisor.adjust(specs);
    shared.tokens.replace(new.admin.tokens.clone());
    let parameters = new.parameters();
    shared.gate.set_keep_alive_timeout_ms(parameters.keep_alive_timeout_ms);
    *shared.config.write().unwrap_or_else(PoisonError::into_inner) = new;
    let _ = shared.arrivals.send(Arrival::input(Input::Parameters(parameters))).await;
    let changes = changes.iter().map(ToString::to_string).chain(take(shared, renewed).await);
    let changes: Vec<String> = changes.collect();
    let text = format!("The configuration was read again: {} change(s).", changes.len());
    let entry = journal::entry("daemon", text, serde_json::json!({ "changes": changes }));
    shared.journal(vec![entry]).await.map_err(|error| Problem::new("internal", error.to_string()))?;
    Ok(changes)
}

/// The certificates that stand in the files now, if this node could take them.
fn renewed(shared: &Shared, new: &Config) -> Result<Option<TlsMaterial>, Problem> {
    let (Some(security), Some(link)) = (&new.security, &shared.link) else { return Ok(None) };
    let refused = |error: String| {
        let text = "The certificates cannot be used; the old ones stay in force, and the old configuration as a whole.";
        Problem { details: vec![error], ..Problem::new("invalid", text) }
    };
    let material = super::material(security).map_err(|error| refused(error.to_string()))?;
    link.may_take(&material).map_err(|error| refused(error.to_string()))?;
    Ok(Some(material))
}

/// Takes them for the peer and for the admin API. Returns what to say of it, if they are others than before.
async fn take(shared: &Shared, renewed: Option<TlsMaterial>) -> Option<String> {
    let (material, link) = (renewed?, shared.link.as_ref()?);
    // A change of the directory that is on its way to the peer arrives first.
    let _still = shared.changing.lock().await;
    if let Some(Err(error)) = shared.admin_tls.as_ref().map(|tls| tls.renew(&material)) {
        tracing::error!("the admin API keeps its certificates: {error}");
    }
    let name = material.names().join(", ");
    link.renew(material).then(|| format!("security: other certificates, this node's for {name}"))
}

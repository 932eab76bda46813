//! The command line.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use locum_config::Profile;

use crate::{commands, failure::EXIT_CODES};

/// Two nodes that stand in for each other.
#[derive(Debug, Parser)]
#[command(name = "locum", version, after_help = EXIT_CODES, propagate_version = true, infer_subcommands = false)]
pub(crate) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Reads the name of a profile.
pub(crate) fn profile() -> impl TypedValueParser<Value = Profile> {
    let all = [Profile::Classic, Profile::Fast];
    let parser = PossibleValuesParser::new(all.map(Profile::name));
    parser.map(move |word| all.into_iter().find(|profile| profile.name() == word).unwrap_or_default())
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which node, and how to print")]
pub(crate) struct Globals {
    /// The configuration file of the node on this machine
    #[arg(long, global = true, value_name = "FILE", env = "LOCUM_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// The Unix socket of the node
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "LOCUM_SOCKET",
        hide_env_values = true,
        conflicts_with = "url"
    )]
    pub(crate) socket: Option<PathBuf>,
    /// The node's admin address, `http://127.0.0.1:20075` or `https://HOST:20075`
    #[arg(long, global = true, value_name = "URL", env = "LOCUM_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// A file that holds the token for --url
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LOCUM_TOKEN_FILE",
        hide_env_values = true,
        requires = "url"
    )]
    pub(crate) token_file: Option<PathBuf>,
    /// The certificate of the group's CA, for an https --url
    #[arg(long, global = true, value_name = "FILE", env = "LOCUM_CA", hide_env_values = true, requires = "url")]
    pub(crate) ca: Option<PathBuf>,
    /// A client certificate, for an https --url
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LOCUM_CERTIFICATE",
        hide_env_values = true,
        requires = "key"
    )]
    pub(crate) certificate: Option<PathBuf>,
    /// The private key of the client certificate
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LOCUM_KEY",
        hide_env_values = true,
        requires = "certificate"
    )]
    pub(crate) key: Option<PathBuf>,
    /// The name in the node's certificate, NODE.GROUP.locum, where it is not the host of --url
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "LOCUM_SERVER_NAME",
        hide_env_values = true,
        requires = "url"
    )]
    pub(crate) server_name: Option<String>,
    /// For people, or for programs
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) output: Output,
}

/// How documents are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs: the documents of the admin API.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node, in the foreground
    Run(commands::run::Run),
    /// Show both nodes: states, users, services, links, timers, and what to do
    Status(commands::status::Status),
    /// Show the journal: every transition, with its cause
    Events(commands::events::Events),
    /// Move a node's users to its peer, and wait until that is done
    Failover(commands::failover::Failover),
    /// Give a node its users back, and wait until that is done
    Fallback(commands::fallback::Fallback),
    /// Leave Failed Mode on both nodes, and wait until that is done
    Recover(commands::recover::Recover),
    /// Switch high availability on or off, for the group
    Ha(commands::ha::Ha),
    /// Say goodbye (the peer takes over first) and stop the node
    Stop(commands::stop::Stop),
    /// Read the configuration again, as SIGHUP does
    Reload(commands::reload::Reload),
    /// Show, start, stop or restart the services of a node
    #[command(subcommand)]
    Services(commands::services::Services),
    /// Show and change the users of the group
    #[command(subcommand)]
    Users(commands::users::Users),
    /// Look at what a node keeps on its disk, and let it start anew where that is lost
    #[command(subcommand)]
    Store(commands::store::Store),
    /// Play lives of a simulated pair, drawn from seeds, and check what must hold
    Soak(commands::soak::Soak),
    /// Step through what happened to a pair, or would have with other parameters
    ///
    /// At a terminal, Enter or n goes a step on, p a step back, a number to that step, q ends. What `locum prove --save`
    /// wrote has steps and no times, and takes no --set.
    Replay(commands::replay::Replay),
    /// Look at plugins, and test them
    #[command(subcommand)]
    Plugin(commands::plugin::Plugin),
    /// Check and describe configuration files
    #[command(subcommand)]
    Config(commands::config::Config),
    /// Look at the witness
    #[command(subcommand)]
    Witness(commands::witness::Witness),
    /// Look for whatever two nodes of a configuration could do wrong
    ///
    /// First comes a pair of which nothing but the services fail, since that goes deep at once; then what --depth says.
    /// Each rule of the specification that is broken is told with a way to break it. With --save out, `locum replay
    /// out/NAME.steps.json` steps through that way, and out/NAME.feature is a scenario that can be played.
    Prove(commands::prove::Prove),
    /// Play what happens to a pair, many times, and tell who was served
    Sim(commands::sim::Sim),
    /// Show what each timeout costs: false failovers a year against seconds of outage
    Tune(commands::tune::Tune),
    /// Make the group's keys and certificates
    #[command(subcommand)]
    Pki(commands::pki::Pki),
    /// Print the completions for a shell
    Completions(commands::completions::Completions),
    /// Write the manual pages
    Man(commands::man::Man),
    /// Keeps a service's processes together; the daemon starts it
    #[command(hide = true)]
    Shepherd(commands::shepherd::Shepherd),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_tells_the_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("3  refused: nothing has changed"), "{help}");
        assert!(!help.contains("shepherd"), "{help}");
    }

    #[test]
    fn what_people_type_is_understood() {
        for line in [
            "locum run --config node.toml",
            "locum run --config node.toml --drill drill",
            "locum status --output json --watch",
            "locum --socket /tmp/s status",
            "locum events --follow --from 12",
            "locum failover alpha --timeout 30s",
            "locum failover alpha --force",
            "locum failover",
            "locum fallback beta --cancel",
            "locum recover --output json",
            "locum ha on",
            "locum stop --restart",
            "locum services list",
            "locum services start",
            "locum services restart web db",
            "locum users import -",
            "locum users list --home alpha --limit 10",
            "locum users add ada --home alpha --weight 3",
            "locum users remove ada bob",
            "locum users export",
            "locum users rebalance",
            "locum store check --config node.toml --output json",
            "locum store check /var/lib/locum",
            "locum store renew --config node.toml --yes",
            "locum plugin inspect x.wasm",
            "locum plugin test x.wasm --name rebalance --output json",
            "locum soak",
            "locum replay a.json",
            "locum replay a.json b.json --set keep_alive_timeout=20s --set keep_alive_interval=5s",
            "locum replay seed-7.history.json --step 12 --output json",
            "locum soak --seed 7 --backend both --output json",
            "locum soak --seeds 2000 --seconds 30 --jobs 2 --directory target/sim",
            "locum config check a.toml b.toml",
            "locum config schema",
            "locum witness check --config a.toml --output json",
            "locum config show a.toml",
            "locum prove --profile fast --depth full --output json",
            "locum prove --config node.toml --states 1000 --save found",
            "locum sim w.toml",
            "locum sim w.toml --set keep_alive_timeout=20s --set automatic_fallback=true --html w.html --runs 5",
            "locum tune --profile fast --loss 0.02 --stalls every=1d,lasts=5s --crashes-per-year 0.5",
            "locum tune --config node.toml --recorded a.json --recorded b.json --output json",
            "locum pki init --dir pki --group pair",
            "locum pki issue --dir pki --group pair alpha",
            "locum completions bash",
            "locum man out",
            "locum --url http://127.0.0.1:20075 --token-file t status",
        ] {
            assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
        }
    }

    #[test]
    fn nonsense_is_wrong_usage() {
        for line in [
            "locum",
            "locum ha maybe",
            "locum services stop",
            "locum --socket /tmp/s --url http://x status",
            "locum failover alpha --timeout soon",
            "locum --token-file t status",
            "locum status --output xml",
            "locum sim",
            "locum sim w.toml --runs 0",
            "locum tune --loss 1.5",
            "locum tune --stalls every=1d",
            "locum soak --seed 7 --seeds 9",
            "locum soak --jobs 0",
            "locum replay",
            "locum replay a.json b.json c.json",
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}

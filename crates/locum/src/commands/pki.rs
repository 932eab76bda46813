//! `locum pki`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use locum_node::pki::{self, Issued, PkiError};
use serde_json::json;

use crate::{context::Context, failure::Failure};

/// Make the group's keys and certificates.
#[derive(Debug, Subcommand)]
pub(crate) enum Pki {
    /// Make the private CA of a group, and the key of its heartbeats
    Init(Group),
    /// Make the certificate and key of a node, or of a person's client
    Issue {
        /// The group and the folder.
        #[command(flatten)]
        group: Group,
        /// The node
        node: String,
        /// For how many days
        #[arg(long, default_value_t = 825)]
        days: u32,
    },
    /// Make them anew; the old ones are kept beside them, with `.old` at the end
    Renew {
        /// The group and the folder.
        #[command(flatten)]
        group: Group,
        /// The node
        node: String,
        /// For how many days
        #[arg(long, default_value_t = 825)]
        days: u32,
    },
    /// Show whom a certificate is for, and until when
    Inspect {
        /// The certificate
        file: PathBuf,
    },
}

/// The group, and where its keys are.
#[derive(Debug, Args)]
pub(crate) struct Group {
    /// The folder of the group's keys
    #[arg(long, value_name = "FOLDER", default_value = "pki")]
    dir: PathBuf,
    /// The group's name
    #[arg(long, value_name = "NAME")]
    group: String,
}

impl Pki {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Pki::Init(Group { dir, group }) => {
                pki::init(&dir, &group).map_err(failure)?;
                let text = format!(
                    "The keys of {group} are in {}. Keep ca.key there; copy ca.pem and group.key to both nodes.",
                    dir.display()
                );
                context.show(&json!({ "directory": dir }), |_| text)
            }
            Pki::Issue { group: Group { dir, group }, node, days } => {
                show(&pki::issue(&dir, &group, &node, days).map_err(failure)?, context)
            }
            Pki::Renew { group: Group { dir, group }, node, days } => {
                show(&pki::renew(&dir, &group, &node, days).map_err(failure)?, context)
            }
            Pki::Inspect { file } => {
                let found = pki::inspect(&file).map_err(failure)?;
                let document = json!({ "names": found.names, "issuer": found.issuer, "authority": found.authority,
                    "from": found.from, "until": found.until });
                context.show(&document, |_| found.to_string())
            }
        }
    }
}

fn show(issued: &Issued, context: &Context) -> Result<()> {
    let document = json!({ "certificate": issued.certificate, "key": issued.key });
    context.show(&document, |_| format!("{}\n{}", issued.certificate.display(), issued.key.display()))
}

fn failure(error: PkiError) -> Failure {
    match error {
        PkiError::BadName { .. } | PkiError::BadDays { .. } => Failure::Usage(error.to_string()),
        PkiError::Missing { .. } | PkiError::Exists { .. } | PkiError::Io { .. } => Failure::Failed(error.to_string()),
        _ => Failure::bad_input(error.to_string()),
    }
}

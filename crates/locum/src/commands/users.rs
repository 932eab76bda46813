//! `locum users`

use std::{
    fs,
    io::{Read, Write, stdin, stdout},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use hyper::Method;
use locum_node::api::UserDocument;
use serde_json::json;

use crate::{
    client::{Client, Payload, encode},
    context::Context,
    failure::Failure,
    progress, render,
};

/// How many users are asked for at a time.
const PAGE: usize = 10_000;
/// What the node takes at most.
const CSV_BYTES_MAX: u64 = 128 << 20;

/// Show and change the users of the group.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Add users from a CSV file with the header `user[,home][,weight][,class]`: all of them, or none
    Import {
        /// The file; `-` for the standard input
        file: PathBuf,
    },
    /// Show users, in order of their names
    List(List),
    /// Show one user
    Show {
        /// The user
        user: String,
    },
    /// Write all users as CSV, as `import` reads them
    Export {
        /// Write to this file; else to the standard output
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Add a user, or change one
    Add(Add),
    /// Remove users: all of these, or none
    Remove {
        /// Which ones
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Let the policy give every user a new home
    Rebalance,
}

/// Show users, in order of their names.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those with this home
    #[arg(long, value_name = "NODE")]
    home: Option<String>,
    /// Only those after this name
    #[arg(long, value_name = "USER")]
    after: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = usize::MAX, hide_default_value = true)]
    limit: usize,
}

/// Add a user, or change one.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The user
    user: String,
    /// The node that is to be the user's home; else the policy chooses
    #[arg(long, value_name = "NODE")]
    home: Option<String>,
    /// The load the user brings
    #[arg(long, default_value_t = 1)]
    weight: u32,
    /// The user's class, for policies that care
    #[arg(long, default_value_t = 0)]
    class: u32,
}

impl Users {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let outcome = match self {
            Users::List(list) => {
                let users = list.fetch(&client).await?;
                return context.show(&users, |paint| render::users(&users, paint));
            }
            Users::Show { user } => {
                let user: UserDocument = client.get(&path(&user)).await?;
                return context.show(&user, |paint| render::users(std::slice::from_ref(&user), paint));
            }
            Users::Export { to } => return export(&client, to.as_deref()).await,
            Users::Import { file } => {
                let bytes = read(&file)?;
                let bar = progress::upload(bytes.len() as u64);
                let outcome = client.post("/v1/users/import", Payload::Csv(bytes.into(), bar.clone())).await;
                bar.finish_and_clear();
                outcome?
            }
            Users::Add(Add { user, home, weight, class }) => {
                let document = json!({ "home": home, "weight": weight, "class": class });
                client.ask(Method::PUT, &path(&user), Payload::Json(document)).await?
            }
            Users::Remove { users } => client.post("/v1/users/remove", Payload::Json(json!(users))).await?,
            Users::Rebalance => client.post("/v1/users/rebalance", Payload::Empty).await?,
        };
        context.show(&outcome, |_| render::users_outcome(&outcome))
    }
}

impl List {
    async fn fetch(self, client: &Client) -> Result<Vec<UserDocument>> {
        let home = self.home.map(|home| format!("&home={}", encode(&home))).unwrap_or_default();
        let (mut users, mut after) = (Vec::<UserDocument>::new(), self.after);
        loop {
            let limit = PAGE.min(self.limit - users.len());
            let from = after.as_deref().map(|after| format!("&after={}", encode(after))).unwrap_or_default();
            let page: Vec<UserDocument> = client.get(&format!("/v1/users?limit={limit}{home}{from}")).await?;
            let full = page.len() == limit;
            users.extend(page);
            if !full || users.len() >= self.limit {
                return Ok(users);
            }
            after = users.last().map(|user| user.user.clone());
        }
    }
}

fn path(user: &str) -> String {
    format!("/v1/users/{}", encode(user))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let from: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(stdin().lock()),
        _ => {
            let wrong = |error| Failure::bad_input(format!("{}: cannot be read: {error}", file.display()));
            Box::new(fs::File::open(file).map_err(wrong)?)
        }
    };
    let mut bytes = Vec::new();
    let wrong = |error| Failure::bad_input(format!("{}: cannot be read: {error}", file.display()));
    from.take(CSV_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > CSV_BYTES_MAX {
        let text = format!("{}: larger than {} MiB; import it in parts", file.display(), CSV_BYTES_MAX >> 20);
        return Err(Failure::bad_input(text).into());
    }
    Ok(bytes)
}

/// A file appears only when all users are in it.
async fn export(client: &Client, to: Option<&Path>) -> Result<()> {
    let mut pieces = client.stream("/v1/users/export").await?;
    let Some(to) = to else {
        let mut out = stdout().lock();
        while let Some(piece) = pieces.next().await? {
            out.write_all(&piece)?;
        }
        return Ok(out.flush()?);
    };
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await? {
        bytes.extend_from_slice(&piece);
    }
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}

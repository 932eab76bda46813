use std::{fs, path::Path};

use serde_json::Value as Json;
use toml_edit::Document;

use crate::{
    Config, Endpoint, Fault, Faults, Profile,
    reader::{Reader, Section, Spot, What},
    rules,
};

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        Self::parse(&text_of(path)?, path)
    }

    /// Reads a text that stands, or might stand, in the file `path`; paths in it are relative to that file's directory.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Faults> {
        let document = document(text, path)?;
        let mut reader = Reader::new(path, text, profile_of(&document));
        let root = Spot { what: What::Table(document.as_table()), place: String::new(), line: 1 };
        let mut config = Self::read(&root, &mut reader);
        rules::check(&config, &mut reader);
        reader.finish()?;
        config.complete();
        Ok(config)
    }

    /// Fills in what follows from other keys.
    fn complete(&mut self) {
        let (service_port, admin_port) = (self.group.service_port, self.group.admin_rpc_port);
        let with_ports = |endpoints: &mut Vec<Endpoint>| {
            endpoints.iter_mut().for_each(|endpoint| *endpoint = std::mem::take(endpoint).or_port(service_port));
        };
        with_ports(&mut self.node.listen);
        let stream = self.node.stream.take().or_else(|| self.node.listen.first().cloned());
        self.node.stream = stream.map(|stream| stream.or_port(service_port));
        match &mut self.peer {
            Some(peer) => {
                with_ports(&mut peer.links);
                let stream = peer.stream.take().or_else(|| peer.links.first().cloned());
                peer.stream = stream.map(|stream| stream.or_port(service_port));
            }
            None => self.group.high_availability = false,
        }
        let listen = self.admin.listen.take().unwrap_or(Endpoint { host: "127.0.0.1".into(), port: None });
        self.admin.listen = Some(listen.or_port(admin_port));
        self.admin.socket = Some(self.admin_socket());
        self.witness.complete(self.group.keep_alive_timeout);
    }

    /// Every key with the value that holds, as JSON in the shape of the file.
    pub fn effective(&self) -> Json {
        self.json()
    }

    /// The JSON Schema of the file, for editors.
    pub fn schema() -> Json {
        let mut schema = <Self as Section>::schema();
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = "Locum node".into();
        schema
    }

    /// The Unix socket of the admin API.
    pub fn admin_socket(&self) -> std::path::PathBuf {
        self.admin.socket.clone().unwrap_or_else(|| self.node.state_directory.join("locum.sock"))
    }
}

/// The text of a file.
pub(crate) fn text_of(path: &Path) -> Result<String, Faults> {
    fs::read_to_string(path).map_err(|error| {
        let advice = "give the path of a UTF-8 text file that this user may read".to_owned();
        let what = format!("the file cannot be read: {error}");
        Faults(vec![Fault { file: path.to_owned(), line: 0, key: String::new(), what, advice }])
    })
}

/// The text as TOML.
pub(crate) fn document<'t>(text: &'t str, path: &Path) -> Result<Document<&'t str>, Faults> {
    Document::parse(text).map_err(|error| {
        let mut reader = Reader::new(path, text, Profile::default());
        let span = error.span().unwrap_or_default();
        let at = text.get(span.clone()).unwrap_or_default().trim();
        let what = format!("this is not TOML: {}", error.message());
        let what = if at.is_empty() { what } else { format!("{what}, at `{}`", at.lines().next().unwrap_or_default()) };
        reader.fault_at(reader.line_at(span.start), "", what, "correct this line; the rest is read after that");
        reader.finish().err().unwrap_or(Faults(Vec::new()))
    })
}

/// The profile decides the defaults, so it is looked up before anything is read.
pub(crate) fn profile_of(document: &Document<&str>) -> Profile {
    match document.as_table().get("profile").and_then(|profile| profile.as_str()) {
        Some(word) if word == Profile::Fast.name() => Profile::Fast,
        _ => Profile::Classic,
    }
}

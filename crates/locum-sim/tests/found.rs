//! Histories that have once failed, each for its own reason, as its title says.

use std::fs;
use std::path::Path;

use locum_sim::history::History;
use locum_sim::native;
use locum_sim::seeds::check;

#[test]
fn what_has_failed_once_fails_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let shown = file.display();
        let history =
            History::read(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let run = check(&history, native()).unwrap();
        assert_eq!(run.fault, None, "{shown}");
    }
}

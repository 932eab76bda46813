//! Plugins.

use locum_host::Inspection;

use super::{
    paint::Paint,
    table::{Cell, table},
    words,
};

/// What a plugin is, and what it asks for.
pub(crate) fn plugin(inspection: &Inspection, paint: Paint) -> String {
    let Inspection { world, package_version, imports, digest, size_bytes, grants_wanted } = inspection;
    let rows = [
        ("World", format!("{world}, locum:plugin@{package_version}")),
        ("Imports", words::list(imports, "nothing")),
        ("Grants", words::list(grants_wanted, "none needed")),
        ("Digest", format!("sha256:{digest}")),
        ("Size", format!("{} bytes", words::number(*size_bytes))),
    ];
    table(&rows.map(|(label, text)| vec![Cell::head(label), Cell::from(text)]), "", usize::MAX, paint)
}

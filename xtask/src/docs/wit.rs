//! `docs/wit.md`: the worlds and interfaces of `wit/`, from the comments that stand there.

use std::path::Path;

use anyhow::{Context, Result};
use wit_parser::{
    Docs, Function, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, World, WorldItem, WorldKey,
};

use super::markdown::{joined, table};

pub(super) fn body(folder: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).with_context(|| folder.display().to_string())?;
    let package = &resolve.packages[package];
    let reference = Reference { resolve: &resolve };
    let mut page = format!("The package `{}`.\n", package.name);
    for world in package.worlds.values() {
        page += &reference.world(&resolve.worlds[*world]);
    }
    for interface in package.interfaces.values() {
        page += &reference.interface(&resolve.interfaces[*interface]);
    }
    Ok(page)
}

struct Reference<'a> {
    resolve: &'a Resolve,
}

impl Reference<'_> {
    fn world(&self, world: &World) -> String {
        let faces = |items: &mut dyn Iterator<Item = (&WorldKey, &WorldItem)>| {
            joined(items.map(|(key, item)| self.face(key, item)), ", ")
        };
        let imports = faces(&mut world.imports.iter());
        let exports = faces(&mut world.exports.iter());
        format!(
            "\n## World `{}`\n\n{}\n- imports: {imports}\n- exports: {exports}\n",
            world.name,
            paragraphs(&world.docs)
        )
    }

    fn face(&self, key: &WorldKey, item: &WorldItem) -> String {
        match item {
            WorldItem::Interface { id, .. } => self.link(*id),
            WorldItem::Function(function) => format!("`{}`", self.signature(function)),
            WorldItem::Type { .. } => format!("`{}`", self.resolve.name_world_key(key)),
        }
    }

    fn link(&self, id: InterfaceId) -> String {
        let name = self.resolve.interfaces[id].name.as_deref().unwrap_or("unnamed");
        format!("[`{name}`](#interface-{name})")
    }

    fn interface(&self, interface: &Interface) -> String {
        let name = interface.name.as_deref().unwrap_or("unnamed");
        let mut page = format!("\n## Interface `{name}`\n\n{}", paragraphs(&interface.docs));
        for function in interface.functions.values() {
            page += &format!("\n### `{}`\n\n{}", self.signature(function), paragraphs(&function.docs));
        }
        for id in interface.types.values() {
            page += &self.type_definition(&self.resolve.types[*id]);
        }
        page
    }

    fn signature(&self, function: &Function) -> String {
        let parameters = function.params.iter().map(|p| format!("{}: {}", p.name, self.type_name(&p.ty)));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let result = function.result.map(|result| format!(" -> {}", self.type_name(&result)));
        format!("{}: func({parameters}){}", function.name, result.unwrap_or_default())
    }

    fn type_definition(&self, definition: &TypeDef) -> String {
        let name = definition.name.as_deref().unwrap_or("unnamed");
        let head = |kind: &str| format!("\n### {kind} `{name}`\n\n{}", paragraphs(&definition.docs));
        let with_types = |first, rows: Vec<[String; 3]>| table([first, "Type", "Meaning"], rows);
        match &definition.kind {
            TypeDefKind::Record(record) => {
                let row = |field: &wit_parser::Field| {
                    [code(&field.name), code(&self.type_name(&field.ty)), one_line(&field.docs)]
                };
                head("record") + "\n" + &with_types("Field", record.fields.iter().map(row).collect())
            }
            TypeDefKind::Variant(variant) => {
                let row = |case: &wit_parser::Case| {
                    let holds = case.ty.map_or("–".into(), |ty| code(&self.type_name(&ty)));
                    [code(&case.name), holds, one_line(&case.docs)]
                };
                head("variant") + "\n" + &with_types("Case", variant.cases.iter().map(row).collect())
            }
            TypeDefKind::Enum(words) => {
                let row = |case: &wit_parser::EnumCase| [code(&case.name), one_line(&case.docs)];
                head("enum") + "\n" + &table(["Case", "Meaning"], words.cases.iter().map(row))
            }
            TypeDefKind::Flags(flags) => {
                let row = |flag: &wit_parser::Flag| [code(&flag.name), one_line(&flag.docs)];
                head("flags") + "\n" + &table(["Flag", "Meaning"], flags.flags.iter().map(row))
            }
            kind => head("type") + &format!("\nThe same as `{}`.\n", self.kind_name(kind)),
        }
    }

    fn type_name(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else { return primitive(ty).into() };
        let definition = &self.resolve.types[*id];
        definition.name.clone().unwrap_or_else(|| self.kind_name(&definition.kind))
    }

    fn kind_name(&self, kind: &TypeDefKind) -> String {
        let name = |ty: &Type| self.type_name(ty);
        let or_none = |ty: &Option<Type>| ty.as_ref().map_or("_".into(), name);
        match kind {
            TypeDefKind::Type(ty) => name(ty),
            TypeDefKind::List(ty) => format!("list<{}>", name(ty)),
            TypeDefKind::Option(ty) => format!("option<{}>", name(ty)),
            TypeDefKind::Result(result) => format!("result<{}, {}>", or_none(&result.ok), or_none(&result.err)),
            TypeDefKind::Tuple(tuple) => format!("tuple<{}>", joined(tuple.types.iter().map(name), ", ")),
            other => other.as_str().into(),
        }
    }
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "a type",
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn paragraphs(docs: &Docs) -> String {
    docs.contents.as_deref().map_or(String::new(), |text| format!("{}\n", text.trim()))
}

fn one_line(docs: &Docs) -> String {
    docs.contents.clone().unwrap_or_default()
}

//! The files of the actor's folder.

use rquickjs::{Array, Ctx, Error, Object, Result, TypedArray, Value};

use super::{array, bytes, refuse};
use crate::{
    bindings::footlight::host::files::{self, Error as Refusal, Kind},
    event::ready,
};

fn refused(ctx: &Ctx<'_>, what: &str, path: &str, refusal: Refusal) -> Error {
    let (code, why) = match &refusal {
        Refusal::NotFound => ("not-found", "there is nothing of this name in the folder"),
        Refusal::Denied => ("denied", "the host may not do this, or the handler is not `writable`"),
        Refusal::WrongKind => {
            ("wrong-kind", "it is a folder instead of a file, or a file instead of a folder")
        }
        Refusal::TooLarge => ("too-large", "it is larger than limits.file_access"),
        Refusal::Limit => ("limit", "the event has asked for more than limits.effects allows"),
        Refusal::TimedOut => ("timed-out", "it took longer than limits.file_wait"),
        Refusal::Other(why) => ("other", why.as_str()),
        Refusal::Exists => ("exists", "there is something of this name already"),
        Refusal::NotEmpty => ("not-empty", "the folder is not empty"),
    };
    refuse(ctx, code, &format!("{what}({path:?}): {why}"))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Folder => "folder",
        Kind::Other => "other",
    }
}

pub fn read<'js>(ctx: Ctx<'js>, path: String) -> Result<TypedArray<'js, u8>> {
    ready(&ctx, "files.read")?;
    let content = files::read(&path).map_err(|why| refused(&ctx, "files.read", &path, why))?;
    array(&ctx, content)
}

pub fn list<'js>(ctx: Ctx<'js>, path: String) -> Result<Array<'js>> {
    ready(&ctx, "files.list")?;
    let found = files::list(&path).map_err(|why| refused(&ctx, "files.list", &path, why))?;
    let entries = Array::new(ctx.clone())?;
    for (number, entry) in found.into_iter().enumerate() {
        let object = Object::new(ctx.clone())?;
        object.set("name", entry.name)?;
        object.set("kind", kind(entry.kind))?;
        entries.set(number, object)?;
    }
    Ok(entries)
}

pub fn info<'js>(ctx: Ctx<'js>, path: String) -> Result<Object<'js>> {
    ready(&ctx, "files.info")?;
    let found = files::info(&path).map_err(|why| refused(&ctx, "files.info", &path, why))?;
    let info = Object::new(ctx)?;
    info.set("kind", kind(found.kind))?;
    info.set("size", found.size as f64)?;
    Ok(info)
}

pub fn write<'js>(ctx: Ctx<'js>, path: String, content: Value<'js>) -> Result<()> {
    ready(&ctx, "files.write")?;
    let content = bytes(&ctx, &content)?;
    files::write(&path, &content).map_err(|why| refused(&ctx, "files.write", &path, why))
}

pub fn delete(ctx: Ctx<'_>, path: String) -> Result<()> {
    ready(&ctx, "files.delete")?;
    files::delete(&path).map_err(|why| refused(&ctx, "files.delete", &path, why))
}

pub fn create_folder(ctx: Ctx<'_>, path: String) -> Result<()> {
    ready(&ctx, "files.createFolder")?;
    files::create_folder(&path).map_err(|why| refused(&ctx, "files.createFolder", &path, why))
}

pub fn delete_folder(ctx: Ctx<'_>, path: String) -> Result<()> {
    ready(&ctx, "files.deleteFolder")?;
    files::delete_folder(&path).map_err(|why| refused(&ctx, "files.deleteFolder", &path, why))
}

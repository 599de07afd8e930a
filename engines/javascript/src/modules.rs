//! The script's files, and how its modules import each other.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use rquickjs::{
    Ctx, Error, Exception, Module, Result,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

/// The files by their paths. Empty once the top level has run, so that copies of the instance are small.
pub type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// Finds a file by the text after `from`, and makes a module of it.
pub struct Modules {
    pub files: Files,
    /// The last import that led nowhere: who imports, and what.
    pub missing: Rc<RefCell<Option<(String, String)>>>,
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let files = self.files.borrow();
        let found = if files.is_empty() {
            Err("import() works at the top level only, where all files are loaded".into())
        } else if !name.starts_with("./") && !name.starts_with("../") {
            Err("there are no packages; import a file by a path that begins with ./ or ../".into())
        } else {
            match beside(base, name) {
                Some(path) if files.contains_key(&path) => Ok(path),
                Some(path) => Err(format!("there is no file {path}")),
                None => Err("the path leads out of the script's folder".into()),
            }
        };
        found.map_err(|why: String| {
            *self.missing.borrow_mut() = Some((base.into(), name.into()));
            Exception::throw_reference(ctx, &format!("can't import {name:?}: {why}"))
        })
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let kind = attributes.and_then(|attributes| attributes.get_type().ok().flatten());
        let files = self.files.borrow();
        let content = files.get(name).ok_or_else(|| Error::new_loading(name))?;
        let is_json = name.ends_with(".json") || kind.as_deref() == Some("json");
        declare(ctx, name, content, is_json)
    }
}

/// Compiles a file.
///
/// # Errors
/// It is not UTF-8, or no script, or no JSON: a `SyntaxError`.
pub fn declare<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    content: &[u8],
    is_json: bool,
) -> Result<Module<'js, Declared>> {
    let wrong = |why| Exception::throw_syntax(ctx, &format!("{name} {why}"));
    let text = str::from_utf8(content).map_err(|_| wrong("is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(wrong("has a NUL, so it is no text"));
    }
    if !is_json {
        return Module::declare(ctx.clone(), name, text);
    }
    let value = ctx.json_parse(text)?;
    // Parsed again when the module is evaluated. An object literal would treat `__proto__` differently.
    let text = ctx.json_stringify(ctx.json_stringify(value)?)?;
    let literal = text.map(|text| text.to_string()).transpose()?.unwrap_or_default();
    Module::declare(ctx.clone(), name, format!("export default JSON.parse({literal})"))
}

/// The path of `name` as seen from the file `base`; `None` if it leads out of the folder.
fn beside(base: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

//! Reports what a module exports and imports, and whether the host can use it.
//!
//! `footlight check` prints the [`Report`]. The same report decides whether the host loads an
//! actor.

use wasmi::ExternType;
use wit_core::{
    InitForm, Names, Shape, Signature,
    migrate::{MIGRATE, MIGRATE_POST},
    names::PLAIN_HANDLE_MESSAGE,
    shape,
};

pub use super::verdict::{Item, Verdict};
use super::{
    imports::{
        Grants,
        judge::{is_linked, judge},
    },
    stack_pointer, start_function,
    toolchain::Toolchain,
    validate::Tables,
    verdict::{describe, signature},
};
use crate::{
    convert::to_u64,
    exchange::EventKind,
    interfaces::{self, Interface},
    limits::{Limits, keys::PAGE},
};

/// What is known about a module without running it.
#[derive(Clone, Debug)]
pub struct Report {
    /// In bytes, as the file is on the disk.
    pub file_bytes: usize,
    /// The core module's size in bytes, if the file is a component.
    pub component: Option<usize>,
    /// The number of files, if it is a script.
    pub script: Option<usize>,
    /// The interface's shape, if the module exports a handler of a known shape.
    pub shape: Option<Shape>,
    /// What the module's exports are called.
    pub names: Names,
    /// The form of the module's `init`, which makes the first state; `None` without a usable one.
    pub init: Option<InitForm>,
    /// Whether the module exports `migrate`.
    pub migrates: bool,
    /// Whether the module exports `handle-message`.
    pub handles_messages: bool,
    /// Whether the module exports `handle-request`.
    pub handles_requests: bool,
    /// Whether the module exports `handle-send`.
    pub handles_sends: bool,
    /// Whether the module exports the `handle-request` of `message-server-client`.
    pub replies: bool,
    /// The linear memory's minimum and maximum size in bytes.
    pub memory: Option<(u64, Option<u64>)>,
    /// Every export with its verdict.
    pub exports: Vec<Item>,
    /// Every import with its verdict.
    pub imports: Vec<Item>,
    /// Faults of the whole module, which no single export or import has.
    faults: Vec<String>,
}

impl Report {
    /// Inspects a compiled module. `tables` are its tables, and `file_bytes` is its file's size.
    pub fn of(
        module: &wasmi::Module,
        tables: Tables,
        file_bytes: usize,
        limits: &Limits,
        grants: Grants<'_>,
        toolchain: Toolchain,
    ) -> Self {
        // A module's `handle-message` tells more about its shape.
        let names = Names::detect(|name| module.get_export(name).is_some());
        let shape = shape::handlers().find_map(|name| match module.get_export(names.of(name)) {
            Some(ExternType::Func(ty)) => Shape::detect(name, signature(&ty)?),
            _ => None,
        });
        let mut report = Self {
            file_bytes,
            component: None,
            script: None,
            shape,
            names,
            init: None,
            migrates: false,
            handles_messages: false,
            handles_requests: false,
            handles_sends: false,
            replies: false,
            memory: None,
            exports: Vec::new(),
            imports: judge(module, shape, grants, toolchain),
            faults: Vec::new(),
        };
        let own = [start_function::EXPORT, stack_pointer::EXPORT];
        for export in module.exports().filter(|export| !own.contains(&export.name())) {
            let verdict = report.judge_export(export.name(), export.ty(), limits.memory, toolchain);
            report.exports.push(Item::new(export.name(), export.ty(), verdict));
        }
        // The linked modules have what this one lacks.
        if !is_linked(module) {
            report.find_faults(toolchain);
        }
        report.judge_tables(tables, limits);
        report
    }

    /// Everything that prevents the host from loading the actor, with advice. What several imports
    /// or exports have in common is said once.
    pub fn problems(&self) -> impl Iterator<Item = String> + '_ {
        let wrong = |item: &'_ Item| match &item.verdict {
            Verdict::Wrong(why) => Some(why.clone()),
            _ => None,
        };
        let items = together("import", &self.imports, wrong).into_iter();
        items.chain(together("export", &self.exports, wrong)).chain(self.faults.iter().cloned())
    }

    /// What the module imports and must not call, with advice.
    pub fn traps(&self) -> Vec<String> {
        together("import", &self.imports, |item| match &item.verdict {
            Verdict::Traps(why) => Some(format!("a call of it traps: {why}")),
            _ => None,
        })
    }

    /// Whether the module imports a function of this interface.
    pub(crate) fn uses(&self, interface: &Interface) -> bool {
        let is_of = |name: &str| {
            let module = name.rsplit_once('.').map(|(module, _)| module);
            module.is_some_and(|module| interface.has(module))
        };
        self.imports.iter().any(|import| is_of(&import.name))
    }

    /// Whether the actor has a handler for such an event.
    pub fn handles(&self, event: &EventKind) -> bool {
        match event {
            EventKind::Request(_) => self.handles_requests,
            EventKind::Sent(_) => self.handles_sends,
            EventKind::Asked(_) => self.replies,
            _ => self.handles_messages,
        }
    }

    /// The verdict on an export.
    fn judge_export(
        &mut self,
        name: &str,
        ty: &ExternType,
        memory_limit: usize,
        toolchain: Toolchain,
    ) -> Verdict {
        let is = |full: &'static str| self.names.of(full) == name;
        let answers = shape::HANDLE_REQUEST.into_iter().any(&is);
        let messages = shape::HANDLE_MESSAGE.into_iter().any(is);
        let handler = shape::handlers().any(is);
        if let Some(shape) = self.shape {
            if is(shape.init()) {
                self.init = match ty {
                    ExternType::Func(ty) => signature(ty).and_then(|ty| shape.init_form(ty)),
                    _ => None,
                };
                let forms = shape.init_forms().iter().map(|form| form.signature());
                return judge_function(ty, forms, "makes the first state");
            }
            let found = [
                (shape.handle_message(), shape.handle_message_signature(), "the handler"),
                (shape.handle_request(), shape.handle_request_signature(), "answers HTTP requests"),
                (shape.handle_send(), shape.handle_send_signature(), "handles actors' messages"),
                (shape.handle_reply(), shape.handle_send_signature(), "replies to actors"),
                (shape.handle_send_post(), shape::POST_RETURN, "frees the result of handle-send"),
                (shape.handle_reply_post(), shape::POST_RETURN, "frees the reply"),
                (shape.handle_message_post(), shape::POST_RETURN, "frees the handler's result"),
                (shape.handle_request_post(), shape::POST_RETURN, "frees the response"),
                (shape.init_post(), shape::POST_RETURN, "frees the result of init"),
                (MIGRATE.0, MIGRATE.1, "converts the state of an older version"),
                (MIGRATE_POST, shape::POST_RETURN, "frees the result of migrate"),
                (shape::REALLOC.0, shape::REALLOC.1, "allocates in the guest"),
                (shape::INITIALIZE.0, shape::INITIALIZE.1, "called once per instance"),
            ];
            if let Some((full, expected, role)) = found.into_iter().find(|(full, ..)| is(full)) {
                self.migrates |= full == MIGRATE.0;
                self.handles_messages |= full == shape.handle_message();
                self.handles_requests |= full == shape.handle_request();
                self.handles_sends |= full == shape.handle_send();
                self.replies |= full == shape.handle_reply();
                return judge_function(ty, [expected].into_iter(), role);
            }
        }
        match ty {
            ExternType::Func(_) if handler && self.shape.is_none() => {
                let of = |shape: Shape| {
                    if answers {
                        shape.handle_request_signature()
                    } else if messages {
                        shape.handle_message_signature()
                    } else {
                        shape.handle_send_signature()
                    }
                };
                let known = Shape::ALL.map(|shape| format!("{} {}", shape.name(), of(shape)));
                Verdict::Wrong(format!(
                    "its type is {}, which is none of the interface's shapes ({}); build it from \
                     this project's WIT files, or with the wit-bindgen of its time",
                    describe(ty),
                    known.join(", ")
                ))
            }
            ExternType::Memory(memory) if name == shape::MEMORY => {
                let bytes = |pages: u64| pages.saturating_mul(to_u64(PAGE));
                let minimum = bytes(memory.minimum());
                self.memory = Some((minimum, memory.maximum().map(bytes)));
                if usize::try_from(minimum).map_or(true, |minimum| minimum > memory_limit) {
                    return Verdict::Wrong(format!(
                        "it begins with {minimum} bytes, past the limit of {memory_limit}; {}, or \
                         raise `limits.memory`",
                        toolchain.smaller_stack()
                    ));
                }
                Verdict::Used("the linear memory")
            }
            _ if name == shape::MEMORY => Verdict::Wrong(
                "it is no memory; let the linker export the linear memory under this name".into(),
            ),
            _ => Verdict::Ignored,
        }
    }

    /// Finds tables that exceed the limits. The interpreter would refuse to make an instance with
    /// them.
    fn judge_tables(&mut self, tables: Tables, limits: &Limits) {
        let Tables { count, largest } = tables;
        if count > limits.tables {
            self.faults.push(format!(
                "it has {count} tables, past the limit of {}; raise `limits.tables`",
                limits.tables
            ));
        }
        if usize::try_from(largest).map_or(true, |largest| largest > limits.table) {
            self.faults.push(format!(
                "one of its tables begins with {largest} elements, past the limit of {}; raise \
                 `limits.table`",
                limits.table
            ));
        }
    }

    /// Finds missing exports.
    fn find_faults(&mut self, toolchain: Toolchain) {
        let has = |name: &str| self.exports.iter().any(|item| item.name == name);
        let mut faults = Vec::new();
        if !shape::handlers().any(|name| has(self.names.of(name))) {
            let near = self.exports.iter().find(|item| item.name.contains("handle"));
            let near = near.map_or(String::new(), |item| format!(" (it has `{}`)", item.name));
            faults.push(format!(
                "no export `{}` and no `{}`{near}; this is no actor: implement the interface \
                 websocket-server, http-server or message-server-client, and {}; where a language \
                 can't write such a name, `{PLAIN_HANDLE_MESSAGE}` will do",
                shape::HANDLE_MESSAGE[0],
                shape::HANDLE_REQUEST[0],
                toolchain.build()
            ));
        } else {
            if !has(shape::MEMORY) {
                faults.push(format!(
                    "no export `{}`; let the linker export the linear memory under this name",
                    shape::MEMORY
                ));
            }
            if !has(shape::REALLOC.0) {
                faults.push(format!(
                    "no export `{}`; the canonical ABI needs it to pass strings: with wit-bindgen \
                     enable its feature `realloc`",
                    shape::REALLOC.0
                ));
            }
        }
        if toolchain == Toolchain::Go && has("_start") && !has(shape::INITIALIZE.0) {
            faults.push(format!(
                "it is a program with a `main` that ends, and Go's runtime is not ready when the \
                 handler is called; {}",
                toolchain.build()
            ));
        }
        if let (Some(shape), false) = (self.shape, self.handles_messages)
            && self.uses(&interfaces::ALARM)
        {
            faults.push(format!(
                "it imports alarms, and has no export `{}` that would get them; add it, or remove \
                 the calls",
                self.names.of(shape.handle_message())
            ));
        }
        self.faults = faults;
    }
}

/// The most names in one line.
const MOST_NAMES: usize = 4;

/// A line for each thing that `say` says of items, with the names of those that it says it of.
fn together(kind: &str, items: &[Item], say: fn(&Item) -> Option<String>) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for (item, text) in items.iter().filter_map(|item| Some((item, say(item)?))) {
        match lines.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(&item.name),
            None => lines.push((text, vec![&item.name])),
        }
    }
    let line = |(text, names): (String, Vec<&str>)| {
        let shown: Vec<_> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
        let plural = if names.len() > 1 { "s" } else { "" };
        let more = match names.len().checked_sub(MOST_NAMES) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        format!("{kind}{plural} {}{more}: {text}", shown.join(", "))
    };
    lines.into_iter().map(line).collect()
}

/// The verdict on a function that the host uses.
fn judge_function(
    ty: &ExternType,
    expected: impl Iterator<Item = Signature> + Clone,
    role: &'static str,
) -> Verdict {
    match ty {
        ExternType::Func(ty)
            if signature(ty).is_some_and(|ty| expected.clone().any(|one| one == ty)) =>
        {
            Verdict::Used(role)
        }
        _ => {
            let expected: Vec<_> = expected.map(|one| one.to_string()).collect();
            Verdict::Wrong(format!(
                "its type is {}, but the canonical ABI has {} here; rebuild it with bindings made \
                 from this project's WIT files",
                describe(ty),
                expected.join(" or ")
            ))
        }
    }
}

//! The report of `footlight check` on a manifest or a module, as text and as JSON.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    actor::{
        Grants, LoadError, Module, Report,
        inspect::{Item, Verdict},
    },
    features::TOOLS,
    host::{HostError, NotOpened, Opened, conflicts, unknown_receivers, unused},
    limits::Limits,
    manifest::{Handler, Manifest, expand},
    memory::{Memory, most},
    mqtt::{client_id, config::BrokerConfig},
    server, visible,
};

/// Checks files for a process with this folder for state. Returns the report, as text or JSON, and
/// whether everything would run here.
pub fn report(files: &[PathBuf], data: Option<&Path>, json: bool) -> (String, bool) {
    let mut manifests = Vec::new();
    let files = expand(files);
    let findings = files.iter().map(|file| Finding::of(file, &mut manifests, data));
    let mut findings: Vec<_> = findings.collect();
    // What one manifest names may be in a later one.
    for finding in &mut findings {
        let own = manifests.iter().find(|one| finding.manifest.as_ref() == Some(&one.file));
        let unknown = own.into_iter().flat_map(|own| unknown_receivers(own, &manifests));
        finding.notes.extend(unknown.map(|(_, text)| text));
    }
    let fine = findings.iter().all(Finding::is_fine);
    if json && TOOLS.is_built {
        let all: Vec<_> = findings.iter().map(Finding::json).collect();
        return (visible::json(&format!("{:#}\n", Value::from(all))), fine);
    }
    let mut text: String = findings.iter().map(Finding::text).collect();
    if !manifests.is_empty() {
        let memory =
            Memory::of(manifests.iter().map(|one| (&one.limits, one.uses(data.is_some()))));
        text += &format!("{}{memory}\n", if memory.is_short() { "warning: " } else { "" });
    }
    (text, fine)
}

/// The findings about one file.
struct Finding {
    /// As the user named it. Each line about the file begins with it.
    named: PathBuf,
    /// The manifest's file, if it could be read.
    manifest: Option<PathBuf>,
    /// The module's file; `None` if the manifest could not be read.
    file: Option<PathBuf>,
    /// `None` if the module could not be read.
    report: Option<Report>,
    /// The most memory that the manifest's limits allow, in bytes.
    most_memory: Option<u64>,
    /// For each listener that says which pages may connect: the names that it is known by.
    names: Vec<String>,
    /// For each broker: its name and address, and who the broker takes the actor for.
    brokers: Vec<String>,
    /// Everything that prevents it from running here.
    problems: Vec<String>,
    /// What does not prevent it, and may be a mistake.
    notes: Vec<String>,
}

impl Finding {
    /// Checks a manifest (a file or its folder) with all files that it names, or a module. A manifest must fit those `before` it, and joins them.
    /// `data` is the folder for state.
    fn of(named: &Path, before: &mut Vec<Manifest>, data: Option<&Path>) -> Self {
        let mut finding = Self {
            named: named.into(),
            manifest: None,
            file: None,
            report: None,
            most_memory: None,
            names: Vec::new(),
            brokers: Vec::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        };
        if Manifest::is_module(named) {
            finding.look(named);
            return finding;
        }
        match Manifest::load(named) {
            Ok(manifest) => {
                finding.manifest = Some(manifest.file.clone());
                finding.file = Some(manifest.component.clone());
                finding.most_memory = Some(most(&manifest.limits, manifest.uses(data.is_some())));
                finding.names = known_names(&manifest);
                finding.brokers = brokers(&manifest);
                match Opened::new(&manifest) {
                    Ok(opened) => finding.report = Some(opened.module.report().clone()),
                    Err(NotOpened { errors, report }) => {
                        finding.report = report.map(|report| *report);
                        errors.into_iter().for_each(|error| finding.add(error));
                    }
                }
                finding.notes.extend(manifest.warnings.iter().map(ToString::to_string));
                if let Some(report) = &finding.report {
                    finding.notes.extend(unused(&manifest, report));
                    finding.notes.extend(report.traps());
                }
                // The same manifest may be checked twice.
                if before.iter().all(|other| other.file != manifest.file) {
                    let conflicts = conflicts(&manifest, before, data);
                    conflicts.into_iter().for_each(|error| finding.add(error));
                    before.push(manifest);
                }
            }
            Err(errors) => finding.problems.extend(errors.to_string().lines().map(String::from)),
        }
        finding
    }

    /// Whether it would run here.
    fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// Checks a module without a manifest.
    fn look(&mut self, file: &Path) {
        self.file = Some(file.into());
        match Module::load(file, &Limits::default(), Grants::ALL) {
            Ok(module) => self.report = Some(module.report().clone()),
            Err(error) => {
                if let LoadError::Unfit(report) = &error {
                    self.report = Some(Report::clone(report));
                }
                self.add(HostError::load(file, error, None));
            }
        }
    }

    /// Adds an error. The problems of a module become separate entries.
    fn add(&mut self, error: HostError) {
        match error {
            HostError::Load { file, error: LoadError::Unfit(report) } => {
                let of = |problem| format!("{}: {problem}", file.display());
                self.problems.extend(report.problems().map(of));
            }
            error => self.problems.push(error.to_string()),
        }
    }

    /// The report as text.
    fn text(&self) -> String {
        let mut text = String::new();
        let out = &mut text;
        // Writing to a string can't fail.
        let _ = write!(out, "{}: {}", self.named.display(), verdict(self.is_fine()));
        if let (Some(file), true) = (&self.file, self.file.as_ref() != Some(&self.named)) {
            let _ = write!(out, " ({})", file.display());
        }
        out.push('\n');
        if let Some(report) = &self.report {
            let form = match (report.script, report.component) {
                (Some(1), _) => "a script".into(),
                (Some(files), _) => format!("{files} files of a script"),
                (None, Some(bytes)) => format!("component, its core module {bytes} bytes"),
                (None, None) => "core module".into(),
            };
            let shape = report.shape.map_or("none that is known", |shape| shape.name());
            let init = if report.init.is_some() { "makes the first state" } else { "none" };
            let _ = writeln!(out, "  size    {} bytes, {form}", report.file_bytes);
            let _ = writeln!(out, "  shape   {shape}");
            let _ = writeln!(out, "  init    {init}");
            let _ = writeln!(out, "  memory  {}", memory(report));
            items(out, "exports", &report.exports);
            // A script has what its engine imports.
            if report.script.is_none() {
                items(out, "imports", &report.imports);
            }
        }
        for names in &self.names {
            let _ = writeln!(out, "  names   {names}; requests under others get 421");
        }
        for broker in &self.brokers {
            let _ = writeln!(out, "  broker  {broker}");
        }
        for problem in self.problems.iter().take(MAX_ITEMS) {
            let _ = writeln!(out, "  problem: {}", problem.replace('\n', "\\n"));
        }
        if let Some(more @ 1..) = self.problems.len().checked_sub(MAX_ITEMS) {
            let _ = writeln!(out, "  and {more} problems more");
        }
        for note in &self.notes {
            let _ = writeln!(out, "  note: {note}");
        }
        // Paths and names may come from anybody, so they are escaped.
        visible::lines(&text)
    }

    /// The report as JSON.
    fn json(&self) -> Value {
        let report = self.report.as_ref();
        json!({
            "path": self.named.display().to_string(),
            "ok": self.is_fine(),
            "file": self.file.as_ref().map(|file| file.display().to_string()),
            "format": report.map(|report| match (report.script, report.component) {
                (Some(_), _) => "script",
                (None, Some(_)) => "component",
                (None, None) => "module",
            }),
            "bytes": report.map(|report| report.file_bytes),
            "shape": report.and_then(|report| report.shape).map(|shape| shape.name()),
            "init": report.map(|report| report.init.is_some()),
            "memory": report.and_then(|report| report.memory).map(|(minimum, maximum)| json!({
                "minimum": minimum,
                "maximum": maximum,
            })),
            "most_memory": self.most_memory,
            "names": self.names,
            "brokers": self.brokers,
            "exports": report.map(|report| json_items(&report.exports)),
            "imports": report.map(|report| json_items(&report.imports)),
            "problems": self.problems.iter().take(MAX_ITEMS).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

/// The names that each listener is known by, if it does not take any.
fn known_names(manifest: &Manifest) -> Vec<String> {
    let listeners = manifest.handlers.iter().flat_map(|handler| match handler {
        Handler::WebSocketServer(config) => &*config.listeners,
        _ => &[],
    });
    listeners.filter_map(|listener| server::access::known_names(&listener.access)).collect()
}

/// The brokers, in words. One without a client identifier is a problem, and not among them.
fn brokers(manifest: &Manifest) -> Vec<String> {
    let words = manifest.brokers().iter().flat_map(|broker| {
        let BrokerConfig { name, address, client_id, .. } = broker;
        let client_id = client_id::fill(client_id.as_deref(), &manifest.name).ok()?;
        Some(format!("{name} at {address}, with the client identifier {client_id}"))
    });
    words.collect()
}

/// The verdict in a word.
fn verdict(fine: bool) -> &'static str {
    if fine { "would run" } else { "would NOT run" }
}

/// The size of the memory in words.
fn memory(report: &Report) -> String {
    match report.memory {
        None => "none is exported".into(),
        Some((minimum, None)) => format!("{minimum} bytes at start, no maximum of its own"),
        Some((minimum, Some(maximum))) => format!("{minimum} bytes at start, {maximum} at most"),
    }
}

/// The most exports or imports, and the most problems, that the report shows.
const MAX_ITEMS: usize = 100;

/// Lists exports or imports. Those that the host uses or refuses come first.
fn items(out: &mut String, title: &str, items: &[Item]) {
    let _ = writeln!(out, "  {title}{}", if items.is_empty() { "  none" } else { "" });
    let shown = || {
        let (ignored, others): (Vec<_>, Vec<_>) =
            items.iter().partition(|item| item.verdict == Verdict::Ignored);
        others.into_iter().chain(ignored).take(MAX_ITEMS)
    };
    let width = shown().map(|item| item.name.chars().count()).max().unwrap_or_default();
    for Item { name, ty, verdict } in shown() {
        let _ = writeln!(out, "    {name:width$}  {ty}  — {verdict}");
    }
    if let Some(more @ 1..) = items.len().checked_sub(MAX_ITEMS) {
        let _ = writeln!(out, "    and {more} more");
    }
}

/// Lists exports or imports as JSON.
fn json_items(items: &[Item]) -> Vec<Value> {
    let each = items.iter().take(MAX_ITEMS).map(|Item { name, ty, verdict }| {
        let (word, note) = match verdict {
            Verdict::Used(role) => ("used", Some((*role).to_owned())),
            Verdict::Ignored => ("ignored", None),
            Verdict::Traps(why) => ("traps", Some(why.clone())),
            Verdict::Wrong(why) => ("wrong", Some(why.clone())),
        };
        json!({ "name": name, "type": ty, "verdict": word, "note": note })
    });
    each.collect()
}

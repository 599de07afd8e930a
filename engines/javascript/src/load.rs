//! `footlight:script/load`: from files to a script that waits for its first event.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use rquickjs::Value;

use crate::{
    bindings::exports::footlight::script::load::{ScriptError, ScriptInfo},
    engine::{Engine, Stop},
    event,
    failure::{Failure, Place},
    modules::{Modules, declare},
};

/// The most bytes of a line that an error shows.
const LINE: usize = 200;

/// QuickJS tells some sources that are nested too deeply as other mistakes. With so many open brackets and
/// arrow functions that is likely.
const DEEP: usize = 16;

/// Loads a script. An instance has one.
///
/// # Errors
/// What is wrong with the script, with its place.
pub fn load(files: Vec<(String, Vec<u8>)>, main: &str) -> Result<ScriptInfo, ScriptError> {
    let files = Rc::new(RefCell::new(files.into_iter().collect::<BTreeMap<_, _>>()));
    let missing = Rc::default();
    let loaded = run(&Modules { files: Rc::clone(&files), missing: Rc::clone(&missing) }, main);
    let (log, asked_time) = event::end_top_level();
    let loaded = loaded.and_then(|loaded| match asked_time {
        true => Err(Failure::new(
            "Error: the top level asks for the time, which is not known before the first event; \
             use Date.now() and new Date() in handlers",
        )),
        false => Ok(loaded),
    });
    let files = files.take();
    match loaded {
        Ok(handlers) => Ok(ScriptInfo { handlers, log }),
        Err(failure) => {
            let missing = missing.take();
            Err(located(&failure, &files, missing.as_ref(), log))
        }
    }
}

fn run(modules: &Modules, main: &str) -> Result<Vec<String>, Failure> {
    let content = modules.files.borrow().get(main).cloned();
    let Some(content) = content else {
        return Err(Failure::new(format!("Error: there is no file {main}")));
    };
    Engine::load(|engine| {
        let own =
            || Modules { files: Rc::clone(&modules.files), missing: Rc::clone(&modules.missing) };
        engine.context.runtime().set_loader(own(), own());
        event::begin_top_level();
        let handlers = engine.with(|glue| {
            let (module, promise) = declare(&glue.ctx, main, &content, false)?.eval()?;
            glue.settled("the top level", promise.into_value())?;
            glue.settle()?;
            let exports: Value<'_> = module.namespace()?.into_value();
            Ok::<Vec<String>, Stop>(glue.take.call((exports,))?)
        })?;
        // What the top level has left is not worth copying.
        engine.context.runtime().run_gc();
        Ok(handlers)
    })
}

/// An error with its place, as far as it is known.
fn located(
    failure: &Failure,
    files: &BTreeMap<String, Vec<u8>>,
    missing: Option<&(String, String)>,
    log: Vec<String>,
) -> ScriptError {
    let text = |file: &str| files.get(file).and_then(|bytes| str::from_utf8(bytes).ok());
    // An import that leads nowhere has no stack.
    let import = missing.and_then(|(file, name)| {
        let number = text(file)?.lines().position(|line| line.contains(name.as_str()))?;
        Some(Place { file, line: u32::try_from(number).ok()? + 1, column: 0 })
    });
    let place = failure.place().or(import).unwrap_or_default();
    let mut message = failure.message.clone();
    if failure.place().is_none() && message.starts_with("RangeError: Maximum call stack") {
        message += "; a source may be nested too deeply: name inner parts";
    }
    let open = text(place.file).map_or(0, |text| open_parts(text, &place));
    if open >= DEEP && message.starts_with("SyntaxError:") {
        message += &format!(
            "; {open} brackets and arrows are open here, which may be too deep: name inner parts"
        );
    }
    let number = usize::try_from(place.line).unwrap_or_default();
    let line = number.checked_sub(1).and_then(|before| text(place.file)?.lines().nth(before));
    let line = line.unwrap_or_default().trim();
    ScriptError {
        file: place.file.into(),
        line: place.line,
        column: place.column,
        text: line.get(..line.floor_char_boundary(LINE)).unwrap_or_default().into(),
        message,
        stack: failure.stack.clone(),
        log,
    }
}

/// How many brackets are open at a place, and arrow functions since the last semicolon. Those in texts and
/// comments count too.
fn open_parts(text: &str, place: &Place<'_>) -> usize {
    let line = usize::try_from(place.line).unwrap_or_default();
    let column = usize::try_from(place.column).unwrap_or_default();
    let before = text.lines().take(line).enumerate().flat_map(|(number, text)| {
        let end = if number + 1 == line { column } else { usize::MAX };
        text.bytes().take(end)
    });
    let (mut brackets, mut arrows, mut last) = (0_usize, 0_usize, 0);
    for byte in before {
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b'>' if last == b'=' => arrows += 1,
            b';' => arrows = 0,
            _ => {}
        }
        last = byte;
    }
    brackets + arrows
}

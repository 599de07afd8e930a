//! Exceptions in words.

use rquickjs::{Array, Ctx, Error, Function, Value};

/// The most bytes of an exception's message, and of its stack.
const MESSAGE: usize = 1024;
const STACK: usize = 2048;
/// How the files of the glue begin: they are not the script's.
pub const GLUE: &str = "footlight:";

/// What went wrong in a script.
pub struct Failure {
    /// The class and the message.
    pub message: String,
    /// The calls that led there, a line each.
    pub stack: String,
}

/// A place in a file. Line and column count from 1, and 0 is unknown.
#[derive(Default)]
pub struct Place<'a> {
    pub file: &'a str,
    pub line: u32,
    pub column: u32,
}

impl Failure {
    /// A failure that has no stack.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), stack: String::new() }
    }

    /// What `error` means. `describe` is the glue's.
    pub fn of<'js>(ctx: &Ctx<'js>, describe: &Function<'js>, error: &Error) -> Self {
        if !error.is_exception() {
            return Self::new(format!("InternalError: {error}"));
        }
        let thrown = ctx.catch();
        if thrown.is_null() {
            // What QuickJS throws if there is no memory for an exception.
            return Self::new("InternalError: out of memory, or the script has thrown null");
        }
        Self::described(describe, thrown.clone()).unwrap_or_else(|_| {
            // There was not even memory, or stack, for the words.
            let second = ctx.catch();
            let message = [&second, &thrown].into_iter().find_map(own_message);
            Self::new(format!("InternalError: {}", message.as_deref().unwrap_or("out of memory")))
        })
    }

    fn described<'js>(describe: &Function<'js>, thrown: Value<'js>) -> Result<Self, Error> {
        let words: Array<'_> = describe.call((thrown,))?;
        let (mut message, stack): (String, String) = (words.get(0)?, words.get(1)?);
        message.truncate(message.floor_char_boundary(MESSAGE));
        let lines = stack
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.contains(GLUE) && !line.contains("(native)"));
        let mut stack = lines.collect::<Vec<_>>().join("\n");
        stack.truncate(stack.floor_char_boundary(STACK));
        Ok(Self { message, stack })
    }

    /// The place where it was thrown.
    pub fn place(&self) -> Option<Place<'_>> {
        self.stack.lines().find_map(Place::of)
    }

    /// The message, and then the stack.
    pub fn into_text(self) -> String {
        if self.stack.is_empty() {
            self.message
        } else {
            format!("{}\n{}", self.message, self.stack)
        }
    }
}

impl<'a> Place<'a> {
    /// The place in a line of a stack, such as `at f (a.js:1:2)` or `at a.js:1:2`.
    fn of(line: &'a str) -> Option<Self> {
        let place = line.strip_prefix("at ").unwrap_or(line).trim_end_matches(')');
        let place = place.rsplit_once('(').map_or(place, |(_, place)| place);
        let mut parts = place.rsplitn(3, ':');
        let (column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { file, line: line.parse().ok()?, column: column.parse().ok()? })
    }
}

/// The message of an exception that can't be described.
fn own_message(thrown: &Value<'_>) -> Option<String> {
    thrown.as_exception()?.message().filter(|message| !message.is_empty())
}

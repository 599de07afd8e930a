//! The engine with its script, and an event from its beginning to its end.

use std::cell::{Cell, OnceCell, RefCell};

use rquickjs::{
    Context, Ctx, Error, Function, Object, Persistent, Result, Runtime, Value, function::Args,
    promise::PromiseState,
};

use crate::{
    event::{self, Event},
    failure::Failure,
    ffi, natives,
};

/// The part of the engine in JavaScript, as one function of the natives. It ends with the NUL that QuickJS needs.
const SOURCE: &str = concat!(
    "(host) => { \"use strict\";\n",
    include_str!("../glue/intrinsics.js"),
    include_str!("../glue/errors.js"),
    include_str!("../glue/clients.js"),
    include_str!("../glue/host.js"),
    include_str!("../glue/web.js"),
    include_str!("../glue/url.js"),
    include_str!("../glue/main.js"),
    "}\0"
);

/// The bytes of the stack that QuickJS may use for what it checks, from where the engine is made. A call of a script
/// takes some 160 bytes for one function of the module, and QuickJS's parsers at least 9: the host lets calls go
/// deep enough for that (`CALLS` in `src/actor/translated.rs`). QuickJS doesn't check when it compiles functions in
/// each other, which takes 976 bytes for each that takes 150 when it is parsed. The whole stack, which
/// `.cargo/config.toml` sets, has room for that.
const STACK: usize = 36 * 1024;

/// A function of the glue, kept from one event to the next.
type Kept = Persistent<Function<'static>>;

/// The engine, with the glue's functions.
pub struct Engine {
    pub context: Context,
    take: Kept,
    start: Kept,
    finish: Kept,
    settle: Kept,
    describe: Kept,
}

/// The glue's functions during an event.
pub struct Glue<'js> {
    pub ctx: Ctx<'js>,
    pub take: Function<'js>,
    start: Function<'js>,
    finish: Function<'js>,
    settle: Function<'js>,
    describe: Function<'js>,
}

thread_local! {
    /// The engine, once it is prepared.
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
    /// Whether it has got a script.
    static IS_LOADED: Cell<bool> = const { Cell::new(false) };
    /// The glue's source until the engine is prepared, and zeroes then: nothing needs it any more.
    static GLUE: RefCell<[u8; SOURCE.len()]> = const {
        match SOURCE.as_bytes().first_chunk() {
            Some(source) => RefCell::new(*source),
            None => unreachable!(),
        }
    };
}

/// Makes the engine, with the glue and without a script. The build calls this once, and keeps the memory as
/// the module's data.
///
/// # Errors
/// There is too little memory.
pub fn prepare() -> Result<()> {
    let engine = Engine::new()?;
    ENGINE.with(|kept| kept.set(engine)).map_err(|_| Error::Unknown)
}

impl Engine {
    /// Makes the engine, with the glue and without a script.
    ///
    /// # Errors
    /// There is too little memory.
    fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_max_stack_size(STACK);
        let context = Context::full(&runtime)?;
        let (engine, rejected) = context.with(|ctx| {
            let glue = GLUE.with_borrow_mut(|source| {
                let glue = ffi::eval_without_source(&ctx, source);
                source.fill(0);
                glue
            })?;
            let glue = Function::from_value(glue)?;
            let glue: Object<'_> = glue.call((natives::object(&ctx)?,))?;
            let kept =
                |name| Ok::<_, Error>(Persistent::save(&ctx, glue.get::<_, Function<'_>>(name)?));
            let engine = Self {
                context: context.clone(),
                take: kept("take")?,
                start: kept("start")?,
                finish: kept("finish")?,
                settle: kept("settle")?,
                describe: kept("describe")?,
            };
            Ok::<_, Error>((engine, kept("rejected")?))
        })?;
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx: Ctx<'_>, promise, reason, handled| {
                let told = rejected.clone().restore(&ctx);
                // Without memory even for this, the event has failed already.
                if told.and_then(|told| told.call::<_, ()>((promise, reason, handled))).is_err() {
                    ctx.catch();
                }
            },
        )));
        Ok(engine)
    }

    /// Runs `work` with the glue.
    ///
    /// # Errors
    /// What the work threw, in words.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Glue<'_>) -> std::result::Result<T, Stop>,
    ) -> std::result::Result<T, Failure> {
        self.context.with(|ctx| {
            let glue = self.restore(&ctx).map_err(|error| Failure::new(error.to_string()))?;
            work(&glue).map_err(|stop| match stop {
                Stop::Thrown(error) => Failure::of(&ctx, &glue.describe, &error),
                Stop::Said(failure) => failure,
            })
        })
    }

    fn restore<'js>(&self, ctx: &Ctx<'js>) -> Result<Glue<'js>> {
        let of = |kept: &Kept| kept.clone().restore(ctx);
        Ok(Glue {
            ctx: ctx.clone(),
            take: of(&self.take)?,
            start: of(&self.start)?,
            finish: of(&self.finish)?,
            settle: of(&self.settle)?,
            describe: of(&self.describe)?,
        })
    }

    /// Uses the engine to load a script.
    ///
    /// # Errors
    /// It has one already. Or it isn't prepared. Or `work` fails.
    pub fn load<T>(
        work: impl FnOnce(&Self) -> std::result::Result<T, Failure>,
    ) -> std::result::Result<T, Failure> {
        ENGINE.with(|kept| {
            if IS_LOADED.replace(true) {
                return Err(Failure::new(
                    "Error: a script is loaded already; an instance runs one",
                ));
            }
            work(kept.get().ok_or_else(|| {
                Failure::new(
                    "InternalError: the module isn't prepared; build it with scripts/build-actors.sh",
                )
            })?)
        })
    }
}

/// Why work on the engine ended early.
pub enum Stop {
    /// It threw an exception.
    Thrown(Error),
    /// The engine itself says why.
    Said(Failure),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Thrown(error)
    }
}

impl<'js> Glue<'js> {
    /// Runs all jobs, and returns what a promise has become. Another value is returned as it is.
    ///
    /// # Errors
    /// The promise was rejected, or nothing is left that could settle it.
    pub fn settled(&self, what: &str, value: Value<'js>) -> std::result::Result<Value<'js>, Stop> {
        self.run_jobs();
        let Some(promise) = value.as_promise() else { return Ok(value) };
        match promise.state() {
            PromiseState::Pending => Err(Stop::Said(Failure::new(format!(
                "UnsettledPromise: {what} waits for a promise that nothing can settle; an event ends when its \
                 promises are settled, and no other event comes before that"
            )))),
            _ => Ok(promise.result().unwrap_or(Err(Error::Unknown))?),
        }
    }

    /// Runs what waits for settled promises. The host bounds the time.
    pub fn run_jobs(&self) {
        while self.ctx.execute_pending_job() {}
    }

    /// Makes sure that no rejected promise is left that nobody has handled, and keeps what has changed.
    ///
    /// # Errors
    /// There is one. Or what has changed can't be kept.
    pub fn settle(&self) -> std::result::Result<(), Stop> {
        self.settle.call::<_, ()>(())?;
        // A getter or `toJSON` may have brought more to do, and that more changes.
        if self.ctx.execute_pending_job() {
            self.run_jobs();
            return self.settle();
        }
        Ok(())
    }
}

/// Handles an event with this state. `give` pushes what the handler gets.
///
/// # Errors
/// The exception in words. The host then undoes all that the event has asked for.
pub fn handle(
    kind: &'static str,
    state: Option<Vec<u8>>,
    give: impl for<'js> FnOnce(&Ctx<'js>, &mut Args<'js>) -> Result<()>,
) -> std::result::Result<Event, String> {
    ENGINE.with(|kept| {
        let engine = kept.get().ok_or("there is no script: the host has not called `load`")?;
        event::begin(state);
        let done = engine.with(|glue| {
            let mut args = Args::new(glue.ctx.clone(), 4);
            args.push_arg(kind)?;
            give(&glue.ctx, &mut args)?;
            let result: Value<'_> = glue.start.call_arg(args)?;
            let result = glue.settled(&format!("{kind}()"), result)?;
            glue.finish.call::<_, ()>((kind, result))?;
            glue.run_jobs();
            glue.settle()
        });
        // What a failed event has left to do must not run in the next one.
        if done.is_err() {
            engine.context.with(|ctx| while ctx.execute_pending_job() {});
        }
        let event = event::end();
        done.map(|()| event).map_err(Failure::into_text)
    })
}

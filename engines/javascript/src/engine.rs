//! The engine with its script, and an event from its beginning to its end.

use std::cell::OnceCell;

use rquickjs::{
    Context, Ctx, Error, Function, Object, Persistent, Result, Runtime, Value,
    context::EvalOptions, function::Args, promise::PromiseState,
};

use crate::{
    depth,
    event::{self, Event},
    failure::{Failure, GLUE},
    natives,
};

/// The part of the engine in JavaScript, as one function of the natives.
const SOURCE: &str = concat!(
    "(host) => { \"use strict\";\n",
    include_str!("../glue/intrinsics.js"),
    include_str!("../glue/errors.js"),
    include_str!("../glue/clients.js"),
    include_str!("../glue/host.js"),
    include_str!("../glue/web.js"),
    include_str!("../glue/url.js"),
    include_str!("../glue/main.js"),
    "}"
);

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
    /// The engine, once a script is loaded.
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
}

impl Engine {
    /// Makes the engine, with the glue and without a script.
    ///
    /// # Errors
    /// There is too little memory.
    fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        let context = Context::full(&runtime)?;
        let (engine, rejected) = context.with(|ctx| {
            depth::begin(&ctx);
            let mut options = EvalOptions::default();
            options.filename = Some(format!("{GLUE}glue"));
            let glue: Function<'_> = ctx.eval_with_options(SOURCE, options)?;
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

    /// Makes the engine, and uses it to load a script. It stays, also after a mistake in the script: QuickJS
    /// can't end while Rust holds functions of it.
    ///
    /// # Errors
    /// There is one already. Or there is too little memory. Or `work` fails.
    pub fn make<T>(
        work: impl FnOnce(&Self) -> std::result::Result<T, Failure>,
    ) -> std::result::Result<T, Failure> {
        ENGINE.with(|kept| {
            if kept.get().is_some() {
                return Err(Failure::new(
                    "Error: a script is loaded already; an instance runs one",
                ));
            }
            let engine =
                Self::new().map_err(|error| Failure::new(format!("InternalError: {error}")))?;
            work(kept.get_or_init(|| engine))
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

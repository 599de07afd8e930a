//! Starts the actor of a run.

use std::{pin::pin, sync::Arc, time::Instant};

use smol::Executor;

use super::{
    super::{
        CallError,
        called::Called,
        capture::Capture,
        clients::Clients,
        moment,
        options::Call,
        report::{self, Report, Taken},
    },
    Emit, Stage,
};
use crate::{
    actor::{Actor, Setup, observed::Kept},
    exchange::{ActorHandle, ConnectionId, Event},
    executor::Turns,
    files::{Files, Overlay},
    http_client::{Http, answers::Answers},
    messages::{self, Messages},
    mqtt::Mqtt,
    reactor::Reactor,
    world::World,
};

impl Stage {
    /// Starts the actor, and reports on that. Returns `None` if its `init` failed.
    pub(in crate::call) fn open(
        call: &Call,
        emit: &mut Emit<'_>,
    ) -> Result<Option<Self>, CallError> {
        let called = Called::open(&call.path)?;
        let contents = called.contents(call)?;
        let Called {
            name,
            module,
            init_state,
            tick,
            env,
            folders,
            servers,
            receivers,
            brokers,
            limits,
            path,
            is_alone,
        } = called;
        let (world, manual) = World::seeded(call.now.unwrap_or(moment::DEFAULT), call.seed);
        let handle = ActorHandle::new(name.as_str().into(), limits);
        let (stats, lines) = (handle.stats.clone(), handle.lines.clone());
        let files = Arc::new(Overlay::new(is_alone, call.write && !is_alone));
        let answers = Arc::new(Answers::new(is_alone));
        let reactor = Reactor::new().map_err(|error| CallError::other(format_args!("{error}")))?;
        let (executor, turns) = (Arc::new(Executor::new()), Arc::new(Turns::default()));
        let reactor = Arc::new(reactor);
        let folders = folders.map(|folders| {
            let own =
                Files::new(&name, folders, handle.limits.clone(), stats.clone(), lines.clone());
            own.below(files.clone())
        });
        let http = servers.and_then(|servers| {
            let (stats, lines) = (stats.clone(), lines.clone());
            let own = Http::new(&servers, executor.clone(), handle.limits.clone(), stats, lines)?;
            Some(own.answered_by(answers.clone()))
        });
        let others = Arc::new(messages::answers::Answers::new(is_alone));
        let messages = receivers.map(|config| {
            let (name, limits) = (handle.name.clone(), handle.limits.clone());
            let (stats, lines) = (stats.clone(), lines.clone());
            let own = Messages::new(name, config, Arc::default(), limits, stats, lines);
            own.answered_by(others.clone())
        });
        let mqtt = if brokers.brokers.is_empty() {
            None
        } else {
            let (world, limits) = (world.clone(), handle.limits.clone());
            let (stats, lines) = (stats.clone(), lines.clone());
            Mqtt::new(&brokers, &handle.mailbox, world, limits, stats, lines).map(Mqtt::alone)
        };
        let brokers = mqtt.iter().flat_map(|mqtt| mqtt.brokers().to_vec()).collect();
        let capture = Capture::install();
        let lost = contents.iter().flat_map(|contents| contents.open.clone()).collect::<Vec<_>>();
        let setup = Setup {
            last_good: None,
            name: handle.name.clone(),
            module,
            limits: handle.limits.clone(),
            init_state,
            tick,
            files: folders,
            http,
            messages,
            mqtt,
            store: None,
            world: world.clone(),
            turns: turns.clone(),
            stats,
            lines,
            env,
        };
        let began = Instant::now();
        let mut started = None;
        turns.block_on(
            &executor,
            &reactor,
            pin!(async { started = Some(Actor::start_from(setup, contents).await) }),
        );
        let took = began.elapsed();
        let mut report = Report::new("init", world.since_1970());
        let (actor, kept) = match started {
            Some(Ok(actor)) => {
                let kept = actor.kept();
                (Some(actor), kept)
            }
            Some(Err(error)) => {
                report.set(report::ERROR, error.to_string().into());
                (None, Kept::default())
            }
            None => (None, Kept::default()),
        };
        let clients = Clients::default();
        report.add_changes(&Kept::default(), &kept, &clients, world.now());
        let fuel = handle.stats.fuel.get();
        while executor.try_tick() {}
        report.add_outside(files.take_changes(), answers.take_asked());
        report.add_asked(&others.take_asked());
        emit(report.finish(capture.take(None)), Taken { fuel, took })?;
        let Some(actor) = actor else { return Ok(None) };
        let mut stage = Self {
            actor,
            handle,
            world,
            manual,
            clients,
            files,
            answers,
            others,
            brokers,
            executor,
            turns,
            reactor,
            capture,
            path,
        };
        for id in lost {
            stage.perform(Event::lost(ConnectionId(id)), None, emit)?;
        }
        stage.follow("the beginning", emit)?;
        Ok(Some(stage))
    }
}

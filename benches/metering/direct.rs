//! Calls a guest through wasmi alone: with all of its fuel at once, or without fuel.

use footlight::limits::Limits;
use wasmi::{CompilationMode, Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};
use wit_core::{Budget, MessageRef, Shape, lift, lower, shape};

use super::{common::Result, guests::Guest};

/// Ten parameters.
type Ten = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);

/// An instance.
pub(crate) struct Direct {
    /// Its memory and globals.
    store: Store<()>,
    /// Its linear memory.
    memory: Memory,
    /// `cabi_realloc`.
    realloc: TypedFunc<(i32, i32, i32, i32), i32>,
    /// `handle-message`.
    handler: TypedFunc<Ten, i32>,
    /// The function that frees what `handle-message` returned.
    post: Option<TypedFunc<i32, ()>>,
    /// Whether fuel is counted.
    fuel: bool,
}

impl Direct {
    /// Makes an instance of the guide's shape without imports.
    pub(crate) fn new(guest: &Guest, fuel: bool) -> Result<Self> {
        let mut config = Config::default();
        config.consume_fuel(fuel).compilation_mode(CompilationMode::Eager);
        config.ignore_custom_sections(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, &guest.wasm)?;
        let mut store = Store::new(&engine, ());
        if fuel {
            store.set_fuel(u64::MAX)?;
        }
        let instance: Instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        let (shape, memory) = (Shape::Guide, instance.get_memory(&store, shape::MEMORY));
        Ok(Self {
            memory: memory.ok_or("no memory")?,
            realloc: instance.get_typed_func(&store, shape::REALLOC.0)?,
            handler: instance.get_typed_func(&store, shape.handle_message())?,
            post: instance.get_typed_func(&store, shape.handle_message_post()).ok(),
            store,
            fuel,
        })
    }

    /// Calls `handle-message` once, as `actor::instance` does.
    pub(crate) fn call(&mut self, guest: &Guest, limits: &Limits) -> Result<()> {
        if self.fuel {
            self.store.set_fuel(limits.fuel.unwrap_or(u64::MAX))?;
        }
        let message = MessageRef::text(&guest.text);
        let mut call = lower::handle_message(Shape::Guide, message, Some(&guest.state));
        while let Some(block) = call.next_block() {
            let len = i32::try_from(block.len())?;
            let ptr = self.realloc.call(&mut self.store, (0, 0, 1, len))?;
            call.place(self.memory.data_mut(&mut self.store), ptr.cast_unsigned())?;
        }
        let [a, b, c, d, e, f, g, h, i, j] = *call.parameters() else {
            return Err("not ten parameters".into());
        };
        let ten = (a, b, c, d, e, f, g, h, i, j);
        let ptr = self.handler.call(&mut self.store, signed(ten))?;
        let budget = Budget { state: limits.state, messages: limits.answers, bytes: limits.answer };
        let memory = self.memory.data(&self.store);
        let reply = lift::handle_message(Shape::Guide, memory, ptr.cast_unsigned(), &budget)?;
        std::hint::black_box(&reply);
        if let Some(post) = self.post {
            post.call(&mut self.store, ptr)?;
        }
        Ok(())
    }
}

/// The parameters in wasmi's types.
fn signed(of: (u32, u32, u32, u32, u32, u32, u32, u32, u32, u32)) -> Ten {
    let (a, b, c, d, e, f, g, h, i, j) = of;
    let [a, b, c, d, e, f, g, h, i, j] = [a, b, c, d, e, f, g, h, i, j].map(u32::cast_signed);
    (a, b, c, d, e, f, g, h, i, j)
}

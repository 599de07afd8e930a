//! What a type of handler says about itself, to whoever reads a manifest or judges a module.

use crate::interfaces::Interface;

/// A type of handler. Each handler's folder has a constant of this.
#[derive(Debug, PartialEq, Eq)]
pub struct HandlerType {
    /// The value of `type` in a manifest.
    pub name: &'static str,
    /// How its `config` is written, for advice.
    pub example: &'static str,
    /// Whether events come from it. An actor without any such handler would never be called.
    pub brings_events: bool,
    /// The interfaces that an actor gets only with a handler of this type.
    pub capabilities: &'static [Capability],
}

impl HandlerType {
    /// What to write into a manifest that needs a handler of this type.
    pub fn advice(&self) -> String {
        format!("add a [[handlers]] table with type = \"{}\" and {}", self.name, self.example)
    }
}

/// An interface that an actor gets only with a handler of some type.
#[derive(Debug, PartialEq, Eq)]
pub struct Capability {
    /// The interfaces whose functions the actor may import then.
    pub interfaces: &'static [&'static Interface],
    /// What is wrong if `requires` asks for it and there is no such handler.
    pub missing: &'static str,
    /// What is wrong if a module imports it and there is no such handler, and what to do.
    pub advice: &'static str,
}

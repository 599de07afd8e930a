//! The session against a scripted broker in memory.

mod broker;
mod chunks;
mod connecting;
mod hostile;
mod keepalive;
mod publishing;
mod receiving;
mod subscribing;

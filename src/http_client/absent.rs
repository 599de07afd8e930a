//! The place of `requests` in builds without the feature `http-client`: no actor may ask a server.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use smol::Executor;
use wit_core::HttpResponse;

use super::{
    answers::Answers, client::Options, config::Config, failure::Failure, request::Request,
};
use crate::{exchange::Answered, limits::SharedLimits, logger::ActorLog, stats::Stats};

/// What one actor may ask: there is nothing.
pub enum Http {}

/// A request that leaves later: there is none.
#[derive(Debug)]
pub enum Asked {}

impl Http {
    /// There is none.
    pub fn new(
        _: &Config,
        _: Arc<Executor<'static>>,
        _: impl Into<SharedLimits>,
        _: Arc<Stats>,
        _: Arc<ActorLog>,
    ) -> Option<Self> {
        None
    }

    pub(crate) fn answered_by(self, _: Arc<Answers>) -> Self {
        self
    }

    pub(crate) async fn fetch(&self, _: Request, _: Options) -> Result<HttpResponse, Failure> {
        match *self {}
    }

    pub(crate) fn ask(&self, _: &str, _: Request, _: Options) -> Result<Asked, Failure> {
        match *self {}
    }

    pub(crate) fn refused(&self, _: &Failure) {
        match *self {}
    }

    pub(crate) fn poll_answer(&self, _: &mut Context<'_>) -> Poll<Answered> {
        match *self {}
    }

    pub(crate) fn stored(&self) -> Bytes {
        match *self {}
    }

    pub(crate) fn restore(&self, _: &[u8]) {
        match *self {}
    }
}

impl Asked {
    pub(crate) fn bytes(&self) -> usize {
        match *self {}
    }

    pub(crate) fn tag(&self) -> Box<str> {
        match *self {}
    }

    pub(crate) fn line(&self) -> String {
        match *self {}
    }

    pub(crate) fn start(self) {
        match self {}
    }
}

//! Lifts the result of `handle-request`.

use alloc::{string::String, vec::Vec};

use super::{Budget, Lift, Record, aligned};
use crate::{
    error::{LiftError, LiftErrorKind},
    http::{HeaderField, HttpResponse},
    layout::{self, HEADER_FIELD, RESPONSE},
    memory::Memory,
    shape::Shape,
};

/// What `handle-request` returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// `None` if the actor keeps none.
    pub state: Option<Vec<u8>>,
    /// Not checked: its status and its fields may be of any kind.
    pub response: HttpResponse,
}

/// Lifts the result of `handle-request` from the pointer that the guest returned. The inner
/// error is the actor's own, in the shapes that return a `result`.
///
/// # Errors
/// The result is invalid or exceeds the budget.
pub fn handle_request<M: Memory + ?Sized>(
    shape: Shape,
    memory: &M,
    ptr: u32,
    budget: &Budget,
) -> Result<Result<HttpReply, String>, LiftError> {
    let layout = shape.request_result_layout();
    let mut lift = Lift::new(memory, budget.bytes);
    let result = lift.record("result", ptr, layout.size)?;
    if !shape.has_results() {
        let response = lift.response(result, layout.response, budget.messages)?;
        let state = lift.state(shape, result, layout.state, budget.state)?;
        return Ok(Ok(HttpReply { state, response }));
    }
    if lift.discriminant("result", result, 0, 2)? == 1 {
        return lift.string("error", result, layout::ERROR).map(Err);
    }
    let state = lift.state(shape, result, layout.state, budget.state)?;
    let response = lift.response(result, layout.response, budget.messages)?;
    Ok(Ok(HttpReply { state, response }))
}

impl<'m, M: Memory + ?Sized> Lift<'m, M> {
    /// The `http-response` at `at`.
    fn response(
        &mut self,
        record: Record<'m>,
        at: u32,
        fields: usize,
    ) -> Result<HttpResponse, LiftError> {
        let status = record.u16(at + RESPONSE.status);
        let headers = self.fields(record, at + RESPONSE.headers, fields)?;
        let body = match self.discriminant("body", record, at + RESPONSE.body, 2)? {
            0 => None,
            _ => {
                let (place, len) = self.pointed("body", record, at + RESPONSE.body + 4);
                Some(self.slice(place, len)?.to_vec())
            }
        };
        Ok(HttpResponse { status, headers, body })
    }

    /// The list of header fields whose `{ptr, len}` is at `at`.
    fn fields(
        &mut self,
        record: Record<'m>,
        at: u32,
        limit: usize,
    ) -> Result<Vec<HeaderField>, LiftError> {
        let (place, len) = self.pointed("headers", record, at);
        aligned(place)?;
        let bytes = self.bounded(place, u64::from(len) * u64::from(HEADER_FIELD))?;
        if usize::try_from(len).map_or(true, |len| len > limit) {
            return Err(place.error(LiftErrorKind::TooLarge { size: len.into(), limit }));
        }
        let stride = usize::try_from(HEADER_FIELD).unwrap_or(usize::MAX);
        let records = bytes.chunks_exact(stride).zip((place.offset..).step_by(stride));
        let field = |(bytes, offset)| {
            let record = Record { bytes, offset, index: None };
            let name = self.string("a header field's name", record, 0)?;
            Ok((name, self.string("a header field's value", record, 8)?))
        };
        records.map(field).collect()
    }
}

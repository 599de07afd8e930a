//! What a call of the actor returned, before it is checked and after.

use wit_core::{HttpResponse, Message, lift};

use super::{answer::Answer, failure::Failure, outgoing::Ending, response};

/// What a handler of the actor returned.
pub struct Reply {
    /// The new state. `None` if the actor keeps none.
    pub state: Option<Vec<u8>>,
    /// The rest.
    pub content: Content,
}

/// What an answer consists of, by the handler.
pub enum Content {
    /// Of `handle-message`.
    Messages(Vec<Message>),
    /// Of `handle-request`.
    Response(HttpResponse),
    /// Of the `handle-request` for other actors.
    Reply(Vec<u8>),
}

impl Content {
    /// Checks that it can be sent.
    ///
    /// # Errors
    /// It can't, which is the actor's fault.
    pub fn check(self) -> Result<Ending, Failure> {
        match self {
            Self::Messages(messages) => {
                Answer::from_messages(messages).map(Ending::Answer).map_err(Failure::Answer)
            }
            Self::Response(response) => {
                response::check(&response).map_err(Failure::Response)?;
                Ok(Ending::Response(response))
            }
            Self::Reply(reply) => Ok(Ending::Reply(reply)),
        }
    }
}

impl From<lift::Reply> for Reply {
    fn from(reply: lift::Reply) -> Self {
        let lift::Reply { state, messages } = reply;
        Self { state, content: Content::Messages(messages) }
    }
}

/// The state, and the reply if there is one: of the functions for other actors.
impl From<(Option<Vec<u8>>, Option<Vec<u8>>)> for Reply {
    fn from((state, reply): (Option<Vec<u8>>, Option<Vec<u8>>)) -> Self {
        // `handle-send` answers with nothing, as an answer without messages does.
        let nothing = || Content::Messages(Vec::new());
        Self { state, content: reply.map_or_else(nothing, Content::Reply) }
    }
}

impl From<lift::HttpReply> for Reply {
    fn from(reply: lift::HttpReply) -> Self {
        let lift::HttpReply { state, response } = reply;
        Self { state, content: Content::Response(response) }
    }
}

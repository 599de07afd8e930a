//! Answers that are given in advance, so that an actor can be called without servers.

use std::mem;

use wit_core::{HttpRequest, HttpResponse, host::HttpError};

use super::{failure::Failure, request::Request, url::Url};
use crate::lock::Lock;

/// What a server answers, or why it does not.
pub(crate) type Outcome = Result<HttpResponse, HttpError>;

/// The answers of servers. They are few, so a list does.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Whether the actor may ask all servers: it has no manifest that says more.
    pub(super) allows_all: bool,
    inner: Lock<Inner>,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Inner {
    given: Vec<(Question, Outcome)>,
    /// What the actor has asked since the last look, with the answers.
    asked: Vec<(HttpRequest, Outcome)>,
}

/// The requests that an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// `None` for all methods.
    pub(crate) method: Option<String>,
    pub(crate) url: Url,
}

impl Answers {
    /// No answers yet.
    pub(crate) fn new(allows_all: bool) -> Self {
        Self { allows_all, inner: Lock::default() }
    }

    /// Gives the answer to a question. With `None` there is none any more.
    pub(crate) fn set(&self, question: Question, answer: Option<Outcome>) {
        let given = &mut self.inner.lock().given;
        if let Some(place) = given.iter().position(|(other, _)| *other == question) {
            drop(given.remove(place));
        }
        if let Some(answer) = answer {
            given.push((question, answer));
        }
    }

    /// What the actor has asked since the last call of this function.
    pub(crate) fn take_asked(&self) -> Vec<(HttpRequest, Outcome)> {
        mem::take(&mut self.inner.lock().asked)
    }

    /// The answer to a request, with a content of at most `max_body` bytes. One that is for its method
    /// comes before one that is for all.
    pub(super) fn find(&self, request: &Request, max_body: usize) -> Result<HttpResponse, Failure> {
        let Inner { given, asked } = &mut *self.inner.lock();
        let of = |method: Option<&str>| {
            let is_it =
                |other: &Question| other.url == request.url && other.method.as_deref() == method;
            given.iter().find(|(other, _)| is_it(other)).map(|(_, answer)| answer)
        };
        let outcome = match of(Some(&request.method)).or_else(|| of(None)) {
            Some(Ok(response)) => {
                let mut response = response.clone();
                if request.method == "HEAD" {
                    response.body = None;
                }
                let body = response.body.as_ref().map_or(0, Vec::len);
                if body > max_body { Err(HttpError::TooLarge) } else { Ok(response) }
            }
            Some(Err(error)) => Err(error.clone()),
            None => Err(HttpError::Failed(
                "there are no servers here, and `answers` has none to ".to_owned()
                    + &request.line(),
            )),
        };
        asked.push((request.plain(), outcome.clone()));
        outcome.map_err(Failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str) -> Request {
        let (method, uri) = (method.into(), uri.into());
        Request::new(HttpRequest { method, uri, headers: Vec::new(), body: None }).unwrap()
    }

    #[test]
    fn a_request_gets_the_answer_to_its_method_and_else_the_one_to_all() {
        let answers = Answers::default();
        let url = Url::parse("https://a.example/x").unwrap();
        let question =
            |method: Option<&str>| Question { method: method.map(Into::into), url: url.clone() };
        let response =
            |status| HttpResponse { status, headers: Vec::new(), body: Some(b"12".into()) };
        answers.set(question(None), Some(Ok(response(200))));
        answers.set(question(Some("PUT")), Some(Err(HttpError::TimedOut)));
        // The same address in another spelling.
        let get = request("GET", "https://A.example:443/x");
        assert_eq!(answers.find(&get, 2), Ok(response(200)));
        assert_eq!(answers.find(&get, 1), Err(Failure(HttpError::TooLarge)));
        let put = request("PUT", "https://a.example/x");
        assert_eq!(answers.find(&put, 2), Err(Failure(HttpError::TimedOut)));
        answers.set(question(None), None);
        let none = answers.find(&get, 2).unwrap_err().to_string();
        assert!(none.contains("none to GET https://a.example/x"), "{none}");
        assert_eq!(answers.take_asked().len(), 4);
        assert!(answers.take_asked().is_empty());
    }
}

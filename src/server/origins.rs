//! Which web pages may connect: the key `origins` of a listener.

use super::{error_response::ErrorResponse, list::list, origin::Origin};
use crate::config::Value;

/// The pages that may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Whether pages of this listener may: the entry `self`.
    own: bool,
    /// The other entries.
    listed: Vec<Origin>,
}

impl Origins {
    /// Reads the key's value.
    pub(super) fn read(value: &Value<'_>) -> Self {
        let advice = "write a list such as [\"self\", \"https://example.org\"]";
        let mut origins = Self::default();
        let entries = list(value, advice, |item, text| match text {
            "self" => Some(None),
            "null" => Some(Some(Origin::Null)),
            text => match Origin::of_manifest(text) {
                Ok(origin) => Some(Some(origin)),
                Err(mistake) => {
                    let problem = format!("{} {}", item.shown(), mistake.problem);
                    item.place.refuse(problem, mistake.advice);
                    None
                }
            },
        });
        origins.own = entries.contains(&None);
        origins.listed = entries.into_iter().flatten().collect();
        origins
    }

    /// These entries.
    #[cfg(test)]
    pub(crate) fn of(entries: &[&str]) -> Self {
        let others = entries.iter().filter(|entry| **entry != "self");
        let listed = others.filter_map(|entry| Origin::parse(entry)).collect();
        Self { own: entries.contains(&"self"), listed }
    }

    /// Whether the manifest lists an origin. `self` lists none.
    pub(crate) fn lists(&self, origin: &Origin) -> bool {
        self.listed.contains(origin)
    }

    /// Checks that a page may connect, by the fields `Origin` of its request to `host`. A request
    /// without one does not come from a page. A client that can omit it could also forge it (RFC
    /// 6455, section 10.2).
    ///
    /// # Errors
    /// The page may not connect.
    pub(crate) fn check<'a>(
        &self,
        mut fields: impl Iterator<Item = &'a [u8]>,
        host: Option<&str>,
    ) -> Result<(), ErrorResponse> {
        let Some(field) = fields.next() else { return Ok(()) };
        let origin = str::from_utf8(field).ok().and_then(Origin::parse);
        let is_own = |origin: &Origin| self.own && host.is_some_and(|host| origin.is_of(host));
        let is_allowed = |origin: Origin| self.lists(&origin) || is_own(&origin);
        if fields.next().is_none() && origin.is_some_and(is_allowed) {
            return Ok(());
        }
        Err(ErrorResponse::origin(field))
    }
}

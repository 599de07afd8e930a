//! The names under which a module exports what the host calls.
//!
//! The canonical ABI's names, such as `ntwk:theater/websocket-server#handle-message`, can't be written
//! in every language. So there is a plain name for each, such as `handle_message`. The signature is
//! the same, and tells the shape.

use crate::{
    migrate::{MIGRATE, MIGRATE_POST},
    shape::{HANDLE_MESSAGE, HANDLE_REPLY, HANDLE_REQUEST, HANDLE_SEND, Shape, handlers},
};

/// Which names a module's exports have. All have names of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Names {
    /// Those of the canonical ABI.
    Full,
    /// Those that every language can write.
    Plain,
}

/// The plain name of `handle-message`.
pub const PLAIN_HANDLE_MESSAGE: &str = "handle_message";

/// The full names that have a plain one. The package `theater:simple` has none: a plain name stands for
/// one function.
const PLAIN: [(&str, &str); 12] = [
    (HANDLE_MESSAGE[0], PLAIN_HANDLE_MESSAGE),
    (Shape::Guide.handle_message_post(), "cabi_post_handle_message"),
    (HANDLE_REQUEST[0], "handle_request"),
    (Shape::Guide.handle_request_post(), "cabi_post_handle_request"),
    (HANDLE_SEND[0], "handle_send"),
    (Shape::Guide.handle_send_post(), "cabi_post_handle_send"),
    // The plain name of its own is that of the other `handle-request`.
    (HANDLE_REPLY[0], "handle_message_request"),
    (Shape::Guide.handle_reply_post(), "cabi_post_handle_message_request"),
    (Shape::Guide.init(), "init"),
    (Shape::Guide.init_post(), "cabi_post_init"),
    (MIGRATE.0, "migrate"),
    (MIGRATE_POST, "cabi_post_migrate"),
];

impl Names {
    /// The names in a module that has these exports. Plain names count only where no handler has a full
    /// one: a module with full names may export an `init` that is something else.
    pub fn detect(has: impl FnMut(&str) -> bool) -> Self {
        if handlers().any(has) { Self::Full } else { Self::Plain }
    }

    /// The name of the export that has this full name.
    pub fn of(self, full: &'static str) -> &'static str {
        match self {
            Self::Full => full,
            Self::Plain => {
                PLAIN.iter().find(|(known, _)| *known == full).map_or(full, |(_, plain)| plain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_count_where_no_handler_has_a_full_one() {
        assert_eq!(Names::detect(|name| name == "handle_message"), Names::Plain);
        for full in HANDLE_MESSAGE.into_iter().chain(HANDLE_REQUEST) {
            assert_eq!(Names::detect(|name| [full, "init"].contains(&name)), Names::Full);
        }
    }

    #[test]
    fn a_plain_name_is_the_functions_own_with_underscores() {
        for (full, plain) in PLAIN {
            let post = full.starts_with("cabi_post_");
            let own = full.rsplit('#').next().unwrap().replace('-', "_");
            assert_eq!(plain.strip_prefix("cabi_post_").is_some(), post, "{full}");
            let own =
                if full.contains("message-server") { own.replace("handle_", "") } else { own };
            assert!(plain.ends_with(&own), "{full} {plain}");
            assert_eq!((Names::Plain.of(full), Names::Full.of(full)), (plain, full));
        }
        let renamed = Shape::Renamed.handle_message();
        assert_eq!(Names::Plain.of(renamed), renamed);
        assert_eq!(Names::Plain.of("cabi_realloc"), "cabi_realloc");
    }
}

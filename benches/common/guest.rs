//! A guest of the guide's shape that sends texts back and keeps its state.

/// Such a guest, in WebAssembly's text format. Its `cabi_realloc` has the parameters `$old` and
/// `$size` and takes memory from the global `$next`, which is 1024 at first; `before` is what the
/// handler does first; `more` is what else the module has.
pub(crate) fn echo(realloc: &str, before: &str, more: &str) -> String {
    format!(
        r#"(module
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param $old i32) (param i32 i32) (param $size i32)
        (result i32)
        {realloc})
    {more}
    (func (export "ntwk:theater/websocket-server#handle-message")
        (param $type i32) (param $type-len i32)
        (param $has-data i32) (param $data i32) (param $data-len i32)
        (param $has-text i32) (param $text i32) (param $text-len i32)
        (param $state i32) (param $state-len i32) (result i32)
        {before}
        (i32.store offset=0 (i32.const 48) (local.get $state))
        (i32.store offset=4 (i32.const 48) (local.get $state-len))
        (i32.store offset=8 (i32.const 48) (i32.const 64))
        ;; Only the type "text" has four characters and a text.
        (i32.store offset=12 (i32.const 48) (i32.and (local.get $has-text)
            (i32.eq (local.get $type-len) (i32.const 4))))
        (i32.store offset=0 (i32.const 64) (local.get $type))
        (i32.store offset=4 (i32.const 64) (local.get $type-len))
        (i32.store offset=20 (i32.const 64) (i32.const 1))
        (i32.store offset=24 (i32.const 64) (local.get $text))
        (i32.store offset=28 (i32.const 64) (local.get $text-len))
        (i32.const 48)))"#
    )
}

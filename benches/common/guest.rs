//! Guests of the guide's shape that send texts back and keep their state.

/// How they take memory: it grows by what is missing. With [`FREE`] it begins anew at each event.
pub(crate) const REALLOC: &str = "(local $start i32) (local $missing i32)
        (local.set $start (global.get $next))
        (global.set $next (i32.and (i32.const -8)
            (i32.add (i32.add (local.get $start) (local.get $size)) (i32.const 7))))
        (local.set $missing (i32.sub
            (i32.shr_u (i32.add (global.get $next) (i32.const 65535)) (i32.const 16))
            (memory.size)))
        (if (i32.gt_s (local.get $missing) (i32.const 0)) (then
            (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
                (then (unreachable)))))
        (local.get $start)";
/// The field of the module that gives all memory back after each event.
pub(crate) const FREE: &str = r#"(func
        (export "cabi_post_ntwk:theater/websocket-server#handle-message") (param i32)
        (global.set $next (i32.const 1024)))"#;

/// A guest that counts in the first four bytes of its state and leaves the others as they are.
pub(crate) fn counting() -> String {
    let count = "(if (i32.ge_u (local.get $state-len) (i32.const 4)) (then
            (i32.store (local.get $state)
                (i32.add (i32.load (local.get $state)) (i32.const 1)))))";
    echo("", REALLOC, count, FREE)
}

/// Such a guest, in WebAssembly's text format. Its `cabi_realloc` has the parameters `$old` and
/// `$size` and takes memory from the global `$next`, which is 1024 at first; `before` is what the
/// handler does first; `more` is what else the module has, and `imports` what it imports.
pub(crate) fn echo(imports: &str, realloc: &str, before: &str, more: &str) -> String {
    format!(
        r#"(module
    {imports}
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

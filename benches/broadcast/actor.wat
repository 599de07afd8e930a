;; Sends every text that it gets to all clients. It keeps no state and answers nothing.
(module
  (import "footlight:host/connections@0.1.0" "broadcast"
    (func $broadcast (param i32 i32 i32 i32 i32 i32 i32 i64 i32)))

  (memory (export "memory") 2)

  ;; The address of the next block. Each event starts again.
  (global $top (mut i32) (i32.const 1024))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top)
      (i32.and (i32.add (local.get $len) (i32.const 7)) (i32.const -8)))))

  (func (export "ntwk:theater/websocket-server#handle-message")
    (param $type i32) (param $type-len i32)
    (param $has-data i32) (param $data i32) (param $data-len i32)
    (param $has-text i32) (param $text i32) (param $text-len i32)
    (param $state i32) (param $state-len i32)
    (result i32)
    (if (local.get $has-text)
      (then
        ;; No tag, a text, nobody excluded. The result goes to 64.
        (call $broadcast
          (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (local.get $text) (local.get $text-len)
          (i32.const 0) (i64.const 0)
          (i32.const 64))))
    (global.set $top (i32.const 1024))
    ;; The result is at 0, where all bytes are zero: an empty state and no messages.
    (i32.const 0)))

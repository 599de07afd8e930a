;; A text contains a command: its first character is the action, and the next eight are a room. The
;; actor keeps no state and answers nothing.
;;
;; + the sender enters the room
;; > the text is sent to the others in the room
;; ? the room's clients are listed, and the text goes back to the sender
(module
  (import "footlight:host/connections@0.1.0" "sender"
    (func $sender (param i32)))
  (import "footlight:host/connections@0.1.0" "tag"
    (func $tag (param i64 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "list"
    (func $list (param i32 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "send"
    (func $send (param i64 i32 i32 i32 i32)))
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
    (local $deed i32) (local $room i32) (local $from i64)
    (if (local.get $has-text)
      (then
        (local.set $deed (i32.load8_u (local.get $text)))
        (local.set $room (i32.add (local.get $text) (i32.const 1)))
        ;; Whether there is a sender goes to 64, and its number to 72.
        (call $sender (i32.const 64))
        (local.set $from (i64.load (i32.const 72)))
        (if (i32.eq (local.get $deed) (i32.const 0x2b))
          (then
            (call $tag (local.get $from) (local.get $room) (i32.const 8) (i32.const 64))))
        (if (i32.eq (local.get $deed) (i32.const 0x3e))
          (then
            (call $broadcast
              (i32.const 1) (local.get $room) (i32.const 8)
              (i32.const 0) (local.get $text) (local.get $text-len)
              (i32.const 1) (local.get $from)
              (i32.const 64))))
        (if (i32.eq (local.get $deed) (i32.const 0x3f))
          (then
            (call $list (i32.const 1) (local.get $room) (i32.const 8) (i32.const 64))
            (call $send
              (local.get $from)
              (i32.const 0) (local.get $text) (local.get $text-len)
              (i32.const 64))))))
    (global.set $top (i32.const 1024))
    ;; The result is at 0, where all bytes are zero: an empty state and no messages.
    (i32.const 0)))

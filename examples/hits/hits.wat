;; Counts the events of all connections and answers each text message with the count.
;;
;; This actor is written by hand, to show everything that an actor needs. The interface is
;; wit-core/wit/guide/theater.wit. WebAssembly's "canonical ABI" defines how its types are laid
;; out in memory. Everything is little-endian, and pointers and lengths are i32.
;;
;; The state is 4 bytes, the count. The first state is empty, which counts as 0.
;; The answer is a binary message with the same 4 bytes.
;;
;; The memory has:
;;
;;    16  the word "text", to compare a message's type with
;;    20  the word "binary", the type of the answer
;;    32  the count, 4 bytes: both the new state and the answer's payload
;;    48  the result, 16 bytes:
;;          +0  pointer to the state       +4  its length
;;          +8  pointer to the messages   +12  their number
;;    64  the answer, a message of 32 bytes:
;;          +0  pointer to the type        +4  its length
;;          +8  1 if there is data (u8)   +12  pointer to it   +16  its length
;;         +20  1 if there is text (u8)   +24  pointer to it   +28  its length
;;  1024  from here on, the area that the host writes to during a call
;;
;; Address 0 stays free, so that a null pointer never points at our data.
(module
  (memory (export "memory") 1)

  (data (i32.const 16) "text")
  (data (i32.const 20) "binary")

  ;; The first free byte of the area at 1024.
  (global $next (mut i32) (i32.const 1024))

  ;; Returns `size` bytes at a multiple of `align`, a power of two. The host puts the
  ;; parameters of a call there. It never resizes an older block, so the first two
  ;; parameters, such a block and its size, are unused.
  (func (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $start i32) (local $end i32) (local $missing i32)

    ;; start = next, rounded up: (next + align - 1) & -align
    (local.set $start
      (i32.and
        (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $align))))
    (local.set $end (i32.add (local.get $start) (local.get $size)))

    ;; If 32 bits can't hold the sum, it wraps around and is smaller.
    (if (i32.lt_u (local.get $end) (local.get $start))
      (then (unreachable)))

    ;; The pages of 64 KiB that this needs, minus those we have.
    (local.set $missing
      (i32.sub
        (i32.add
          (i32.shr_u (local.get $end) (i32.const 16))
          (i32.ne (i32.and (local.get $end) (i32.const 0xffff)) (i32.const 0)))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        ;; -1 means that the host allows no more memory.
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then (unreachable)))))

    (global.set $next (local.get $end))
    (local.get $start))

  ;; The host calls this after it has copied the result. The whole area is free again.
  (func (export "cabi_post_ntwk:theater/websocket-server#handle-message")
    (param $result i32)
    (global.set $next (i32.const 1024)))

  ;; Whether a type's name is "text". Compares its 4 bytes as one number. (The load needs no
  ;; alignment.)
  (func $is-text (param $type i32) (param $type-len i32) (result i32)
    (if (i32.ne (local.get $type-len) (i32.const 4))
      (then (return (i32.const 0))))
    (i32.eq
      (i32.load align=1 (local.get $type))
      (i32.load (i32.const 16))))

  ;; Handles one event. The host passes the two parameters, a message and the state, in
  ;; pieces: each string, list and number has its own parameters.
  (func (export "ntwk:theater/websocket-server#handle-message")
    (param $type i32) (param $type-len i32)                     ;; message-type
    (param $has-data i32) (param $data i32) (param $data-len i32)  ;; data
    (param $has-text i32) (param $text i32) (param $text-len i32)  ;; text
    (param $state i32) (param $state-len i32)                   ;; state
    (result i32)
    (local $count i32)

    ;; A state of another length is not ours: the count then begins at 0.
    (if (i32.eq (local.get $state-len) (i32.const 4))
      (then (local.set $count (i32.load align=1 (local.get $state)))))
    (i32.store (i32.const 32) (i32.add (local.get $count) (i32.const 1)))

    ;; The result: the new state, and no messages so far.
    (i32.store offset=0 (i32.const 48) (i32.const 32))
    (i32.store offset=4 (i32.const 48) (i32.const 4))
    (i32.store offset=8 (i32.const 48) (i32.const 64))
    (i32.store offset=12 (i32.const 48) (i32.const 0))

    (if (call $is-text (local.get $type) (local.get $type-len))
      (then
        ;; The answer: type "binary", data is the count, no text.
        (i32.store offset=0 (i32.const 64) (i32.const 20))
        (i32.store offset=4 (i32.const 64) (i32.const 6))
        (i32.store8 offset=8 (i32.const 64) (i32.const 1))
        (i32.store offset=12 (i32.const 64) (i32.const 32))
        (i32.store offset=16 (i32.const 64) (i32.const 4))
        (i32.store8 offset=20 (i32.const 64) (i32.const 0))
        (i32.store offset=12 (i32.const 48) (i32.const 1))))

    (i32.const 48)))

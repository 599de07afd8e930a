;; A guest that does what a client's message says, however bad it is. HANDLE-MESSAGE and PARAMETERS
;; are replaced by the export's name and the parameters of one shape of the interface.
;;
;; data: +0  what to do, see $do
;;       +4  a number for it
;;       +8  another number
;;      +12  the bytes to write to address 64
;; If the first byte is 128 or more, the first number is the address of the result, so that a
;; message can put any result at 64. Otherwise, and for other events, the result is at 16, where
;; all bytes are zero: an empty state, no messages.
(module
  (import "ntwk:theater/runtime" "log" (func $log (param i32 i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (table $table 1 funcref)

  ;; The address of the next block.
  (global $next (mut i32) (i32.const 4096))
  ;; What cabi_realloc does from now on, and the pointer that it returns.
  (global $realloc (mut i32) (i32.const 0))
  (global $pointer (mut i32) (i32.const 0))
  ;; What cabi_post does from now on.
  (global $post (mut i32) (i32.const 0))
  ;; The address of the result of other events.
  (global $result (mut i32) (i32.const 16))

  (func $recurse (param $depth i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get $depth) (i32.const 1))) (i32.const 1)))

  (func $do (param $what i32) (param $number i32) (param $other i32)
    (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $0
        (i32.and (local.get $what) (i32.const 127))))
      ;; 0, and unknown numbers: nothing
      (return))
      ;; 1: a trap
      (unreachable))
      ;; 2: an endless loop
      (loop $again (br $again)))
      ;; 3: endless recursion
      (drop (call $recurse (i32.const 0))) (return))
      ;; 4: grows the memory by pages, `number` times
      (loop $again
        (drop (memory.grow (local.get $other)))
        (local.set $number (i32.sub (local.get $number) (i32.const 1)))
        (br_if $again (i32.gt_s (local.get $number) (i32.const 0))))
      (return))
      ;; 5: logs the text at the number
      (call $log (local.get $number) (local.get $other)) (return))
      ;; 6: fills the memory, in one instruction
      (memory.fill (i32.const 8192) (local.get $other) (local.get $number)) (return))
      ;; 7: fills the table
      (table.fill $table (i32.const 0) (ref.null func) (local.get $number)) (return))
      ;; 8: sets what cabi_realloc does
      (global.set $realloc (local.get $number))
      (global.set $pointer (local.get $other))
      (return))
      ;; 9: sets what cabi_post does
      (global.set $post (local.get $number)) (return))
      ;; 10: sets the result of other events
      (global.set $result (local.get $other)) (return))
      ;; 11: writes the blocks at the number, and a part of the memory
      (drop (call $write (i32.const 1) (local.get $number) (local.get $other) (i32.const 48)))
      (i32.store (i32.const 52) (local.get $number)) (i32.store (i32.const 56) (local.get $other))
      (drop (call $write (i32.const 2) (i32.const 52) (i32.const 1) (i32.const 48))) (return))
      ;; 12: random bytes to the number
      (drop (call $random (local.get $number) (local.get $other))) (return))
    ;; 13: waits for what is at the number
    (drop (call $poll (local.get $number) (i32.const 8192) (local.get $other) (i32.const 48))))

  (func (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    (if (i32.eq (global.get $realloc) (i32.const 255)) (then (return (global.get $pointer))))
    (call $do (global.get $realloc) (i32.const 1000) (i32.const 1))
    (local.set $start (global.get $next))
    (global.set $next (i32.add (local.get $start) (local.get $size)))
    (local.get $start))

  (func (export "cabi_post_HANDLE-MESSAGE") (param $result i32)
    (global.set $next (i32.const 4096))
    (call $do (global.get $post) (i32.const 1000) (i32.const 1)))

  (func (export "HANDLE-MESSAGE") (param PARAMETERS) (result i32)
    (local $ptr i32) (local $len i32)
    (local.set $ptr (local.get DATA))
    (local.set $len (local.get LENGTH))
    (if (i32.lt_u (local.get $len) (i32.const 12)) (then (return (global.get $result))))
    (call $do
      (i32.load8_u (local.get $ptr))
      (i32.load offset=4 align=1 (local.get $ptr))
      (i32.load offset=8 align=1 (local.get $ptr)))
    (if (i32.lt_u (i32.load8_u (local.get $ptr)) (i32.const 128)) (then (return (global.get $result))))
    (memory.copy
      (i32.const 64)
      (i32.add (local.get $ptr) (i32.const 12))
      (i32.sub (local.get $len) (i32.const 12)))
    (i32.load offset=4 align=1 (local.get $ptr))))

;; A guest that calls imports as a message says, of a client or of another actor. The message has one
;; byte for how the call ends, and four for each import: the import, a connection, and two numbers.
;; The answer has twelve bytes for each import: the result's area, without pointers. A list of
;; connections has a sum in place of its pointer.
;;
;; Memory: 16 the tags, which are keys and actors too, 80 the paths, 255 a one, 256 zeroes, 8192 the
;; program, 9216 the areas of results, 10000 the result, 10240 the answer's data, 16384 the host's blocks.
(module
  (import "footlight:host/connections@0.1.0" "send" (func $send (param i64 i32 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "broadcast"
    (func $broadcast (param i32 i32 i32 i32 i32 i32 i32 i64 i32)))
  (import "footlight:host/connections@0.1.0" "tag" (func $tag (param i64 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "untag" (func $untag (param i64 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "set-attachment"
    (func $attach (param i64 i32 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "attachment" (func $attachment (param i64 i32)))
  (import "footlight:host/connections@0.1.0" "close" (func $close (param i64 i32 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "list" (func $list (param i32 i32 i32 i32)))
  (import "footlight:host/connections@0.1.0" "sender" (func $sender (param i32)))
  (import "footlight:host/connections@0.1.0" "info" (func $info (param i64 i32)))
  (import "footlight:host/alarm@0.1.0" "set" (func $set (param i64)))
  (import "footlight:host/alarm@0.1.0" "cancel" (func $cancel))
  (import "footlight:host/clock@0.1.0" "now" (func $now (result i64)))
  (import "footlight:host/random@0.1.0" "bytes" (func $random (param i32 i32)))
  (import "footlight:host/storage@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "footlight:host/storage@0.1.0" "put" (func $put (param i32 i32 i32 i32 i32)))
  (import "footlight:host/storage@0.1.0" "delete" (func $delete (param i32 i32 i32)))
  (import "footlight:host/storage@0.1.0" "list"
    (func $entries (param i32 i32 i32 i32 i32 i32 i32)))
  (import "footlight:host/storage@0.1.0" "delete-all" (func $delete-all))
  (import "footlight:host/files@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "delete" (func $delete-file (param i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "create-folder" (func $create (param i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "delete-folder" (func $delete-folder (param i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "read" (func $read (param i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "list" (func $files (param i32 i32 i32)))
  (import "footlight:host/files@0.1.0" "info" (func $file (param i32 i32 i32)))
  (import "ntwk:theater/message-server-host" "send" (func $post (param i32 i32 i32 i32 i32)))
  (import "ntwk:theater/message-server-host" "request" (func $ask (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  ;; The tags, eight bytes apart; their lengths are 1, 2, 7 (one more than is allowed) and 0.
  (data (i32.const 16) "a\00\00\00\00\00\00\00bb\00\00\00\00\00\00ccccccc\00")
  (data (i32.const 48) "\01\02\07\00")
  (data (i32.const 56) "binary" "mystery")
  ;; The paths, eight bytes apart, and their lengths.
  (data (i32.const 80) "a\00\00\00\00\00\00\00b\00\00\00\00\00\00\00a/a\00\00\00\00\00a/b\00\00\00\00\00a/a/a")
  (data (i32.const 128) "\01\01\03\03\05\00")
  ;; The first byte of a message of odd length to another actor. This one fails at it.
  (data (i32.const 255) "\01")
  (global $next (mut i32) (i32.const 16384))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $next)
    (global.set $next
      (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (global.get $next) (local.get $size))))))

  (func $one (param $op i32) (param $id i64) (param $a i32) (param $b i32) (param $to i32)
    (local $tag i32) (local $len i32) (local $some i32) (local $at i32) (local $sum i32)
    (memory.fill (i32.const 9216) (i32.const 0) (i32.const 64))
    (local.set $tag (i32.add (i32.const 16) (i32.shl (i32.and (local.get $a) (i32.const 3)) (i32.const 3))))
    (local.set $len (i32.load8_u offset=48 (i32.and (local.get $a) (i32.const 3))))
    (local.set $some (i32.lt_u (local.get $a) (i32.const 4)))
    (if (i32.ge_u (local.get $op) (i32.const 19)) (then (call $more (local.get $op) (local.get $a) (local.get $b))))
    (block $end (block $18 (block $17 (block $16 (block $15 (block $14 (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $end (local.get $op)))
      (call $send (local.get $id) (i32.const 1) (i32.const 256) (i32.shl (local.get $b) (i32.const 3)) (i32.const 9216)) (br $end))
      (call $broadcast (local.get $some) (local.get $tag) (local.get $len) (i32.const 1) (i32.const 256)
        (i32.shl (local.get $b) (i32.const 3)) (i64.ne (local.get $id) (i64.const 0)) (local.get $id) (i32.const 9216)) (br $end))
      (call $tag (local.get $id) (local.get $tag) (local.get $len) (i32.const 9216)) (br $end))
      (call $untag (local.get $id) (local.get $tag) (local.get $len) (i32.const 9216)) (br $end))
      (call $attach (local.get $id) (i32.and (local.get $a) (i32.const 1)) (i32.const 256) (local.get $b) (i32.const 9216)) (br $end))
      (call $close (local.get $id) (i32.add (i32.const 3000) (local.get $b)) (i32.const 0) (i32.const 0) (i32.const 9216)) (br $end))
      (call $list (local.get $some) (local.get $tag) (local.get $len) (i32.const 9216))
      (local.set $at (i32.load (i32.const 9216)))
      (local.set $len (i32.load (i32.const 9220)))
      (block $done (loop $more
        (br_if $done (i32.eqz (local.get $len)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $more)))
      (i32.store (i32.const 9216) (local.get $sum)) (br $end))
      (call $attachment (local.get $id) (i32.const 9216)) (i32.store (i32.const 9220) (i32.const 0)) (br $end))
      (call $sender (i32.const 9216)) (br $end))
      (call $info (local.get $id) (i32.const 9216)) (memory.fill (i32.const 9220) (i32.const 0) (i32.const 8)) (br $end))
      (call $set (i64.extend_i32_u (i32.mul (local.get $b) (i32.const 10)))) (br $end))
      (call $cancel) (br $end))
      (i64.store (i32.const 9216) (call $now)) (br $end))
      (call $random (local.get $b) (i32.const 9216)) (i32.store (i32.const 9216) (i32.const 0)) (br $end))
      (call $get (local.get $tag) (local.get $len) (i32.const 9216)) (i32.store (i32.const 9220) (i32.const 0)) (br $end))
      (call $put (local.get $tag) (local.get $len) (i32.const 256) (local.get $b) (i32.const 9216)) (br $end))
      (call $delete (local.get $tag) (local.get $len) (i32.const 9216)) (br $end))
      (call $entries (i32.const 0) (i32.const 0) (local.get $some) (local.get $tag) (local.get $len)
        (local.get $b) (i32.const 9216)) (i32.store (i32.const 9216) (i32.const 0)) (br $end))
      (call $delete-all))
    (memory.copy (local.get $to) (i32.const 9216) (i32.const 12)))

  ;; Calls the imports for files and other actors.
  (func $more (param $op i32) (param $a i32) (param $b i32)
    (local $path i32) (local $len i32) (local $name i32) (local $name-len i32) (local $data i32)
    (local.set $path (i32.add (i32.const 80) (i32.shl (local.get $a) (i32.const 3))))
    (local.set $len (i32.load8_u offset=128 (local.get $a)))
    (local.set $name (i32.add (i32.const 16) (i32.shl (i32.and (local.get $a) (i32.const 3)) (i32.const 3))))
    (local.set $name-len (i32.load8_u offset=48 (i32.and (local.get $a) (i32.const 3))))
    (local.set $data (i32.sub (i32.const 256) (i32.and (local.get $b) (i32.const 1))))
    (if (i32.eq (local.get $op) (i32.const 19)) (then
      (call $write (local.get $path) (local.get $len) (i32.const 256) (local.get $b) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 20)) (then
      (call $delete-file (local.get $path) (local.get $len) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 21)) (then
      (call $create (local.get $path) (local.get $len) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 22)) (then
      (call $delete-folder (local.get $path) (local.get $len) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 23)) (then
      (call $read (local.get $path) (local.get $len) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 24)) (then
      (call $files (local.get $path) (local.get $len) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 25)) (then
      (call $file (local.get $path) (local.get $len) (i32.const 9216))
      (i32.store (i32.const 9220) (i32.load8_u (i32.const 9224)))
      (i32.store (i32.const 9224) (i32.load (i32.const 9232)))))
    (if (i32.eq (local.get $op) (i32.const 26)) (then
      (call $post (local.get $name) (local.get $name-len) (local.get $data) (local.get $b) (i32.const 9216))))
    (if (i32.eq (local.get $op) (i32.const 27)) (then
      (call $ask (local.get $name) (local.get $name-len) (local.get $data) (local.get $b) (i32.const 9216))))
    ;; Keeps lengths and cases, but neither pointers nor errors in words.
    (if (i32.eqz (i32.load8_u (i32.const 9216)))
      (then (if (i32.ne (local.get $op) (i32.const 25)) (then (i32.store (i32.const 9220) (i32.const 0)))))
      (else
        (i32.store (i32.const 9224) (i32.const 0))
        (if (i32.ge_u (local.get $op) (i32.const 26)) (then (i32.store (i32.const 9220) (i32.const 0)))))))

  ;; Does what a message says. Returns the end of the answer's data.
  (func $run (param $data i32) (param $len i32) (result i32)
    (local $n i32) (local $to i32)
    (i32.store8 (i32.const 8192) (i32.const 0))
    (memory.copy (i32.const 8192) (local.get $data) (local.get $len))
    (local.set $n (i32.const 8193))
    (local.set $to (i32.const 10240))
    (block $done (loop $more
      (br_if $done (i32.gt_u (i32.add (local.get $n) (i32.const 4)) (i32.add (i32.const 8192) (local.get $len))))
      (global.set $next (i32.const 16384))
      (call $one
        (i32.load8_u (local.get $n))
        (i64.load8_u offset=1 (local.get $n))
        (i32.load8_u offset=2 (local.get $n))
        (i32.load8_u offset=3 (local.get $n))
        (local.get $to))
      (local.set $n (i32.add (local.get $n) (i32.const 4)))
      (local.set $to (i32.add (local.get $to) (i32.const 12)))
      (br $more)))
    (if (i32.eq (i32.load8_u (i32.const 8192)) (i32.const 1)) (then (unreachable)))
    (local.get $to))

  (func (export "ntwk:theater/message-server-client#handle-send")
    (param $data i32) (param $len i32) (param $state i32) (param $state-len i32) (result i32)
    (drop (call $run (local.get $data) (local.get $len)))
    (global.set $next (i32.const 16384))
    (i32.store (i32.const 10000) (local.get $state))
    (i32.store (i32.const 10004) (local.get $state-len))
    (i32.const 10000))

  (func (export "ntwk:theater/message-server-client#handle-request")
    (param $data i32) (param $len i32) (param $state i32) (param $state-len i32) (result i32)
    (i32.store (i32.const 10004)
      (i32.sub (call $run (local.get $data) (local.get $len)) (i32.const 10240)))
    (global.set $next (i32.const 16384))
    (i32.store (i32.const 10000) (i32.const 10240))
    (i32.store (i32.const 10008) (local.get $state))
    (i32.store (i32.const 10012) (local.get $state-len))
    (i32.const 10000))

  (func (export "ntwk:theater/websocket-server#handle-message")
    (param $ty i32) (param $ty-len i32) (param $has i32) (param $data i32) (param $len i32)
    (param i32 i32 i32) (param $state i32) (param $state-len i32) (result i32)
    (local $to i32) (local $end i32)
    (global.set $next (i32.const 16384))
    (memory.fill (i32.const 10000) (i32.const 0) (i32.const 64))
    (i32.store (i32.const 10000) (local.get $state))
    (i32.store (i32.const 10004) (local.get $state-len))
    ;; An alarm, which has five letters like `close`, but no data: sends eight zeroes to all.
    (if (i32.and (i32.eq (local.get $ty-len) (i32.const 5)) (i32.eqz (local.get $has))) (then
      (call $one (i32.const 1) (i64.const 0) (i32.const 4) (i32.const 1) (i32.const 10240))
      (return (i32.const 10000))))
    (if (i32.ne (local.get $ty-len) (i32.const 6)) (then (return (i32.const 10000))))
    (local.set $to (call $run (local.get $data) (local.get $len)))
    (local.set $end (i32.load8_u (i32.const 8192)))
    (i32.store (i32.const 10008) (i32.const 10032))
    (i32.store (i32.const 10012) (i32.const 1))
    (i32.store (i32.const 10032) (i32.const 56))
    (i32.store (i32.const 10036) (i32.const 6))
    (if (i32.eq (local.get $end) (i32.const 2)) (then
      (i32.store (i32.const 10032) (i32.const 62))
      (i32.store (i32.const 10036) (i32.const 7))))
    (i32.store (i32.const 10040) (i32.const 1))
    (i32.store (i32.const 10044) (i32.const 10240))
    (i32.store (i32.const 10048) (i32.sub (local.get $to) (i32.const 10240)))
    (i32.const 10000)))

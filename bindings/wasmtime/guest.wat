;; A guest for tests, examples and benches: what a compiler emits for a language whose maps and sets are
;; implemented by the host. Written by hand; any host with the conventions below can run it.
;;
;; Values
;;   A map or set is an i32: the offset of its 12-byte wrapper. 0 is never a value.
;;   The host finds the types of an import's parameters in the tags of its name, after the `$`:
;;   k = key, v = value, e = element, then
;;     i  one i64
;;     f  one f64
;;     s  two i32: pointer and length of UTF-8 bytes
;;     b  one i32 (bool, byte, heap pointer)
;;   A result `s` is two i32 as well.
;;
;;   map_new() -> map                          set_new() -> set
;;   map_insert$k._v.(map, key, value) -> map  set_add$e.(set, element) -> set
;;   map_remove$k.(map, key) -> map            set_remove$e.(set, element) -> set
;;   map_insert_in_place$k._v.(map, key, value)  set_add_in_place$e.(set, element)
;;   map_remove_in_place$k.(map, key)          set_remove_in_place$e.(set, element)
;;   map_get$k._v.(map, key, default) -> value: the default when the key is absent
;;   map_contains$k.(map, key) -> i32          set_contains$e.(set, element) -> i32
;;   map_size(map) -> i32                      set_size(set) -> i32
;;   map_keys$k.(map) -> array                 set_elements$e.(set) -> array
;;   map_values$v.(map) -> array
;;   An array is a fresh block: u32 count, u32 0, then one 64-bit field per element, as it is in a slot
;;   (i: the integer, f: its bits, s: pointer in the low half and length in the high, b: low half).
;;
;; Allocation
;;   alloc(size) -> offset: a block of at least `size` bytes, at 8 above a multiple of 16. First fit over
;;   a free list; a block is never split, so that a small request may be given an old large block, with
;;   whatever it held before still in it. usable_size(offset) is the size of the whole block.
;;   A header precedes each block: u32 size, u32 state (see `collect`).
;;   alloc may collect, grow the memory, or trap; afterwards a host must read the memory's address again.
;;
;; Roots
;;   The collector is conservative: an aligned word that is the offset of an allocated block keeps that
;;   block. It looks at the shadow stack (shadow_stack_base up to shadow_stack_pointer; a push writes at
;;   shadow_stack_pointer and then adds 4), at the global variable `global_map`, and at every word of every
;;   block it keeps, up to the end of the block.
;;   Locals are not roots, nor are the arguments of a call to the host: before a host allocates, it roots
;;   the arguments that it still needs.
;;   The result of an exported function is not rooted either. A caller that keeps one calls keep(offset)
;;   first, which pushes it; forget() empties the shadow stack. After a trap, the caller resets
;;   shadow_stack_pointer to its value before the call.
(module
  (import "env" "map_new" (func $map_new (result i32)))
  (import "env" "map_size" (func $map_size (param i32) (result i32)))
  (import "env" "map_insert$ki_vi" (func $map_insert_ki_vi (param i32 i64 i64) (result i32)))
  (import "env" "map_insert$ki_vs" (func $map_insert_ki_vs (param i32 i64 i32 i32) (result i32)))
  (import "env" "map_insert$ki_vf" (func $map_insert_ki_vf (param i32 i64 f64) (result i32)))
  (import "env" "map_insert$ki_vb" (func $map_insert_ki_vb (param i32 i64 i32) (result i32)))
  (import "env" "map_insert$ks_vi" (func $map_insert_ks_vi (param i32 i32 i32 i64) (result i32)))
  (import "env" "map_insert$ks_vs" (func $map_insert_ks_vs (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "map_insert$kf_vi" (func $map_insert_kf_vi (param i32 f64 i64) (result i32)))
  (import "env" "map_insert_in_place$ki_vi" (func $map_insert_in_place_ki_vi (param i32 i64 i64)))
  (import "env" "map_insert_in_place$ks_vs" (func $map_insert_in_place_ks_vs (param i32 i32 i32 i32 i32)))
  (import "env" "map_get$ki_vi" (func $map_get_ki_vi (param i32 i64 i64) (result i64)))
  (import "env" "map_get$ki_vs" (func $map_get_ki_vs (param i32 i64 i32 i32) (result i32 i32)))
  (import "env" "map_get$ki_vf" (func $map_get_ki_vf (param i32 i64 f64) (result f64)))
  (import "env" "map_get$ki_vb" (func $map_get_ki_vb (param i32 i64 i32) (result i32)))
  (import "env" "map_get$ks_vi" (func $map_get_ks_vi (param i32 i32 i32 i64) (result i64)))
  (import "env" "map_get$ks_vs" (func $map_get_ks_vs (param i32 i32 i32 i32 i32) (result i32 i32)))
  (import "env" "map_get$kf_vi" (func $map_get_kf_vi (param i32 f64 i64) (result i64)))
  (import "env" "map_contains$ki" (func $map_contains_ki (param i32 i64) (result i32)))
  (import "env" "map_contains$ks" (func $map_contains_ks (param i32 i32 i32) (result i32)))
  (import "env" "map_contains$kf" (func $map_contains_kf (param i32 f64) (result i32)))
  (import "env" "map_remove$ki" (func $map_remove_ki (param i32 i64) (result i32)))
  (import "env" "map_remove$ks" (func $map_remove_ks (param i32 i32 i32) (result i32)))
  (import "env" "map_remove_in_place$ki" (func $map_remove_in_place_ki (param i32 i64)))
  (import "env" "map_remove_in_place$ks" (func $map_remove_in_place_ks (param i32 i32 i32)))
  (import "env" "map_keys$ki" (func $map_keys_ki (param i32) (result i32)))
  (import "env" "map_keys$ks" (func $map_keys_ks (param i32) (result i32)))
  (import "env" "map_keys$kf" (func $map_keys_kf (param i32) (result i32)))
  (import "env" "map_values$vi" (func $map_values_vi (param i32) (result i32)))
  (import "env" "map_values$vs" (func $map_values_vs (param i32) (result i32)))
  (import "env" "set_new" (func $set_new (result i32)))
  (import "env" "set_size" (func $set_size (param i32) (result i32)))
  (import "env" "set_add$ei" (func $set_add_ei (param i32 i64) (result i32)))
  (import "env" "set_add$es" (func $set_add_es (param i32 i32 i32) (result i32)))
  (import "env" "set_add$ef" (func $set_add_ef (param i32 f64) (result i32)))
  (import "env" "set_add$eb" (func $set_add_eb (param i32 i32) (result i32)))
  (import "env" "set_add_in_place$ei" (func $set_add_in_place_ei (param i32 i64)))
  (import "env" "set_contains$ei" (func $set_contains_ei (param i32 i64) (result i32)))
  (import "env" "set_contains$es" (func $set_contains_es (param i32 i32 i32) (result i32)))
  (import "env" "set_contains$ef" (func $set_contains_ef (param i32 f64) (result i32)))
  (import "env" "set_contains$eb" (func $set_contains_eb (param i32 i32) (result i32)))
  (import "env" "set_remove$ei" (func $set_remove_ei (param i32 i64) (result i32)))
  (import "env" "set_remove$es" (func $set_remove_es (param i32 i32 i32) (result i32)))
  (import "env" "set_remove_in_place$ei" (func $set_remove_in_place_ei (param i32 i64)))
  (import "env" "set_elements$ei" (func $set_elements_ei (param i32) (result i32)))
  (import "env" "set_elements$es" (func $set_elements_es (param i32) (result i32)))
  (import "env" "set_elements$ef" (func $set_elements_ef (param i32) (result i32)))

  ;; The memory, from below:
  ;;   0x000000  nothing: 0 is no pointer
  ;;   0x000100  64 bytes in which numbers become text
  ;;   0x000140  literal strings
  ;;   0x000400  shadow stack, 64 KiB
  ;;   0x010400  one bit for each 16 bytes of the largest memory there can be: 2 MiB. Set where a block
  ;;             begins; it makes "is this word a pointer?" cheap
  ;;   0x210400  heap
  (memory (export "memory") 34 4096)
  (data (i32.const 0x140) "absent")

  (global $shadow_stack_base (export "shadow_stack_base") i32 (i32.const 0x400))
  (global $shadow_stack_end (export "shadow_stack_end") i32 (i32.const 0x10400))
  (global $shadow_stack_pointer (export "shadow_stack_pointer") (mut i32) (i32.const 0x400))
  (global $block_bits i32 (i32.const 0x10400))
  (global $heap_base (export "heap_base") i32 (i32.const 0x210400))
  ;; The end of the highest block: the high-water mark, because memory is never released.
  (global $heap_top (export "heap_top") (mut i32) (i32.const 0x210400))

  ;; A variable of the program's outermost scope, which is a root.
  (global $global_map (export "global_map") (mut i32) (i32.const 0))

  ;; Counters.
  (global $collections (export "collections") (mut i32) (i32.const 0))
  (global $allocations (export "allocations") (mut i32) (i32.const 0))
  ;; Bytes of blocks, without headers, that the last collection kept.
  (global $live_bytes (export "live_bytes") (mut i32) (i32.const 0))

  ;; For tests: collect at every allocation; fill swept blocks with 0xDD, so that a block that was swept
  ;; by mistake is noticed; trap in, or return 0 from, the n-th allocation from now.
  (global $collect_always (export "collect_always") (mut i32) (i32.const 0))
  (global $poison_freed (export "poison_freed") (mut i32) (i32.const 0))
  (global $trap_on_alloc_after (export "trap_on_alloc_after") (mut i32) (i32.const 0))
  (global $fail_alloc_after (export "fail_alloc_after") (mut i32) (i32.const 0))
  ;; When there is no memory left: 1 traps, 0 returns 0.
  (global $out_of_memory_traps (export "out_of_memory_traps") (mut i32) (i32.const 1))

  ;; A collection happens when no free block fits and at least as many bytes were allocated since the
  ;; last one as that one kept, and at least this many.
  (global $minimum_threshold (export "minimum_threshold") (mut i32) (i32.const 65536))
  (global $allocated_since (mut i32) (i32.const 0))
  (global $free_list (mut i32) (i32.const 0))
  (global $mark_list (mut i32) (i32.const 0))

  ;; ---- The allocator ----

  (func $alloc (export "alloc") (param $size i32) (result i32)
    (local $block i32)
    (global.set $allocations (i32.add (global.get $allocations) (i32.const 1)))
    (if (global.get $trap_on_alloc_after) (then
      (global.set $trap_on_alloc_after (i32.sub (global.get $trap_on_alloc_after) (i32.const 1)))
      (if (i32.eqz (global.get $trap_on_alloc_after)) (then (unreachable)))))
    (if (global.get $fail_alloc_after) (then
      (global.set $fail_alloc_after (i32.sub (global.get $fail_alloc_after) (i32.const 1)))
      (if (i32.eqz (global.get $fail_alloc_after)) (then (return (i32.const 0))))))
    (if (global.get $collect_always) (then (call $collect)))
    ;; Larger than the largest memory there can be.
    (if (i32.ge_u (local.get $size) (i32.const 0x10000000)) (then (return (call $out_of_memory))))
    ;; Header and block together are a multiple of 16.
    (local.set $size (i32.sub
      (i32.and (i32.add (local.get $size) (i32.const 23)) (i32.const -16)) (i32.const 8)))
    (local.set $block (call $take_free (local.get $size)))
    (if (i32.eqz (local.get $block)) (then
      (if (i32.ge_u (i32.add (global.get $allocated_since) (local.get $size)) (call $threshold)) (then
        (call $collect)
        (local.set $block (call $take_free (local.get $size)))))))
    (if (i32.eqz (local.get $block)) (then
      (local.set $block (call $take_new (local.get $size)))))
    (if (i32.eqz (local.get $block)) (then
      (call $collect)
      (local.set $block (call $take_free (local.get $size)))))
    (if (i32.eqz (local.get $block)) (then (return (call $out_of_memory))))
    (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.const 1))
    (global.set $allocated_since
      (i32.add (global.get $allocated_since) (call $usable_size (local.get $block))))
    (local.get $block))

  (func $usable_size (export "usable_size") (param $block i32) (result i32)
    (i32.load (i32.sub (local.get $block) (i32.const 8))))

  (func $out_of_memory (result i32)
    (if (global.get $out_of_memory_traps) (then (unreachable)))
    (i32.const 0))

  (func $threshold (result i32)
    (select (global.get $live_bytes) (global.get $minimum_threshold)
      (i32.gt_u (global.get $live_bytes) (global.get $minimum_threshold))))

  ;; Takes the first free block that is large enough off the list: not split, not cleared.
  ;; A free block's first word is the next free block.
  (func $take_free (param $size i32) (result i32)
    (local $block i32) (local $before i32)
    (local.set $block (global.get $free_list))
    (block $none
      (loop $next
        (br_if $none (i32.eqz (local.get $block)))
        (if (i32.ge_u (call $usable_size (local.get $block)) (local.get $size)) (then
          (if (local.get $before)
            (then (i32.store (local.get $before) (i32.load (local.get $block))))
            (else (global.set $free_list (i32.load (local.get $block)))))
          (return (local.get $block))))
        (local.set $before (local.get $block))
        (local.set $block (i32.load (local.get $block)))
        (br $next)))
    (i32.const 0))

  ;; A block at the top of the heap; the memory may grow. 0 if it cannot.
  (func $take_new (param $size i32) (result i32)
    (local $block i32) (local $top i32) (local $missing i32)
    (local.set $block (i32.add (global.get $heap_top) (i32.const 8)))
    (local.set $top (i32.add (local.get $block) (local.get $size)))
    (local.set $missing (i32.sub (local.get $top) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $missing) (i32.const 0)) (then
      (if (i32.eq (i32.const -1)
            (memory.grow (i32.shr_u (i32.add (local.get $missing) (i32.const 65535)) (i32.const 16))))
        (then (return (i32.const 0))))))
    (global.set $heap_top (local.get $top))
    (i32.store (i32.sub (local.get $block) (i32.const 8)) (local.get $size))
    (call $set_block_bit (local.get $block))
    (local.get $block))

  ;; Records that a block begins here, permanently: blocks are neither split nor joined.
  (func $set_block_bit (param $block i32)
    (local $address i32)
    (local.set $address (i32.add (global.get $block_bits) (i32.shr_u (local.get $block) (i32.const 7))))
    (i32.store8 (local.get $address) (i32.or (i32.load8_u (local.get $address))
      (i32.shl (i32.const 1) (i32.and (i32.shr_u (local.get $block) (i32.const 4)) (i32.const 7))))))

  ;; ---- The collector ----
  ;; A header's second word, the state, is 0 for a free block and 1 for an allocated one. While marking, it
  ;; is 3 | the block marked before: the mark stack is a list through the headers and cannot overflow
  ;; (blocks begin at multiples of 8, so that the low three bits are free for this).

  ;; Marks the block that begins at `word`, if there is one that is allocated and not marked yet.
  (func $mark (param $word i32)
    (local $state i32)
    (if (i32.lt_u (local.get $word) (global.get $heap_base)) (then (return)))
    (if (i32.ge_u (local.get $word) (global.get $heap_top)) (then (return)))
    (if (i32.ne (i32.and (local.get $word) (i32.const 15)) (i32.const 8)) (then (return)))
    (if (i32.eqz (i32.and (i32.const 1) (i32.shr_u
          (i32.load8_u (i32.add (global.get $block_bits) (i32.shr_u (local.get $word) (i32.const 7))))
          (i32.and (i32.shr_u (local.get $word) (i32.const 4)) (i32.const 7)))))
      (then (return)))
    (local.set $state (i32.sub (local.get $word) (i32.const 4)))
    (if (i32.ne (i32.load (local.get $state)) (i32.const 1)) (then (return)))
    (i32.store (local.get $state) (i32.or (global.get $mark_list) (i32.const 3)))
    (global.set $mark_list (local.get $word)))

  ;; Marks from every aligned word of [at, end).
  (func $mark_range (param $at i32) (param $end i32)
    (local $word i32)
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end)) (then
        (local.set $word (i32.load (local.get $at)))
        ;; Most words are far from the heap: a call for them would be wasted.
        (if (i32.ge_u (local.get $word) (global.get $heap_base)) (then
          (if (i32.lt_u (local.get $word) (global.get $heap_top)) (then
            (call $mark (local.get $word))))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next)))))

  (func $collect (export "collect")
    (local $block i32) (local $state i32) (local $last i32)
    (global.set $collections (i32.add (global.get $collections) (i32.const 1)))
    (call $mark_range (global.get $shadow_stack_base) (global.get $shadow_stack_pointer))
    (call $mark (global.get $global_map))
    (loop $next
      (local.set $block (global.get $mark_list))
      (if (local.get $block) (then
        (global.set $mark_list (i32.and
          (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.const -8)))
        (call $mark_range (local.get $block)
          (i32.add (local.get $block) (call $usable_size (local.get $block))))
        (br $next))))
    ;; Sweep: a new free list, in order of address.
    (global.set $live_bytes (i32.const 0))
    (global.set $allocated_since (i32.const 0))
    (global.set $free_list (i32.const 0))
    (local.set $block (i32.add (global.get $heap_base) (i32.const 8)))
    (loop $next
      (if (i32.lt_u (local.get $block) (global.get $heap_top)) (then
        (local.set $state (i32.load (i32.sub (local.get $block) (i32.const 4))))
        (if (i32.and (local.get $state) (i32.const 2))
          (then
            (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.const 1))
            (global.set $live_bytes
              (i32.add (global.get $live_bytes) (call $usable_size (local.get $block)))))
          (else
            (if (local.get $state) (then
              (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.const 0))
              (if (global.get $poison_freed) (then
                (memory.fill (local.get $block) (i32.const 0xDD) (call $usable_size (local.get $block)))))))
            (if (local.get $last)
              (then (i32.store (local.get $last) (local.get $block)))
              (else (global.set $free_list (local.get $block))))
            (i32.store (local.get $block) (i32.const 0))
            (local.set $last (local.get $block))))
        (local.set $block (i32.add (i32.add (local.get $block) (i32.const 8))
          (call $usable_size (local.get $block))))
        (br $next)))))

  ;; ---- The shadow stack ----

  (func $push (param $word i32)
    (if (i32.ge_u (global.get $shadow_stack_pointer) (global.get $shadow_stack_end)) (then (unreachable)))
    (i32.store (global.get $shadow_stack_pointer) (local.get $word))
    (global.set $shadow_stack_pointer (i32.add (global.get $shadow_stack_pointer) (i32.const 4))))

  (func (export "keep") (param $word i32) (call $push (local.get $word)))

  (func (export "forget")
    (global.set $shadow_stack_pointer (global.get $shadow_stack_base))
    (global.set $global_map (i32.const 0)))

  ;; ---- Strings ----

  ;; The decimal text of a number, in a fresh block.
  (func $text_of (export "text_of") (param $number i64) (result i32 i32)
    (local $at i32) (local $rest i64) (local $length i32) (local $text i32)
    (local.set $at (i32.const 0x140))
    (local.set $rest (local.get $number))
    (if (i64.lt_s (local.get $number) (i64.const 0)) (then
      (local.set $rest (i64.sub (i64.const 0) (local.get $number)))))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48)
        (i32.wrap_i64 (i64.rem_u (local.get $rest) (i64.const 10)))))
      (local.set $rest (i64.div_u (local.get $rest) (i64.const 10)))
      (br_if $next (i64.ne (local.get $rest) (i64.const 0))))
    (if (i64.lt_s (local.get $number) (i64.const 0)) (then
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.const 45))))
    (local.set $length (i32.sub (i32.const 0x140) (local.get $at)))
    (local.set $text (call $alloc (local.get $length)))
    (if (i32.eqz (local.get $text)) (then (unreachable)))
    (memory.copy (local.get $text) (local.get $at) (local.get $length))
    (local.get $text) (local.get $length))

  ;; The number that a decimal text denotes; -1 if it has other characters than digits.
  (func $number_of (param $text i32) (param $length i32) (result i64)
    (local $end i32) (local $digit i32) (local $number i64)
    (local.set $end (i32.add (local.get $text) (local.get $length)))
    (loop $next
      (if (i32.lt_u (local.get $text) (local.get $end)) (then
        (local.set $digit (i32.sub (i32.load8_u (local.get $text)) (i32.const 48)))
        (if (i32.gt_u (local.get $digit) (i32.const 9)) (then (return (i64.const -1))))
        (local.set $number (i64.add (i64.mul (local.get $number) (i64.const 10))
          (i64.extend_i32_u (local.get $digit))))
        (local.set $text (i32.add (local.get $text) (i32.const 1)))
        (br $next))))
    (local.get $number))

  ;; ---- Checks: a function of many checks returns the number of the first that failed, or 0 ----

  (global $failed_check (mut i32) (i32.const 0))

  (func $check (param $number i32) (param $holds i32)
    (if (i32.and (i32.eqz (local.get $holds)) (i32.eqz (global.get $failed_check))) (then
      (global.set $failed_check (local.get $number)))))

  ;; ---- One call each, for tests that want no more ----

  (func (export "new_map") (result i32) (call $map_new))
  (func (export "new_set") (result i32) (call $set_new))
  (func (export "size") (param i32) (result i32) (call $map_size (local.get 0)))
  (func (export "set_count") (param i32) (result i32) (call $set_size (local.get 0)))
  (func (export "insert_int") (param i32 i64 i64) (result i32)
    (call $map_insert_ki_vi (local.get 0) (local.get 1) (local.get 2)))
  (func (export "insert_int_in_place") (param i32 i64 i64)
    (call $map_insert_in_place_ki_vi (local.get 0) (local.get 1) (local.get 2)))
  (func (export "get_int") (param i32 i64 i64) (result i64)
    (call $map_get_ki_vi (local.get 0) (local.get 1) (local.get 2)))
  (func (export "get_text") (param i32 i32 i32 i32 i32) (result i32 i32)
    (call $map_get_ks_vs (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "insert_text") (param i32 i32 i32 i32 i32) (result i32)
    (call $map_insert_ks_vs (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "insert_text_in_place") (param i32 i32 i32 i32 i32)
    (call $map_insert_in_place_ks_vs (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "contains_text") (param i32 i32 i32) (result i32)
    (call $map_contains_ks (local.get 0) (local.get 1) (local.get 2)))
  (func (export "remove_text") (param i32 i32 i32) (result i32)
    (call $map_remove_ks (local.get 0) (local.get 1) (local.get 2)))
  (func (export "remove_text_in_place") (param i32 i32 i32)
    (call $map_remove_in_place_ks (local.get 0) (local.get 1) (local.get 2)))
  (func (export "keys_text") (param i32) (result i32) (call $map_keys_ks (local.get 0)))
  (func (export "values_text") (param i32) (result i32) (call $map_values_vs (local.get 0)))
  (func (export "contains_int") (param i32 i64) (result i32)
    (call $map_contains_ki (local.get 0) (local.get 1)))
  (func (export "remove_int") (param i32 i64) (result i32)
    (call $map_remove_ki (local.get 0) (local.get 1)))
  (func (export "add_int") (param i32 i64) (result i32)
    (call $set_add_ei (local.get 0) (local.get 1)))

  ;; ---- Loops over maps of integers ----

  ;; m = insert(m, k, 3·k) for k from 0 to n - 1, m a variable on the shadow stack.
  (func $chain_int (export "chain_int") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $map i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (call $map_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (i32.store (local.get $frame) (call $map_insert_ki_vi
          (i32.load (local.get $frame)) (local.get $k) (i64.mul (local.get $k) (i64.const 3))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.set $map (i32.load (local.get $frame)))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; The same with m in a local: during the call nothing in the guest roots it, since nothing needs it
  ;; afterwards. What the host needs of it, the host must root.
  (func (export "chain_int_unrooted") (param $n i64) (result i32)
    (local $k i64) (local $map i32)
    (local.set $map (call $map_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $map (call $map_insert_ki_vi
          (local.get $map) (local.get $k) (i64.mul (local.get $k) (i64.const 3))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.get $map))

  ;; The same with m a global variable.
  (func (export "chain_global") (param $n i64) (result i32)
    (local $k i64)
    (global.set $global_map (call $map_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (global.set $global_map (call $map_insert_ki_vi
          (global.get $global_map) (local.get $k) (i64.mul (local.get $k) (i64.const 3))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.get $global_map))

  ;; The same map, made in place.
  (func (export "fill_in_place") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $map i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (local.set $map (call $map_new))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $map_insert_in_place_ki_vi
          (local.get $map) (local.get $k) (i64.mul (local.get $k) (i64.const 3)))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; The values of the keys 0 to n - 1 added up, -1 for each that is absent.
  (func $sum_int (export "sum_int") (param $map i32) (param $n i64) (result i64)
    (local $k i64) (local $sum i64)
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $sum (i64.add (local.get $sum)
          (call $map_get_ki_vi (local.get $map) (local.get $k) (i64.const -1))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.get $sum))

  ;; How many of the keys `from` to `to` - 1 it contains.
  (func $count_contains (export "count_contains") (param $map i32) (param $from i64) (param $to i64)
    (result i32)
    (local $count i32)
    (loop $next
      (if (i64.lt_s (local.get $from) (local.get $to)) (then
        (local.set $count (i32.add (local.get $count)
          (call $map_contains_ki (local.get $map) (local.get $from))))
        (local.set $from (i64.add (local.get $from) (i64.const 1)))
        (br $next))))
    (local.get $count))

  ;; Without the even keys below n.
  (func (export "remove_half") (param $map i32) (param $n i64) (result i32)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $map (call $map_remove_ki (local.get $map) (local.get $k)))
        (i32.store (local.get $frame) (local.get $map))
        (local.set $k (i64.add (local.get $k) (i64.const 2)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  (func (export "remove_half_in_place") (param $map i32) (param $n i64)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $map_remove_in_place_ki (local.get $map) (local.get $k))
        (local.set $k (i64.add (local.get $k) (i64.const 2)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame)))

  ;; Every value below n replaced by its key plus `delta`, one persistent insert each.
  (func (export "overwrite") (param $map i32) (param $n i64) (param $delta i64) (result i32)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $map (call $map_insert_ki_vi
          (local.get $map) (local.get $k) (i64.add (local.get $k) (local.get $delta))))
        (i32.store (local.get $frame) (local.get $map))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; Older versions stay as they were, whatever is made from them or from newer ones. n is at least 4.
  (func (export "old_versions") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $half i64) (local $old i32) (local $other i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (global.set $failed_check (i32.const 0))
    (local.set $half (i64.shr_u (local.get $n) (i64.const 1)))
    (call $push (call $chain_int (local.get $half)))
    (local.set $old (i32.load (local.get $frame)))
    (call $push (local.get $old))
    (call $push (i32.const 0))
    (local.set $k (local.get $half))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (i32.store (local.get $frame) (call $map_insert_ki_vi
          (i32.load (local.get $frame)) (local.get $k) (i64.mul (local.get $k) (i64.const 3))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (call $check_old (i32.const 1) (local.get $old) (local.get $half) (local.get $n))
    (call $check (i32.const 5) (i64.eq (i64.extend_i32_u (call $map_size (i32.load (local.get $frame))))
      (local.get $n)))
    (call $check (i32.const 6) (i64.eq (call $sum_int (i32.load (local.get $frame)) (local.get $n))
      (call $sum_of_chain (local.get $n))))
    ;; An older version gets a key of its own where the newer has another.
    (local.set $other (call $map_insert_ki_vi (local.get $old) (local.get $half) (i64.const -7)))
    (i32.store offset=8 (local.get $frame) (local.get $other))
    (call $check (i32.const 7) (i64.eq (i64.const -7)
      (call $map_get_ki_vi (local.get $other) (local.get $half) (i64.const 0))))
    (call $check (i32.const 8) (i64.eq (i64.mul (local.get $half) (i64.const 3))
      (call $map_get_ki_vi (i32.load (local.get $frame)) (local.get $half) (i64.const 0))))
    (call $check_old (i32.const 9) (local.get $old) (local.get $half) (local.get $n))
    ;; A value is overwritten.
    (local.set $other (call $map_insert_ki_vi (local.get $old) (i64.const 0) (i64.const 1000)))
    (i32.store offset=8 (local.get $frame) (local.get $other))
    (call $check (i32.const 13) (i64.eq (i64.const 1000)
      (call $map_get_ki_vi (local.get $other) (i64.const 0) (i64.const -1))))
    (call $check (i32.const 14) (i64.eq (i64.extend_i32_u (call $map_size (local.get $other)))
      (local.get $half)))
    (call $check_old (i32.const 15) (local.get $old) (local.get $half) (local.get $n))
    ;; A key is removed, then one that is not there.
    (local.set $other (call $map_remove_ki (local.get $old) (i64.const 0)))
    (i32.store offset=8 (local.get $frame) (local.get $other))
    (call $check (i32.const 19) (i32.eqz (call $map_contains_ki (local.get $other) (i64.const 0))))
    (call $check (i32.const 20) (i64.eq (i64.extend_i32_u (call $map_size (local.get $other)))
      (i64.sub (local.get $half) (i64.const 1))))
    (call $check_old (i32.const 21) (local.get $old) (local.get $half) (local.get $n))
    (local.set $other (call $map_remove_ki (local.get $old) (i64.const -5)))
    (i32.store offset=8 (local.get $frame) (local.get $other))
    (call $check_old (i32.const 25) (local.get $other) (local.get $half) (local.get $n))
    (call $check_old (i32.const 29) (local.get $old) (local.get $half) (local.get $n))
    ;; And the newest is what it was.
    (call $check (i32.const 33) (i64.eq (call $sum_int (i32.load (local.get $frame)) (local.get $n))
      (call $sum_of_chain (local.get $n))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (global.get $failed_check))

  ;; Checks `number` and the three after it: it has the keys 0 to half - 1 and no others below n.
  (func $check_old (param $number i32) (param $map i32) (param $half i64) (param $n i64)
    (call $check (local.get $number)
      (i64.eq (i64.extend_i32_u (call $map_size (local.get $map))) (local.get $half)))
    (call $check (i32.add (local.get $number) (i32.const 1))
      (i64.eq (call $sum_int (local.get $map) (local.get $half)) (call $sum_of_chain (local.get $half))))
    (call $check (i32.add (local.get $number) (i32.const 2))
      (i32.eqz (call $count_contains (local.get $map) (local.get $half) (local.get $n))))
    (call $check (i32.add (local.get $number) (i32.const 3))
      (i64.eq (call $sum_keys (local.get $map)) (call $sum_of_places (local.get $half)))))

  (func $sum_of_chain (param $n i64) (result i64)
    (i64.div_s (i64.mul (i64.const 3) (i64.mul (local.get $n) (i64.sub (local.get $n) (i64.const 1))))
      (i64.const 2)))

  ;; What sum_keys is for the keys 0 to n - 1 in this order: the sum of k·(k + 1).
  (func $sum_of_places (param $n i64) (result i64)
    (i64.div_s (i64.mul (i64.mul (i64.sub (local.get $n) (i64.const 1)) (local.get $n))
      (i64.add (local.get $n) (i64.const 1))) (i64.const 3)))

  ;; The fields of an array, each times its place counted from 1: tells their order too.
  (func $sum_fields (param $array i32) (result i64)
    (local $count i64) (local $place i64) (local $sum i64)
    (local.set $count (i64.extend_i32_u (i32.load (local.get $array))))
    (loop $next
      (if (i64.lt_u (local.get $place) (local.get $count)) (then
        (local.set $place (i64.add (local.get $place) (i64.const 1)))
        (local.set $array (i32.add (local.get $array) (i32.const 8)))
        (local.set $sum (i64.add (local.get $sum)
          (i64.mul (local.get $place) (i64.load (local.get $array)))))
        (br $next))))
    (local.get $sum))

  ;; The same for texts of numbers.
  (func $sum_texts (param $array i32) (result i64)
    (local $count i64) (local $place i64) (local $sum i64)
    (local.set $count (i64.extend_i32_u (i32.load (local.get $array))))
    (loop $next
      (if (i64.lt_u (local.get $place) (local.get $count)) (then
        (local.set $place (i64.add (local.get $place) (i64.const 1)))
        (local.set $array (i32.add (local.get $array) (i32.const 8)))
        (local.set $sum (i64.add (local.get $sum) (i64.mul (local.get $place)
          (call $number_of (i32.load (local.get $array)) (i32.load offset=4 (local.get $array))))))
        (br $next))))
    (local.get $sum))

  (func $sum_keys (export "sum_keys") (param $map i32) (result i64)
    (call $sum_fields (call $map_keys_ki (local.get $map))))
  (func (export "sum_values") (param $map i32) (result i64)
    (call $sum_fields (call $map_values_vi (local.get $map))))
  (func (export "sum_key_texts") (param $map i32) (result i64)
    (call $sum_texts (call $map_keys_ks (local.get $map))))
  (func (export "sum_value_texts") (param $map i32) (result i64)
    (call $sum_texts (call $map_values_vs (local.get $map))))
  (func $sum_elements (export "sum_elements") (param $set i32) (result i64)
    (call $sum_fields (call $set_elements_ei (local.get $set))))
  (func (export "sum_element_texts") (param $set i32) (result i64)
    (call $sum_texts (call $set_elements_es (local.get $set))))

  ;; ---- Loops over maps of strings ----

  ;; m = insert(m, text of k, text of 3·k). The strings are rooted while the guest itself allocates, not
  ;; during the call.
  (func (export "chain_text") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $map i32)
    (local $key i32) (local $key_length i32) (local $value i32) (local $value_length i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (call $map_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $text_of (local.get $k))
        (local.set $key_length) (local.set $key)
        (call $push (local.get $key))
        (call $text_of (i64.mul (local.get $k) (i64.const 3)))
        (local.set $value_length) (local.set $value)
        (global.set $shadow_stack_pointer (i32.sub (global.get $shadow_stack_pointer) (i32.const 4)))
        (i32.store (local.get $frame) (call $map_insert_ks_vs (i32.load (local.get $frame))
          (local.get $key) (local.get $key_length) (local.get $value) (local.get $value_length)))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.set $map (i32.load (local.get $frame)))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  (func (export "fill_text_in_place") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $map i32)
    (local $key i32) (local $key_length i32) (local $value i32) (local $value_length i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (local.set $map (call $map_new))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $text_of (local.get $k))
        (local.set $key_length) (local.set $key)
        (call $push (local.get $key))
        (call $text_of (i64.mul (local.get $k) (i64.const 3)))
        (local.set $value_length) (local.set $value)
        (global.set $shadow_stack_pointer (i32.sub (global.get $shadow_stack_pointer) (i32.const 4)))
        (call $map_insert_in_place_ks_vs (local.get $map)
          (local.get $key) (local.get $key_length) (local.get $value) (local.get $value_length))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; The numbers that the values of the keys "0" to "n - 1" stand for, added up; -1 for each that is absent.
  (func (export "sum_text") (param $map i32) (param $n i64) (result i64)
    (local $frame i32) (local $k i64) (local $sum i64) (local $key i32) (local $key_length i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $text_of (local.get $k))
        (local.set $key_length) (local.set $key)
        (local.set $sum (i64.add (local.get $sum) (call $number_of (call $map_get_ks_vs
          (local.get $map) (local.get $key) (local.get $key_length) (i32.const 0x140) (i32.const 6)))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $sum))

  ;; Without the texts of the even numbers below n.
  (func (export "remove_half_text") (param $map i32) (param $n i64) (result i32)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $map))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.get $map)
        (local.set $map (call $map_remove_ks (call $text_of (local.get $k))))
        (i32.store (local.get $frame) (local.get $map))
        (local.set $k (i64.add (local.get $k) (i64.const 2)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; The empty string, a literal, and mixed types of key and value.
  (func (export "check_texts") (result i32)
    (local $frame i32) (local $map i32) (local $text i32) (local $length i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (global.set $failed_check (i32.const 0))
    (local.set $map (call $map_new))
    (call $check (i32.const 1)
      (i32.eqz (call $map_contains_ks (local.get $map) (i32.const 0) (i32.const 0))))
    (local.set $map (call $map_insert_ks_vi (local.get $map) (i32.const 0) (i32.const 0) (i64.const 5)))
    (local.set $map (call $map_insert_ks_vi (local.get $map) (i32.const 0x140) (i32.const 6) (i64.const 6)))
    (call $push (local.get $map))
    ;; An empty string is an empty string wherever it points.
    (call $check (i32.const 2) (i64.eq (i64.const 5)
      (call $map_get_ks_vi (local.get $map) (i32.const 0x145) (i32.const 0) (i64.const 0))))
    (call $check (i32.const 3) (i64.eq (i64.const 6)
      (call $map_get_ks_vi (local.get $map) (i32.const 0x140) (i32.const 6) (i64.const 0))))
    (call $check (i32.const 4) (i64.eq (i64.const 0)
      (call $map_get_ks_vi (local.get $map) (i32.const 0x140) (i32.const 5) (i64.const 0))))
    (call $check (i32.const 5) (i32.eq (i32.const 2) (call $map_size (local.get $map))))
    ;; Integer keys with texts.
    (call $text_of (i64.const -9223372036854775808))
    (local.set $length) (local.set $text)
    (i32.store (local.get $frame) (local.get $text))
    (local.set $map (call $map_insert_ki_vs (call $map_new)
      (i64.const 0) (local.get $text) (local.get $length)))
    (i32.store (local.get $frame) (local.get $map))
    (call $map_get_ki_vs (local.get $map) (i64.const 0) (i32.const 0) (i32.const 0))
    (local.set $length) (local.set $text)
    (call $check (i32.const 6) (i32.eq (local.get $length) (i32.const 20)))
    (call $check (i32.const 7) (i64.eq (i64.const 922337203685477580)
      (call $number_of (i32.add (local.get $text) (i32.const 1)) (i32.const 18))))
    (call $check (i32.const 8) (i64.eq (i64.const -1)
      (call $number_of (local.get $text) (local.get $length))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (global.get $failed_check))

  ;; ---- Floats ----

  ;; Keys compare as SameValueZero; a key keeps the bits and the place it came with.
  (func (export "check_floats") (result i32)
    (local $frame i32) (local $map i32) (local $keys i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (global.set $failed_check (i32.const 0))
    (local.set $map (call $map_new))
    (local.set $map (call $map_insert_kf_vi (local.get $map) (f64.const -0.0) (i64.const 1)))
    (local.set $map (call $map_insert_kf_vi (local.get $map) (f64.const nan:0x8000000000001) (i64.const 2)))
    (local.set $map (call $map_insert_kf_vi (local.get $map) (f64.const inf) (i64.const 3)))
    (local.set $map (call $map_insert_kf_vi (local.get $map) (f64.const 0.0) (i64.const 4)))
    (local.set $map (call $map_insert_kf_vi (local.get $map) (f64.const -nan) (i64.const 5)))
    (call $push (local.get $map))
    (call $check (i32.const 1) (i32.eq (i32.const 3) (call $map_size (local.get $map))))
    (call $check (i32.const 2) (i64.eq (i64.const 4)
      (call $map_get_kf_vi (local.get $map) (f64.const -0.0) (i64.const 0))))
    (call $check (i32.const 3) (i64.eq (i64.const 5)
      (call $map_get_kf_vi (local.get $map) (f64.const nan) (i64.const 0))))
    (call $check (i32.const 4) (call $map_contains_kf (local.get $map) (f64.const inf)))
    (call $check (i32.const 5) (i32.eqz (call $map_contains_kf (local.get $map) (f64.const -inf))))
    (local.set $keys (call $map_keys_kf (local.get $map)))
    (call $check (i32.const 6) (i32.eq (i32.const 3) (i32.load (local.get $keys))))
    (call $check (i32.const 7) (i64.eq (i64.const 0x8000000000000000)
      (i64.load offset=8 (local.get $keys))))
    (call $check (i32.const 8) (i64.eq (i64.const 0x7FF8000000000001)
      (i64.load offset=16 (local.get $keys))))
    (call $check (i32.const 9) (i64.eq (i64.const 0x7FF0000000000000)
      (i64.load offset=24 (local.get $keys))))
    ;; Values keep their bits.
    (local.set $map (call $map_insert_ki_vf (call $map_new) (i64.const -1) (f64.const -0.0)))
    (local.set $map (call $map_insert_ki_vf (local.get $map) (i64.const 0) (f64.const nan:0x8000000000001)))
    (call $check (i32.const 10) (i64.eq (i64.const 0x8000000000000000) (i64.reinterpret_f64
      (call $map_get_ki_vf (local.get $map) (i64.const -1) (f64.const 1.5)))))
    (call $check (i32.const 11) (i64.eq (i64.const 0x7FF8000000000001) (i64.reinterpret_f64
      (call $map_get_ki_vf (local.get $map) (i64.const 0) (f64.const 1.5)))))
    (call $check (i32.const 12) (f64.eq (f64.const 1.5)
      (call $map_get_ki_vf (local.get $map) (i64.const 1) (f64.const 1.5))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (global.get $failed_check))

  ;; ---- Maps in maps: heap pointers as values ----

  ;; A map of n maps; the k-th is the chain of k elements. Only the outer map is rooted.
  (func (export "nest") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $map i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (call $map_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $map (call $chain_int (local.get $k)))
        (i32.store (local.get $frame) (call $map_insert_ki_vb
          (i32.load (local.get $frame)) (local.get $k) (local.get $map)))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.set $map (i32.load (local.get $frame)))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $map))

  ;; How many of the n inner maps are what they should be.
  (func (export "count_nested") (param $map i32) (param $n i64) (result i32)
    (local $k i64) (local $inner i32) (local $count i32)
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $inner (call $map_get_ki_vb (local.get $map) (local.get $k) (i32.const 0)))
        (if (local.get $inner) (then
          (local.set $count (i32.add (local.get $count) (i32.and
            (i64.eq (i64.extend_i32_u (call $map_size (local.get $inner))) (local.get $k))
            (i64.eq (call $sum_int (local.get $inner) (local.get $k))
              (call $sum_of_chain (local.get $k))))))))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.get $count))

  ;; ---- Sets ----

  (func (export "set_chain_int") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $set i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (call $set_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (i32.store (local.get $frame) (call $set_add_ei (i32.load (local.get $frame)) (local.get $k)))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.set $set (i32.load (local.get $frame)))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $set))

  (func (export "set_fill_in_place") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $set i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (local.set $set (call $set_new))
    (call $push (local.get $set))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $set_add_in_place_ei (local.get $set) (local.get $k))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $set))

  (func (export "set_chain_text") (param $n i64) (result i32)
    (local $frame i32) (local $k i64) (local $set i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (call $set_new))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (i32.load (local.get $frame))
        (local.set $set (call $set_add_es (call $text_of (local.get $k))))
        (i32.store (local.get $frame) (local.get $set))
        (local.set $k (i64.add (local.get $k) (i64.const 1)))
        (br $next))))
    (local.set $set (i32.load (local.get $frame)))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $set))

  (func (export "set_count_int") (param $set i32) (param $from i64) (param $to i64) (result i32)
    (local $count i32)
    (loop $next
      (if (i64.lt_s (local.get $from) (local.get $to)) (then
        (local.set $count (i32.add (local.get $count)
          (call $set_contains_ei (local.get $set) (local.get $from))))
        (local.set $from (i64.add (local.get $from) (i64.const 1)))
        (br $next))))
    (local.get $count))

  (func (export "set_count_text") (param $set i32) (param $from i64) (param $to i64) (result i32)
    (local $frame i32) (local $count i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $set))
    (loop $next
      (if (i64.lt_s (local.get $from) (local.get $to)) (then
        (local.get $count)
        (local.get $set)
        (local.set $count (i32.add (call $set_contains_es (call $text_of (local.get $from)))))
        (local.set $from (i64.add (local.get $from) (i64.const 1)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $count))

  (func (export "set_remove_half") (param $set i32) (param $n i64) (result i32)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $set))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (local.set $set (call $set_remove_ei (local.get $set) (local.get $k)))
        (i32.store (local.get $frame) (local.get $set))
        (local.set $k (i64.add (local.get $k) (i64.const 2)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (local.get $set))

  (func (export "set_remove_half_in_place") (param $set i32) (param $n i64)
    (local $frame i32) (local $k i64)
    (local.set $frame (global.get $shadow_stack_pointer))
    (call $push (local.get $set))
    (loop $next
      (if (i64.lt_s (local.get $k) (local.get $n)) (then
        (call $set_remove_in_place_ei (local.get $set) (local.get $k))
        (local.set $k (i64.add (local.get $k) (i64.const 2)))
        (br $next))))
    (global.set $shadow_stack_pointer (local.get $frame)))

  (func (export "check_sets") (result i32)
    (local $frame i32) (local $set i32) (local $other i32) (local $elements i32) (local $k i32)
    (local.set $frame (global.get $shadow_stack_pointer))
    (global.set $failed_check (i32.const 0))
    ;; Floats.
    (local.set $set (call $set_add_ef (call $set_new) (f64.const 0.0)))
    (local.set $set (call $set_add_ef (local.get $set) (f64.const -nan)))
    (local.set $set (call $set_add_ef (local.get $set) (f64.const -0.0)))
    (local.set $set (call $set_add_ef (local.get $set) (f64.const nan)))
    (call $push (local.get $set))
    (call $check (i32.const 1) (i32.eq (i32.const 2) (call $set_size (local.get $set))))
    (call $check (i32.const 2) (call $set_contains_ef (local.get $set) (f64.const nan)))
    (call $check (i32.const 3) (i32.eqz (call $set_contains_ef (local.get $set) (f64.const 1.0))))
    (local.set $elements (call $set_elements_ef (local.get $set)))
    (call $check (i32.const 4) (i32.eq (i32.const 2) (i32.load (local.get $elements))))
    (call $check (i32.const 5) (i64.eqz (i64.load offset=8 (local.get $elements))))
    (call $check (i32.const 6) (i64.eq (i64.const 0xFFF8000000000000)
      (i64.load offset=16 (local.get $elements))))
    ;; Bytes, each added twice.
    (local.set $set (call $set_new))
    (loop $next
      (if (i32.lt_u (local.get $k) (i32.const 512)) (then
        (local.set $set (call $set_add_eb (local.get $set) (i32.and (local.get $k) (i32.const 255))))
        (i32.store (local.get $frame) (local.get $set))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next))))
    (call $check (i32.const 7) (i32.eq (i32.const 256) (call $set_size (local.get $set))))
    (call $check (i32.const 8) (call $set_contains_eb (local.get $set) (i32.const 255)))
    (call $check (i32.const 9) (i32.eqz (call $set_contains_eb (local.get $set) (i32.const 256))))
    ;; Removing and adding again puts an element last; the set before is as it was.
    (local.set $set (call $set_add_ei (call $set_new) (i64.const 1)))
    (local.set $set (call $set_add_ei (local.get $set) (i64.const 2)))
    (i32.store (local.get $frame) (local.get $set))
    (local.set $other (call $set_add_ei (call $set_remove_ei (local.get $set) (i64.const 1)) (i64.const 1)))
    (call $push (local.get $other))
    (call $check (i32.const 10) (i64.eq (i64.const 5) (call $sum_elements (local.get $set))))
    (call $check (i32.const 11) (i64.eq (i64.const 4) (call $sum_elements (local.get $other))))
    ;; Texts: the last becomes the empty set again, and an empty string is an element.
    (local.set $set (call $set_add_es (call $set_new) (i32.const 0x140) (i32.const 6)))
    (local.set $set (call $set_remove_es (local.get $set) (i32.const 0x140) (i32.const 6)))
    (call $check (i32.const 12) (i32.eqz (call $set_size (local.get $set))))
    (local.set $set (call $set_add_es (local.get $set) (i32.const 0) (i32.const 0)))
    (call $check (i32.const 13) (call $set_contains_es (local.get $set) (i32.const 0) (i32.const 0)))
    (call $check (i32.const 14) (i32.eq (i32.const 1) (call $set_size (local.get $set))))
    (global.set $shadow_stack_pointer (local.get $frame))
    (global.get $failed_check))
)

//! Answers of any content, and a guest's allocator that is honest or is not.

use wit_core::{
    LowerError, Memory as _,
    host::{Import, LoweredResult, Response},
};

use super::{
    Function, Value,
    arena::Arena,
    imports::{function, response_value},
    load_result,
    parts::Parts,
    store,
};

/// Answers a call. The guest reads what was meant, where it wants it; nothing else in its memory
/// is changed; and its allocator is asked for what the reference asks for, in that order.
pub fn honest(import: Import, parts: &Parts, arena: Arena) {
    let (mut ours, mut theirs) = (arena.clone(), arena);
    let function = function(import);
    let entries = parts.entries();
    let response = parts.response(import, &entries);
    let value = response_value(import, &response);
    let Some(at) = area(&mut ours, &function) else {
        return without_area(import, &response, value);
    };
    let value = value.expect("a result in memory");

    let before = ours.memory.clone();
    let mut returning = response.lower(at);
    place(&mut ours, &mut returning);
    let size = function.result().size();
    assert!(differ_only_in(&before, &ours.memory, &ours.blocks), "the area is not written yet");
    returning.finish(ours.memory.as_mut_slice()).expect("there is room");
    assert_eq!(load_result(&ours.memory, function.result(), at), Ok(value.clone()), "{import}");
    let ranges = [&ours.blocks[..], &[(at, size)]].concat();
    assert!(differ_only_in(&before, &ours.memory, &ranges));

    assert_eq!(area(&mut theirs, &function), Some(at));
    store(&mut theirs, function.result(), &value, at);
    assert_eq!(ours.blocks, theirs.blocks, "{import}");
}

/// Nothing is written for an answer that is none, or is the core result.
fn without_area(import: Import, response: &Response<'_>, value: Option<Value>) {
    let returning = response.lower(0);
    assert!(returning.next_block().is_none());
    assert_eq!(returning.finish([0u8; 0].as_mut_slice()), Ok(()));
    let expected = match (import, value) {
        (Import::Now, Some(Value::U64(time))) => Response::Time(time),
        (_, None) => Response::None,
        (_, Some(value)) => panic!("{import} has nowhere to write {value:?}"),
    };
    assert_eq!(*response, expected);
}

/// Places blocks where a hostile guest says, as long as that is possible, and writes the area.
pub fn hostile(import: Import, parts: &Parts, size: usize, at: u32, pointers: &[u32]) {
    let entries = parts.entries();
    let mut memory = vec![0xaa; size];
    let mut returning = parts.response(import, &entries).lower(at);
    let mut list = None;
    for ptr in pointers.iter().copied() {
        let Some((len, align)) = returning.next_block() else { break };
        let before = memory.clone();
        let fits = ptr.is_multiple_of(align) && memory.as_slice().read(ptr, len).is_some();
        match returning.place(memory.as_mut_slice(), ptr) {
            Ok(()) => {
                assert!(fits);
                // A list of entries is given the pointers of the names.
                let block = (ptr, len as u32);
                let list = *list.get_or_insert(block);
                let list = if import == Import::ListFiles { list } else { block };
                assert!(differ_only_in(&before, &memory, &[block, list]));
            }
            Err(error) => {
                assert!(!fits && before == memory);
                let LowerError { ptr: p, len: l, align: a, memory: m, .. } = error;
                assert_eq!((p, l, a, m), (ptr, len, align, size));
                assert!(!error.to_string().is_empty());
                // The same block is still the next.
                assert_eq!(returning.next_block(), Some((len, align)));
            }
        }
    }
    if returning.next_block().is_some() {
        return;
    }
    let before = memory.clone();
    assert_eq!(returning.place(memory.as_mut_slice(), 0), Ok(()), "to place no block");
    assert_eq!(before, memory);
    match returning.finish(memory.as_mut_slice()) {
        Ok(()) => {
            let len = import.area().map_or(0, |area| area.size);
            assert!(differ_only_in(&before, &memory, &[(at, len)]));
        }
        Err(error) => assert!(at as usize + error.len > size && before == memory),
    }
}

/// A place for the result: as the guest has it, on its stack.
pub fn area(arena: &mut Arena, function: &Function) -> Option<u32> {
    let result = function.is_returned_in_memory().then_some(function.result.as_ref()?)?;
    let at = arena.realloc(result.align(), result.size());
    arena.blocks.pop();
    Some(at)
}

/// Places every block where the arena has room.
fn place(arena: &mut Arena, returning: &mut LoweredResult<'_>) {
    while let Some((len, align)) = returning.next_block() {
        let ptr = arena.realloc(align, len as u32);
        returning.place(arena.memory.as_mut_slice(), ptr).expect("there is room");
    }
}

/// Whether bytes differ only within these ranges. What is between them is compared as a whole,
/// which Miri does at once.
fn differ_only_in(before: &[u8], after: &[u8], ranges: &[(u32, u32)]) -> bool {
    let mut ranges: Vec<_> = ranges.iter().map(|(at, len)| (*at as usize, *len as usize)).collect();
    ranges.sort_unstable();
    let mut end = 0;
    let same = ranges.into_iter().all(|(at, len)| {
        let gap = end..at.max(end);
        end = end.max(at + len);
        before[gap.clone()] == after[gap]
    });
    same && before.len() == after.len() && before[end..] == after[end..]
}

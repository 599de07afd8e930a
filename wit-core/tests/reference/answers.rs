//! Returns results of any content to an honest guest or a hostile one.

use wit_core::{LowerError, Memory as _, host::LoweredResult};

use super::{
    Function,
    arena::Arena,
    imports::{Returned, Signature},
    load_result,
    parts::Parts,
    store,
};

/// Returns a result, and checks that the guest reads the right value at the right place, that the
/// rest of its memory is unchanged, and that its allocator gets the reference's requests in order.
pub fn honest(returned: Returned, parts: &Parts, arena: Arena) {
    let (mut ours, mut theirs) = (arena.clone(), arena);
    let function = Signature { params: vec![], result: returned }.function();
    let response = parts.response(returned);
    let (value, content_bytes) = (response.value(), response.content_bytes());
    let Some(at) = area(&mut ours, &function) else {
        let lowered = response.lower(0);
        assert!(value.is_none() && lowered.next_block().is_none());
        return assert_eq!(lowered.finish([0u8; 0].as_mut_slice()), Ok(()));
    };
    let value = value.expect("a result in memory");

    let before = ours.memory.clone();
    let mut lowered = response.lower(at);
    assert_eq!(lowered.content_bytes(), content_bytes);
    place(&mut ours, &mut lowered);
    let size = function.result().size();
    assert!(differ_only_in(&before, &ours.memory, &ours.blocks), "the area is not written yet");
    lowered.finish(ours.memory.as_mut_slice()).expect("there is room");
    let read = load_result(&ours.memory, function.result(), at);
    assert_eq!(read, Ok(value.clone()), "{returned:?}");
    let ranges = [&ours.blocks[..], &[(at, size)]].concat();
    assert!(differ_only_in(&before, &ours.memory, &ranges));

    assert_eq!(area(&mut theirs, &function), Some(at));
    store(&mut theirs, function.result(), &value, at);
    assert_eq!(ours.blocks, theirs.blocks, "{returned:?}");
}

/// Places blocks at the addresses of a hostile guest, as long as that works, and writes the area.
/// Its address is a multiple of 8.
pub fn hostile(returned: Returned, parts: &Parts, size: usize, at: u32, pointers: &[u32]) {
    let at = returned.area().map_or(0, |_| at);
    let mut memory = vec![0xaa; size];
    let mut lowered = parts.response(returned).lower(at);
    // The list comes first, or after five other blocks.
    let before_list = if returned == Returned::Received { 5 } else { 0 };
    let (mut list, mut placed) = (None, 0);
    for ptr in pointers.iter().copied() {
        let Some((len, align)) = lowered.next_block() else { break };
        let before = memory.clone();
        let fits = ptr.is_multiple_of(align) && memory.as_slice().read(ptr, len).is_some();
        match lowered.place(memory.as_mut_slice(), ptr) {
            Ok(()) => {
                assert!(fits);
                // Placing a part of an entry also writes its pointer into the list of entries.
                let block = (ptr, len as u32);
                if placed == before_list {
                    list = Some(block);
                }
                placed += 1;
                let list = list.unwrap_or(block);
                let has_entries = matches!(
                    returned,
                    Returned::Entries
                        | Returned::TheaterNames
                        | Returned::Page
                        | Returned::Fetched
                        | Returned::Answered
                        | Returned::Sent
                        | Returned::TheaterSent
                        | Returned::Received
                );
                let list = if has_entries { list } else { block };
                assert!(differ_only_in(&before, &memory, &[block, list]));
            }
            Err(error) => {
                assert!(!fits && before == memory);
                let LowerError { ptr: p, len: l, align: a, memory: m, .. } = error;
                assert_eq!((p, l, a, m), (ptr, len, align, size));
                assert!(!error.to_string().is_empty());
                // The same block still comes next.
                assert_eq!(lowered.next_block(), Some((len, align)));
            }
        }
    }
    if lowered.next_block().is_some() {
        return;
    }
    let before = memory.clone();
    assert_eq!(lowered.place(memory.as_mut_slice(), 0), Ok(()), "to place no block");
    assert_eq!(before, memory);
    match lowered.finish(memory.as_mut_slice()) {
        Ok(()) => {
            let len = returned.area().map_or(0, |area| area.size);
            assert!(differ_only_in(&before, &memory, &[(at, len)]));
        }
        Err(error) => assert!(at as usize + error.len > size && before == memory),
    }
}

/// Room for the result, as on the guest's stack.
pub fn area(arena: &mut Arena, function: &Function) -> Option<u32> {
    let result = function.is_returned_in_memory().then_some(function.result.as_ref()?)?;
    // The alignment that `Response::lower` needs.
    let at = arena.realloc(8, result.size());
    arena.blocks.pop();
    Some(at)
}

/// Places every block where the arena has room.
fn place(arena: &mut Arena, lowered: &mut LoweredResult) {
    while let Some((len, align)) = lowered.next_block() {
        let ptr = arena.realloc(align, len as u32);
        lowered.place(arena.memory.as_mut_slice(), ptr).expect("there is room");
    }
}

/// Whether the bytes differ only within these ranges. Everything between them is compared as one
/// slice, which is fast under Miri.
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

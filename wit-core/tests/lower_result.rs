//! Places answers to imports in a guest: what its allocator is asked for, what it may return, and
//! which bytes are written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use reference::responses::Response;

use wit_core::{
    Field, LowerError,
    host::{Entry, FileError, Info, Kind, LoweredResult, Page, Refusal, StorageError, Stored},
};

/// A connection with all of its facts.
fn info() -> Option<Info> {
    Some(Info {
        peer: "192.0.2.7:50123".into(),
        path: "/p".into(),
        query: String::new(),
        subprotocol: Some("chat".into()),
        connected_since: 0x0102_0304_0506_0708,
    })
}

/// A folder.
fn entries() -> Vec<Entry> {
    let entry = |name: &str, kind| Entry { name: name.into(), kind };
    vec![entry("a.txt", Kind::File), entry("", Kind::Other)]
}

/// A part of the storage.
fn page() -> Page {
    let entry = |key: &str, value: &[u8]| Stored { key: key.into(), value: value.into() };
    Page { entries: vec![entry("key", b"value"), entry("k", b"")], more: true }
}

/// An error of the system.
fn why() -> FileError {
    FileError::Other("why".into())
}

/// The length and the alignment of every block. All are placed at 64.
fn blocks(response: &Response) -> Vec<(usize, u32)> {
    let mut memory = [0; 256];
    let mut lowered = response.clone().lower(0);
    let next = || {
        let block = lowered.next_block()?;
        lowered.place(memory.as_mut_slice(), 64).unwrap();
        Some(block)
    };
    std::iter::from_fn(next).collect()
}

/// Places each block at the next of these addresses.
fn place(lowered: &mut LoweredResult, memory: &mut [u8], pointers: &[u32]) {
    for ptr in pointers {
        assert!(lowered.next_block().is_some());
        lowered.place(memory, *ptr).unwrap();
    }
    assert_eq!(lowered.next_block(), None);
}

#[test]
fn blocks_are_asked_for_in_the_order_of_the_canonical_abi_and_empty_ones_too() {
    let empty = String::new;
    let (peer, path, query) = (empty(), empty(), empty());
    let nobody = Info { peer, path, query, subprotocol: None, connected_since: 0 };
    let (none, one): (Vec<(usize, u32)>, _) = (vec![], vec![(0, 1)]);
    for (response, expected) in [
        (Response::Nothing, none.clone()),
        (Response::Id(Some(1)), none.clone()),
        (Response::Info(None), none.clone()),
        (Response::Info(info()), vec![(15, 1), (2, 1), (0, 1), (4, 1)]),
        (Response::Info(Some(nobody)), vec![(0, 1), (0, 1), (0, 1)]),
        (Response::Ids(vec![1, 2]), vec![(16, 8)]),
        (Response::Ids(vec![]), vec![(0, 8)]),
        (Response::Count(Err(Refusal::Full(1))), none.clone()),
        (Response::Done(Ok(())), none.clone()),
        (Response::Attachment(None), none.clone()),
        (Response::Attachment(Some(vec![])), one.clone()),
        (Response::Bytes(vec![]), one.clone()),
        (Response::Text(empty()), one.clone()),
        (Response::File(Ok(vec![])), one.clone()),
        (Response::File(Err(FileError::Other(empty()))), one.clone()),
        (Response::File(Err(FileError::Denied)), none.clone()),
        (Response::Entries(Ok(entries())), vec![(24, 4), (5, 1), (0, 1)]),
        (Response::Entries(Ok(vec![])), vec![(0, 4)]),
        (Response::Entries(Err(why())), vec![(3, 1)]),
        (Response::Written(Ok(())), none.clone()),
        (Response::TheaterFile(Ok(vec![])), one.clone()),
        (Response::TheaterFile(Err("why".into())), vec![(3, 1)]),
        (Response::FileInfo(Err(FileError::Exists)), none.clone()),
        (Response::TheaterNames(Ok(vec!["a".into(), empty()])), vec![(16, 4), (1, 1), (0, 1)]),
        (Response::TheaterNames(Ok(vec![])), vec![(0, 4)]),
        (Response::TheaterWritten(Err("why".into())), vec![(3, 1)]),
        (Response::TheaterExists(Ok(true)), none.clone()),
        (Response::Put(Err(StorageError::Full(1))), none.clone()),
        (Response::Deleted(Ok(true)), none.clone()),
        (Response::Page(page()), vec![(32, 4), (3, 1), (5, 1), (1, 1), (0, 1)]),
        (Response::Page(Page::default()), vec![(0, 4)]),
    ] {
        assert_eq!(blocks(&response), expected, "{response:?}");
    }
}

#[test]
fn what_is_known_of_a_connection_stands_where_it_belongs() {
    let mut memory = [0xaa; 128];
    let mut lowered = Response::Info(info()).lower(8);
    place(&mut lowered, &mut memory, &[65, 81, 128, 83]);
    lowered.finish(memory.as_mut_slice()).unwrap();

    let words: Vec<_> =
        memory[8..64].chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let since = [0x0506_0708, 0x0102_0304];
    // Padding is zero.
    assert_eq!(words[..12], [1, 0, 65, 15, 81, 2, 128, 0, 1, 83, 4, 0]);
    assert_eq!(words[12..], since);
    assert_eq!(&memory[65..87], b"192.0.2.7:50123\xaa/pchat");
    assert_eq!((&memory[..8], memory[64]), ([0xaa; 8].as_slice(), 0xaa));
    assert_eq!(memory[87..], [0xaa; 128 - 87]);
}

#[test]
fn entries_have_the_pointers_of_their_names() {
    let mut memory = [0xaa; 64];
    let mut lowered = Response::Entries(Ok(entries())).lower(0);
    place(&mut lowered, &mut memory, &[20, 51, 64]);
    assert_eq!(memory[..20], [0xaa; 20], "the area is written at the end");
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!(memory[..16], [0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory[16..20], [0xaa; 4]);
    assert_eq!(memory[20..32], [51, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory[32..44], [64, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(&memory[51..57], b"a.txt\xaa");
}

#[test]
fn stored_entries_have_the_pointers_of_their_keys_and_values() {
    let mut memory = [0xaa; 64];
    let mut lowered = Response::Page(page()).lower(0);
    place(&mut lowered, &mut memory, &[16, 49, 53, 52, 64]);
    assert_eq!(memory[..16], [0xaa; 16], "the area is written at the end");
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!(memory[..16], [16, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa]);
    assert_eq!(memory[16..32], [49, 0, 0, 0, 3, 0, 0, 0, 53, 0, 0, 0, 5, 0, 0, 0]);
    assert_eq!(memory[32..48], [52, 0, 0, 0, 1, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&memory[48..59], b"\xaakeykvalue\xaa");
}

#[test]
fn whether_a_key_was_there_and_why_not_stand_behind_the_discriminant() {
    for (result, expected) in [
        (Ok(true), [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        (Ok(false), [0; 12]),
        (Err(StorageError::Full(0x0201)), [1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 0, 0]),
    ] {
        let mut memory = [0xaa; 16];
        Response::Deleted(result).lower(0).finish(memory.as_mut_slice()).unwrap();
        assert_eq!((&memory[..12], &memory[12..]), (&expected[..], &[0xaa; 4][..]), "{result:?}");
    }
}

#[test]
fn a_block_beyond_the_memory_is_refused_and_names_what_it_is() {
    let memory = 64;
    let entries = Response::Entries(Ok(entries()));
    for (response, before, field, len, align) in [
        (Response::Info(info()), 0, "peer", 15, 1),
        (Response::Info(info()), 1, "path", 2, 1),
        (Response::Info(info()), 2, "query", 0, 1),
        (Response::Info(info()), 3, "subprotocol", 4, 1),
        (Response::Ids(vec![1, 2]), 0, "list", 16, 8),
        (Response::Ids(vec![]), 0, "list", 0, 8),
        (Response::Attachment(Some(b"kept".into())), 0, "attachment", 4, 1),
        (Response::Bytes(b"bytes".into()), 0, "bytes", 5, 1),
        (Response::File(Ok(b"content".into())), 0, "content", 7, 1),
        (Response::Written(Err(why())), 0, "error", 3, 1),
        (Response::TheaterFile(Ok(b"content".into())), 0, "content", 7, 1),
        (Response::TheaterNames(Ok(vec!["name".into()])), 0, "list", 8, 4),
        (Response::TheaterNames(Ok(vec!["name".into()])), 1, "list", 4, 1),
        (entries.clone(), 0, "list", 24, 4),
        (entries.clone(), 1, "name", 5, 1),
        (entries, 2, "name", 0, 1),
        (Response::Page(page()), 0, "entries", 32, 4),
        (Response::Page(page()), 1, "key", 3, 1),
        (Response::Page(page()), 2, "value", 5, 1),
        (Response::Page(page()), 4, "value", 0, 1),
    ] {
        let last = (memory - len as u32) / align * align;
        let wrapping = 0u32.wrapping_sub(align);
        for ptr in [last + align, memory + align, 0x8000_0000, wrapping] {
            let mut bytes = [0xaa; 64];
            let mut lowered = response.clone().lower(0);
            (0..before).for_each(|_| lowered.place(bytes.as_mut_slice(), 0).unwrap());
            let was = bytes;
            let field = Field::new(field);
            let expected = LowerError { field, ptr, len, align, memory: memory as usize };
            assert_eq!(lowered.place(bytes.as_mut_slice(), ptr), Err(expected));
            assert_eq!(bytes, was, "nothing is written");
            assert_eq!(lowered.next_block(), Some((len, align)), "nor skipped");
            assert_eq!(lowered.place(bytes.as_mut_slice(), last), Ok(()), "the last that fits");
        }
    }
}

#[test]
fn a_list_at_no_multiple_of_its_alignment_is_refused_even_if_it_is_empty() {
    for (response, align) in [
        (Response::Ids(vec![1]), 8),
        (Response::Ids(vec![]), 8),
        (Response::Entries(Ok(entries())), 4),
        (Response::Entries(Ok(vec![])), 4),
        (Response::Page(page()), 4),
        (Response::Page(Page::default()), 4),
    ] {
        for ptr in (1..align).chain([16 + align / 2, 65, u32::MAX]) {
            let mut memory = [0xaa; 64];
            let mut lowered = response.clone().lower(0);
            let error = lowered.place(memory.as_mut_slice(), ptr).unwrap_err();
            assert_eq!((error.ptr, error.align), (ptr, align), "{response:?}");
            let text = error.to_string();
            assert!(text.ends_with(&format!("not aligned to {align} bytes")), "{text}");
            assert_eq!(memory, [0xaa; 64]);
        }
    }
}

#[test]
fn texts_and_bytes_stand_at_any_address() {
    for ptr in 16..24 {
        let mut memory = [0xaa; 64];
        let mut lowered = Response::File(Ok(b"content".into())).lower(0);
        place(&mut lowered, &mut memory, &[ptr]);
        lowered.finish(memory.as_mut_slice()).unwrap();
        assert_eq!(memory[4..8], ptr.to_le_bytes());
        assert_eq!(memory[ptr as usize..][..7], *b"content");
    }
}

#[test]
fn blocks_may_overlap_the_area_and_then_the_area_stands() {
    let mut memory = [0xaa; 32];
    let mut lowered = Response::File(Ok(b"0123456789abcdef".into())).lower(8);
    place(&mut lowered, &mut memory, &[16]);
    assert_eq!(&memory[16..], b"0123456789abcdef");
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!(memory[8..24], [0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&memory[24..], b"89abcdef");
}

#[test]
fn names_may_overlap_their_list_and_each_other() {
    let mut memory = [0xaa; 64];
    let mut lowered = Response::Entries(Ok(entries())).lower(0);
    // The first name overwrites the beginning of the list, and then its pointer overwrites the
    // name.
    place(&mut lowered, &mut memory, &[16, 16, 16]);
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!(memory[4..12], [16, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(memory[16..32], *b"\x10\0\0\0t\0\0\0\0\0\0\0\x10\0\0\0");
    assert_eq!(memory[40..], [0xaa; 24]);
}

#[test]
fn a_memory_that_grew_meanwhile_is_used_as_it_is_then() {
    let mut memory = vec![0xaa; 16];
    let mut lowered = Response::Entries(Ok(entries())).lower(0);
    assert!(lowered.place(memory.as_mut_slice(), 16).is_err());
    memory.resize(64, 0xaa);
    lowered.place(memory.as_mut_slice(), 16).unwrap();
    memory.resize(128, 0xaa);
    place(&mut lowered, &mut memory, &[120, 128]);
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!((&memory[16..20], &memory[120..125]), ([120, 0, 0, 0].as_slice(), &b"a.txt"[..]));
}

#[test]
fn an_area_beyond_the_memory_is_refused_and_nothing_is_written() {
    for (size, response) in [
        (16, Response::Id(Some(1))),
        (56, Response::Info(None)),
        (12, Response::Done(Ok(()))),
        (16, Response::Written(Ok(()))),
        (12, Response::Page(Page::default())),
    ] {
        for ptr in [64 - size / 8 * 8 + 8, 64, u32::MAX - 7] {
            let mut memory = [0xaa; 64];
            let error = response.clone().lower(ptr).finish(memory.as_mut_slice()).unwrap_err();
            assert_eq!(
                (error.field, error.ptr, error.len),
                (Field::new("result"), ptr, size as usize)
            );
            assert_eq!(memory, [0xaa; 64]);
        }
    }
}

#[test]
fn to_place_more_than_there_is_changes_nothing() {
    let mut memory = [0xaa; 16];
    let mut lowered = Response::Bytes(b"ab".into()).lower(0);
    place(&mut lowered, &mut memory, &[8]);
    let before = memory;
    assert_eq!(lowered.place(memory.as_mut_slice(), u32::MAX), Ok(()));
    assert_eq!(memory, before);
    lowered.finish(memory.as_mut_slice()).unwrap();
    assert_eq!(memory[..10], *b"\x08\0\0\0\x02\0\0\0ab");
}

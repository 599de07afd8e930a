//! Parameters that no honest guest passes to an import: each is refused for the right reason at
//! the right place, or is allowed because the canonical ABI allows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

use wit_core::{
    Field, LiftError,
    error::LiftErrorKind::{self, FlatDiscriminant, Misaligned, OutOfBounds, Utf8},
    host::{Import, Payload, Request},
};

/// A guest's memory: some text, and after it zeros. Results go to 128 and beyond.
fn memory() -> [u8; 256] {
    let mut memory = [0; 256];
    memory[..16].copy_from_slice(b"text and more \xff\xfe");
    memory
}

/// Valid parameters: every text is empty, every option is none, and the result goes to 128.
fn plain(import: Import) -> Vec<u64> {
    let mut flat = vec![0; import.ty().params.len()];
    if let (Some(pointer), Some(_)) = (flat.last_mut(), import.area()) {
        *pointer = 128;
    }
    flat
}

fn lift(import: Import, flat: &[u64]) -> Result<u32, LiftError> {
    Request::lift(import, memory().as_slice(), flat).map(|(_, pointer)| pointer)
}

fn error(name: &'static str, offset: u32, kind: LiftErrorKind) -> LiftError {
    LiftError { field: Field::new(name), offset, kind }
}

/// A text or some bytes: the import, where the pointer is among its parameters, its name, and
/// whether it is text. What comes before it is valid with 1 as discriminant of an option.
const PAIRS: [(Import, usize, &str, bool); 15] = [
    (Import::List, 1, "tag", true),
    (Import::Send, 2, "payload", true),
    (Import::Send, 2, "payload", false),
    (Import::Broadcast, 1, "tag", true),
    (Import::Broadcast, 4, "payload", true),
    (Import::Broadcast, 4, "payload", false),
    (Import::Tag, 1, "tag", true),
    (Import::Untag, 1, "tag", true),
    (Import::SetAttachment, 2, "value", false),
    (Import::Close, 2, "reason", true),
    (Import::ReadFile, 0, "path", true),
    (Import::ListFiles, 0, "path", true),
    (Import::WriteFile, 0, "path", true),
    (Import::WriteFile, 2, "content", false),
    (Import::ReadText, 0, "path", true),
];

/// Valid parameters, but for a pointer and a length.
fn with_pair(pair: (Import, usize, &str, bool), ptr: u32, len: u32) -> Vec<u64> {
    let (import, at, name, is_text) = pair;
    let mut flat = plain(import);
    match name {
        "payload" => flat[at - 1] = u64::from(!is_text),
        "value" => flat[at - 1] = 1,
        "tag" if matches!(import, Import::List | Import::Broadcast) => flat[at - 1] = 1,
        _ => {}
    }
    (flat[at], flat[at + 1]) = (ptr.into(), len.into());
    flat
}

#[test]
fn what_every_test_here_starts_from_is_accepted() {
    for import in Import::ALL {
        let pointer = if import.area().is_some() { 128 } else { 0 };
        assert_eq!(lift(import, &plain(import)), Ok(pointer), "{import}");
    }
    for pair in PAIRS {
        assert_eq!(lift(pair.0, &with_pair(pair, 0, 4)), Ok(128), "{pair:?}");
    }
}

#[test]
fn a_result_may_be_wanted_at_the_last_bytes_and_not_beyond() {
    for import in Import::ALL {
        let Some(area) = import.area() else { continue };
        let last = 256 - area.size;
        for ptr in [0, area.align, last] {
            let mut flat = plain(import);
            *flat.last_mut().unwrap() = ptr.into();
            assert_eq!(lift(import, &flat), Ok(ptr), "{import}");
            // What is above an `i32` is not the guest's.
            *flat.last_mut().unwrap() |= 0xffff_ffff << 32;
            assert_eq!(lift(import, &flat), Ok(ptr), "{import}");
        }
        let kind = OutOfBounds { len: area.size.into(), memory: 256 };
        for ptr in [last + area.align, 256, 0x8000_0000, 0u32.wrapping_sub(area.align)] {
            let mut flat = plain(import);
            *flat.last_mut().unwrap() = ptr.into();
            assert_eq!(lift(import, &flat), Err(error("result", ptr, kind)), "{import}");
        }
        for align in 1..area.align {
            for ptr in [align, 128 + align, 256 + align, 0u32.wrapping_sub(align)] {
                let mut flat = plain(import);
                *flat.last_mut().unwrap() = ptr.into();
                let kind = Misaligned { align: area.align };
                assert_eq!(lift(import, &flat), Err(error("result", ptr, kind)), "{import}");
            }
        }
    }
}

#[test]
fn a_result_without_any_memory_is_refused() {
    for import in Import::ALL {
        let flat = vec![0; import.ty().params.len()];
        let lifted = Request::lift(import, [].as_slice(), &flat).map(|(_, pointer)| pointer);
        let expected = import
            .area()
            .map(|area| Err(error("result", 0, OutOfBounds { len: area.size.into(), memory: 0 })));
        assert_eq!(lifted, expected.unwrap_or(Ok(0)), "{import}");
    }
}

#[test]
fn texts_and_bytes_may_end_with_the_last_byte_and_not_beyond() {
    for pair in PAIRS {
        for (ptr, len) in [(255, 1), (256, 0), (129, 127), (0, 0), (64, 192)] {
            assert_eq!(lift(pair.0, &with_pair(pair, ptr, len)), Ok(128), "{pair:?}");
        }
        for (ptr, len) in [
            (255, 2),
            (256, 1),
            (257, 0),
            (0, 257),
            // The sum is 0, or small, in 32 bits.
            (1, u32::MAX),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
            (0x8000_0000, 0x8000_0000),
            (u32::MAX, 0),
        ] {
            let kind = OutOfBounds { len: len.into(), memory: 256 };
            let lifted = lift(pair.0, &with_pair(pair, ptr, len));
            assert_eq!(lifted, Err(error(pair.2, ptr, kind)), "{pair:?}");
        }
    }
}

#[test]
fn a_text_that_is_not_utf8_is_refused_and_bytes_are_any() {
    for pair in PAIRS {
        let lifted = lift(pair.0, &with_pair(pair, 10, 6));
        let refused = Err(error(pair.2, 10, Utf8 { valid: 4 }));
        assert_eq!(lifted, if pair.3 { refused } else { Ok(128) }, "{pair:?}");
    }
}

/// The discriminants: the import, which parameter it is, and its name.
const DISCRIMINANTS: [(Import, usize, &str); 6] = [
    (Import::List, 0, "tag"),
    (Import::Send, 1, "payload"),
    (Import::Broadcast, 0, "tag"),
    (Import::Broadcast, 3, "payload"),
    (Import::Broadcast, 6, "except"),
    (Import::SetAttachment, 1, "value"),
];

#[test]
fn a_discriminant_without_a_case_is_refused_and_not_cut_to_a_byte() {
    for (import, at, name) in DISCRIMINANTS {
        for found in [2, 3, 0xff, 0x100, 0x101, 0x1_0000, 0x8000_0000, u32::MAX] {
            let mut flat = plain(import);
            flat[at] = found.into();
            let expected = error(name, 0, FlatDiscriminant { found, cases: 2 });
            assert_eq!(lift(import, &flat), Err(expected), "{import}");
        }
        for found in [0, 1, 0xffff_ffff_0000_0000, 0x0000_0001_0000_0001] {
            let mut flat = plain(import);
            flat[at] = found;
            assert_eq!(lift(import, &flat), Ok(128), "{import}");
        }
    }
}

#[test]
fn what_stands_in_an_absent_options_place_is_not_looked_at() {
    let memory = memory();
    let all = u64::MAX;
    for (import, flat, request) in [
        (Import::List, vec![0, all, all, 128], Request::List { tag: None }),
        (
            Import::SetAttachment,
            vec![7, 0, all, all, 128],
            Request::SetAttachment { id: 7, value: None },
        ),
        (
            Import::Broadcast,
            vec![0, all, all, 0, 0, 4, 0, all, 128],
            Request::Broadcast { tag: None, payload: Payload::Text("text"), except: None },
        ),
    ] {
        assert_eq!(Request::lift(import, memory.as_slice(), &flat), Ok((request, 128)));
    }
}

#[test]
fn a_close_code_is_the_lower_half_of_its_parameter() {
    for (passed, code) in [
        (1000, 1000),
        (0xffff, 0xffff),
        (0x1_03e8, 1000),
        (0xffff_0000, 0),
        (0xffff_ffff, 0xffff),
        (0x1_0000_03e8, 1000),
    ] {
        let flat = [u64::MAX, passed, 0, 4, 128];
        let request = Request::Close { id: u64::MAX, code, reason: "text" };
        let memory = memory();
        let lifted = Request::lift(Import::Close, memory.as_slice(), &flat);
        assert_eq!(lifted, Ok((request, 128)), "{passed:#x}");
    }
}

#[test]
fn numbers_are_all_that_fit_their_types() {
    let memory = memory();
    let lift = |import, flat: &[u64]| Request::lift(import, memory.as_slice(), flat).unwrap().0;
    for id in [0, 1, u64::from(u32::MAX) + 1, i64::MAX as u64, u64::MAX] {
        assert_eq!(lift(Import::Info, &[id, 128]), Request::Info { id });
        assert_eq!(lift(Import::Attachment, &[id, 128]), Request::Attachment { id });
        assert_eq!(lift(Import::SetAlarm, &[id]), Request::SetAlarm { after: id });
        let flat = [0, 0, 0, 1, 14, 2, 1, id, 128];
        let payload = Payload::Binary(b"\xff\xfe");
        let expected = Request::Broadcast { tag: None, payload, except: Some(id) };
        assert_eq!(lift(Import::Broadcast, &flat), expected);
    }
    for (passed, count) in [(0, 0), (0xffff_ffff, u32::MAX), (0x1_0000_0002, 2)] {
        assert_eq!(lift(Import::Random, &[passed, 128]), Request::Random { count });
    }
}

#[test]
fn of_several_mistakes_the_first_parameter_is_named() {
    let bad = u64::from(u32::MAX);
    let out = |name, len| Err(error(name, u32::MAX, OutOfBounds { len, memory: 256 }));
    assert_eq!(lift(Import::WriteFile, &[bad, 1, bad, 2, bad]), out("path", 1));
    assert_eq!(lift(Import::WriteFile, &[0, 1, bad, 2, bad]), out("content", 2));
    let misaligned = error("result", u32::MAX, Misaligned { align: 4 });
    assert_eq!(lift(Import::WriteFile, &[0, 1, 0, 2, bad]), Err(misaligned));
    let expected = error("except", 0, FlatDiscriminant { found: u32::MAX, cases: 2 });
    assert_eq!(lift(Import::Broadcast, &[0, 0, 0, 0, 0, 0, bad, 0, bad]), Err(expected));
}

#[test]
fn nothing_is_copied_and_a_result_may_be_wanted_where_a_parameter_is() {
    let memory = memory();
    let (request, pointer) =
        Request::lift(Import::WriteFile, memory.as_slice(), &[0, 4, 0, 256, 0]).unwrap();
    let Request::WriteFile { path, content } = request else { panic!("{request:?}") };
    assert_eq!((path, content, pointer), ("text", memory.as_slice(), 0));
    assert_eq!((path.as_ptr(), content.as_ptr()), (memory.as_ptr(), memory.as_ptr()));
    assert_eq!(request.bytes(), 4 + 256);
}

#[test]
fn an_error_says_what_was_passed() {
    assert_eq!(
        error("payload", 0, FlatDiscriminant { found: 256, cases: 2 }).to_string(),
        "payload is passed with discriminant 256, but only 0 to 1 exist"
    );
    assert_eq!(
        error("result", 0x84, Misaligned { align: 8 }).to_string(),
        "result at offset 0x84 is not aligned to 8 bytes"
    );
}

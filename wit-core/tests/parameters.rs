//! Parameters that no honest guest passes to an import. Each is refused with the right reason and
//! place, or accepted because the canonical ABI allows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod reference;

use reference::{
    Value,
    imports::{Param, Returned},
};
use wit_core::{
    Field, LiftError,
    error::LiftErrorKind::{self, FlatDiscriminant, Misaligned, OutOfBounds, Utf8},
    host::{Lifted, Parameters, Payload, Refusal},
};

/// A guest's memory: some text, and then zeroes.
fn memory() -> [u8; 256] {
    let mut memory = [0; 256];
    memory[..16].copy_from_slice(b"text and more \xff\xfe");
    memory
}

/// Lifts one parameter. Errors call it `name`.
fn lift(param: Param, flat: &[u64]) -> Result<Value, LiftError> {
    param.lift(&mut Parameters::new(memory().as_slice(), flat), "name")
}

/// Finds the place of a result, as text.
fn place(returned: Returned, pointer: u64) -> Result<String, LiftError> {
    returned.place(Parameters::new(memory().as_slice(), &[pointer]))
}

fn error(name: &'static str, offset: u32, kind: LiftErrorKind) -> LiftError {
    LiftError { field: Field::new(name), offset, kind }
}

/// The parameters with text or bytes: the values before the pointer, and whether it is text.
const PAIRS: [(Param, &[u64], bool); 6] = [
    (Param::Text, &[], true),
    (Param::Bytes, &[], false),
    (Param::OptionText, &[1], true),
    (Param::OptionBytes, &[1], false),
    (Param::Payload, &[0], true),
    (Param::Payload, &[1], false),
];

/// Flat parameters with this pointer and length.
fn with_pair(before: &[u64], ptr: u32, len: u32) -> Vec<u64> {
    [before, &[ptr.into(), len.into()]].concat()
}

#[test]
fn a_result_may_be_wanted_at_the_last_bytes_and_not_beyond() {
    for returned in Returned::ALL {
        let Some(area) = returned.area() else { continue };
        let last = 256 - area.size.next_multiple_of(area.align);
        for ptr in [0, area.align, last] {
            assert_eq!(place(returned, ptr.into()), Ok(format!("{ptr:#x}")), "{returned:?}");
            // The bits above an `i32` are not the guest's.
            let above = u64::from(ptr) | 0xffff_ffff << 32;
            assert_eq!(place(returned, above), Ok(format!("{ptr:#x}")), "{returned:?}");
        }
        let kind = OutOfBounds { len: area.size.into(), memory: 256 };
        for ptr in [last + area.align, 256, 0x8000_0000, 0u32.wrapping_sub(area.align)] {
            let expected = Err(error("result", ptr, kind));
            assert_eq!(place(returned, ptr.into()), expected, "{returned:?}");
        }
        for align in 1..area.align {
            for ptr in [align, 128 + align, 256 + align, 0u32.wrapping_sub(align)] {
                let kind = Misaligned { align: area.align };
                let expected = Err(error("result", ptr, kind));
                assert_eq!(place(returned, ptr.into()), expected, "{returned:?}");
            }
        }
    }
}

#[test]
fn a_result_without_any_memory_is_refused() {
    for returned in Returned::ALL {
        let placed = returned.place(Parameters::new([].as_slice(), &[0]));
        let refused = |size: u32| error("result", 0, OutOfBounds { len: size.into(), memory: 0 });
        let expected = returned.area().map_or(Ok("0x0".into()), |area| Err(refused(area.size)));
        assert_eq!(placed, expected, "{returned:?}");
    }
}

#[test]
fn no_result_has_no_pointer_among_the_parameters() {
    let from = Parameters::new(memory().as_slice(), &[u64::MAX]).place::<()>("result");
    assert_eq!(format!("{:?}", from.unwrap()), "0x0");
}

#[test]
fn texts_and_bytes_may_end_with_the_last_byte_and_not_beyond() {
    for (param, before, _) in PAIRS {
        for (ptr, len) in [(255, 1), (256, 0), (129, 127), (0, 0), (64, 192), (0, 4)] {
            let flat = with_pair(before, ptr, len);
            assert!(lift(param, &flat).is_ok(), "{param:?} {flat:?}");
        }
        for (ptr, len) in [
            (255, 2),
            (256, 1),
            (257, 0),
            (0, 257),
            // In 32 bits the sum wraps to 0 or a small number.
            (1, u32::MAX),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
            (0x8000_0000, 0x8000_0000),
            (u32::MAX, 0),
        ] {
            let kind = OutOfBounds { len: len.into(), memory: 256 };
            let lifted = lift(param, &with_pair(before, ptr, len));
            assert_eq!(lifted, Err(error("name", ptr, kind)), "{param:?}");
        }
    }
}

#[test]
fn a_text_that_is_not_utf8_is_refused_and_bytes_are_any() {
    for (param, before, is_text) in PAIRS {
        let lifted = lift(param, &with_pair(before, 10, 6)).map(|_| ());
        let refused = Err(error("name", 10, Utf8 { valid: 4 }));
        assert_eq!(lifted, if is_text { refused } else { Ok(()) }, "{param:?}");
    }
}

#[test]
fn a_discriminant_without_a_case_is_refused_and_not_cut_to_a_byte() {
    for param in [Param::OptionText, Param::OptionBytes, Param::OptionU64, Param::Payload] {
        for found in [2, 3, 0xff, 0x100, 0x101, 0x1_0000, 0x8000_0000, u32::MAX] {
            let expected = error("name", 0, FlatDiscriminant { found, cases: 2 });
            assert_eq!(lift(param, &[found.into(), 0, 0]), Err(expected), "{param:?}");
        }
        for found in [0, 1, 0xffff_ffff_0000_0000, 0x0000_0001_0000_0001] {
            assert!(lift(param, &[found, 0, 0]).is_ok(), "{param:?}");
        }
    }
}

#[test]
fn what_stands_in_an_absent_options_place_is_not_looked_at() {
    let (memory, all) = (memory(), u64::MAX);
    let flat = [0, all, all, 0, all, all, 0, all, 128];
    let mut from = Parameters::new(memory.as_slice(), &flat);
    assert_eq!(from.optional_text("tag"), Ok(None));
    assert_eq!(from.optional_bytes("value"), Ok(None));
    assert_eq!(from.optional_u64("except"), Ok(None));
    assert_eq!(from.lifted(), Lifted::default());
    assert_eq!(format!("{:?}", from.place::<Vec<u8>>("bytes").unwrap()), "0x80");
}

#[test]
fn a_number_of_16_bits_is_the_lower_half_of_its_parameter() {
    for (passed, code) in [
        (1000, 1000),
        (0xffff, 0xffff),
        (0x1_03e8, 1000),
        (0xffff_0000, 0),
        (0xffff_ffff, 0xffff),
        (0x1_0000_03e8, 1000),
    ] {
        assert_eq!(lift(Param::U16, &[passed]), Ok(Value::U16(code)), "{passed:#x}");
    }
}

#[test]
fn numbers_are_all_that_fit_their_types() {
    for id in [0, 1, u64::from(u32::MAX) + 1, i64::MAX as u64, u64::MAX] {
        assert_eq!(lift(Param::U64, &[id]), Ok(Value::U64(id)));
        let some = Value::Case(1, Some(Box::new(Value::U64(id))));
        assert_eq!(lift(Param::OptionU64, &[1, id]), Ok(some));
    }
    for (passed, count) in [(0, 0), (0xffff_ffff, u32::MAX), (0x1_0000_0002, 2)] {
        assert_eq!(lift(Param::U32, &[passed]), Ok(Value::U32(count)));
    }
}

#[test]
fn parameters_are_lifted_in_their_order_and_missing_ones_count_as_0() {
    let memory = memory();
    let mut from = Parameters::new(memory.as_slice(), &[7, 0, 4, 1, 8]);
    assert_eq!((from.u64(), from.text("path")), (7, Ok("text")));
    assert_eq!((from.optional_u64("id"), from.u64()), (Ok(Some(8)), 0));
    assert_eq!(from.payload("payload"), Ok(Payload::Text("")));
    assert_eq!(format!("{:?}", from.place::<Result<u32, Refusal>>("result").unwrap()), "0x0");
}

#[test]
fn nothing_is_copied_and_a_result_may_be_wanted_where_a_parameter_is() {
    let memory = memory();
    let mut from = Parameters::new(memory.as_slice(), &[0, 4, 0, 256, 0]);
    let (path, content) = (from.text("path").unwrap(), from.bytes("content").unwrap());
    assert_eq!((path, content), ("text", memory.as_slice()));
    assert_eq!((path.as_ptr(), content.as_ptr()), (memory.as_ptr(), memory.as_ptr()));
    assert_eq!(from.lifted(), Lifted { bytes: 4 + 256, text: 4 });
    assert!(from.place::<Vec<u8>>("bytes").is_ok());
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

/// Pairs of texts, if they were read.
type Pairs<'m> = Option<Vec<(&'m str, &'m str)>>;

/// Lifts pairs of texts from a memory, at most so many of so many bytes.
fn pairs<'m>(
    memory: &'m [u8],
    flat: &'m [u64; 2],
    most: (usize, usize),
) -> Result<(Pairs<'m>, Lifted), LiftError> {
    let mut from = Parameters::new(memory, flat);
    let pairs = from.pairs("name", most.0, most.1)?;
    Ok((pairs, from.lifted()))
}

#[test]
fn pairs_are_read_up_to_their_number_and_their_bytes_and_beyond_that_not_at_all() {
    // Two pairs at 32: `text` and `and`, `more` and nothing.
    let mut memory = memory();
    for (at, word) in [0, 4, 5, 3, 9, 4, 0, 0_u32].into_iter().enumerate() {
        memory[32 + 4 * at..][..4].copy_from_slice(&word.to_le_bytes());
    }
    let both = vec![("text", "and"), ("more", "")];
    let lifted = Lifted { bytes: 11, text: 11 };
    assert_eq!(pairs(&memory, &[32, 2], (2, 11)), Ok((Some(both), lifted)));
    for most in [(1, 11), (2, 10)] {
        assert_eq!(pairs(&memory, &[32, 2], most), Ok((None, Lifted::default())));
    }
    assert_eq!(pairs(&memory, &[256, 0], (0, 0)), Ok((Some(vec![]), Lifted::default())));
    let all = u64::from(u32::MAX);
    for (flat, kind) in [
        ([33, 2], Misaligned { align: 4 }),
        ([240, 2], OutOfBounds { len: 32, memory: 256 }),
        ([0, all], OutOfBounds { len: all, memory: 256 }),
    ] {
        let refused = Err(error("name", flat[0] as u32, kind));
        assert_eq!(pairs(&memory, &flat, (9, 99)), refused);
    }
    // The last text begins beyond the memory, or is none.
    for (at, kind) in [(255, OutOfBounds { len: 2, memory: 256 }), (14, Utf8 { valid: 0 })] {
        (memory[56], memory[60]) = (at, 2);
        let refused = Err(error("name", at.into(), kind));
        assert_eq!(pairs(&memory, &[32, 2], (9, 99)), refused);
    }
}

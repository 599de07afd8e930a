//! Messages and states of any content, and a guest's allocator that returns anything. Lowering
//! never panics, and writes nothing outside the block that the allocator returned. With an honest
//! allocator, the guest reads what the host passed.
#![no_main]

use arbitrary::Arbitrary;
use footlight_fuzz::reference::{arena::Arena, flat::lift_flat, interface, requests};
use libfuzzer_sys::fuzz_target;
use wit_core::{
    HttpRequest, MessageRef, MessageType, Shape,
    lower::{self, Lowering},
};

/// One call with the guest's side of it.
#[derive(Debug, Arbitrary)]
struct Call {
    shape: u8,
    init: bool,
    honest: bool,
    ty: u8,
    memory: u16,
    pointers: [u32; 4],
    garbage: [u8; 8],
    habits: [u8; 4],
    state: Option<Vec<u8>>,
    data: Option<Vec<u8>>,
    text: Option<String>,
    name: String,
    request: Option<Request>,
}

/// What `handle-request` is called with, instead of `handle-message`. The method is the name, and
/// the content is the data.
#[derive(Debug, Arbitrary)]
struct Request {
    uri: String,
    headers: Vec<(String, String)>,
}

/// The most bytes of all blocks of an honest guest, which has a memory of 4096.
const MAX: usize = 3000;

fuzz_target!(|call: Call| {
    use MessageType::{Binary, Close, Connect, Other, Ping, Pong, Text};
    let shape = Shape::ALL[usize::from(call.shape) % 4];
    let types = [Text, Binary, Connect, Close, Ping, Pong, Other(call.name.clone())];
    let ty = &types[usize::from(call.ty) % types.len()];
    let message = MessageRef { ty, data: call.data.as_deref(), text: call.text.as_deref() };
    let state = call.state.as_deref();
    if let Some(request) = call.request {
        let Request { uri, headers } = request;
        let request = HttpRequest { method: call.name, uri, headers, body: call.data };
        let arena = call.honest.then(|| Arena::new(&call.garbage, &call.habits));
        return answer(shape, &request, state, arena, call.memory.into(), &call.pointers);
    }

    let (lowering, signature, function, values) = if call.init {
        let forms = shape.init_forms();
        let form = forms[call.name.len() % forms.len()];
        let values = interface::init_params(form, state, &call.name);
        let lowering = lower::init(form, state, &call.name);
        (lowering, form.signature(), interface::init(shape, form), values)
    } else {
        let values = interface::handle_message_params(shape, message, state);
        let lowering = lower::handle_message(shape, message, state);
        let function = interface::handle_message(shape);
        (lowering, shape.handle_message_signature(), function, values)
    };
    assert_eq!(lowering.parameters().len(), signature.params);
    let parts = [state, message.data, message.text.map(str::as_bytes), Some(call.name.as_bytes())];
    let bytes: usize = parts.into_iter().flatten().map(<[u8]>::len).sum();
    if call.honest && bytes <= MAX {
        let mut arena = Arena::new(&call.garbage, &call.habits);
        let flat = place_honestly(lowering, &mut arena);
        let mut rest = flat.as_slice();
        for (ty, value) in function.params.iter().zip(values) {
            assert_eq!(lift_flat(&arena.memory, ty, &mut rest), Ok(value));
        }
        assert!(rest.is_empty());
    } else {
        place_anywhere(lowering, call.memory.into(), &call.pointers);
    }
});

/// Lowers a request for an honest guest with this arena, or for one whose allocator returns these
/// pointers.
fn answer(
    shape: Shape,
    request: &HttpRequest,
    state: Option<&[u8]>,
    arena: Option<Arena>,
    size: usize,
    pointers: &[u32; 4],
) {
    let mut lowering = lower::handle_request(shape, request, state);
    assert_eq!(lowering.parameters().len(), shape.handle_request_signature().params);
    let HttpRequest { method, uri, headers, body } = request;
    let fields = headers.iter().map(|(name, value)| 24 + name.len() + value.len()).sum::<usize>();
    let texts = method.len() + uri.len() + fields;
    let bytes = texts + body.as_ref().map_or(0, Vec::len) + state.map_or(0, <[u8]>::len);
    if let Some(mut arena) = arena.filter(|_| bytes <= MAX) {
        while let Some((len, align)) = lowering.next_block() {
            let ptr = arena.realloc(align, len as u32);
            lowering.place(arena.memory.as_mut_slice(), ptr).expect("there is room");
        }
        let flat: Vec<u64> = lowering.parameters().iter().copied().map(u64::from).collect();
        let (types, values) =
            (requests::handle_request(shape).params, requests::params(shape, request, state));
        let mut rest = flat.as_slice();
        for (ty, value) in types.iter().zip(values) {
            assert_eq!(lift_flat(&arena.memory, ty, &mut rest), Ok(value));
        }
        assert!(rest.is_empty());
        return;
    }
    let mut memory = vec![0xaa; size];
    for ptr in pointers.iter().cycle() {
        let Some((len, align)) = lowering.next_block() else { return };
        let end = u64::from(*ptr) + len as u64;
        if let Err(error) = lowering.place(memory.as_mut_slice(), *ptr) {
            assert!(end > size as u64 || !ptr.is_multiple_of(align));
            assert_eq!((error.ptr, error.len, error.memory), (*ptr, len, size));
            assert_eq!(
                lowering.next_block(),
                Some((len, align)),
                "the same block still comes next"
            );
            return;
        }
    }
}

/// Places every block where there is room. Returns the parameters.
fn place_honestly(mut lowering: Lowering<'_>, arena: &mut Arena) -> Vec<u64> {
    while let Some(block) = lowering.next_block() {
        let ptr = arena.realloc(1, block.len() as u32);
        lowering.place(arena.memory.as_mut_slice(), ptr).expect("there is room");
    }
    lowering.parameters().iter().copied().map(u64::from).collect()
}

/// Places every block at the guest's address, as long as that works.
fn place_anywhere(mut lowering: Lowering<'_>, size: usize, pointers: &[u32; 4]) {
    let mut memory = vec![0xaa; size];
    let count = lowering.parameters().len();
    // The addresses repeat, in case a block is requested twice.
    for ptr in pointers.iter().chain(pointers).copied() {
        let Some(block) = lowering.next_block() else { break };
        let before = memory.clone();
        let end = u64::from(ptr) + block.len() as u64;
        match lowering.place(memory.as_mut_slice(), ptr) {
            Ok(()) => {
                let (start, end) = (ptr as usize, usize::try_from(end).unwrap());
                assert_eq!(&memory[start..end], block);
                assert_eq!(memory[..start], before[..start]);
                assert_eq!(memory[end..], before[end..]);
                assert!(lowering.parameters().contains(&ptr));
            }
            Err(error) => {
                assert!(end > size as u64 && memory == before);
                assert_eq!((error.ptr, error.len, error.memory), (ptr, block.len(), size));
                assert!(!error.to_string().is_empty());
                // The same block still comes next.
                assert_eq!(lowering.next_block(), Some(block));
            }
        }
        assert_eq!(lowering.parameters().len(), count);
    }
    if lowering.next_block().is_none() {
        let before = memory.clone();
        assert_eq!(lowering.place(memory.as_mut_slice(), 0), Ok(()));
        assert_eq!(memory, before);
    }
}

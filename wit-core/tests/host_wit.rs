//! Compares `wit/host/host.wit`, and `filesystem`, `http-client` and `message-server-host` in the files of the shapes, with `wit_core::host`
//! and the reference.
//!
//! `wit-parser` computes names, signatures and layouts from the files alone.
//! Names, signatures and layouts are computed by `wit-parser`, from the files alone.
#![cfg(not(miri))] // Reading the files would take it long, and hardly enters this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::cast_possible_truncation, unreachable_pub, missing_docs)]

mod parsed;
mod reference;

use std::fmt::Debug;

use parsed::Wit;
use reference::{
    Type,
    imports::{Returned, Signature},
    responses::Response,
};
use wit_core::{
    Shape,
    host::{
        Entry, FileError, FileInfo, HttpError, Info, Kind, MqttProperties, MqttReceived,
        MqttRefusal, MqttStatus, Page, Parameters, Payload, Qos, Refusal, StorageError, Stored,
        http::{MostFields, RequestRef},
        mqtt::PublicationRef,
    },
};
use wit_parser::{Function, TypeDefKind};

/// The WIT files.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");

/// Calls `check` for every function that can be imported, with its WIT.
fn each(mut check: impl FnMut(&Wit, &Function)) {
    let wit = Wit::host();
    for interface in wit.imported() {
        wit.imports(&interface).into_iter().for_each(|(_, function)| check(&wit, function));
    }
    for shape in Shape::ALL {
        let wit = Wit::of(shape);
        for interface in ["filesystem", "http-client", "message-server-host"] {
            wit.imports(interface).into_iter().for_each(|(_, function)| check(&wit, function));
        }
    }
}

#[test]
fn every_signature_that_is_tried_is_one_of_the_wit() {
    let mut signatures = Vec::new();
    each(|wit, function| signatures.push(wit.as_reference(function)));
    for sample in Signature::samples() {
        assert!(signatures.contains(&sample.function()), "{sample:?}");
    }
    let tried = |result| Signature::samples().iter().any(|sample| sample.result == result);
    assert!(Returned::ALL.into_iter().all(tried));
}

#[test]
fn the_reference_lays_every_type_out_as_the_wit_has_it() {
    each(|wit, function| {
        let types = function.params.iter().map(|param| param.ty).chain(function.result);
        types.for_each(|ty| same_layout(wit, &ty));
    });
}

/// Compares the size, the alignment and the offsets of a type and of everything in it.
fn same_layout(wit: &Wit, ty: &wit_parser::Type) {
    let ours = wit.reference(ty);
    assert_eq!((ours.size(), ours.align()), wit.size(ty), "{ty:?}");
    if let Type::Variant(cases) = &ours {
        let theirs = match wit.kind(ty) {
            TypeDefKind::Option(some) => vec![None, Some(*some)],
            TypeDefKind::Result(result) => vec![result.ok, result.err],
            TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| case.ty).collect(),
            TypeDefKind::Enum(cases) => vec![None; cases.cases.len()],
            other => panic!("{other:?} is no variant"),
        };
        let payloads = theirs.iter().map(Option::as_ref);
        let offset = wit.sizes.payload_offset(wit_parser::Int::U8, payloads).size_wasm32();
        assert_eq!(reference::payload_offset(cases) as usize, offset, "{ty:?}");
        return theirs.iter().flatten().for_each(|ty| same_layout(wit, ty));
    }
    match (&ours, ty) {
        (Type::Record(fields), _) => {
            assert_eq!(reference::field_offsets(fields), wit.offsets(ty), "{ty:?}");
            match wit.kind(ty) {
                TypeDefKind::Record(record) => {
                    record.fields.iter().for_each(|field| same_layout(wit, &field.ty));
                }
                TypeDefKind::Tuple(tuple) => tuple.types.iter().for_each(|ty| same_layout(wit, ty)),
                other => panic!("{other:?} is no record"),
            }
        }
        (Type::List(_), _) => {
            let TypeDefKind::List(element) = wit.kind(ty) else { panic!("{ty:?} is no list") };
            same_layout(wit, element);
        }
        _ => {}
    }
}

/// The names of a type's fields or cases.
fn names(interface: &str, ty: &str) -> Vec<String> {
    let wit = Wit::host();
    let mut interfaces = wit.resolve.interfaces.iter();
    let (_, interface) = interfaces.find(|(_, it)| it.name.as_deref() == Some(interface)).unwrap();
    match &wit.resolve.types[interface.types[ty]].kind {
        TypeDefKind::Record(it) => it.fields.iter().map(|it| it.name.clone()).collect(),
        TypeDefKind::Variant(it) => it.cases.iter().map(|it| it.name.clone()).collect(),
        TypeDefKind::Enum(it) => it.cases.iter().map(|it| it.name.clone()).collect(),
        other => panic!("{other:?} has no names"),
    }
}

/// A case's Rust name in the WIT's spelling.
fn kebab(case: impl Debug) -> String {
    let name = format!("{case:?}");
    let name = name.split('(').next().unwrap();
    let dash = |letter: char| if letter.is_uppercase() { "-" } else { "" };
    let kebab: String =
        name.chars().map(|c| dash(c).to_owned() + &c.to_lowercase().to_string()).collect();
    kebab.trim_start_matches('-').to_owned()
}

/// The bytes of the area for an answer.
fn area(response: Response) -> [u8; 64] {
    let mut memory = [0; 64];
    let mut lowered = response.lower(0);
    while lowered.next_block().is_some() {
        lowered.place(memory.as_mut_slice(), 64 - 8).unwrap();
    }
    lowered.finish(memory.as_mut_slice()).unwrap();
    memory
}

#[test]
fn cases_have_the_order_of_the_wit() {
    let refusals = [Refusal::Gone, Refusal::Full(0), Refusal::Limit, Refusal::Invalid];
    assert_eq!(refusals.map(kebab), *names("connections", "refusal"));
    for (case, refusal) in (0..).zip(refusals) {
        for response in [Response::Count(Err(refusal)), Response::Done(Err(refusal))] {
            let area = area(response);
            assert_eq!((area[0], area[4]), (1, case));
        }
    }

    use FileError::{
        Denied, Exists, Limit, NotEmpty, NotFound, Other, TimedOut, TooLarge, WrongKind,
    };
    let other = Other(String::new());
    let errors = [NotFound, Denied, WrongKind, TooLarge, Limit, TimedOut, other, Exists, NotEmpty];
    assert_eq!(errors.clone().map(kebab), *names("files", "error"));
    for (case, error) in (0..).zip(errors) {
        let error = || error.clone();
        for response in [
            Response::File(Err(error())),
            Response::Entries(Err(error())),
            Response::Written(Err(error())),
        ] {
            let area = area(response);
            assert_eq!((area[0], area[4]), (1, case));
        }
        let area = area(Response::FileInfo(Err(error())));
        assert_eq!((area[0], area[8]), (1, case));
    }

    let errors = [
        StorageError::InvalidKey,
        StorageError::TooLarge,
        StorageError::Full(0),
        StorageError::Limit,
    ];
    assert_eq!(errors.map(kebab), *names("storage", "error"));
    for (case, error) in (0..).zip(errors) {
        for response in [Response::Put(Err(error)), Response::Deleted(Err(error))] {
            let area = area(response);
            assert_eq!((area[0], area[4]), (1, case));
        }
    }

    let text = String::new;
    let errors = [
        HttpError::Denied(text()),
        HttpError::Invalid(text()),
        HttpError::Unresolved(text()),
        HttpError::TimedOut,
        HttpError::TooLarge,
        HttpError::Limit,
        HttpError::Interrupted,
        HttpError::Failed(text()),
    ];
    assert_eq!(errors.clone().map(kebab), *names("http", "error"));
    for (case, error) in (0..).zip(errors) {
        let area = area(Response::Asked(Err(error)));
        assert_eq!((area[0], area[4]), (1, case));
    }

    let refusals = [
        MqttRefusal::NoBroker,
        MqttRefusal::Denied,
        MqttRefusal::Invalid(text()),
        MqttRefusal::Full(0),
        MqttRefusal::Limit,
    ];
    assert_eq!(refusals.clone().map(kebab), *names("mqtt", "refusal"));
    for (case, refusal) in (0..).zip(refusals) {
        let area = area(Response::Published(Err(refusal)));
        assert_eq!((area[0], area[4]), (1, case));
    }
    let statuses = [MqttStatus::Up, MqttStatus::Down(text())];
    assert_eq!(statuses.clone().map(kebab), *names("mqtt", "status"));
    for (case, status) in (0..).zip(statuses) {
        let area = area(Response::BrokerStatus(Some(status)));
        assert_eq!((area[0], area[4]), (1, case));
    }
    assert_eq!([Qos::AtMostOnce, Qos::AtLeastOnce].map(kebab), *names("mqtt", "qos"));

    let kinds = [Kind::File, Kind::Folder, Kind::Other];
    assert_eq!(kinds.map(kebab), *names("files", "kind"));
    for (case, kind) in (0..).zip(kinds) {
        let entries = vec![Entry { name: String::new(), kind }];
        let mut memory = [0; 64];
        let mut lowered = Response::Entries(Ok(entries)).lower(0);
        lowered.place(memory.as_mut_slice(), 16).unwrap();
        lowered.place(memory.as_mut_slice(), 64).unwrap();
        assert_eq!(memory[16 + 8], case, "behind the name");
        let area = area(Response::FileInfo(Ok(FileInfo { kind, size: 7 })));
        assert_eq!((area[0], area[8], area[16]), (0, case, 7));
    }

    assert_eq!(
        [kebab(Payload::Text("")), kebab(Payload::Binary(&[]))],
        *names("connections", "payload")
    );
    for (case, payload) in (0..).zip([Payload::Text(""), Payload::Binary(&[])]) {
        let (memory, flat) = ([0; 12], [case, 0, 0]);
        let lifted = Parameters::new(memory.as_slice(), &flat).payload("payload");
        assert_eq!(lifted, Ok(payload));
    }
}

#[test]
fn fields_have_the_order_of_the_wit() {
    let info = Info {
        peer: "peer".into(),
        path: "path".into(),
        query: "query".into(),
        subprotocol: Some("subprotocol".into()),
        connected_since: u64::from_le_bytes(*b"\0 since "),
    };
    let mut memory = [0; 128];
    let mut lowered = Response::Info(Some(info)).lower(0);
    let mut at = 64;
    while let Some((len, _)) = lowered.next_block() {
        lowered.place(memory.as_mut_slice(), at).unwrap();
        at += len as u32;
    }
    lowered.finish(memory.as_mut_slice()).unwrap();

    let wit = Wit::host();
    let [_, (_, function)] = &wit.imports("connections")[..2] else { panic!() };
    let TypeDefKind::Option(record) = wit.kind(&function.result.unwrap()) else { panic!() };
    let mut offsets = wit.offsets(record).into_iter().map(|offset| 8 + offset as usize);
    let fields = names("connections", "connection-info");
    assert_eq!(fields, ["peer", "path", "query", "subprotocol", "connected-since"]);
    for name in &fields[..4] {
        // The option's payload follows its discriminant.
        let at = offsets.next().unwrap() + if name == "subprotocol" { 4 } else { 0 };
        let pair = memory[at..at + 8].chunks(4);
        let pair: Vec<_> = pair.map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        let text = &memory[pair[0] as usize..][..pair[1] as usize];
        assert_eq!(text, name.as_bytes());
    }
    assert_eq!(memory[offsets.next().unwrap()..][..8], *b"\0 since ");
    assert_eq!(names("files", "entry"), ["name", "kind"]);
    assert_eq!(names("files", "file-info"), ["kind", "size"]);
}

#[test]
fn fields_of_requests_and_their_answers_have_the_order_of_the_wit() {
    assert_eq!(names("http", "request"), ["method", "uri", "headers", "body"]);
    assert_eq!(names("http", "options"), ["timeout-ms", "max-body", "follow-redirects"]);
    assert_eq!(names("http", "response"), ["status", "headers", "body"]);
    let memory = *b"methoduribody\0\0\0";
    let flat = [0, 6, 6, 3, 16, 0, 1, 9, 4];
    let most = MostFields { count: 0, bytes: 0 };
    let lifted = Parameters::new(memory.as_slice(), &flat).request("request", most).unwrap();
    let headers = Some(Vec::new());
    let body = Some(&b"body"[..]);
    assert_eq!(lifted, RequestRef { method: "method", uri: "uri", headers, body });
}

#[test]
fn fields_of_messages_of_brokers_have_the_order_of_the_wit() {
    let properties = ["content-type", "response-topic", "correlation-data", "user"];
    assert_eq!(names("mqtt", "properties"), properties);
    let fields = ["broker", "topic", "qos", "retained", "duplicate", "properties"];
    assert_eq!(names("mqtt", "received"), fields);
    assert_eq!(names("mqtt", "publication"), ["topic", "payload", "qos", "retain", "properties"]);
    let memory = *b"topicloadtyperesp";
    let flat = [0, 5, 5, 4, 1, 1, 9, 4, 13, 4, 0, 2, 0, 0];
    let most = MostFields { count: 0, bytes: 0 };
    let lifted = Parameters::new(memory.as_slice(), &flat).publication("publication", most);
    let expected = PublicationRef {
        topic: "topic",
        payload: b"load",
        qos: Qos::AtLeastOnce,
        retain: true,
        content_type: "type",
        response_topic: "resp",
        correlation_data: b"to",
        user: Some(Vec::new()),
    };
    assert_eq!(lifted, Ok(expected));

    let message = MqttReceived {
        broker: "broker".into(),
        topic: "topic".into(),
        qos: Qos::AtLeastOnce,
        retained: false,
        duplicate: true,
        properties: MqttProperties {
            content_type: "type".into(),
            response_topic: "response".into(),
            correlation_data: b"data".into(),
            user: Vec::new(),
        },
    };
    let mut memory = [0; 128];
    let mut lowered = Response::Received(Some(message)).lower(0);
    let mut at = 64;
    while let Some((len, _)) = lowered.next_block() {
        lowered.place(memory.as_mut_slice(), at).unwrap();
        at += (len as u32).next_multiple_of(4);
    }
    lowered.finish(memory.as_mut_slice()).unwrap();
    let text = |at: usize| {
        let word = |at: usize| u32::from_le_bytes(memory[at..][..4].try_into().unwrap());
        let (at, len) = (word(at) as usize, word(at + 4) as usize);
        str::from_utf8(&memory[at..][..len]).unwrap()
    };
    // Behind the discriminant of the option.
    assert_eq!((text(4), text(12), &memory[20..23]), ("broker", "topic", &[1, 0, 1][..]));
    assert_eq!((text(24), text(32), text(40), text(48)), ("type", "response", "data", ""));
}

#[test]
fn fields_of_the_storage_have_the_order_of_the_wit() {
    let entry = Stored { key: "key".into(), value: b"value".into() };
    let mut memory = [0; 64];
    let mut lowered = Response::Page(Page { entries: vec![entry], more: true }).lower(0);
    for (at, len) in [(16, 16), (32, 3), (40, 5)] {
        assert_eq!(lowered.next_block().unwrap().0, len);
        lowered.place(memory.as_mut_slice(), at).unwrap();
    }
    lowered.finish(memory.as_mut_slice()).unwrap();

    let wit = Wit::host();
    let imports = wit.imports("storage");
    let (_, function) = imports.iter().find(|((_, name), _)| name == "list").unwrap();
    let page = function.result.unwrap();
    let word = |at: u32| u32::from_le_bytes(memory[at as usize..][..4].try_into().unwrap());
    assert_eq!(names("storage", "page"), ["entries", "more"]);
    let [entries, more] = wit.offsets(&page)[..] else { panic!() };
    assert_eq!((word(entries), word(entries + 4)), (16, 1));
    assert_eq!(memory[more as usize], 1);

    let TypeDefKind::Record(record) = wit.kind(&page) else { panic!() };
    let TypeDefKind::List(entry) = wit.kind(&record.fields[0].ty) else { panic!() };
    assert_eq!(names("storage", "entry"), ["key", "value"]);
    let [key, value] = wit.offsets(entry)[..] else { panic!() };
    assert_eq!((word(16 + key), word(16 + key + 4)), (32, 3));
    assert_eq!((word(16 + value), word(16 + value + 4)), (40, 5));
    assert_eq!((&memory[32..35], &memory[40..45]), (&b"key"[..], &b"value"[..]));
}

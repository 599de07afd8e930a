//! What is computed here rather than in JavaScript: UTF-8, JSON, random numbers, lines of the log.

use rquickjs::{Ctx, Exception, Object, Result, TypedArray, Value};

use super::{array, bytes};
use crate::{bindings::footlight::host::random as source, event, ffi};

/// The most random bytes that the host gives at once.
const RANDOM: usize = 65_536;

pub fn ready(ctx: Ctx<'_>, what: String) -> Result<()> {
    event::ready(&ctx, &what)
}

pub fn log(line: String) {
    event::log(line);
}

/// A text or bytes with JSON as a value.
pub fn parse<'js>(ctx: Ctx<'js>, json: Value<'js>) -> Result<Value<'js>> {
    let bytes = bytes(&ctx, &json)?;
    parse_bytes(&ctx, bytes)
}

/// Bytes with JSON as a value.
pub fn parse_bytes<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<Value<'js>> {
    let wrong = |why| Err(Exception::throw_syntax(ctx, &format!("no JSON: {why}")));
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => wrong("it has a NUL"),
        Ok(text) => ctx.json_parse(text),
        Err(_) => wrong("it is not UTF-8"),
    }
}

pub fn encode<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    array(&ctx, text.into_bytes())
}

/// Writes what fits of a text. Returns the UTF-16 code units that were read, and the bytes written.
pub fn encode_into<'js>(
    ctx: Ctx<'js>,
    text: String,
    target: TypedArray<'js, u8>,
) -> Result<Object<'js>> {
    let room = target.as_raw().map_or(0, |room| room.len());
    let fits = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
    let result = Object::new(ctx)?;
    result.set("read", fits.encode_utf16().count())?;
    result.set("written", ffi::write(&target, fits.as_bytes()))?;
    Ok(result)
}

pub fn decode<'js>(
    ctx: Ctx<'js>,
    value: Value<'js>,
    fatal: bool,
    keep_bom: bool,
) -> Result<String> {
    let bytes = bytes(&ctx, &value)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) if fatal => return Err(Exception::throw_type(&ctx, "the bytes are not UTF-8")),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    match text.strip_prefix('\u{feff}') {
        Some(rest) if !keep_bom => Ok(rest.into()),
        _ => Ok(text),
    }
}

pub fn random(ctx: Ctx<'_>) -> Result<f64> {
    event::ready(&ctx, "Math.random")?;
    Ok(event::chance())
}

pub fn random_bytes<'js>(ctx: Ctx<'js>, target: TypedArray<'js, u8>) -> Result<()> {
    event::ready(&ctx, "crypto.getRandomValues")?;
    let count = target.as_raw().map_or(0, |room| room.len());
    let count = u32::try_from(count).ok().filter(|_| count <= RANDOM);
    let Some(count) = count else {
        return Err(Exception::throw_range(&ctx, "getRandomValues fills at most 65,536 bytes"));
    };
    ffi::write(&target, &source::bytes(count));
    Ok(())
}

/// A random UUID (RFC 9562, section 5.4).
pub fn uuid(ctx: Ctx<'_>) -> Result<String> {
    event::ready(&ctx, "crypto.randomUUID")?;
    let random =
        source::bytes(16).into_iter().fold(0, |number, byte| number << 8 | u128::from(byte));
    let number = random & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)))
}

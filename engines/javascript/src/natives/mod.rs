//! The functions in Rust that the glue calls: the object `host`. The glue checks what scripts give, so
//! that these get texts, numbers and bytes. Each that calls an import first makes sure that there is an event.

mod actors;
mod clients;
mod files;
pub mod http;
pub mod mqtt;
mod outcome;
mod storage;
mod values;

use rquickjs::{Ctx, Error, Exception, Function, Object, Result, TypedArray, Value};

use crate::ffi;

/// Makes `host`.
///
/// # Errors
/// There is too little memory.
pub fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    macro_rules! add {
        ($($name:literal => $function:path),* $(,)?) => {
            $(host.set($name, Function::new(ctx.clone(), $function)?)?;)*
        };
    }
    add! {
        "info" => clients::info,
        "clients" => clients::list,
        "send" => clients::send,
        "broadcast" => clients::broadcast,
        "close" => clients::close,
        "tag" => clients::tag,
        "untag" => clients::untag,
        "hasTag" => clients::has_tag,
        "attachment" => clients::attachment,
        "setAttachment" => clients::set_attachment,
        "alarmSet" => clients::alarm_set,
        "alarmCancel" => clients::alarm_cancel,
        "storageGet" => storage::get,
        "storagePut" => storage::put,
        "storageDelete" => storage::delete,
        "storageDeleteAll" => storage::delete_all,
        "storageList" => storage::list,
        "fileRead" => files::read,
        "fileList" => files::list,
        "fileInfo" => files::info,
        "fileWrite" => files::write,
        "fileDelete" => files::delete,
        "folderCreate" => files::create_folder,
        "folderDelete" => files::delete_folder,
        "fetch" => http::fetch,
        "fetchLater" => http::fetch_later,
        "mqttPublish" => mqtt::publish,
        "mqttStatus" => mqtt::status,
        "actorSend" => actors::send,
        "actorRequest" => actors::request,
        "reply" => actors::reply,
        "ready" => values::ready,
        "log" => values::log,
        "parse" => values::parse,
        "encode" => values::encode,
        "encodeInto" => values::encode_into,
        "decode" => values::decode,
        "random" => values::random,
        "randomBytes" => values::random_bytes,
        "uuid" => values::uuid,
        "state" => outcome::state,
        "keep" => outcome::keep,
        "answer" => outcome::answer,
        "answerClose" => outcome::answer_close,
        "respond" => outcome::respond,
    }
    Ok(host)
}

/// Throws an `Error` with a `code`, which a script can compare.
fn refuse(ctx: &Ctx<'_>, code: &str, message: &str) -> Error {
    let thrown = Exception::from_message(ctx.clone(), message)
        .and_then(|exception| exception.set("code", code).map(|()| exception));
    match thrown {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// The bytes of a text or of a `Uint8Array`.
fn bytes(ctx: &Ctx<'_>, value: &Value<'_>) -> Result<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return Ok(text.to_string()?.into_bytes());
    }
    let array = TypedArray::<u8>::from_value(value.clone())?;
    ffi::bytes(&array)
        .ok_or_else(|| Exception::throw_type(ctx, "the bytes' buffer was transferred"))
}

/// Bytes for a script.
fn array<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx.clone(), bytes)
}

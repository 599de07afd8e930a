//! Messages of brokers: their types, and their values in the crate and as [`Value`].

use wit_core::{
    LiftError, Memory,
    host::{
        MqttProperties, MqttReceived, MqttRefusal, MqttStatus, Parameters, Qos, http::MostFields,
        mqtt::PublicationRef,
    },
};

use super::{
    Type, Value,
    interface::{bytes, bytes_value},
    responses::text,
};

/// Everything is read.
const ALL: MostFields = MostFields { count: usize::MAX, bytes: usize::MAX };

/// `qos`
fn qos() -> Type {
    Type::Variant(vec![None, None])
}

/// `properties`
fn properties() -> Type {
    let user = Type::list(Type::Record(vec![Type::String, Type::String]));
    Type::Record(vec![Type::String, Type::String, bytes(), user])
}

/// `publication`
pub fn publication() -> Type {
    Type::Record(vec![Type::String, bytes(), qos(), Type::Bool, properties()])
}

/// `received`
pub fn received() -> Type {
    Type::Record(vec![Type::String, Type::String, qos(), Type::Bool, Type::Bool, properties()])
}

/// `result<_, refusal>`
pub fn published() -> Type {
    let cases = vec![None, None, Some(Type::String), Some(Type::U32), None];
    Type::Variant(vec![None, Some(Type::Variant(cases))])
}

/// `status`
pub fn status() -> Type {
    Type::Variant(vec![None, Some(Type::String)])
}

fn qos_value(qos: Qos) -> Value {
    Value::Case(usize::from(qos == Qos::AtLeastOnce), None)
}

/// Lifts a `publication`.
pub fn lift_publication<M: Memory + ?Sized>(
    from: &mut Parameters<'_, M>,
    name: &'static str,
) -> Result<Value, LiftError> {
    let lifted = from.publication(name, ALL)?;
    let PublicationRef { topic, payload, qos, retain, .. } = lifted;
    let PublicationRef { content_type, response_topic, correlation_data, user, .. } = lifted;
    let pair = |(name, value): &(&str, &str)| Value::Record(vec![text(name), text(value)]);
    let user = user.expect("all are read").iter().map(pair).collect();
    let properties = vec![
        text(content_type),
        text(response_topic),
        bytes_value(correlation_data),
        Value::List(user),
    ];
    Ok(Value::Record(vec![
        text(topic),
        bytes_value(payload),
        qos_value(qos),
        Value::Bool(retain),
        Value::Record(properties),
    ]))
}

/// What the guest reads of a message.
pub fn received_value(message: &MqttReceived) -> Value {
    let MqttReceived { broker, topic, qos, retained, duplicate, properties } = message;
    let MqttProperties { content_type, response_topic, correlation_data, user } = properties;
    let pair = |(name, value): &(String, String)| Value::Record(vec![text(name), text(value)]);
    let properties = vec![
        text(content_type),
        text(response_topic),
        bytes_value(correlation_data),
        Value::List(user.iter().map(pair).collect()),
    ];
    Value::Record(vec![
        text(broker),
        text(topic),
        qos_value(*qos),
        Value::Bool(*retained),
        Value::Bool(*duplicate),
        Value::Record(properties),
    ])
}

/// What the guest reads of a refusal.
pub fn refusal_value(refusal: &MqttRefusal) -> Value {
    match refusal {
        MqttRefusal::NoBroker => Value::Case(0, None),
        MqttRefusal::Denied => Value::Case(1, None),
        MqttRefusal::Invalid(words) => Value::Case(2, Some(Box::new(text(words)))),
        MqttRefusal::Full(waiting) => Value::Case(3, Some(Box::new(Value::U32(*waiting)))),
        MqttRefusal::Limit => Value::Case(4, None),
    }
}

/// What the guest reads of a status.
pub fn status_value(status: &MqttStatus) -> Value {
    match status {
        MqttStatus::Up => Value::Case(0, None),
        MqttStatus::Down(why) => Value::Case(1, Some(Box::new(text(why)))),
    }
}

/// The bytes of texts and lists in a message.
pub fn content_bytes(message: &MqttReceived) -> usize {
    let MqttProperties { content_type, response_topic, correlation_data, user } =
        &message.properties;
    let user = user.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    let texts = [&message.broker, &message.topic, content_type, response_topic];
    texts.map(String::len).into_iter().sum::<usize>() + correlation_data.len() + user
}

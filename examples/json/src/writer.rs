//! Writes values.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Result};

use crate::text;

/// What is written so far.
pub(crate) struct Writer(Vec<u8>);

/// A list or an object that is being written.
pub(crate) struct Inside<'a> {
    writer: &'a mut Writer,
    /// Whether it has no value yet.
    empty: bool,
    /// What ends it.
    end: &'static [u8],
}

impl Writer {
    pub(crate) fn new(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Adds what is rare, as serde_json writes it.
    fn other<T: Serialize>(&mut self, value: T) -> Result<()> {
        self.0.extend_from_slice(&serde_json::to_vec(&value)?);
        Ok(())
    }

    fn integer(&mut self, value: impl itoa::Integer) -> Result<()> {
        self.0.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        Ok(())
    }

    fn begin(&mut self, begin: u8, end: &'static [u8]) -> Inside<'_> {
        self.0.push(begin);
        Inside { writer: self, empty: true, end }
    }

    /// Begins the object of a variant with a value, up to that value.
    fn variant(&mut self, name: &str) {
        self.0.push(b'{');
        text::write(&mut self.0, name);
        self.0.push(b':');
    }

    /// Adds the key of an object.
    fn key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        let start = self.0.len();
        key.serialize(&mut *self)?;
        match self.0.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.0.insert(start, b'"');
                self.0.push(b'"');
            }
            _ => return Err(Error::custom("key must be a string")),
        }
        self.0.push(b':');
        Ok(())
    }
}

impl Inside<'_> {
    fn next(&mut self) {
        if !std::mem::replace(&mut self.empty, false) {
            self.writer.0.push(b',');
        }
    }

    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        self.next();
        value.serialize(&mut *self.writer)
    }

    fn field<T: ?Sized + Serialize>(&mut self, name: &str, value: &T) -> Result<()> {
        self.next();
        text::write(&mut self.writer.0, name);
        self.writer.0.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<()> {
        self.writer.0.extend_from_slice(self.end);
        Ok(())
    }
}

/// Methods for values without a structure.
macro_rules! scalars {
    ($($method:ident($kind:ty) $add:ident),*) => {
        $(fn $method(self, value: $kind) -> Result<()> {
            self.$add(value)
        })*
    };
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    scalars! {
        serialize_i8(i8) integer, serialize_i16(i16) integer, serialize_i32(i32) integer,
        serialize_i64(i64) integer, serialize_i128(i128) integer, serialize_u8(u8) integer,
        serialize_u16(u16) integer, serialize_u32(u32) integer, serialize_u64(u64) integer,
        serialize_u128(u128) integer, serialize_f32(f32) other, serialize_f64(f64) other,
        serialize_bool(bool) other, serialize_char(char) other
    }

    fn serialize_str(self, value: &str) -> Result<()> {
        text::write(&mut self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.0.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>> {
        Ok(self.begin(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'a>> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>> {
        self.variant(variant);
        Ok(self.begin(b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'a>> {
        Ok(self.begin(b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'a>> {
        self.variant(variant);
        Ok(self.begin(b'{', b"}}"))
    }
}

impl SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        self.next();
        self.writer.key(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

/// The traits of lists differ only in their names, and so do those of objects with known names.
macro_rules! inside {
    ($($kind:ident $method:ident($($name:ident)?) $add:ident),*) => {
        $(impl $kind for Inside<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<()> {
                self.$add($($name,)? value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        })*
    };
}

inside! {
    SerializeSeq serialize_element() element,
    SerializeTuple serialize_element() element,
    SerializeTupleStruct serialize_field() element,
    SerializeTupleVariant serialize_field() element,
    SerializeStruct serialize_field(name) field,
    SerializeStructVariant serialize_field(name) field
}

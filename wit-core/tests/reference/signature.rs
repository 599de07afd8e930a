//! The types of whole imports.

use super::{
    Function,
    imports::{Param, Returned},
};

/// The types of an import.
#[derive(Clone, Debug)]
pub struct Signature {
    pub params: Vec<Param>,
    pub result: Returned,
}

impl Signature {
    /// The signatures of the imports at the time of writing. The seeds of the fuzz targets use
    /// their indices.
    pub fn samples() -> Vec<Self> {
        use Param::*;
        let of = |params: &[Param], result| Self { params: params.to_vec(), result };
        vec![
            of(&[], Returned::Id),
            of(&[U64], Returned::Info),
            of(&[OptionText], Returned::Ids),
            of(&[U64, Payload], Returned::Count),
            of(&[OptionText, Payload, OptionU64], Returned::Count),
            of(&[U64, Text], Returned::Done),
            of(&[U64, Text], Returned::Done),
            of(&[U64], Returned::Attachment),
            of(&[U64, OptionBytes], Returned::Done),
            of(&[U64, U16, Text], Returned::Done),
            of(&[U64], Returned::Nothing),
            of(&[], Returned::Nothing),
            of(&[], Returned::Nothing),
            of(&[U32], Returned::Bytes),
            of(&[Text], Returned::File),
            of(&[Text], Returned::Entries),
            of(&[Text, Bytes], Returned::Written),
            of(&[Text], Returned::Text),
            of(&[Text], Returned::FileInfo),
            of(&[Text], Returned::Written),
            of(&[Text], Returned::TheaterFile),
            of(&[Text], Returned::TheaterNames),
            of(&[Text, Text], Returned::TheaterWritten),
            of(&[Text], Returned::TheaterWritten),
            of(&[Text], Returned::TheaterExists),
            of(&[Text], Returned::Attachment),
            of(&[Text, Bytes], Returned::Put),
            of(&[Text], Returned::Deleted),
            of(&[Text, OptionText, U32], Returned::Page),
            of(&[], Returned::Nothing),
            of(&[Request, Options], Returned::Fetched),
            of(&[Text, Request, Options], Returned::Asked),
            of(&[], Returned::Answered),
            of(&[Request], Returned::Sent),
            of(&[Request], Returned::TheaterSent),
            of(&[Text, Bytes], Returned::ActorSent),
            of(&[Text, Bytes], Returned::TheaterFile),
            of(&[], Returned::Received),
            of(&[Text, Publication], Returned::Published),
            of(&[Text], Returned::BrokerStatus),
        ]
    }

    /// The type in the reference's form.
    pub fn function(&self) -> Function {
        let params = self.params.iter().map(|param| param.ty()).collect();
        Function { params, result: self.result.ty() }
    }

    /// The number of its flat parameters.
    pub fn flat(&self) -> usize {
        self.function().core_import().0.len()
    }
}

//! Random sequences of calls, compared with a model.

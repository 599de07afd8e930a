//! Keeps the state of many owners through restarts and power cuts: one append-only log in two files.

//! What the program reads and writes.

pub mod npy;

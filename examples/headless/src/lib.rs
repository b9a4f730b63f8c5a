//! What the program reads and writes, and where it computes.

pub mod device;
pub mod npy;

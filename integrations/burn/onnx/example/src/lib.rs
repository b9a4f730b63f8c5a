//! The models that the build script imports.

/// `LRN` of size 5.
pub mod defaults {
    include!(concat!(env!("OUT_DIR"), "/models/defaults.rs"));

    /// The generated code.
    pub const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/models/defaults.rs"));
}

/// `LRN` of an even size, with a large alpha, a rare beta and another bias.
pub mod far_from_defaults {
    include!(concat!(env!("OUT_DIR"), "/models/far_from_defaults.rs"));

    /// The generated code.
    pub const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/models/far_from_defaults.rs"));
}

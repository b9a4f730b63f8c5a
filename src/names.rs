//! Enums whose values have names.

/// An enum with a name for each value. `$kind` is what errors call it.
macro_rules! names {
    (
        $(#[$of_enum:meta])*
        $kind:literal $Enum:ident {
            $($(#[$of_value:meta])* $Value:ident = $name:expr,)*
        }
    ) => {
        $(#[$of_enum])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum $Enum {
            $($(#[$of_value])* $Value,)*
        }

        impl $Enum {
            /// Lists every value.
            pub const ALL: &'static [Self] = &[$(Self::$Value),*];

            /// Returns the name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Value => $name,)*
                }
            }
        }

        /// Writes the name.
        impl std::fmt::Display for $Enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        /// Reads a name; others return [`Error::UnknownName`](crate::Error::UnknownName).
        impl std::str::FromStr for $Enum {
            type Err = crate::Error;

            fn from_str(name: &str) -> crate::Result<Self> {
                let found = Self::ALL.iter().copied().find(|value| value.name() == name);
                let known = || Self::ALL.iter().map(|value| value.name());
                found.ok_or_else(|| crate::error::unknown($kind, name, known()))
            }
        }
    };
}
pub(crate) use names;

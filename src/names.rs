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
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$Value),*];

            /// The name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Value => $name,)*
                }
            }

            /// The value of that name.
            ///
            /// # Errors
            ///
            /// [`Error::UnknownName`](crate::Error::UnknownName).
            pub fn from_name(name: &str) -> crate::Result<Self> {
                let found = Self::ALL.iter().copied().find(|value| value.name() == name);
                let known = || Self::ALL.iter().map(|value| value.name());
                found.ok_or_else(|| crate::error::unknown($kind, name, known()))
            }
        }
    };
}
pub(crate) use names;

//! Errors, as JavaScript has them.

use wasm_bindgen::JsValue;

/// Returns an `Error` with the library's text; its name is that of the variant, for example `DeviceLost`.
pub(crate) fn thrown(error: wgpu_lrn::Error) -> JsValue {
    named(error.name(), &error.to_string())
}

/// Returns an `Error` with a name and a text.
pub(crate) fn named(name: &str, text: &str) -> JsValue {
    let error = js_sys::Error::new(text);
    error.set_name(name);
    error.into()
}

/// Returns a number that is outside its range.
pub(crate) fn parameter(name: &'static str, given: f64, expected: &'static str) -> JsValue {
    thrown(wgpu_lrn::Error::Parameter { name, given, expected })
}

//! A browser answers later: only those who wait hear it. What is called without waiting pushes no error scope, so that
//! its errors reach the handler of the device's owner, or else the console.

use crate::device::failed;
use crate::{Error, Result};
use js_sys::{Function, Promise, Reflect};
use std::future::{Future, ready};
use std::pin::Pin;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The first that has caught something counts: running out of memory makes what is built on it invalid.
const FILTERS: [&str; 3] = ["out-of-memory", "internal", "validation"];

/// Runs wgpu calls.
pub(crate) fn scoped<T>(_: &wgpu::Device, _: &'static str, calls: impl FnOnce() -> T) -> Result<T> {
    Ok(calls())
}

/// Runs wgpu calls at once; then waits until the device has done them, for what it reports: an error, or its loss.
///
/// The scopes are popped before anything is awaited, so that they catch nothing else. They are the browser's own:
/// those of wgpu panic where one of them catches an internal error (gfx-rs/wgpu#9914).
pub(crate) fn reported<T: 'static>(
    device: &wgpu::Device,
    doing: &'static str,
    calls: impl FnOnce() -> Result<T>,
) -> Pin<Box<dyn Future<Output = Result<T>>>> {
    let Some(device) = device.as_webgpu() else { return Box::pin(ready(calls())) };
    let device: JsValue = device.into();
    watch(&device);
    let pushed = FILTERS.map(|filter| call(&device, doing, "pushErrorScope", &[filter.into()]));
    let value = calls();
    let popped = FILTERS.map(|_| call(&device, doing, "popErrorScope", &[]));
    Box::pin(async move {
        pushed.into_iter().collect::<Result<Vec<_>>>()?;
        let caught = caught(doing, popped).await;
        if is_lost(&device) {
            return Err(Error::DeviceLost { doing });
        }
        caught?.map_or(value, Err)
    })
}

/// Returns the error that counts, of the promises of all scopes.
async fn caught(doing: &'static str, popped: [Result<JsValue>; 3]) -> Result<Option<Error>> {
    let mut caught = None;
    for (promise, filter) in popped.into_iter().zip(FILTERS.iter().rev()) {
        let error = settled(doing, promise?).await?;
        if !error.is_null() {
            caught = Some(match *filter {
                "out-of-memory" => Error::OutOfMemory { doing, bytes: None },
                _ => failed(doing, text(&error)),
            });
        }
    }
    Ok(caught)
}

/// Returns name, backend and type of a device's adapter. Where the browser hides the name, its vendor and architecture
/// take its place; Firefox hides these too.
pub(crate) fn info(device: &wgpu::Device) -> wgpu::AdapterInfo {
    let mut info = device.adapter_info();
    if info.name.is_empty() {
        let hidden = device.as_webgpu().map(|device| device.adapter_info());
        let parts = hidden.map(|info| [info.vendor(), info.architecture()]).unwrap_or_default();
        info.name = parts.join(" ").trim().to_owned();
    }
    if info.name.is_empty() {
        info.name = "unnamed adapter".to_owned();
    }
    info
}

/// A property that a device gets here: whether it is lost.
const LOST: &str = "wgpu-lrn: lost";

/// Notes when a device is lost. Once: what waits for that promise is kept as long as the device.
fn watch(device: &JsValue) {
    let name = JsValue::from(LOST);
    if Reflect::has(device, &name) != Ok(false) {
        return;
    }
    let lost = device.clone();
    let note = Closure::once_into_js(move |_: JsValue| {
        // A device takes properties, as any object of a browser does.
        let _ = Reflect::set(&lost, &LOST.into(), &JsValue::TRUE);
    });
    let noted = Reflect::set(device, &name, &JsValue::FALSE)
        .and_then(|_| Reflect::get(device, &"lost".into()))
        .and_then(|promise| Ok((method_of(&promise, "then")?, promise)));
    if let Ok((then, promise)) = noted {
        let _ = then.call1(&promise, &note);
    }
}

fn is_lost(device: &JsValue) -> bool {
    Reflect::get(device, &LOST.into()).is_ok_and(|lost| lost.is_truthy())
}

/// Calls a method of a JavaScript object.
fn call(object: &JsValue, doing: &'static str, method: &str, arguments: &[JsValue]) -> Result<JsValue> {
    let arguments = arguments.iter().collect();
    let called = method_of(object, method).and_then(|call| Reflect::apply(&call, object, &arguments));
    called.map_err(|error| failed(doing, text(&error)))
}

fn method_of(object: &JsValue, name: &str) -> std::result::Result<Function, JsValue> {
    Reflect::get(object, &name.into()).and_then(JsCast::dyn_into)
}

/// Awaits a promise, and returns its value.
async fn settled(doing: &'static str, promise: JsValue) -> Result<JsValue> {
    let fulfilled = JsFuture::from(Promise::from(promise)).await;
    fulfilled.map_err(|error| failed(doing, text(&error)))
}

/// Returns the message of a JavaScript error.
fn text(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    message.unwrap_or_else(|| format!("{error:?}"))
}

//! JavaScript's values as the library's, and back.

use crate::Result;
use crate::error::{named, parameter};
use js_sys::{Array, Function, Object, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::{JsCast, JsValue};
use wgpu_lrn::{Dtype, Element};

/// An object with these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> Result<JsValue> {
    let object = JsValue::from(Object::new());
    for (name, value) in properties {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object)
}

/// A property; `None` where it, or the object, is not given.
pub(crate) fn property(object: &JsValue, name: &str) -> Result<Option<JsValue>> {
    if object.is_undefined() || object.is_null() {
        return Ok(None);
    }
    let value = Reflect::get(object, &name.into())?;
    Ok(Some(value).filter(|value| !value.is_undefined()))
}

/// Whole numbers within a range.
pub(crate) fn whole(
    name: &'static str,
    numbers: &JsValue,
    least: f64,
    expected: &'static str,
) -> Result<Vec<f64>> {
    let one = |number: JsValue| {
        let number = number.as_f64().unwrap_or(f64::NAN);
        let accepted = number.fract() == 0.0 && (least..=f64::from(u32::MAX)).contains(&number);
        if accepted { Ok(number) } else { Err(parameter(name, number, expected)) }
    };
    Array::from(numbers).iter().map(one).collect()
}

/// The elements of a typed array, which is the value of an operand.
pub(crate) fn elements<T: Element>(operand: &str, array: &JsValue) -> Result<Vec<T>> {
    let types: &[&str] = match T::DTYPE {
        Dtype::F32 => &["Float32Array"],
        Dtype::F16 => &["Float16Array", "Uint16Array"],
        Dtype::Bf16 => &["Uint16Array"],
        Dtype::F64 => &["Float64Array"],
    };
    let given = type_name(array)?;
    if !types.contains(&given.as_str()) {
        let (expected, dtype) = (types.join(" or "), T::DTYPE.name());
        let text = format!("{operand} is of type {given}, but {dtype} is given as {expected}");
        return Err(named("Dtype", &text));
    }
    let number = |name: &str| -> Result<u32> {
        Ok(Reflect::get(array, &name.into())?.as_f64().unwrap_or_default() as u32)
    };
    let buffer = Reflect::get(array, &"buffer".into())?;
    let (offset, length) = (number("byteOffset")?, number("byteLength")?);
    let bytes = Uint8Array::new_with_byte_offset_and_length(&buffer, offset, length);
    let mut elements = vec![T::from_f64(0.0); length as usize / size_of::<T>()];
    bytes.copy_to(bytemuck::cast_slice_mut(&mut elements));
    Ok(elements)
}

/// The name of the type of a value.
fn type_name(value: &JsValue) -> Result<String> {
    if !value.is_object() {
        return Ok(value.js_typeof().as_string().unwrap_or_default());
    }
    let constructor = Reflect::get(value, &"constructor".into())?;
    let name = constructor.dyn_ref::<Function>().map(|constructor| constructor.name().into());
    Ok(name.unwrap_or_else(|| "object".to_owned()))
}

/// A typed array of elements.
pub(crate) fn array<T: Element>(elements: &[T]) -> Result<JsValue> {
    let bytes = Uint8Array::from(bytemuck::cast_slice::<T, u8>(elements)).buffer();
    if T::DTYPE == Dtype::F32 {
        return Ok(js_sys::Float32Array::new(&bytes).into());
    }
    let constructor = Reflect::get(&js_sys::global(), &"Float16Array".into())?;
    match constructor.dyn_ref::<Function>().filter(|_| T::DTYPE == Dtype::F16) {
        Some(constructor) => Reflect::construct(constructor, &Array::of1(&bytes)),
        None => Ok(Uint16Array::new(&bytes).into()),
    }
}

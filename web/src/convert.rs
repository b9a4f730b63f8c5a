//! JavaScript's values as the library's, and back.

use crate::Result;
use crate::error::{named, parameter, thrown};
use js_sys::{Array, Function, Object, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::{JsCast, JsValue};
use wgpu_lrn::{Dtype, Element, Error, Operation};

/// Returns an object with these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> Result<JsValue> {
    let object = JsValue::from(Object::new());
    for (name, value) in properties {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object)
}

/// Returns a property; `None` where it, or the object, is not given.
pub(crate) fn property(object: &JsValue, name: &str) -> Result<Option<JsValue>> {
    if object.is_undefined() || object.is_null() {
        return Ok(None);
    }
    let value = Reflect::get(object, &name.into())?;
    Ok(Some(value).filter(|value| !value.is_undefined()))
}

/// Parses whole numbers within a range.
pub(crate) fn whole(name: &'static str, numbers: &JsValue, least: f64, expected: &'static str) -> Result<Vec<f64>> {
    let one = |number: JsValue| {
        let number = number.as_f64().unwrap_or(f64::NAN);
        let accepted = number.fract() == 0.0 && (least..=f64::from(u32::MAX)).contains(&number);
        if accepted { Ok(number) } else { Err(parameter(name, number, expected)) }
    };
    if !Array::is_array(numbers) {
        return Err(named("TypeError", &format!("{name} is given in a list, not as {}", type_name(numbers)?)));
    }
    Array::unchecked_from_js_ref(numbers).iter().map(one).collect()
}

/// Returns the elements of typed arrays, which are the inputs of an operation.
pub(crate) fn operands<T: Element>(operation: Operation, arrays: &[JsValue]) -> Result<Vec<Vec<T>>> {
    let named = arrays.iter().zip(operation.operands());
    named.map(|(array, operand)| elements(operand, array)).collect()
}

/// Returns the elements of a typed array, which is the value of an operand.
pub(crate) fn elements<T: Element>(operand: &str, array: &JsValue) -> Result<Vec<T>> {
    let bytes = bytes(operand, array, T::DTYPE)?;
    let mut elements = zeroed(bytes.length() as usize / size_of::<T>(), "taking an array")?;
    bytes.copy_to(bytemuck::cast_slice_mut(&mut elements));
    Ok(elements)
}

/// Returns so many zeros. Rust itself would end the program where memory is out.
pub(crate) fn zeroed<T: Element>(count: usize, doing: &'static str) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count).map_err(|()| out_of_memory(doing, count as u64 * size_of::<T>() as u64))
}

fn out_of_memory(doing: &'static str, bytes: u64) -> JsValue {
    thrown(Error::OutOfMemory { doing, bytes: Some(bytes) })
}

/// Returns the bytes of a typed array, which must be of the type of a dtype. (For all dtypes in one: this is half of
/// what taking an array weighs.)
fn bytes(operand: &str, array: &JsValue, dtype: Dtype) -> Result<Uint8Array> {
    let types: &[&str] = match dtype {
        Dtype::F32 => &["Float32Array"],
        Dtype::F16 => &["Float16Array", "Uint16Array"],
        Dtype::Bf16 => &["Uint16Array"],
        Dtype::F64 => &["Float64Array"],
    };
    let given = type_name(array)?;
    if !types.contains(&given.as_str()) {
        let (expected, dtype) = (types.join(" or "), dtype.name());
        let text = format!("{operand} is of type {given}, but {dtype} is given as {expected}");
        return Err(named("Dtype", &text));
    }
    let place = ["buffer", "byteOffset", "byteLength"].map(|name| Reflect::get(array, &name.into()));
    let arguments = place.into_iter().collect::<Result<Array>>()?;
    let global = Reflect::get(&js_sys::global(), &"Uint8Array".into())?;
    // Throws where the memory was given away.
    Ok(Reflect::construct(global.unchecked_ref::<Function>(), &arguments)?.unchecked_into())
}

/// Returns the name of the type of a value.
fn type_name(value: &JsValue) -> Result<String> {
    if !value.is_object() {
        return Ok(value.js_typeof().as_string().unwrap_or_default());
    }
    let constructor = Reflect::get(value, &"constructor".into())?;
    let name = constructor.dyn_ref::<Function>().map(|constructor| constructor.name().into());
    Ok(name.unwrap_or_else(|| "object".to_owned()))
}

/// Returns a typed array of elements.
pub(crate) fn array<T: Element>(elements: &[T]) -> Result<JsValue> {
    array_of(bytemuck::cast_slice(elements), T::DTYPE)
}

fn array_of(bytes: &[u8], dtype: Dtype) -> Result<JsValue> {
    let name = match dtype {
        Dtype::F32 => "Float32Array",
        Dtype::F16 => "Float16Array",
        Dtype::Bf16 => "Uint16Array",
        Dtype::F64 => "Float64Array",
    };
    let buffer = Uint8Array::from(bytes).buffer();
    let constructor = Reflect::get(&js_sys::global(), &name.into())?;
    match constructor.dyn_ref::<Function>() {
        Some(constructor) => Reflect::construct(constructor, &Array::of1(&buffer)),
        None => Ok(Uint16Array::new(&buffer).into()), // halves, where JavaScript has none
    }
}

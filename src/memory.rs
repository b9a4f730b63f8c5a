//! Vectors as long as tensors. Where memory is out they are refused; Rust itself would end the process.

use crate::{Error, Result};

/// Returns a value for each number below a count.
pub(crate) fn each<T>(doing: &'static str, count: usize, value: impl FnMut(usize) -> T) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| out_of_memory::<T>(doing, count))?;
    values.extend((0..count).map(value));
    Ok(values)
}

/// Returns so many zeros.
pub(crate) fn zeroed<T: bytemuck::Pod>(doing: &'static str, count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count).map_err(|()| out_of_memory::<T>(doing, count))
}

fn out_of_memory<T>(doing: &'static str, count: usize) -> Error {
    let bytes = (count as u64).checked_mul(size_of::<T>() as u64);
    Error::OutOfMemory { doing, bytes }
}

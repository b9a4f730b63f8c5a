//! A run that watches the memory around the result.

use wgpu_lrn::{Element, Error, Gpu, Operand, Operation, Plan, Shape, wgpu};

/// Bytes before and after the result that no kernel may touch.
const GUARD: usize = 256;

/// In two bytes or four a NaN, in eight a number, that no kernel makes.
const UNTOUCHED: u16 = 0x7FC7;

fn is_untouched(bytes: &[u8]) -> bool {
    bytes.chunks_exact(2).all(|two| two == UNTOUCHED.to_ne_bytes())
}

/// Runs a plan with its operands inside larger buffers: the result's was filled with a pattern, of
/// which all must be left around the result. A last input beyond those of the operation is what the
/// result holds before.
///
/// # Errors
///
/// What the library refused, or what was written where, in words.
pub async fn run<T: Element>(gpu: &Gpu, plan: &Plan, operation: Operation, inputs: &[&[T]]) -> Result<Vec<T>, String> {
    let size = plan.shape().bytes() as usize;
    let blended = inputs.len() == operation.operands().len();
    let framed_inputs = inputs.iter().map(|input| framed(gpu, bytemuck::cast_slice(input)));
    let mut buffers: Vec<_> = framed_inputs.collect::<Result<_, _>>().map_err(text)?;
    if !blended {
        let pattern: Vec<u8> = pattern().take(size).collect();
        buffers.push(framed(gpu, &pattern).map_err(text)?);
    }
    plan.prepare(operation).await.map_err(text)?;
    let operands: Vec<_> = buffers.iter().map(|buffer| inside(buffer, plan.shape())).collect();
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    plan.record(&mut encoder, operation, &operands).map_err(text)?;
    gpu.queue().submit([encoder.finish()]);
    let got: Vec<f32> = gpu.download(&buffers[buffers.len() - 1]).await.map_err(text)?;
    buffers.iter().for_each(wgpu::Buffer::destroy);
    let got: &[u8] = bytemuck::cast_slice(&got);
    let (before, rest) = got.split_at(GUARD);
    let (result, after) = rest.split_at(size);
    if !is_untouched(before) || !is_untouched(after) {
        return Err("bytes around the result were written".to_owned());
    }
    let elements = result.chunks_exact(size_of::<T>());
    let unwritten = elements.filter(|element| !blended && is_untouched(element)).count();
    if unwritten > 0 {
        return Err(format!("{unwritten} values of the result were not written"));
    }
    Ok(bytemuck::pod_collect_to_vec(result))
}

/// Returns a refusal in words.
pub(crate) fn text(error: Error) -> String {
    error.to_string()
}

fn pattern() -> impl Iterator<Item = u8> {
    UNTOUCHED.to_ne_bytes().into_iter().cycle()
}

/// Returns a buffer of these bytes, with a pattern before and after.
fn framed(gpu: &Gpu, bytes: &[u8]) -> wgpu_lrn::Result<wgpu::Buffer> {
    let all = pattern().take(GUARD).chain(bytes.iter().copied());
    let after = (GUARD + bytes.len()).next_multiple_of(4) - bytes.len();
    let all: Vec<u8> = all.chain(pattern().take(after)).collect();
    gpu.upload::<f32>(&bytemuck::pod_collect_to_vec(&all))
}

fn inside<'a>(buffer: &'a wgpu::Buffer, shape: &Shape) -> Operand<'a> {
    Operand { buffer, offset: GUARD as u64, size: shape.operand_bytes() }
}

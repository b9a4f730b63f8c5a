//! One operation from files to a file.

use crate::args::Layer;
use crate::failure::Failure;
use crate::npy::{self, Tensor};
use crate::output::{note, say};
use std::path::{Path, PathBuf};
use wgpu_lrn::{Operation, check};

/// Runs an operation on input files, in the order of [`Operation::operands`], into an output file.
pub fn run(
    operation: Operation,
    inputs: &[&PathBuf],
    output: &Path,
    options: &Layer,
) -> Result<(), Failure> {
    let lrn = options.lrn()?;
    let tensors: Result<Vec<_>, _> = inputs.iter().map(|path| npy::read(path)).collect();
    let tensors = tensors?;
    let dims = same_dims(inputs, &tensors)?;
    let shape = options.shape(dims)?;
    let device = options.open()?;
    let values: Vec<_> = tensors.iter().map(|tensor| tensor.values.as_slice()).collect();
    let run = device.run(&lrn, &shape, operation, &values)?;
    npy::write(output, dims, &run.values)?;
    device.remark.iter().for_each(note);
    let compare = || check::run(&lrn, &shape, operation, &values, &run.values);
    let report = options.check.then(compare).transpose()?;
    report.iter().try_for_each(say)?;
    say(device.line(&run))?;
    match report {
        Some(report) if !report.passed() => Err(Failure::Beyond(report.to_string())),
        _ => Ok(()),
    }
}

/// The dimensions that all inputs share.
fn same_dims<'a>(paths: &[&PathBuf], tensors: &'a [Tensor]) -> Result<&'a [usize], Failure> {
    let Some(first) = tensors.first() else { return Ok(&[]) };
    match tensors.iter().zip(paths).find(|(tensor, _)| tensor.dims != first.dims) {
        None => Ok(&first.dims),
        Some((tensor, path)) => {
            let (given, expected) = (&tensor.dims, &first.dims);
            let problem = format!("its shape is {given:?}, but must be that of x, {expected:?}");
            Err(Failure::file(path, problem))
        }
    }
}

//! One operation from files to a file.

use crate::args::Layer;
use crate::stream::{self, Job};
use half::{bf16, f16};
use headless::npy::{self, Stored, Tensor, Unread};
use std::iter::once;
use std::path::Path;
use terminal::{Failure, note, say};
use wgpu_lrn::{Dtype, Operation, check};

/// The files of an operation.
pub struct Files<'a> {
    pub x: &'a Path,
    pub dy: Option<&'a Path>,
    pub result: &'a Path,
}

/// Runs an operation from files to a file, all of one dtype.
pub fn run(operation: Operation, files: &Files<'_>, options: &Layer) -> Result<(), Failure> {
    let run = match options.dtype.map_or_else(|| npy::dtype(files.x), Ok)? {
        Dtype::F32 => run_of::<f32>,
        Dtype::F16 => run_of::<f16>,
        Dtype::Bf16 => run_of::<bf16>,
        Dtype::F64 => run_of::<f64>,
    };
    run(operation, files, options)
}

fn run_of<T: Stored>(operation: Operation, files: &Files<'_>, options: &Layer) -> Result<(), Failure> {
    if let Some(wgsl) = &options.wgsl {
        check_other(wgsl, files)?;
    }
    let lrn = options.lrn(operation)?;
    let opened = Unread::open(files.x, T::DTYPE)?;
    let shape = options.shape(&opened.dims)?.with_dtype(T::DTYPE);
    let device = options.open()?;
    if options.memory_budget.is_some() || !device.holds(&shape) {
        return stream::run::<T>(&Job { operation, files, options, lrn: &lrn, shape: &shape, device: &device }, opened);
    }
    let x: Tensor<T> = opened.read(files.x)?;
    let dy = files.dy.map(|path| read_like(&x, path)).transpose()?;
    let old = (lrn.blend() != 0.0).then(|| read_old(&x, files.result)).transpose()?;
    let tensors = once(&x).chain(&dy).chain(&old);
    let inputs: Vec<_> = tensors.map(|tensor| tensor.values.as_slice()).collect();
    let run = device.run(&lrn, &shape, operation, &inputs)?;
    if let Some(path) = &options.wgsl {
        let text = device.wgsl(&lrn, &shape, operation)?;
        npy::write_text(path, &text)?;
    }
    npy::write(files.result, &x.dims, &run.values)?;
    device.remark.iter().for_each(note);
    let compare = || check::run(&lrn, &shape, operation, &inputs, &run.values);
    let report = options.check.then(compare).transpose()?;
    report.iter().try_for_each(say)?;
    say(device.line(&lrn, &run))?;
    match report {
        Some(report) if !report.passed() => {
            let index = npy::index_of(report.index, &x.dims);
            Err(Failure::Beyond(format!("{report}; that element is {index:?}")))
        }
        _ => Ok(()),
    }
}

/// Refuses to write shaders into a file that is read or written anyway.
fn check_other(wgsl: &Path, files: &Files<'_>) -> Result<(), Failure> {
    let same = |path: &Path| {
        path == wgsl || path.canonicalize().ok().is_some_and(|path| Some(path) == wgsl.canonicalize().ok())
    };
    if [Some(files.x), files.dy, Some(files.result)].into_iter().flatten().any(same) {
        return Err(Failure::file(wgsl, "--wgsl is the file of an array, too; name another file"));
    }
    Ok(())
}

/// Reads what the result is added to.
fn read_old<T: Stored>(x: &Tensor<T>, path: &Path) -> Result<Tensor<T>, Failure> {
    check_old(path)?;
    read_like(x, path)
}

/// Refuses a file that is not there, though the result is added to what it holds.
pub fn check_old(path: &Path) -> Result<(), Failure> {
    let problem = "is not there, but --blend adds to what it holds; name a file that is there, or \
                   leave out --blend";
    if path.exists() { Ok(()) } else { Err(Failure::file(path, problem)) }
}

/// Reads another input, which must have the dimensions of x.
fn read_like<T: Stored>(x: &Tensor<T>, path: &Path) -> Result<Tensor<T>, Failure> {
    let tensor = npy::read(path)?;
    check_dims(path, &tensor.dims, &x.dims)?;
    Ok(tensor)
}

/// Refuses a file whose dimensions are not those of x.
pub fn check_dims(path: &Path, given: &[usize], expected: &[usize]) -> Result<(), Failure> {
    let problem = || format!("its shape is {given:?}, but must be that of x, {expected:?}");
    if given == expected { Ok(()) } else { Err(Failure::file(path, problem())) }
}

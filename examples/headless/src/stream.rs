//! One operation from files to a file in chunks, where tensors need not fit in memory.

use crate::args::Layer;
use crate::layer::{Files, check_dims, check_old};
use headless::device::{Device, Run};
use headless::npy::{self, Stored, Unread};
use indicatif::{ProgressBar, ProgressStyle};
use std::ops::ControlFlow::{Break, Continue};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use terminal::{Failure, note, say};
use wgpu_lrn::host::Progress;
use wgpu_lrn::{Gpu, Lrn, Operation, Shape, block_on};

/// What is computed, from which files, and where.
pub struct Job<'a> {
    pub operation: Operation,
    pub files: &'a Files<'a>,
    pub options: &'a Layer,
    pub lrn: &'a Lrn,
    pub shape: &'a Shape,
    pub device: &'a Device,
}

/// Streams an operation from its files, of which x is open, to its result.
pub fn run<T: Stored>(job: &Job<'_>, x: Unread) -> Result<(), Failure> {
    let Job { operation, files, lrn, shape, device, .. } = *job;
    let gpu = gpu(job)?;
    let dims = x.dims.clone();
    let mut inputs = inputs::<T>(job, x)?;
    let layer = gpu.layer_with_tuning(lrn, shape, device.tuning())?;
    let (interrupted, bar) = (on_interrupt()?, bar(shape.bytes()));
    let progress = |Progress { written, .. }| {
        bar.set_position(written);
        if interrupted.load(Ordering::Relaxed) { Break(()) } else { Continue(()) }
    };
    let start = Instant::now();
    let mut stream = layer.stream(operation).with_progress(progress);
    if let Some(budget) = job.options.memory_budget {
        stream = stream.with_memory_budget(budget.as_u64());
    }
    let written = npy::write_streamed::<T>(files.result, &dims, |file| {
        let run = block_on(stream.run(&mut inputs, file));
        drop(inputs); // some systems rename no file over an open one
        run
    });
    bar.finish_and_clear();
    written.map_err(|failure| if interrupted.load(Ordering::Relaxed) { Failure::Interrupted } else { failure })?;
    device.remark.iter().for_each(note);
    let (kernel, seconds) = (layer.plan().preferred_choice(operation).kernel.name(), start.elapsed().as_secs_f64());
    let values = Vec::<T>::new();
    say(device.line(lrn, &Run { values, kernel, seconds, bytes: operation.bytes_moved(shape) }))
}

/// Returns the GPU, unless there is none, or something needs the whole tensor.
fn gpu<'a>(job: &Job<'a>) -> Result<&'a Gpu, Failure> {
    let options = job.options;
    let whole = [("--check", options.check), ("--wgsl", options.wgsl.is_some())];
    if let Some((name, _)) = whole.iter().find(|(_, is_given)| *is_given) {
        let problem =
            format!("the tensor does not fit the GPU and is streamed, but {name} needs all of it; leave it out");
        return Err(Failure::Refused(problem));
    }
    let problem = "--memory-budget streams through a GPU, but the CPU reference computes this; leave it out";
    job.device.gpu.as_ref().ok_or_else(|| Failure::Refused(problem.to_owned()))
}

/// Opens the other inputs, which must have the dimensions of x.
fn inputs<T: Stored>(job: &Job<'_>, x: Unread) -> Result<Vec<std::fs::File>, Failure> {
    let files = job.files;
    let old = (job.lrn.blend() != 0.0).then_some(files.result);
    old.map_or(Ok(()), check_old)?;
    x.check_order(files.x)?;
    let other = |path: &Path| {
        let other = Unread::open(path, T::DTYPE)?;
        check_dims(path, &other.dims, &x.dims)?;
        other.check_order(path)?;
        Ok(other.file)
    };
    let others: Result<Vec<_>, Failure> = files.dy.into_iter().chain(old).map(other).collect();
    Ok(std::iter::once(x.file).chain(others?).collect())
}

/// Draws a progress bar on standard error, if that is a terminal.
fn bar(bytes: u64) -> ProgressBar {
    let style = "{wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
    ProgressBar::new(bytes)
        .with_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Returns what is set once the user interrupts the program, which then ends between two chunks.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let set = interrupted.clone();
    ctrlc::set_handler(move || set.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::Refused(format!("catching interrupts: {error}")))?;
    Ok(interrupted)
}

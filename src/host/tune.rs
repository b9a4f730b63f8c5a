//! Finding the fastest choice by measuring.

use super::gpu::Gpu;
use crate::{Choice, Error, Lrn, Operation, Options, Plan, Result, Shape, Timer, Tuning};
use std::time::Duration;

/// Bytes of the largest tensor on which choices are compared: beyond the caches of common GPUs.
const ENOUGH: u64 = 128 << 20;

/// Measurements of a choice. The least counts, since whatever disturbs one only adds to it.
const TIMES: usize = 5;

/// A choice that takes so many times the best so far is measured only once.
const HOPELESS: u32 = 2;

impl Gpu {
    /// Measures every choice there is for a layer on this device, and finds the fastest for each
    /// operation. Native only: it blocks, for as long as it takes to compile each choice and run it a
    /// few times.
    ///
    /// A tensor of more than 128 MiB is represented by some of its images. A choice whose shader the
    /// driver refuses, or that the limits do not admit, is left out. The result can be kept as text, and given to
    /// [`Plan::with_tuning`].
    ///
    /// # Errors
    ///
    /// As [`Plan::new`]; [`Error::Limit`] where the tensor exceeds the device's largest buffer,
    /// [`Error::OutOfMemory`], [`Error::Gpu`].
    pub fn tune_blocking(&self, lrn: &Lrn, shape: &Shape) -> Result<Tuning> {
        let chosen = Options::default().choose(lrn, shape, self.device().features())?;
        let shape = shape.at_most(ENOUGH);
        if shape.is_empty() {
            return Ok(chosen.into());
        }
        let buffer = || self.buffer(shape.bytes());
        let buffers = [buffer()?, buffer()?, buffer()?];
        let mut timer = self.timer()?;
        Tuning::try_new(|operation| {
            let operands = &buffers[3 - operation.operands().len()..];
            self.fastest(&mut timer, lrn, &shape, operation, operands, chosen)
        })
    }

    fn fastest(
        &self,
        timer: &mut Timer,
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        buffers: &[wgpu::Buffer],
        chosen: Choice,
    ) -> Result<Choice> {
        let operands: Vec<_> = buffers.iter().map(Into::into).collect();
        let mut best = (Duration::MAX, chosen);
        for choice in Choice::available(lrn, shape, self.device().features()) {
            let plan = Plan::with_options(self, lrn, shape, choice.into())?;
            let bound = match plan.bind(operation, &operands) {
                // The driver refuses the shader, or no cut fits the limits.
                Err(Error::Gpu { .. } | Error::Limit { .. } | Error::Capacity { .. }) => continue,
                bound => bound?,
            };
            let mut time = || timer.time_blocking(|pass| bound.record_in(pass));
            time()?; // warms up
            let mut least = time()?;
            if least > best.0.saturating_mul(HOPELESS) {
                continue;
            }
            for _ in 1..TIMES {
                least = least.min(time()?);
            }
            if least < best.0 {
                best = (least, choice);
            }
        }
        Ok(best.1)
    }
}

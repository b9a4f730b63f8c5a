//! Finding the fastest choice by measuring.

use super::gpu::Gpu;
use super::owned::Owned;
use super::timer::{ROUNDED, Timer};
use crate::device::reported;
use crate::{BoundOperation, Choice, Error, Lrn, Operand, Operation, Plan, Result, Segments, Shape, Tuning};
use std::time::Duration;

/// Bytes of the largest tensor on which choices are compared: beyond the caches of common GPUs.
const ENOUGH: u64 = 128 << 20;

/// Measurements of a choice. The least counts, since whatever disturbs one only adds to it.
const TIMES: usize = 5;

/// A choice that takes so many times the best so far is measured only once.
const HOPELESS: u32 = 2;

/// What a measurement by a rounded clock takes at least, and the most recordings for it.
const LONG_ENOUGH: Duration = if ROUNDED { Duration::from_millis(5) } else { Duration::ZERO };
const MOST_REPEATS: u32 = 1024;

impl Gpu {
    /// Measures every choice there is for a layer on this device, then the fastest with other numbers of segments, and
    /// finds the fastest of all for each operation. This takes as long as it takes to compile each choice and run it a
    /// few times.
    ///
    /// A tensor of more than 128 MiB is represented by some of its images. A choice whose shader the
    /// driver refuses, or that the limits do not admit, is left out. The result can be kept as text, and given to
    /// [`Plan::with_tuning`] or [`Gpu::layer_with_tuning`].
    ///
    /// # Errors
    ///
    /// As [`Plan::new`]; [`Error::Limit`] where the tensor exceeds the device's largest buffer,
    /// [`Error::OutOfMemory`], [`Error::Gpu`].
    pub async fn tune(&self, lrn: &Lrn, shape: &Shape) -> Result<Tuning> {
        let chosen = Plan::new(self, lrn, shape)?.preferred_choice(Operation::Forward);
        let shape = shape.at_most(ENOUGH);
        let mut tuning = Tuning::from(chosen);
        if shape.is_empty() {
            return Ok(tuning.or_any());
        }
        let buffer = || self.buffer(shape.bytes()).map(Owned);
        let buffers = || Ok([buffer()?, buffer()?, buffer()?]);
        let buffers = reported(self.device(), "tuning", buffers).await?;
        let mut timer = self.timer()?;
        for &operation in Operation::ALL {
            let buffers = &buffers[3 - operation.operands().len()..];
            let mut race = Race {
                gpu: self,
                lrn,
                shape: &shape,
                operation,
                operands: buffers.iter().map(|buffer| (&buffer.0).into()).collect(),
                best: (Duration::MAX, chosen),
            };
            race.run(&mut timer).await?;
            tuning = tuning.with(operation, race.best.1);
        }
        Ok(tuning.or_any())
    }
}

/// A search for the fastest choice for an operation.
struct Race<'a> {
    gpu: &'a Gpu,
    lrn: &'a Lrn,
    shape: &'a Shape,
    operation: Operation,
    operands: Vec<Operand<'a>>,
    /// The least time so far, and whose it is.
    best: (Duration, Choice),
}

impl Race<'_> {
    async fn run(&mut self, timer: &mut Timer) -> Result<()> {
        let usual = self.best.1.segments;
        for choice in Choice::available(self.lrn, self.shape, self.gpu.device().features())? {
            self.enter(timer, &self.plan(Choice { segments: usual, ..choice })?).await?;
        }
        let operation = self.operation;
        let passes = |plan: &Plan| plan.recipe(operation).map(|recipe| recipe.passes);
        let found = passes(&self.plan(self.best.1)?);
        for &segments in Segments::ALL.iter().filter(|&&segments| segments != usual) {
            let other = self.plan(Choice { segments, ..self.best.1 })?;
            if passes(&other) != found {
                self.enter(timer, &other).await?;
            }
        }
        Ok(())
    }

    fn plan(&self, choice: Choice) -> Result<Plan> {
        Plan::with_tuning(self.gpu, self.lrn, self.shape, choice)
    }

    async fn enter(&mut self, timer: &mut Timer, plan: &Plan) -> Result<()> {
        let choice = match plan.prepare(self.operation).await {
            // The driver refuses the shader, or no cut fits the limits.
            Err(Error::Gpu { .. } | Error::Limit { .. } | Error::Capacity { .. }) => return Ok(()),
            prepared => prepared?,
        };
        let bound = plan.bind(self.operation, &self.operands)?;
        let hopeless = self.best.0.saturating_mul(HOPELESS);
        let least = least_time(timer, &bound, hopeless).await?;
        if let Some(least) = least.filter(|&least| least < self.best.0) {
            self.best = (least, choice);
        }
        Ok(())
    }
}

/// Returns the least time that an operation takes; `None` where its first measurement takes longer than `hopeless`.
async fn least_time(timer: &mut Timer, bound: &BoundOperation, hopeless: Duration) -> Result<Option<Duration>> {
    let mut time = async |repeats| {
        let pass = timer.time(|pass| (0..repeats).for_each(|_| bound.record_in(pass)));
        pass.await.map(|time| time / repeats)
    };
    time(1).await?; // warms up
    let mut repeats = 1;
    let mut least = time(repeats).await?;
    while least * repeats < LONG_ENOUGH && repeats < MOST_REPEATS {
        repeats *= 2;
        least = time(repeats).await?;
    }
    if least > hopeless {
        return Ok(None);
    }
    for _ in 1..TIMES {
        least = least.min(time(repeats).await?);
    }
    Ok(Some(least))
}

//! Measuring on one adapter.

use crate::candidate::{Candidate, Stand, best};
use crate::cases::Case;
use crate::report::{Adapter, Measurement, is_copy, wgpu_version};
use crate::{Freed, Work, buffers, computes};
use serde::Serialize;
use std::time::Duration;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;
use wgpu_lrn::host::{Clock, Timer};
use wgpu_lrn::{Gpu, Operation, Result, Shape, wgpu};

/// How an operation on a tensor is measured.
pub struct Patience {
    /// The most measurements of a candidate.
    pub rounds: usize,
    /// How long all candidates together may take.
    pub budget: Duration,
    /// What a measurement by timestamps lasts at least: shorter passes are repeated in it. Zero where the clock is
    /// fine.
    pub least: Duration,
}

/// The least number of measurements of a candidate.
const LEAST: usize = 3;

/// A candidate that takes so many times the best is not measured again.
const HOPELESS: f64 = 5.0;

/// How much longer a measurement by wall time lasts at least: the wait for its end is in it.
const WALL: u32 = 4;

/// How much longer a measurement may become at once.
const GROWTH: f64 = 16.0;

/// The most repetitions in a measurement. Timestamps that stay equal for all of them do not advance at all.
const MOST: u32 = 1 << 14;

/// Measures on one adapter.
pub struct Meter {
    gpu: Gpu,
    timer: Timer,
    patience: Patience,
}

/// An operation of a case by every candidate.
#[derive(Default, Serialize)]
pub struct Compared {
    pub measurements: Vec<Measurement>,
    /// What was left out.
    pub remarks: Vec<String>,
}

impl Meter {
    pub fn new(gpu: &Gpu, patience: Patience) -> Result<Meter> {
        Ok(Meter { gpu: gpu.clone(), timer: gpu.timer()?, patience })
    }

    /// Returns the name of the clock.
    pub fn clock(&self) -> &'static str {
        self.timer.clock().name()
    }

    /// Returns what the GPU lacks for a case.
    pub fn lack(&self, case: &Case) -> Result<Option<String>> {
        if !computes(&self.gpu, case.dtype) {
            return Ok(Some(format!("{} needs SHADER_F64, which is not granted", case.dtype.name())));
        }
        let needed = case.shape()?.operand_bytes();
        let granted = self.gpu.device().limits().max_buffer_size;
        Ok((needed > granted).then(|| format!("it needs buffers of {needed} bytes, and {granted} are granted")))
    }

    /// Measures every choice and every copy for an operation on a tensor.
    pub async fn compare(&mut self, case: &Case, operation: Operation) -> Result<Compared> {
        let (gpu, shape) = (self.gpu.clone(), case.shape()?);
        let buffers = Freed(buffers(&gpu, operation, &shape)?);
        let stand = Stand { gpu: &gpu, case, shape: &shape, operation, buffers: &buffers.0 };
        let mut remarks = Vec::new();
        let mut candidates = stand.candidates(&mut remarks).await?;
        self.measure(&mut candidates).await?;
        let measurements = measurements(case, &shape, operation, &candidates);
        Ok(Compared { measurements, remarks })
    }

    /// Measures all candidates in turns, so that what disturbs the machine disturbs all.
    async fn measure(&mut self, candidates: &mut [Candidate]) -> Result<()> {
        let start = Instant::now();
        for candidate in &mut *candidates {
            self.time(&candidate.work, 1).await?; // warms up: some drivers compile then
            candidate.repeats = self.repeats(&candidate.work).await?;
        }
        for round in 0..self.patience.rounds {
            if round >= LEAST && start.elapsed() > self.patience.budget {
                break;
            }
            let best = best(candidates, |candidate| candidate.choice.is_some());
            for candidate in &mut *candidates {
                let hopeless = candidate.seconds.first().is_some_and(|&s| s > best * HOPELESS);
                if !hopeless || candidate.is_copy() {
                    let time = self.time(&candidate.work, candidate.repeats).await?;
                    candidate.seconds.push(time.as_secs_f64() / f64::from(candidate.repeats));
                }
            }
        }
        Ok(())
    }

    /// Returns how often to repeat a pass until a measurement lasts long enough.
    async fn repeats(&mut self, work: &Work) -> Result<u32> {
        let mut repeats = 1;
        while !self.patience.least.is_zero() && repeats < MOST {
            let time = self.time(work, repeats).await?;
            let growth = self.least().as_secs_f64() / time.as_secs_f64();
            if growth <= 1.0 {
                break;
            }
            repeats = (repeats * growth.ceil().clamp(2.0, GROWTH) as u32).min(MOST);
        }
        Ok(repeats)
    }

    /// Returns what a measurement lasts at least by the present clock.
    fn least(&self) -> Duration {
        let longer = if self.timer.clock() == Clock::Wall { WALL } else { 1 };
        self.patience.least * longer
    }

    async fn time(&mut self, work: &Work, repeats: u32) -> Result<Duration> {
        let record = |pass: &mut wgpu::ComputePass<'_>| {
            (0..repeats).for_each(|_| work.record_in(pass));
        };
        self.timer.time(record).await
    }

    /// Returns the adapter with what was measured on it.
    pub fn adapter(&self, measurements: Vec<Measurement>) -> Adapter {
        let info = self.gpu.info();
        let copies = measurements.iter().filter(|m| is_copy(&m.kernel));
        Adapter {
            name: info.name.clone(),
            backend: info.backend.to_str().to_owned(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            wgpu: wgpu_version(),
            timer: self.clock().to_owned(),
            copy_gbps: copies.map(|m| m.gbps).fold(0.0, f64::max),
            copy_buffer_gbps: None,
            measurements,
        }
    }
}

fn measurements(case: &Case, shape: &Shape, operation: Operation, candidates: &[Candidate]) -> Vec<Measurement> {
    let copied = operation.bytes_moved(shape) as f64;
    let copy_speed = copied / best(candidates, Candidate::is_copy);
    let fastest = best(candidates, |candidate| candidate.choice.is_some());
    // They come in the order of the rule; those that the device refuses are not there.
    let rule = candidates.iter().find_map(|candidate| candidate.choice);
    let moved = case.variant.bytes_moved(operation, shape) as f64;
    let measurement = |candidate: &Candidate| {
        let seconds = candidate.median();
        let speed = if candidate.choice.is_some() { moved } else { copied } / seconds;
        Measurement {
            shape: case.name.clone(),
            dims: case.dims.clone(),
            layout: case.layout.name().to_owned(),
            dtype: case.dtype.name().to_owned(),
            precision: case.lrn.precision().name().to_owned(),
            window: case.lrn.windows().first().map(|&(behind, ahead)| [behind, ahead]),
            pass: operation.name().to_owned(),
            kernel: candidate.name.clone(),
            seconds,
            spread: (candidate.quantile(0.75) - candidate.quantile(0.25)) / seconds,
            gbps: speed / 1e9,
            fraction_of_copy: speed / copy_speed,
            rule: candidate.choice.is_some() && candidate.choice == rule,
            fastest: candidate.choice.is_some() && seconds == fastest,
        }
    };
    candidates.iter().map(measurement).collect()
}

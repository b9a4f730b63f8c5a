//! Measuring on one adapter.

use crate::args::Args;
use crate::cases::Case;
use crate::report::{Adapter, Measurement, is_copy};
use crate::table;
use benches::{Work, copy};
use std::time::{Duration, Instant};
use terminal::{Failure, note};
use wgpu_lrn::{Choice, Error, Gpu, Operation, Options, Plan, Shape, Timer, wgpu};

/// How long an operation on a tensor may be measured, all candidates together.
struct Patience {
    rounds: usize,
    budget: Duration,
}

/// The least number of measurements of a candidate.
const LEAST: usize = 3;

/// A candidate that takes so many times the best is not measured again.
const HOPELESS: f64 = 5.0;

/// Something to measure.
struct Candidate {
    name: String,
    work: Work,
    choice: Option<Choice>,
    seconds: Vec<f64>,
}

/// Measures all cases, and prints the main results.
pub fn measure(gpu: &Gpu, cases: &[Case], args: &Args) -> Result<Adapter, Failure> {
    let patience = match args.quick {
        true => Patience { rounds: 7, budget: Duration::from_millis(400) },
        false => Patience { rounds: 25, budget: Duration::from_secs(2) },
    };
    let info = gpu.info();
    let mut timer = gpu.timer()?;
    let mut measurements = Vec::new();
    table::head(info)?;
    for (number, case) in cases.iter().enumerate() {
        note(format_args!("{}/{} {case}", number + 1, cases.len()));
        if let Some(lack) = lack(gpu, case)? {
            note(format_args!("left out: {lack}"));
            continue;
        }
        for operation in Operation::ALL.iter().copied().filter(|&o| case.variant.has(o)) {
            let of_case = compare(gpu, &mut timer, case, operation, &patience)?;
            table::rows(&of_case)?;
            measurements.extend(of_case);
        }
    }
    let copies = measurements.iter().filter(|m| is_copy(&m.kernel));
    Ok(Adapter {
        name: info.name.clone(),
        backend: info.backend.to_str().to_owned(),
        driver: format!("{} {}", info.driver, info.driver_info),
        wgpu: wgpu_version(),
        timer: timer.clock().name().to_owned(),
        copy_gbps: copies.map(|m| m.gbps).fold(0.0, f64::max),
        copy_buffer_gbps: copy_buffer(gpu)?,
        measurements,
    })
}

/// What a GPU lacks for a case.
fn lack(gpu: &Gpu, case: &Case) -> Result<Option<String>, Failure> {
    if !benches::computes(gpu, case.dtype) {
        return Ok(Some(format!("{} needs SHADER_F64, which is not granted", case.dtype.name())));
    }
    let needed = case.shape()?.operand_bytes();
    let granted = gpu.device().limits().max_buffer_size;
    Ok((needed > granted)
        .then(|| format!("it needs buffers of {needed} bytes, and {granted} are granted")))
}

/// Measures every choice and every copy for an operation on a tensor. They take turns, so that what
/// disturbs the machine disturbs all.
fn compare(
    gpu: &Gpu,
    timer: &mut Timer,
    case: &Case,
    operation: Operation,
    patience: &Patience,
) -> Result<Vec<Measurement>, Failure> {
    let shape = case.shape()?;
    let mut candidates = candidates(gpu, case, &shape, operation)?;
    let start = Instant::now();
    for round in 0..=patience.rounds {
        if round > LEAST && start.elapsed() > patience.budget {
            break;
        }
        let best = best(&candidates, |candidate| candidate.choice.is_some());
        for candidate in &mut candidates {
            let hopeless = candidate.seconds.first().is_some_and(|&s| s > best * HOPELESS);
            if hopeless && !is_copy(&candidate.name) {
                continue;
            }
            let time = timer.time_blocking(|pass| candidate.work.record_in(pass))?;
            // The first has warmed up: some drivers compile then.
            if round > 0 {
                candidate.seconds.push(time.as_secs_f64());
            }
        }
    }
    let rule = Options::default().choose(&case.lrn, &shape, gpu.device().features())?;
    Ok(measurements(case, &shape, operation, &candidates, rule))
}

fn candidates(
    gpu: &Gpu,
    case: &Case,
    shape: &Shape,
    operation: Operation,
) -> Result<Vec<Candidate>, Failure> {
    let buffers = benches::buffers(gpu, operation, shape)?;
    let operands = case.variant.operands(&buffers);
    let operands: Vec<_> = operands.into_iter().map(Into::into).collect();
    let mut candidates = Vec::new();
    let mut add = |name, choice, work| {
        candidates.push(Candidate { name, choice, work, seconds: Vec::new() });
    };
    for way in copy::WAYS.into_iter().filter(|&way| copy::fits(way, shape)) {
        let copy = copy::copy(gpu, way, operation, &buffers);
        add(way.to_string(), None, Work::Copy(copy));
    }
    let choices = Choice::available(&case.lrn, shape, gpu.device().features());
    for choice in choices.into_iter().filter(|choice| case.variant.allows(choice, operation)) {
        let plan = Plan::with_options(gpu.device(), &case.lrn, shape, choice.into())?;
        match plan.bind(operation, &operands) {
            Err(refusal @ (Error::Gpu { .. } | Error::Limit { .. } | Error::Capacity { .. })) => {
                note(format_args!("left out {choice}: {refusal}"))
            }
            bound => add(choice.to_string(), Some(choice), Work::Layer(bound?)),
        }
    }
    let rule = Plan::new(gpu.device(), &case.lrn, shape)?;
    if let Some(dispatch) =
        rule.recipe(operation)?.passes.iter().find_map(|pass| pass.dispatches.first())
    {
        add("empty".to_owned(), None, Work::Copy(copy::empty(gpu, dispatch.grid)));
    }
    Ok(candidates)
}

/// The least median of some candidates; infinity at first.
fn best(candidates: &[Candidate], of: impl Fn(&Candidate) -> bool) -> f64 {
    let medians = candidates.iter().filter(|candidate| of(candidate)).map(Candidate::median);
    medians.fold(f64::INFINITY, f64::min)
}

impl Candidate {
    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get((sorted.len() as f64 * part) as usize).copied().unwrap_or(f64::INFINITY)
    }

    fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

fn measurements(
    case: &Case,
    shape: &Shape,
    operation: Operation,
    candidates: &[Candidate],
    rule: Choice,
) -> Vec<Measurement> {
    let copied = operation.bytes_moved(shape) as f64;
    let copy_speed = copied / best(candidates, |candidate| is_copy(&candidate.name));
    let fastest = best(candidates, |candidate| candidate.choice.is_some());
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
            rule: candidate.choice == Some(rule),
            fastest: candidate.choice.is_some() && seconds == fastest,
        }
    };
    candidates.iter().map(measurement).collect()
}

/// The speed of the driver's copy between buffers of 256 MiB, or what is granted; not asked of
/// software adapters.
fn copy_buffer(gpu: &Gpu) -> Result<Option<f64>, Failure> {
    if gpu.info().device_type == wgpu::DeviceType::Cpu {
        return Ok(None);
    }
    const TIMES: u32 = 10;
    let bytes = gpu.device().limits().max_buffer_size.min(256 << 20);
    let [from, to] = [gpu.buffer(bytes)?, gpu.buffer(bytes)?];
    let once = || {
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        (0..TIMES).for_each(|_| encoder.copy_buffer_to_buffer(&from, 0, &to, 0, from.size()));
        let start = Instant::now();
        gpu.queue().submit([encoder.finish()]);
        let polled = gpu.device().poll(wgpu::PollType::wait_indefinitely());
        polled.map_err(|error| Failure::Refused(format!("waiting for the GPU: {error}")))?;
        Ok::<_, Failure>(start.elapsed().as_secs_f64())
    };
    once()?; // warms up
    let seconds = once()?.min(once()?);
    Ok(Some(2.0 * from.size() as f64 * f64::from(TIMES) / seconds / 1e9))
}

/// The version that this was built with.
fn wgpu_version() -> String {
    let lock = include_str!("../../../Cargo.lock");
    let after = lock.split("name = \"wgpu\"\nversion = \"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

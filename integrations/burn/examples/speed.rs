//! Times Burn's module, ours, and a bare plan of wgpu-lrn, on the same adapter in turn.
//!
//! `cargo run --release --example speed` prints a table. With `-- --quick` it times one small layer, in seconds.

use burn::nn;
use burn::tensor::{DType, Device, Tensor, TensorData};
use std::time::Instant;
use wgpu_lrn_burn::wgpu_lrn::{self, Gpu, Lrn, Operation, Plan, Shape, block_on, wgpu};
use wgpu_lrn_burn::{LocalResponseNorm, LocalResponseNormConfig, path};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A layer of a network: its parameters are ONNX's.
struct Case {
    name: &'static str,
    dims: [usize; 4],
    size: usize,
    alpha: f64,
    k: f64,
}

const BETA: f64 = 0.75;
const QUICK: [Case; 1] = [Case { name: "small", dims: [2, 16, 9, 9], size: 5, alpha: 1e-4, k: 1.0 }];
const CASES: [Case; 6] = [
    Case { name: "AlexNet norm1", dims: [32, 96, 55, 55], size: 5, alpha: 1e-4, k: 1.0 },
    Case { name: "AlexNet norm2", dims: [8, 256, 27, 27], size: 5, alpha: 1e-4, k: 1.0 },
    Case { name: "GoogLeNet norm2", dims: [8, 192, 56, 56], size: 5, alpha: 1e-4, k: 1.0 },
    Case { name: "ZFNet norm1", dims: [8, 96, 55, 55], size: 3, alpha: 6e-5, k: 1.0 },
    Case { name: "VGG-M norm2", dims: [8, 256, 26, 26], size: 5, alpha: 5e-4, k: 2.0 },
    Case { name: "CIFAR norm1", dims: [32, 64, 12, 12], size: 9, alpha: 1e-3, k: 1.0 },
];

impl Case {
    fn ours(&self) -> LocalResponseNorm {
        let config = LocalResponseNormConfig::new(self.size);
        config.with_alpha(self.alpha).with_beta(BETA).with_k(self.k).init()
    }

    fn burns(&self) -> nn::LocalResponseNorm {
        let config = nn::LocalResponseNormConfig::new(self.size);
        config.with_alpha(self.alpha).with_beta(BETA).with_k(self.k).init()
    }

    fn lrn(&self) -> wgpu_lrn::Result<Lrn> {
        Lrn::onnx(self.size as u32).alpha(self.alpha).beta(BETA).k(self.k).build()
    }
}

/// A number that is an element in Burn and in the kernels.
trait Number: burn::tensor::Element + wgpu_lrn::Element {}
impl<T: burn::tensor::Element + wgpu_lrn::Element> Number for T {}

fn main() -> Result<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    let info = setup.adapter.get_info();
    wgpu_lrn_burn::share(&device, setup.clone())?;
    let gpu = block_on(Gpu::with_adapter(&setup.adapter))?;
    println!("{}, {}; path {}; medians in ms\n", info.name, info.driver_info, path(&device));
    println!("| layer | elements | pass | Burn's | ours | plan | Burn's / ours | ours / plan |");
    println!("|---|---|---|---|---|---|---|---|");
    let (cases, runs): (&[Case], _) = if is_quick { (&QUICK, 3) } else { (&CASES, 9) };
    let bench = Bench { device, gpu, runs };
    for case in cases {
        bench.print::<f32>(case)?;
        if bench.device.supports_dtype(DType::F16) {
            bench.print::<half::f16>(case)?;
        }
    }
    Ok(())
}

struct Bench {
    device: Device,
    gpu: Gpu,
    runs: usize,
}

impl Bench {
    fn print<T: Number>(&self, case: &Case) -> Result<()> {
        let bare = Bare::new::<T>(&self.gpu, case)?;
        let data = TensorData::new(values::<T>(&case.dims), case.dims);
        let x = Tensor::<4>::from_data(data, (&self.device, <T as burn::tensor::Element>::dtype()));
        let (burns, ours) = (case.burns(), case.ours());
        let (burns, ours) = (|x| burns.forward(x), |x| ours.forward(x));
        let plan = || bare.time(&self.gpu, Operation::Forward);
        let forward = self.medians([&|| self.forward(burns, &x), &|| self.forward(ours, &x), &plan])?;
        row::<T>(case, "forward", forward);
        let plan = || bare.time(&self.gpu, Operation::Backward);
        let backward = self.medians([&|| self.backward(burns, &x), &|| self.backward(ours, &x), &plan])?;
        let [ones] = self.medians([&|| self.ones(&x)])?;
        row::<T>(case, "backward", [(backward[0] - ones).max(0.0), (backward[1] - ones).max(0.0), backward[2]]);
        Ok(())
    }

    /// Runs each in turn, so that what slows the machine slows all. The first turns compile, tune and allocate.
    fn medians<const N: usize>(&self, timed: [&dyn Fn() -> Result<f64>; N]) -> Result<[f64; N]> {
        let mut times = [const { Vec::new() }; N];
        for _ in 0..self.runs + 2 {
            for (times, timed) in times.iter_mut().zip(timed) {
                times.push(timed()?);
            }
        }
        Ok(times.map(|times| median(times[2..].to_vec())))
    }

    fn forward(&self, layer: impl Fn(Tensor<4>) -> Tensor<4>, x: &Tensor<4>) -> Result<f64> {
        self.time(|| layer(x.clone()))
    }

    /// Returns the step of the layer, behind the ones that the graph begins with.
    fn backward(&self, layer: impl Fn(Tensor<4>) -> Tensor<4>, x: &Tensor<4>) -> Result<f64> {
        let x = x.clone().autodiff().require_grad();
        let y = layer(x.clone());
        self.time(|| x.grad(&y.backward()))
    }

    /// Measures the ones alone with which the graph begins.
    fn ones(&self, x: &Tensor<4>) -> Result<f64> {
        self.time(|| x.ones_like())
    }

    /// Measures a call. Burn does not compute what nobody can read, so the result is kept until the device is done.
    fn time<T>(&self, run: impl FnOnce() -> T) -> Result<f64> {
        self.device.sync()?;
        let start = Instant::now();
        let result = run();
        self.device.sync()?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        drop(result);
        Ok(milliseconds)
    }
}

/// A plan on a device of its own.
struct Bare {
    plan: Plan,
    operands: [wgpu::Buffer; 3],
}

impl Bare {
    fn new<T: Number>(gpu: &Gpu, case: &Case) -> Result<Bare> {
        let shape = Shape::new(&case.dims, 1)?.with_dtype(T::DTYPE);
        let plan = Plan::new(gpu.pipelines(), &case.lrn()?, &shape)?;
        let values = values::<T>(&case.dims);
        let operands = [gpu.upload(&values)?, gpu.upload(&values)?, gpu.buffer(shape.operand_bytes())?];
        Ok(Bare { plan, operands })
    }

    fn time(&self, gpu: &Gpu, operation: Operation) -> Result<f64> {
        let start = Instant::now();
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        let [x, dy, result] = &self.operands;
        match operation {
            Operation::Forward => self.plan.forward(&mut encoder, x, result)?,
            _ => self.plan.backward(&mut encoder, x, dy, result)?,
        }
        gpu.queue().submit([encoder.finish()]);
        gpu.device().poll(wgpu::PollType::wait_indefinitely())?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }
}

/// Draws numbers of both signs from −3 to 3.
fn values<T: Number>(dims: &[usize]) -> Vec<T> {
    let number = |i: u32| f64::from(i.wrapping_mul(0x9e37_79b9) >> 16) / 65_535.0 * 6.0 - 3.0;
    let count = dims.iter().product::<usize>() as u32;
    (1..=count).map(|i| <T as wgpu_lrn::Element>::from_f64(number(i))).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn row<T: Number>(case: &Case, pass: &str, [burns, ours, plan]: [f64; 3]) {
    let (name, batch, dtype) = (case.name, case.dims[0], T::DTYPE);
    let (speedup, overhead) = (burns / ours, ours / plan);
    println!(
        "| {name} × {batch} | {dtype} | {pass} | {burns:.1} | {ours:.1} | {plan:.1} | {speedup:.1} | {overhead:.2} |"
    );
}

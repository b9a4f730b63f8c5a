//! Runs and times Burn's LocalResponseNorm on Vulkan: one job, described by `key=value` arguments.
//!
//! `pass=forward|backward dims=N,C,H,W size=n alpha= beta= k= x=FILE dy=FILE out=FILE runs=COUNT`,
//! where the files hold raw little-endian f32. The answer is one line of JSON, with the wall time of
//! each run of the layer and of a copy of the tensor by the same device.

use burn::nn::{LocalResponseNorm, LocalResponseNormConfig};
use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::HashMap;
use std::error::Error;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Job(HashMap<String, String>);

impl Job {
    fn text(&self, key: &str) -> Result<&str> {
        Ok(self.0.get(key).ok_or_else(|| format!("{key}= is missing"))?)
    }

    fn number(&self, key: &str) -> Result<f64> {
        self.text(key)?.parse().map_err(|e| format!("{key}: {e}").into())
    }

    fn layer(&self) -> Result<LocalResponseNorm> {
        Ok(LocalResponseNormConfig::new(self.number("size")? as usize)
            .with_alpha(self.number("alpha")?)
            .with_beta(self.number("beta")?)
            .with_k(self.number("k")?)
            .init())
    }

    fn tensor(&self, key: &str, device: &Device) -> Result<Tensor<4>> {
        let dims: Vec<usize> =
            self.text("dims")?.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
        let dims: [usize; 4] = dims.try_into().map_err(|_| "dims: four numbers")?;
        let bytes = std::fs::read(self.text(key)?)?;
        let values: Vec<f32> =
            bytes.as_chunks::<4>().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
        Ok(Tensor::from_data(TensorData::new(values, dims), device))
    }

    fn write(&self, answer: Tensor<4>) -> Result<()> {
        let values = answer.into_data().try_to_vec::<f32>().map_err(|e| format!("{e:?}"))?;
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        Ok(std::fs::write(self.text("out")?, bytes)?)
    }
}

/// Seconds of each run until the device is done; `prepare` is not counted.
fn time<P>(
    runs: usize,
    device: &Device,
    mut prepare: impl FnMut() -> P,
    mut run: impl FnMut(P) -> Tensor<4>,
) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..runs + 2 {
        let prepared = prepare();
        device.sync()?;
        let start = Instant::now();
        let answer = run(prepared);
        device.sync()?; // before the answer is dropped: what nobody can read is not computed
        seconds.push(start.elapsed().as_secs_f64());
        drop(answer);
    }
    Ok(seconds.split_off(2)) // the first ones compile and tune
}

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1);
    let job = Job(arguments
        .filter_map(|a| Some(a.split_once('=')?).map(|(k, v)| (k.into(), v.into())))
        .collect());
    let (device, setup) =
        Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init_with_setup()?;
    let info = setup.adapter.get_info();
    let runs = job.number("runs")? as usize;
    let layer = job.layer()?;

    let source = job.tensor("x", &device)?;
    let copies = time(runs, &device, || (), |()| source.clone().mul_scalar(1.0))?;

    let seconds = if job.text("pass")? == "forward" {
        job.write(layer.forward(source.clone()))?;
        time(runs, &device, || (), |()| layer.forward(source.clone()))?
    } else {
        let device = device.clone().autodiff();
        let (x, dy) = (job.tensor("x", &device)?, job.tensor("dy", &device)?);
        // Burn differentiates a scalar: this one has the derivative dy by the layer's output.
        let forward = || {
            let x = x.clone().require_grad();
            (x.clone(), (layer.forward(x) * dy.clone()).sum())
        };
        let backward = |(x, scalar): (Tensor<4>, Tensor<1>)| {
            x.grad(&scalar.backward()).expect("x has a gradient")
        };
        job.write(backward(forward()))?;
        time(runs, &device, forward, backward)?
    };
    println!(
        "{{\"name\": {:?}, \"driver\": {:?}, \"burn\": \"burn 0.22.1\", \"seconds\": {seconds:?}, \"copy_seconds\": {copies:?}}}",
        info.name,
        format!("{} {}", info.driver, info.driver_info),
    );
    Ok(())
}

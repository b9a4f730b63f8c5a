//! Where the layer runs: a GPU, or the CPU reference.

use clap::ValueEnum;
use std::time::Instant;
use terminal::Failure;
use wgpu_lrn::program::{Pass, Program, Target};
use wgpu_lrn::{Element, Gpu, Kernel, Lrn, Operation, Plan, Shape, Tuning, block_on, cpu, host, wgpu};

/// What `--device` asks for; auto is a GPU where there is one, else the CPU reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DeviceChoice {
    Auto,
    Gpu,
    Cpu,
}

/// Where the layer runs.
pub struct Device {
    /// An opened GPU; none is the CPU reference.
    pub gpu: Option<Gpu>,
    /// The kernel that was forced.
    pub kernel: Option<Kernel>,
    /// What to know of it though all is well.
    pub remark: Option<&'static str>,
}

/// A result, and what it took.
pub struct Run<T> {
    /// The result.
    pub values: Vec<T>,
    /// The name of the kernel, or `reference`.
    pub kernel: &'static str,
    /// From submission until the device is done, once everything is uploaded and compiled.
    pub seconds: f64,
    /// The bytes that had to move: each input once, and the result.
    pub bytes: u64,
}

impl Device {
    /// Opens what is asked for.
    pub fn open(choice: DeviceChoice, adapter: Option<&str>, kernel: Option<Kernel>) -> Result<Device, Failure> {
        if choice == DeviceChoice::Cpu {
            return reference(adapter, kernel);
        }
        let named = std::env::var("WGPU_ADAPTER_NAME").ok();
        let name = adapter.map(str::to_owned).or(named);
        let adapters = block_on(host::adapters());
        let any = choice == DeviceChoice::Auto && name.is_none() && kernel.is_none();
        if any && adapters.is_empty() {
            let remark = "no GPU adapter is present: this was computed by the CPU reference";
            return Ok(Device { gpu: None, kernel, remark: Some(remark) });
        }
        let gpu = block_on(Gpu::with_adapter(&host::find_adapter(adapters, name.as_deref())?))?;
        let software = gpu.info().device_type == wgpu::DeviceType::Cpu;
        let remark = software.then_some("this was computed by a software adapter, on the CPU");
        Ok(Device { gpu: Some(gpu), kernel, remark })
    }

    /// Returns `true` if an operand fits a buffer of the device.
    pub fn holds(&self, shape: &Shape) -> bool {
        self.gpu.as_ref().is_none_or(|gpu| shape.operand_bytes() <= gpu.device().limits().max_buffer_size)
    }

    /// Runs and times an operation on its inputs, in the order of [`Operation::operands`]; of a
    /// blended layer also on what the result holds before.
    pub fn run<T: Element>(
        &self,
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        inputs: &[&[T]],
    ) -> Result<Run<T>, Failure> {
        let (values, kernel, seconds) = match &self.gpu {
            Some(gpu) => {
                let layer = gpu.layer_with_tuning(lrn, shape, self.tuning())?;
                // This also compiles, so that the next run is that of a warm device.
                let values = block_on(layer.run(operation, inputs))?;
                let (kernel, seconds) = time(gpu, layer.plan(), operation, inputs)?;
                (values, kernel.name(), seconds)
            }
            None => {
                let start = Instant::now();
                let values = cpu::run(lrn, shape, operation, inputs)?;
                let seconds = start.elapsed().as_secs_f64();
                (values.into_iter().map(T::from_f64).collect(), "reference", seconds)
            }
        };
        let operands = inputs.len() as u64 + 1;
        Ok(Run { values, kernel, seconds, bytes: shape.bytes().saturating_mul(operands) })
    }

    /// Returns the shaders of an operation, each after a line with its label and its entry point.
    pub fn wgsl(&self, lrn: &Lrn, shape: &Shape, operation: Operation) -> Result<String, Failure> {
        let Some(gpu) = &self.gpu else {
            let problem = "the CPU reference has no shaders; leave out --wgsl, or name a GPU adapter";
            return Err(Failure::Refused(problem.to_owned()));
        };
        let (features, limits) = (gpu.device().features(), gpu.device().limits());
        let target = Target { features, limits, tuning: self.tuning(), in_place: false };
        let program = Program::new(lrn, shape, operation, &target)?;
        let text = |pass: Pass<'_>| format!("// {}: {}\n\n{}\n", pass.label(), pass.entry_point(), pass.wgsl());
        Ok(program.passes().map(text).collect())
    }

    /// Returns the kernel that is forced, for all operations.
    pub fn tuning(&self) -> Tuning {
        Tuning::default().with_kernel(self.kernel)
    }

    /// Returns the line that ends standard output, for a script to read.
    pub fn line<T: Element>(&self, lrn: &Lrn, run: &Run<T>) -> String {
        let place = match &self.gpu {
            Some(gpu) => {
                format!("device={:?} backend={}", gpu.info().name, gpu.info().backend)
            }
            None => "device=cpu backend=none".to_owned(),
        };
        let Run { kernel, seconds, bytes, .. } = run;
        let (dtype, precision) = (T::DTYPE.name(), lrn.precision().name());
        let gbps = *bytes as f64 / seconds.max(1e-9) / 1e9;
        format!(
            "{place} kernel={kernel} dtype={dtype} precision={precision} seconds={seconds:.9} \
             gbps={gbps:.3}"
        )
    }
}

fn reference(adapter: Option<&str>, kernel: Option<Kernel>) -> Result<Device, Failure> {
    if adapter.is_none() && kernel.is_none() {
        return Ok(Device { gpu: None, kernel, remark: None });
    }
    let problem = "--device cpu has no adapters and no kernels; leave out --adapter and --kernel, \
                   or use --device gpu";
    Err(Failure::Refused(problem.to_owned()))
}

/// Returns the kernel that runs, and the seconds from submission until the GPU is done.
fn time<T: Element>(gpu: &Gpu, plan: &Plan, operation: Operation, inputs: &[&[T]]) -> Result<(Kernel, f64), Failure> {
    let buffers: Result<Vec<_>, _> = inputs.iter().map(|input| gpu.upload(input)).collect();
    let mut buffers = buffers?;
    if buffers.len() < operation.operands().len() {
        buffers.push(gpu.buffer(plan.shape().bytes())?);
    }
    let operands: Vec<_> = buffers.iter().map(Into::into).collect();
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    let bound = plan.bind(operation, &operands)?;
    bound.record(&mut encoder);
    wait(gpu, [])?; // the uploads
    let start = Instant::now();
    wait(gpu, [encoder.finish()])?;
    Ok((bound.choice().kernel, start.elapsed().as_secs_f64()))
}

fn wait<const N: usize>(gpu: &Gpu, commands: [wgpu::CommandBuffer; N]) -> Result<(), Failure> {
    gpu.queue().submit(commands);
    let polled = gpu.device().poll(wgpu::PollType::wait_indefinitely());
    polled.map(drop).map_err(|error| Failure::Refused(format!("waiting for the GPU: {error}")))
}

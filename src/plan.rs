//! A layer on a device: pipelines and uniforms, ready to be recorded.

mod bound;
mod pipeline;

use crate::recipe::Recipe;
use crate::{Choice, Error, Lrn, Operand, Operation, Options, Result, Shape, Tuning};
pub use bound::Bound;
use pipeline::Pipelines;
use std::sync::{Arc, OnceLock};

/// One layer on one shape on one device.
///
/// A plan only records: into the caller's encoder, on the caller's buffers. It holds no queue and
/// waits for nothing. An operation is planned and its pipelines are compiled when it is first recorded,
/// or by [`Plan::prepare`]. Clones share everything.
#[derive(Clone, Debug)]
pub struct Plan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    lrn: Lrn,
    shape: Shape,
    /// Where operands may start.
    alignment: u64,
    /// The choice for each operation.
    tuning: Tuning,
    /// What chooses a kernel in place, where the tuned one cannot.
    options: Options,
    /// Each operation once it is needed, and each in place.
    operations: [OnceLock<Result<Planned>>; 3],
    in_place: [OnceLock<Result<Planned>>; 3],
}

/// An operation, and its pipelines once it is recorded.
#[derive(Debug)]
struct Planned {
    recipe: Recipe,
    pipelines: OnceLock<Result<Pipelines>>,
}

impl Plan {
    /// Plans a layer for a shape; compiles nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Windows`] where the layer has not one window for each axis of the shape, and
    /// [`Error::Feature`] where the device lacks f64.
    pub fn new(device: &wgpu::Device, lrn: &Lrn, shape: &Shape) -> Result<Plan> {
        Self::with_options(device, lrn, shape, Options::default())
    }

    /// Plans with choices made by the caller.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`]; also [`Error::Unavailable`] where nothing fits what is forced.
    pub fn with_options(
        device: &wgpu::Device,
        lrn: &Lrn,
        shape: &Shape,
        options: Options,
    ) -> Result<Plan> {
        let choice = options.choose(lrn, shape, device.features())?;
        Self::planned(device, lrn, shape, &choice.into(), options)
    }

    /// Plans with a choice for each operation, such as [`Gpu::tune_blocking`](crate::Gpu) finds.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`]; also [`Error::Unavailable`] where a choice does not fit the layer or the
    /// device.
    pub fn with_tuning(
        device: &wgpu::Device,
        lrn: &Lrn,
        shape: &Shape,
        tuning: &Tuning,
    ) -> Result<Plan> {
        Self::planned(device, lrn, shape, tuning, Options::default())
    }

    fn planned(
        device: &wgpu::Device,
        lrn: &Lrn,
        shape: &Shape,
        tuning: &Tuning,
        options: Options,
    ) -> Result<Plan> {
        for operation in Operation::ALL {
            Options::from(tuning.choice(operation)).choose(lrn, shape, device.features())?;
        }
        Ok(Plan {
            inner: Arc::new(Inner {
                device: device.clone(),
                lrn: lrn.clone(),
                shape: shape.clone(),
                alignment: device.limits().min_storage_buffer_offset_alignment.into(),
                tuning: *tuning,
                options,
                operations: Default::default(),
                in_place: Default::default(),
            }),
        })
    }

    /// Records s = [`Operation::SquareSums`] of x. Both span the shape's bytes.
    ///
    /// # Errors
    ///
    /// Where an operand has the wrong size, range, alignment or usage, where two overlap, and as
    /// [`Plan::prepare`]. A refused call records nothing.
    pub fn square_sums<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        s: impl Into<Operand<'a>>,
    ) -> Result<()> {
        self.record(encoder, Operation::SquareSums, &[x.into(), s.into()])
    }

    /// Records y = [`Operation::Forward`] of x. Both span the shape's bytes; they may be the same.
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`].
    pub fn forward<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        y: impl Into<Operand<'a>>,
    ) -> Result<()> {
        self.record(encoder, Operation::Forward, &[x.into(), y.into()])
    }

    /// Records dx = [`Operation::Backward`] of x and dy. All span the shape's bytes; dx may be the same
    /// as dy.
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`].
    pub fn backward<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        dy: impl Into<Operand<'a>>,
        dx: impl Into<Operand<'a>>,
    ) -> Result<()> {
        let operands = [x.into(), dy.into(), dx.into()];
        self.record(encoder, Operation::Backward, &operands)
    }

    /// Records an operation, named by a value, as one compute pass. The operands come in the order
    /// of [`Operation::operands`].
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`]; also [`Error::Operands`] where their number is wrong.
    pub fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        operation: Operation,
        operands: &[Operand<'_>],
    ) -> Result<()> {
        self.bind(operation, operands)?.record(encoder);
        Ok(())
    }

    /// Records an operation into a compute pass of the caller, as [`Plan::record`] does into an
    /// encoder.
    ///
    /// # Errors
    ///
    /// As [`Plan::record`].
    pub fn record_in(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        operation: Operation,
        operands: &[Operand<'_>],
    ) -> Result<()> {
        self.bind(operation, operands)?.record_in(pass);
        Ok(())
    }

    /// Binds operands to an operation, for those who record the same again and again: that then
    /// checks nothing and creates nothing.
    ///
    /// # Errors
    ///
    /// As [`Plan::record`].
    pub fn bind(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<Bound> {
        let in_place = self.check(operation, operands)?;
        if self.inner.shape.is_empty() {
            return Ok(Bound::nothing());
        }
        let planned =
            if in_place { self.inner.in_place(operation)? } else { self.inner.apart(operation)? };
        let pipelines = planned.pipelines(&self.inner.device)?;
        Ok(pipelines.bind(&self.inner.device, &planned.recipe, operands))
    }

    /// Plans an operation and compiles its pipelines now, rather than when it is first recorded; not in place.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where the device's limits fit no cut of the tensor, and
    /// [`Error::Gpu`] where the driver refuses a pipeline (native only: a browser compiles later).
    pub fn prepare(&self, operation: Operation) -> Result<()> {
        if self.inner.shape.is_empty() {
            return Ok(());
        }
        self.inner.apart(operation)?.pipelines(&self.inner.device).map(|_| ())
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        &self.inner.device
    }

    /// The layer.
    pub fn lrn(&self) -> &Lrn {
        &self.inner.lrn
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.inner.shape
    }

    /// The choice that computes an operation; in place it may be another.
    pub fn choice(&self, operation: Operation) -> Choice {
        self.inner.tuning.choice(operation)
    }

    /// What is decided for an operation.
    #[doc(hidden)]
    pub fn recipe(&self, operation: Operation) -> Result<&Recipe> {
        self.inner.apart(operation).map(|planned| &planned.recipe)
    }

    /// Refuses operands before anything reaches wgpu; tells whether the result takes the place of an
    /// input.
    fn check(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<bool> {
        let names = operation.operands();
        operation.check_count(operands.len())?;
        let alignment = self.inner.alignment;
        for (operand, name) in operands.iter().zip(names) {
            operand.check(name, self.inner.shape.operand_bytes(), alignment)?;
        }
        let result = operands.len() - 1;
        let replaced = operation.replaceable().filter(|&at| operands[at].is(&operands[result]));
        for (second, &name) in names.iter().enumerate() {
            let overlapping = |&first: &usize| {
                let in_place = second == result && Some(first) == replaced;
                !in_place && operands[first].overlaps(&operands[second])
            };
            if let Some(first) = (0..second).find(overlapping) {
                let (first, second) = (names[first], name);
                return Err(Error::Overlap { first, second });
            }
        }
        Ok(replaced.is_some())
    }
}

impl Inner {
    /// Plans an operation on operands of its own, the first time.
    fn apart(&self, operation: Operation) -> Result<&Planned> {
        let Inner { device, lrn, shape, tuning, .. } = self;
        let plan = || {
            let choice = tuning.choice(operation);
            let (features, limits) = (device.features(), device.limits());
            Recipe::new(lrn, shape, operation, choice, features, &limits).map(Planned::new)
        };
        self.operations[operation as usize].get_or_init(plan).as_ref().map_err(Error::clone)
    }

    /// Plans an operation in place, the first time: with the choice for it, or where that cannot, with
    /// the preferred one that has what is forced and fits the limits.
    fn in_place(&self, operation: Operation) -> Result<&Planned> {
        let Inner { device, lrn, shape, options, .. } = self;
        let (features, limits) = (device.features(), device.limits());
        let plan = || {
            let tuned = Options::from(self.tuning.choice(operation));
            let choose =
                |options: &Options| options.choose_in_place(lrn, shape, features, operation);
            let recipe = |choice| {
                Recipe::in_place(lrn, shape, operation, choice, features, &limits).map(Planned::new)
            };
            recipe(choose(&tuned).or_else(|_| choose(options))?).or_else(|refused| {
                let mut others = Choice::available(lrn, shape, features)
                    .into_iter()
                    .filter(|choice| options.admits(choice) && choice.computes_in_place(operation));
                others.find_map(|choice| recipe(choice).ok()).ok_or(refused)
            })
        };
        self.in_place[operation as usize].get_or_init(plan).as_ref().map_err(Error::clone)
    }
}

impl Planned {
    fn new(recipe: Recipe) -> Planned {
        Planned { recipe, pipelines: OnceLock::new() }
    }

    /// Compiles them, the first time.
    fn pipelines(&self, device: &wgpu::Device) -> Result<&Pipelines> {
        let pipelines = self.pipelines.get_or_init(|| Pipelines::new(device, &self.recipe));
        pipelines.as_ref().map_err(Error::clone)
    }
}

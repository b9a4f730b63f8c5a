//! A layer on a device: pipelines and uniforms, ready to be recorded.

mod bound;
mod chunk;
mod prepared;

use crate::device;
use crate::kernel::Problem;
use crate::lazy::Lazy;
use crate::recipe::Recipe;
use crate::{Choice, Error, Lrn, Operand, Operation, Pipelines, Result, Segments, Shape, Tuning};
pub use bound::BoundOperation;
pub(crate) use chunk::{Chunk, Cut, IN_FLIGHT, Runs};
use prepared::Prepared;
use std::sync::Arc;

const PREPARING: &str = "preparing an operation";

/// Plans one layer on one shape on one device.
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
    pipelines: Pipelines,
    problem: Problem,
    /// Where operands may start.
    alignment: u64,
    tuning: Tuning,
    /// The choice that is tried first for each operation.
    preferred: Vec<Choice>,
    /// Each operation once it is needed, and each in place.
    operations: [[Lazy<Prepared>; 3]; 2],
}

impl Plan {
    /// Plans a layer for a shape; compiles nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Windows`] where the layer does not have one window for each axis of the shape, and
    /// [`Error::Feature`] where the device lacks f64; [`Error::DeviceLost`].
    pub fn new(pipelines: impl Into<Pipelines>, lrn: &Lrn, shape: &Shape) -> Result<Plan> {
        Self::with_tuning(pipelines, lrn, shape, Tuning::default())
    }

    /// Plans with choices made in advance: a [`Kernel`](crate::Kernel) or a [`Choice`] for all operations, or what
    /// [`Gpu::tune`](crate::Gpu::tune) finds for each.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`]; also [`Error::Unavailable`] where no choice is as the tuning gives it.
    pub fn with_tuning(
        pipelines: impl Into<Pipelines>,
        lrn: &Lrn,
        shape: &Shape,
        tuning: impl Into<Tuning>,
    ) -> Result<Plan> {
        let pipelines = pipelines.into();
        let device = pipelines.device();
        device::check(device, "making a plan")?;
        let tuning = tuning.into();
        let problem = Problem::new(lrn, shape, device.features())?;
        let problem = Problem { segments: Segments::of(device), ..problem };
        let preferred = |&operation| Ok(tuning.admitted(&problem, operation, false)?[0]);
        Ok(Plan {
            inner: Arc::new(Inner {
                alignment: device.limits().min_storage_buffer_offset_alignment.into(),
                preferred: Operation::ALL.iter().map(preferred).collect::<Result<_>>()?,
                problem,
                tuning,
                operations: Default::default(),
                pipelines,
            }),
        })
    }

    /// Records s = [`Operation::SquareSums`] of x. Both span [`Shape::operand_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::BufferSize`], [`Error::BufferRange`], [`Error::BufferAlignment`], [`Error::BufferUsage`],
    /// [`Error::Overlap`], and as [`Plan::prepare`]. A refused call records nothing.
    pub fn square_sums<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        s: impl Into<Operand<'a>>,
    ) -> Result<()> {
        self.record(encoder, Operation::SquareSums, &[x.into(), s.into()])
    }

    /// Records y = [`Operation::Forward`] of x. Both span [`Shape::operand_bytes`]; they may be the same.
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

    /// Records dx = [`Operation::Backward`] of x and dy. All span [`Shape::operand_bytes`]; dx may be
    /// the same as dy.
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

    /// Records `operation` as one compute pass. The operands are in the order
    /// of [`Operation::operands`]. It checks them and creates bind groups, each time; see [`Plan::bind`].
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

    /// Records `operation` into a compute pass of the caller, as [`Plan::record`] does into an
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

    /// Binds operands to an operation that is recorded again and again: recording it checks nothing and creates
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`Plan::record`].
    pub fn bind(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<BoundOperation> {
        self.check(operation, operands)?;
        let in_place = replaced(operation, operands).is_some();
        if self.inner.problem.shape.is_empty() {
            device::check(self.device(), "binding operands")?;
            return Ok(BoundOperation::nothing(self.preferred_choice(operation)));
        }
        let prepared = self.inner.prepared(operation, in_place)?;
        prepared.bind(self.device(), operands)
    }

    /// Compiles the pipelines of an operation on separate operands, and returns the choice that computes it. Those of
    /// an operation in place are compiled when it is first bound.
    ///
    /// Natively the thread that polls this compiles. A browser compiles in a process of its own, and the caller's
    /// thread goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where the device's limits fit no cut of the tensor, [`Error::Capacity`] where they fit no
    /// kernel, [`Error::AxisLength`], [`Error::OutOfMemory`], [`Error::DeviceLost`], and [`Error::Gpu`] where the
    /// driver refuses a pipeline.
    pub async fn prepare(&self, operation: Operation) -> Result<Choice> {
        if self.inner.problem.shape.is_empty() {
            let choice = || Ok(self.preferred_choice(operation));
            return device::reported(self.device(), PREPARING, choice).await;
        }
        self.forget(operation);
        let prepare = || self.inner.prepared(operation, false);
        let prepared = device::reported(self.device(), PREPARING, prepare).await;
        let prepared = prepared.inspect_err(|_| self.forget(operation))?;
        prepared.accept();
        Ok(prepared.choice)
    }

    /// Returns `true` if an operation is prepared, and the device has accepted it.
    pub(crate) fn is_prepared(&self, operation: Operation) -> bool {
        let prepared = self.inner.lazy(operation, false).made();
        prepared.is_some_and(|prepared| prepared.is_accepted())
    }

    /// Forgets what is prepared for an operation, and not accepted: a browser may have refused it, and the next call is
    /// to try again.
    pub(crate) fn forget(&self, operation: Operation) {
        if !device::HEARS_AT_ONCE {
            self.inner.forget(operation, false);
            self.inner.forget(operation, true);
        }
    }

    /// Returns the device.
    pub fn device(&self) -> &wgpu::Device {
        self.inner.pipelines.device()
    }

    /// Returns the layer.
    pub fn lrn(&self) -> &Lrn {
        &self.inner.problem.lrn
    }

    /// Returns the shape.
    pub fn shape(&self) -> &Shape {
        &self.inner.problem.shape
    }

    /// Returns the choice that the plan tries first for an operation. [`Plan::prepare`] and [`BoundOperation::choice`]
    /// return the one that computes it.
    pub fn preferred_choice(&self, operation: Operation) -> Choice {
        self.inner.preferred[operation as usize]
    }

    /// Returns the tuning that the plan was made with.
    pub(crate) fn tuning(&self) -> Tuning {
        self.inner.tuning
    }

    /// Returns the recipe of an operation.
    #[doc(hidden)]
    pub fn recipe(&self, operation: Operation) -> Result<Recipe> {
        self.inner.recipe(operation, false)
    }

    /// Refuses operands before anything reaches wgpu.
    fn check(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<()> {
        let names = operation.operands();
        operation.check_count(operands.len())?;
        let alignment = self.inner.alignment;
        for (operand, name) in operands.iter().zip(names) {
            operand.check(name, self.inner.problem.shape.operand_bytes(), alignment)?;
        }
        let replaced = replaced(operation, operands);
        for (second, &name) in names.iter().enumerate() {
            let overlapping = |&first: &usize| {
                let in_place = second == operation.inputs() && Some(first) == replaced;
                !in_place && operands[first].overlaps(&operands[second])
            };
            if let Some(first) = (0..second).find(overlapping) {
                let (first, second) = (names[first], name);
                return Err(Error::Overlap { first, second });
            }
        }
        Ok(())
    }
}

/// Returns the input whose place the result takes.
fn replaced(operation: Operation, operands: &[Operand<'_>]) -> Option<usize> {
    operation.replaceable().filter(|&at| operands[at].is(&operands[operation.inputs()]))
}

impl Inner {
    /// Plans and compiles an operation, the first time.
    fn prepared(&self, operation: Operation, in_place: bool) -> Result<Arc<Prepared>> {
        let make = || Prepared::new(&self.pipelines, self.recipe(operation, in_place)?);
        self.lazy(operation, in_place).get(make)
    }

    fn lazy(&self, operation: Operation, in_place: bool) -> &Lazy<Prepared> {
        &self.operations[usize::from(in_place)][operation as usize]
    }

    fn forget(&self, operation: Operation, in_place: bool) {
        let lazy = self.lazy(operation, in_place);
        if let Some(prepared) = lazy.made().filter(|prepared| !prepared.is_accepted()) {
            prepared.shaders().for_each(|shader| self.pipelines.forget(shader));
            lazy.forget(&prepared);
        }
    }

    /// Decides everything by the preferred choice; if that is refused, by the next one that is not.
    fn recipe(&self, operation: Operation, in_place: bool) -> Result<Recipe> {
        let Inner { pipelines, problem, tuning, .. } = self;
        Recipe::of(problem, operation, in_place, *tuning, &pipelines.device().limits())
    }
}

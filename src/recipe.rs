//! Every decision, as a pure value: which kernel, with which constants, over which regions.
//!
//! Nothing here needs a device, so everything here can be tested without one.

mod cut;
mod pass;
mod rows;
mod stages;
mod tensor;

use crate::axis::MOST_CHANNELS;
use crate::binding::{UNIFORM, WORKSPACE};
use crate::kernel::{Geometry, Problem, Task};
use crate::limit::exceeded;
use crate::params::{LayerParams, Params, PartParams};
use crate::precision::Arithmetic;
use crate::shader::{Power, Shader, Storage};
use crate::{Choice, Error, Kernel, Lrn, Operation, Result, Shape, Tuning, rule};
use cut::{Part, Region};
use log::debug;
pub use pass::{Content, Dispatch, Pass};
pub(crate) use rows::Rows;
use stages::Draft;
use std::ops::Range;
use tensor::Tensor;
pub(crate) use tensor::joined;

/// How one operation on one shape is carried out on a device with certain limits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// The choice that computes it.
    pub choice: Choice,
    /// Along one axis, or along two by *plane* or *slab*: one pass, or for backward two where one does not fit a binding. Along
    /// several axes: one for each, or for backward two. A pass needs what those before it have written; but *row* may
    /// leave its last pixels to a second pass by *pixel*.
    pub passes: Vec<Pass>,
    /// Tensors between the passes.
    pub temporaries: usize,
    /// The bytes of each temporary.
    pub temporary: u64,
}

impl Recipe {
    /// Decides everything by the choice that a tuning prefers; if that is refused, by the next one that is not. In
    /// place the result is where an input is: y that of x, dx that of dy.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where the tuning allows no choice that fits the layer, [`Error::Capacity`] where it does
    /// not fit a workgroup, [`Error::AxisLength`], and [`Error::Limit`] where no cut of the tensor fits the limits: one
    /// channel of one image with its window exceeds `max_storage_buffer_binding_size`; or, along several axes, sums
    /// exceed `max_buffer_size`, or `max_storage_buffers_per_shader_stage` is too few; or, in place, an image has to be
    /// cut.
    pub fn new(
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        in_place: bool,
        tuning: impl Into<Tuning>,
        features: wgpu::Features,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        let problem = Problem::new(lrn, shape, features)?;
        Recipe::of(&problem, operation, in_place, tuning.into(), limits)
    }

    /// Decides how to compute a problem by some choice.
    pub(crate) fn of(
        problem: &Problem,
        operation: Operation,
        in_place: bool,
        tuning: Tuning,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        let choices = tuning.admitted(problem, operation, in_place)?;
        let recipe = |&choice: &Choice| Context { problem, operation, in_place, choice, limits }.logged();
        let preferred = recipe(&choices[0]);
        if preferred.is_ok() {
            return preferred;
        }
        choices[1..].iter().map(recipe).find(Result::is_ok).unwrap_or(preferred)
    }

    /// Returns how many tensors one choice hands on between its passes.
    pub(crate) fn temporaries_of(problem: &Problem, operation: Operation, choice: Choice) -> usize {
        stages::temporaries(&stages::drafts(choice.kernel, operation, false, &problem.axes))
    }
}

/// What a recipe is for.
#[derive(Clone, Copy)]
struct Context<'a> {
    problem: &'a Problem,
    operation: Operation,
    in_place: bool,
    choice: Choice,
    limits: &'a wgpu::Limits,
}

impl Context<'_> {
    fn logged(&self) -> Result<Recipe> {
        let Context { problem, operation, choice, .. } = self;
        let recipe = self.recipe();
        match &recipe {
            Ok(_) => debug!("{operation} by {choice}: {}", rule::reason(problem, choice.kernel)),
            Err(error) => debug!("{operation} not by {choice}: {error}"),
        }
        recipe
    }

    fn recipe(&self) -> Result<Recipe> {
        self.check()?;
        let recipe = self.of_drafts(&self.drafts());
        match (&recipe, &self.problem.axes[..]) {
            (Err(Error::Limit { .. } | Error::Capacity { .. }), [axis]) if self.can_split() => {
                self.of_drafts(&stages::split(*axis)).or(recipe)
            }
            _ => recipe,
        }
    }

    fn drafts(&self) -> Vec<Draft> {
        stages::drafts(self.choice.kernel, self.operation, self.in_place, &self.problem.axes)
    }

    /// Refuses tensors that no buffer holds.
    fn check(&self) -> Result<()> {
        let (needed, granted) = (self.problem.shape.operand_bytes(), self.limits.max_buffer_size);
        if needed > granted {
            return Err(exceeded("max_buffer_size", needed, granted));
        }
        self.check_axes()
    }

    /// Refuses axes that no kernel counts, and devices that run nothing.
    fn check_axes(&self) -> Result<()> {
        let limits = self.limits;
        if let Some(long) = self.problem.axes.iter().find(|axis| axis.channels > MOST_CHANNELS) {
            return Err(Error::AxisLength { channels: long.channels, most: MOST_CHANNELS });
        }
        let counts = [
            ("max_compute_invocations_per_workgroup", limits.max_compute_invocations_per_workgroup),
            ("max_compute_workgroup_size_x", limits.max_compute_workgroup_size_x),
            ("max_compute_workgroups_per_dimension", limits.max_compute_workgroups_per_dimension),
        ];
        match counts.into_iter().find(|&(_, granted)| granted == 0) {
            Some((limit, _)) => Err(exceeded(limit, 1, 0)),
            None => Ok(()),
        }
    }

    /// Returns `true` if backward along one axis may sum squares in a pass of its own: where that rounds them no more.
    fn can_split(&self) -> bool {
        self.operation == Operation::Backward
            && self.choice.kernel.design().has_stages()
            && !self.in_place
            && self.problem.arithmetic != Arithmetic::Pair
    }

    fn of_drafts(&self, drafts: &[Draft]) -> Result<Recipe> {
        let passes: Result<Vec<_>> = drafts.iter().map(|draft| self.pass(draft)).collect();
        let mut passes = passes?;
        passes.extend(self.rest(drafts)?);
        let temporaries = stages::temporaries(drafts);
        let temporary = self.problem.shape.elements().saturating_mul(self.problem.shape.dtype().bytes_of_sum());
        let granted = self.limits.max_buffer_size;
        if temporaries > 0 && temporary > granted {
            return Err(exceeded("max_buffer_size", temporary, granted));
        }
        Ok(Recipe { choice: self.choice, passes, temporaries, temporary })
    }

    /// Returns a pass by *pixel* for the last pixels, where *row* joins several and some are left over.
    fn rest(&self, drafts: &[Draft]) -> Result<Option<Pass>> {
        let [draft] = drafts else { return Ok(None) };
        let joined = joined(self.choice.kernel, &draft.axis);
        let first_image = draft.axis.outer / joined * joined;
        if first_image == draft.axis.outer {
            return Ok(None);
        }
        let choice = Choice::new(Kernel::Pixel, 1);
        let rest = Draft { first_image, bindings: draft.bindings.clone(), ..*draft };
        Context { choice, ..*self }.pass(&rest).map(Some)
    }

    fn pass(&self, draft: &Draft) -> Result<Pass> {
        let outline = self.outline(draft)?;
        let Outline { tensor, task, geometry } = &outline;
        let regions = cut::regions(tensor, tensor.halo(task.halo()), geometry.unit)?;
        let dispatches =
            regions.iter().flat_map(|region| self.dispatches(&outline, region, &Bound::of(region, tensor)));
        self.pass_of(draft, &outline, dispatches.collect())
    }

    fn outline(&self, draft: &Draft) -> Result<Outline<'_>> {
        let tensor = Tensor::new(draft, self.problem.shape.dtype(), self.choice, self.limits);
        let task = self.task(draft, &tensor);
        let geometry = self.choice.kernel.design().geometry(&task)?;
        Ok(Outline { tensor, task, geometry })
    }

    fn pass_of(&self, draft: &Draft, outline: &Outline<'_>, dispatches: Vec<Dispatch>) -> Result<Pass> {
        let Outline { task, geometry, .. } = outline;
        let groups = dispatches.iter().map(Dispatch::workgroups).max();
        let workspace = groups.unwrap_or(0) * geometry.workspace;
        let mut bindings = draft.bindings.clone();
        bindings.extend((workspace > 0).then_some((WORKSPACE, Content::Workspace)));
        let granted = self.limits.max_storage_buffers_per_shader_stage.into();
        if bindings.len() as u64 > granted {
            let needed = bindings.len() as u64;
            return Err(exceeded("max_storage_buffers_per_shader_stage", needed, granted));
        }
        bindings.push((UNIFORM, Content::Uniform));
        Ok(Pass { shader: self.shader(task, geometry), bindings, workspace, dispatches })
    }

    fn task(&self, draft: &Draft, tensor: &Tensor) -> Task<'_> {
        Task {
            limits: self.limits,
            operation: self.operation,
            stage: draft.stage,
            in_place: draft.in_place,
            dtype: self.problem.shape.dtype(),
            arithmetic: self.problem.arithmetic,
            width: self.choice.width.into(),
            segments: self.choice.segments,
            axis: draft.axis,
            across: draft.across,
            loaded: tensor.axis,
        }
    }

    fn shader(&self, task: &Task<'_>, geometry: &Geometry) -> Shader {
        let Context { operation, choice, .. } = *self;
        let lrn = &self.problem.lrn;
        let (stage, axis) = (task.stage, task.axis);
        let windows = [
            ("LOOK_BEHIND", axis.look_behind),
            ("LOOK_AHEAD", axis.look_ahead),
            ("WINDOW", axis.window()),
            ("HALO", axis.window() - 1),
        ];
        let constants = windows.iter().chain(&geometry.constants);
        Shader {
            // (Segments are counted in the grid.)
            choice: Choice::new(choice.kernel, choice.width),
            operation,
            stage,
            in_place: task.in_place,
            dtype: task.dtype,
            storage: Storage::of(task.dtype, choice.width, self.problem.features),
            arithmetic: task.arithmetic,
            power: if stage.needs_powers(operation) {
                Power::of(lrn.beta())
            } else {
                Power::Zero // none is computed
            },
            relu: lrn.has_relu(),
            has_epilogue: lrn.has_epilogue() && stage.writes(operation),
            reads_output: lrn.is_blended() && stage.writes(operation),
            memory: geometry.memory,
            constants: constants.map(|&(name, value)| (name, value as u32)).collect(),
        }
    }

    /// Returns the dispatches that compute a region.
    fn dispatches(&self, outline: &Outline<'_>, region: &Region, bound: &Bound) -> Vec<Dispatch> {
        let parts = region.parts(&outline.tensor, &outline.geometry);
        parts.into_iter().map(|part| self.dispatch(outline, region, part, bound)).collect()
    }

    fn dispatch(&self, outline: &Outline<'_>, region: &Region, part: Part, bound: &Bound) -> Dispatch {
        let Outline { tensor, geometry, .. } = outline;
        let stored = |channels, bound: &Range<u64>| region.shift(tensor, channels, tensor.stored, bound.start);
        let summed = |channels, bound: &Range<u64>| region.shift(tensor, channels, tensor.summed, bound.start);
        let pixels = part.pixels.end - part.pixels.start;
        let segments = (part.channels.end - part.channels.start).div_ceil(geometry.segment);
        let grid = cut::grid(geometry.groups(pixels, segments), self.limits);
        Dispatch {
            input: bound.input.clone(),
            output: bound.output.clone(),
            sums: bound.sums.clone(),
            totals: bound.totals.clone(),
            grid,
            params: Params {
                layer: LayerParams::new(&self.problem.lrn),
                tensor: tensor.params(geometry),
                part: PartParams {
                    first_pixel: part.pixels.start as u32,
                    pixels: pixels as u32,
                    read_begin: region.read.start as u32,
                    read_end: region.read.end as u32,
                    write_begin: part.channels.start as u32,
                    write_end: part.channels.end as u32,
                    segments: segments as u32,
                    grid_width: grid[0],
                    input_shift: stored(&region.read, &bound.input),
                    output_shift: stored(&region.write, &bound.output),
                    sums_shift: summed(&region.read, &bound.sums),
                    totals_shift: summed(&region.write, &bound.totals),
                },
            },
        }
    }
}

/// A pass, with all that is decided about it before its dispatches.
struct Outline<'a> {
    tensor: Tensor,
    task: Task<'a>,
    geometry: Geometry,
}

/// The bytes that a dispatch binds: of inputs, of the result, and of temporaries that it reads and writes.
struct Bound {
    input: Range<u64>,
    output: Range<u64>,
    sums: Range<u64>,
    totals: Range<u64>,
}

impl Bound {
    /// Returns those of a region.
    fn of(region: &Region, tensor: &Tensor) -> Bound {
        let binding = |channels, element| region.binding(tensor, channels, element);
        Bound {
            input: binding(&region.read, tensor.stored),
            output: binding(&region.write, tensor.stored),
            sums: binding(&region.read, tensor.summed),
            totals: binding(&region.write, tensor.summed),
        }
    }
}

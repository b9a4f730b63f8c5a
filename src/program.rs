//! What a plan does, without a device: for engines that have buffers, pipelines and encoders of their own.
//!
//! ```
//! use wgpu_lrn::program::{Program, Target};
//! use wgpu_lrn::{Lrn, Operation, Shape};
//!
//! let (lrn, shape) = (Lrn::pytorch(5).build()?, Shape::nchw(8, 96, 55, 55)?);
//! let program = Program::new(&lrn, &shape, Operation::Backward, &Target::default())?;
//! for pass in program.passes() {
//!     let _ = (pass.wgsl(), pass.entry_point(), pass.bindings());
//!     for dispatch in pass.dispatches() {
//!         let _ = (dispatch.ranges, dispatch.uniform, dispatch.workgroups);
//!     }
//! }
//! # Ok::<(), wgpu_lrn::Error>(())
//! ```
//!
//! `examples/engine.rs` runs one on bare wgpu.

use crate::binding::{OUTPUT, TOTALS, WORKSPACE};
pub use crate::recipe::Content;
use crate::recipe::{self, Recipe};
use crate::shader::Shader;
use crate::{Choice, Lrn, Operation, Result, Shape, Tuning};
use std::ops::Range;

/// Describes the device, and how a program is to run there.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The features with which the device was opened.
    pub features: wgpu::Features,
    /// The limits of the device.
    pub limits: wgpu::Limits,
    /// What is chosen in advance. A plan on an integrated GPU begins with half the usual segments; to do the same, give
    /// [`Segments::Half`](crate::Segments).
    pub tuning: Tuning,
    /// Set if the result takes the place of an input: y that of x, dx that of dy.
    pub in_place: bool,
}

/// Lists the passes that compute an operation of a layer on a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    recipe: Recipe,
}

/// Describes one compute pipeline and its dispatches. All bindings are in group 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass<'a> {
    pass: &'a recipe::Pass,
    renumbered: bool,
}

/// Identifies the pipeline of a pass: passes with equal keys have the same text, entry point and bindings, whatever
/// shapes they are for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key {
    shader: Shader,
    renumbered: bool,
}

/// Describes a binding of a pass.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Binding {
    /// The number in the shader.
    pub number: u32,
    /// The content of the binding.
    pub content: Content,
    /// Set if the shader writes it. In WGSL all but the uniform are `read_write`, so that they may be disjoint ranges
    /// of one buffer.
    pub is_written: bool,
}

/// Describes one dispatch of a pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch<'a> {
    /// The bytes of each binding, in the order of [`Pass::bindings`].
    pub ranges: Vec<Range<u64>>,
    /// The bytes of the uniform.
    pub uniform: &'a [u8],
    /// How many workgroups run in x and y; in z it is one.
    pub workgroups: [u32; 2],
}

impl Program {
    /// Decides how an operation of a layer is computed on a target.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`](crate::Plan::new) and [`Plan::prepare`](crate::Plan::prepare), but for those that a device
    /// reports.
    pub fn new(lrn: &Lrn, shape: &Shape, operation: Operation, target: &Target) -> Result<Program> {
        let Target { features, limits, tuning, in_place } = target;
        let recipe = Recipe::new(lrn, shape, operation, *in_place, *tuning, *features, limits)?;
        Ok(Program { recipe })
    }

    /// Returns the choice that computes the operation.
    pub fn choice(&self) -> Choice {
        self.recipe.choice
    }

    /// Returns the passes, in the order in which they run: each needs what those before it have written.
    pub fn passes(&self) -> impl ExactSizeIterator<Item = Pass<'_>> {
        self.recipe.passes.iter().map(|pass| Pass { pass, renumbered: false })
    }

    /// Returns the bytes of each temporary, a storage buffer that hands sums from pass to pass.
    pub fn temporaries(&self) -> impl ExactSizeIterator<Item = u64> {
        std::iter::repeat_n(self.recipe.temporary, self.recipe.temporaries)
    }
}

impl<'a> Pass<'a> {
    /// Returns the pass with its bindings numbered from 0 on, the uniform last.
    pub fn renumbered(self) -> Pass<'a> {
        Pass { renumbered: true, ..self }
    }

    /// Returns the key under which an engine can keep the compiled pipeline.
    pub fn key(&self) -> Key {
        Key { shader: self.pass.shader.clone(), renumbered: self.renumbered }
    }

    /// Returns the text of the shader. It needs no bounds checks: no index leaves its array, or what is bound. Nor does
    /// it need zeroed workgroup memory, since kernels write before they read: switch that off, as some drivers take a
    /// minute to compile the zeroing.
    pub fn wgsl(&self) -> String {
        let text = self.pass.shader.source();
        if !self.renumbered {
            return text;
        }
        let own = &self.pass.bindings;
        // What is declared and not used follows the uniform.
        let mut unused = own.len()..;
        let mut number = |old: u32| own.iter().position(|&(number, _)| number == old).or_else(|| unused.next());
        let mut lines = String::new();
        for line in text.lines() {
            let declared = line.strip_prefix(DECLARATION).and_then(|rest| rest.split_once(')'));
            let old = declared.and_then(|(old, rest)| Some((number(old.parse().ok()?)?, rest)));
            match old {
                Some((number, rest)) => lines += &format!("{DECLARATION}{number}){rest}\n"),
                None => lines.extend([line, "\n"]),
            }
        }
        lines
    }

    /// Returns the name of the entry point.
    pub fn entry_point(&self) -> &'static str {
        self.pass.shader.entry()
    }

    /// Returns the invocations of a workgroup, in x; in y and z it is one.
    pub fn workgroup_size(&self) -> u32 {
        self.pass.shader.constant("INVOCATIONS").unwrap_or(1)
    }

    /// Returns a label for the pipeline.
    pub fn label(&self) -> String {
        self.pass.shader.label()
    }

    /// Returns the bytes of the workspace, a storage buffer that the pass alone uses; usually 0.
    pub fn workspace(&self) -> u64 {
        self.pass.workspace
    }

    /// Returns the bindings, of which the uniform is the last.
    pub fn bindings(&self) -> Vec<Binding> {
        let binding = |(index, &(number, content))| Binding {
            number: if self.renumbered { index } else { number },
            content,
            is_written: matches!(number, OUTPUT | TOTALS | WORKSPACE),
        };
        (0..).zip(&self.pass.bindings).map(binding).collect()
    }

    /// Returns the dispatches, which do not depend on each other; none for an empty tensor.
    pub fn dispatches(&self) -> impl ExactSizeIterator<Item = Dispatch<'a>> {
        let Pass { pass, .. } = *self;
        pass.dispatches.iter().map(move |dispatch| {
            let ranges = pass.bindings.iter().map(|&(number, _)| pass.range(dispatch, number));
            Dispatch {
                ranges: ranges.collect(),
                uniform: bytemuck::bytes_of(&dispatch.params),
                workgroups: dispatch.grid,
            }
        })
    }
}

/// How a binding is declared in WGSL, up to its number.
const DECLARATION: &str = "@group(0) @binding(";

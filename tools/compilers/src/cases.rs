//! What is compiled: each pass of each operation, for each choice that a layer has.

use crate::args::Args;
use benches::networks::{Layout, Network};
use serde::Serialize;
use std::fmt;
use terminal::Failure;
use wgpu_lrn::internals::{Arithmetic, Content, Pass, Recipe, Shader};
use wgpu_lrn::{Choice, Dtype, Lrn, Operation, Precision, Shape, wgpu};

/// Images of a batch, so many that workgroups are as in use.
const BATCH: usize = 128;

/// What is computed.
#[derive(Clone, PartialEq, Serialize)]
pub struct Layer {
    pub shape: &'static str,
    pub layout: &'static str,
    pub dtype: &'static str,
    pub arithmetic: &'static str,
}

/// One pass of an operation, as a choice computes it.
#[derive(Serialize)]
pub struct Case {
    #[serde(flatten)]
    pub layer: Layer,
    pub operation: &'static str,
    /// Bytes of an element that the operation has to move.
    pub bytes: u64,
    pub choice: String,
    /// Whether the library takes this choice by itself.
    pub preferred: bool,
    /// Workgroups of the pass.
    pub workgroups: u64,
    /// Which of how many passes, from 1.
    pub pass: (usize, usize),
    /// Bytes of an element that the pass moves.
    pub moved: u64,
    /// Its shader, by its number.
    #[serde(skip)]
    pub shader: usize,
    /// What runs, by its number.
    #[serde(skip)]
    pub run: usize,
}

/// All of them, and their shaders and what runs, each once.
#[derive(Default)]
pub struct Cases {
    pub cases: Vec<Case>,
    pub shaders: Vec<Shader>,
    pub runs: Vec<Pass>,
}

impl Cases {
    /// Collects everything that the arguments ask for.
    pub fn of(args: &Args) -> Result<Cases, Failure> {
        let mut cases = Cases::default();
        for network in args.networks() {
            for layout in args.layouts() {
                for &dtype in &args.dtypes {
                    for &precision in args.precisions(dtype) {
                        cases.add_layer(args, network, layout, dtype, precision)?;
                    }
                }
            }
        }
        Ok(cases)
    }

    fn add_layer(
        &mut self,
        args: &Args,
        network: &Network,
        layout: Layout,
        dtype: Dtype,
        precision: Precision,
    ) -> Result<(), Failure> {
        let Network { ref windows, a, beta, k, .. } = *network;
        let beta = args.beta.unwrap_or(beta);
        let lrn = Lrn::over(windows, a, beta, k)?.with_precision(precision);
        let shape = layout.shape(&network.dims(BATCH, layout), network.windows.len())?.with_dtype(dtype);
        let layer = Layer {
            shape: network.name,
            layout: layout.name(),
            dtype: dtype.name(),
            arithmetic: arithmetic(Arithmetic::of(precision, dtype)),
        };
        let choices = Choice::available(&lrn, &shape, args.features()).unwrap();
        for &choice in &choices {
            let preferred = Some(&choice) == choices.first();
            for operation in Operation::ALL.iter().copied().filter(|_| args.wants(choice.kernel)) {
                let passes = recipe(args, &lrn, &shape, operation, choice)?.passes;
                self.add_passes(&layer, dtype, operation, (choice, preferred), passes);
            }
        }
        Ok(())
    }

    fn add_passes(
        &mut self,
        layer: &Layer,
        dtype: Dtype,
        operation: Operation,
        (choice, preferred): (Choice, bool),
        passes: Vec<Pass>,
    ) {
        let parts = passes.len();
        for (place, pass) in passes.into_iter().enumerate() {
            let moved = moved(&pass, dtype);
            let shader = number(&mut self.shaders, pass.shader.clone());
            let workgroups = pass.workgroups();
            let run = number(&mut self.runs, pass);
            self.cases.push(Case {
                layer: layer.clone(),
                operation: operation.name(),
                bytes: dtype.bytes() * operation.operands().len() as u64,
                choice: choice.to_string(),
                preferred,
                workgroups,
                pass: (place + 1, parts),
                moved,
                shader,
                run,
            });
        }
    }
}

/// Returns the number of a value among others, where it is added if it is new.
fn number<T: PartialEq>(known: &mut Vec<T>, value: T) -> usize {
    known.iter().position(|one| *one == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    })
}

fn recipe(args: &Args, lrn: &Lrn, shape: &Shape, operation: Operation, choice: Choice) -> Result<Recipe, Failure> {
    let limits =
        wgpu::Limits { max_buffer_size: 1 << 40, max_storage_buffer_binding_size: 1 << 31, ..wgpu::Limits::default() };
    Ok(Recipe::new(lrn, shape, operation, false, choice, args.features(), &limits)?)
}

/// Returns the bytes of an element that a pass moves: sums between passes are at least of f32.
fn moved(pass: &Pass, dtype: Dtype) -> u64 {
    let bytes = |content: &Content| match content {
        Content::Operand(_) => dtype.bytes(),
        Content::Temporary(_) => dtype.bytes().max(Dtype::F32.bytes()),
        _ => 0, // few, or counted by themselves
    };
    pass.bindings.iter().map(|(_, content)| bytes(content)).sum()
}

fn arithmetic(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Single => "single",
        Arithmetic::Pair => "pair",
        Arithmetic::Double => "double",
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layer { shape, layout, dtype, arithmetic } = self;
        write!(f, "{shape} {layout} {dtype} {arithmetic}")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { layer, choice, operation, .. } = self;
        write!(f, "{layer} {choice} {operation}{}", self.part())
    }
}

impl Case {
    /// Returns which pass it is, where there are several.
    pub fn part(&self) -> String {
        match self.pass {
            (1, 1) => String::new(),
            (number, parts) => format!(" {number}/{parts}"),
        }
    }
}

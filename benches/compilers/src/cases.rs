//! What is compiled: each pass of each operation, for each choice that a layer has.

use crate::args::Args;
use crate::failure::Failure;
use crate::networks::{Layout, NETWORKS, Network};
use wgpu_lrn::{Choice, Dtype, Operation, Precision, Program, Recipe, wgpu};

/// Images of a batch. It changes no program.
const BATCH: usize = 128;

/// One program, and what it is for.
pub struct Case {
    pub shape: &'static str,
    pub layout: Layout,
    pub dtype: Dtype,
    pub precision: Precision,
    pub choice: Choice,
    pub operation: Operation,
    /// Which of so many passes, from 1.
    pub part: (usize, usize),
    pub program: Program,
}

/// Everything that is asked for.
pub fn cases(args: &Args) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    let wanted = |network: &&Network| args.shapes.iter().any(|name| name == network.name);
    for network in NETWORKS.iter().filter(wanted) {
        let layouts =
            Layout::ALL.into_iter().filter(|l| args.layouts.iter().any(|n| n == l.name()));
        for layout in layouts {
            for numbers in args.numbers() {
                add_layer(&mut cases, args, network, layout, numbers)?;
            }
        }
    }
    Ok(cases)
}

fn add_layer(
    cases: &mut Vec<Case>,
    args: &Args,
    network: &Network,
    layout: Layout,
    (dtype, precision): (Dtype, Precision),
) -> Result<(), Failure> {
    let (lrn, features) = (network.lrn()?.with_precision(precision), args.features());
    let shape = layout.shape(&network.dims(BATCH, layout), network.windows.len())?.of(dtype);
    let choices = Choice::available(&lrn, &shape, features);
    for choice in choices.into_iter().filter(|choice| args.wants(choice.kernel)) {
        for operation in Operation::ALL {
            let limits = wgpu::Limits { max_buffer_size: 1 << 40, ..wgpu::Limits::default() };
            let recipe = Recipe::new(&lrn, &shape, operation, choice, features, &limits)?;
            let parts = recipe.passes.len();
            cases.extend(recipe.passes.into_iter().enumerate().map(|(part, pass)| Case {
                shape: network.name,
                layout,
                dtype,
                precision,
                choice,
                operation,
                part: (part + 1, parts),
                program: pass.program,
            }));
        }
    }
    Ok(())
}

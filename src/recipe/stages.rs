//! The passes of an operation: one for a window along one axis, or along two by *plane*; otherwise sums of sums. Backward
//! along one axis may be split in two.
//!
//! s is summed along one axis after the other. Backward then sums its terms in the same way, along the
//! mirrored windows.

use super::pass::Source;
use crate::axis::Axis;
use crate::binding::{DY, OUTPUT, PARTIAL, SUMS, TOTALS, X};
use crate::stage::Stage;
use crate::{Kernel, Operation};

/// One pass, before anything is decided about it.
pub(super) struct Step {
    pub(super) stage: Stage,
    pub(super) axis: Axis,
    /// A second axis, which follows the first and is summed in the same pass; or one of one channel.
    pub(super) across: Axis,
    /// The first image to compute: others may be another step's.
    pub(super) first_image: u64,
    /// Whether an input is read where the result is.
    pub(super) in_place: bool,
    pub(super) sources: Vec<(u32, Source)>,
}

/// The temporaries of some steps.
pub(super) fn temporaries(steps: &[Step]) -> usize {
    let sources = steps.iter().flat_map(|step| &step.sources);
    let number = |&(_, source): &(u32, Source)| match source {
        Source::Totals(number) => Some(number + 1),
        _ => None,
    };
    sources.filter_map(number).max().unwrap_or(0)
}

/// The steps of an operation.
pub(super) fn steps(
    kernel: Kernel,
    operation: Operation,
    in_place: bool,
    axes: &[Axis],
) -> Vec<Step> {
    let Some((last, others)) = axes.split_last() else { return Vec::new() };
    if others.is_empty() {
        return vec![step(Stage::Only, *last, operation, in_place, &[])];
    }
    if !kernel.design().has_stages() {
        let only = step(Stage::Only, others[0], operation, in_place, &[]);
        return vec![Step { across: *last, ..only }];
    }
    match operation {
        Operation::SquareSums | Operation::Forward => {
            let mut steps = sums(Stage::Squares, others, |i| i % 2);
            let partial = (PARTIAL, Source::Sums((others.len() - 1) % 2));
            steps.push(step(Stage::Last, *last, operation, in_place, &[partial]));
            steps
        }
        Operation::Backward => backward(axes, in_place),
    }
}

/// Backward along one axis in two passes, of which each needs a halo of one window instead of two.
pub(super) fn split(axis: Axis) -> Vec<Step> {
    let mut steps = sums(Stage::Squares, &[axis], |_| 0);
    let s = (SUMS, Source::Sums(0));
    steps.push(step(Stage::OnlyTerms, axis.mirrored(), Operation::Backward, false, &[s]));
    steps
}

/// s is left in the temporary 0. Terms go to the two others, in turn.
fn backward(axes: &[Axis], in_place: bool) -> Vec<Step> {
    let s = (SUMS, Source::Sums(0));
    let last = axes.len() - 1;
    let mut steps = sums(Stage::Squares, axes, |i| (last - i) % 2);
    let mirrored: Vec<_> = axes.iter().map(|axis| axis.mirrored()).collect();
    let mut terms = sums(Stage::Terms, &mirrored[..last], |i| 1 + i % 2);
    terms[0].sources.push(s);
    steps.append(&mut terms);
    let partial = (PARTIAL, Source::Sums(1 + (last - 1) % 2));
    steps.push(step(Stage::Last, mirrored[last], Operation::Backward, in_place, &[partial, s]));
    steps
}

/// Sums along some axes, of which the first is of something else; each into a temporary.
fn sums(first: Stage, axes: &[Axis], temporary: impl Fn(usize) -> usize) -> Vec<Step> {
    let inputs: &[_] = if first == Stage::Terms { &[X, DY] } else { &[X] };
    let step = |(i, axis): (usize, &Axis)| {
        let mut sources = vec![(TOTALS, Source::Totals(temporary(i)))];
        match i.checked_sub(1) {
            Some(before) => sources.push((PARTIAL, Source::Sums(temporary(before)))),
            None => sources.extend(inputs.iter().map(|&at| (at, Source::Input(at as usize - 1)))),
        }
        let stage = if i == 0 { first } else { Stage::Sums };
        Step { stage, axis: *axis, across: Axis::NONE, first_image: 0, in_place: false, sources }
    };
    axes.iter().enumerate().map(step).collect()
}

/// The step that writes the result.
fn step(
    stage: Stage,
    axis: Axis,
    operation: Operation,
    in_place: bool,
    sums: &[(u32, Source)],
) -> Step {
    let replaced = operation.replaceable().filter(|_| in_place);
    let of_sums = (stage, operation) == (Stage::Last, Operation::SquareSums);
    let inputs = [X, DY].into_iter().take(operation.inputs()).enumerate();
    let inputs = inputs.filter(|(number, _)| Some(*number) != replaced && !of_sums);
    let mut sources: Vec<_> = inputs.map(|(number, at)| (at, Source::Input(number))).collect();
    sources.push((OUTPUT, Source::Result));
    sources.extend(sums);
    Step { stage, axis, across: Axis::NONE, first_image: 0, in_place, sources }
}

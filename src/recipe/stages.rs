//! The passes of an operation: one for a window along one axis, or along two by *plane* or *slab*; otherwise sums of sums.
//! Backward along one axis may be split in two.
//!
//! s is summed along one axis after the other. Backward then sums its terms in the same way, along the
//! mirrored windows.

use super::pass::Content;
use crate::axis::Axis;
use crate::binding::{DY, OUTPUT, PARTIAL, S, TOTALS, X};
use crate::stage::Stage;
use crate::{Kernel, Operation};

/// One pass, before anything is decided about it.
pub(super) struct Draft {
    pub(super) stage: Stage,
    pub(super) axis: Axis,
    /// A second axis, which follows the first and is summed in the same pass; or one of one channel.
    pub(super) across: Axis,
    /// The first image to compute: others may be another draft's.
    pub(super) first_image: u64,
    /// Set if an input is read where the result is.
    pub(super) in_place: bool,
    /// What it binds, but for a workspace and the uniform.
    pub(super) bindings: Vec<(u32, Content)>,
}

/// Returns the temporaries of some drafts.
pub(super) fn temporaries(drafts: &[Draft]) -> usize {
    let bindings = drafts.iter().flat_map(|draft| &draft.bindings);
    let count = |&(_, content): &(u32, Content)| match content {
        Content::Temporary(number) => number + 1,
        _ => 0,
    };
    bindings.map(count).max().unwrap_or(0)
}

/// Returns the drafts of an operation.
pub(super) fn drafts(kernel: Kernel, operation: Operation, in_place: bool, axes: &[Axis]) -> Vec<Draft> {
    let design = kernel.design();
    debug_assert!(axes.len() == 1 || design.sums_two_axes() || design.has_stages());
    let only = |axis| draft(Stage::Only, axis, operation, in_place, &[]);
    match *axes {
        [] => Vec::new(),
        [axis] => vec![only(axis)],
        [axis, across] if design.sums_two_axes() => vec![Draft { across, ..only(axis) }],
        [ref others @ .., last] => match operation {
            Operation::Backward => backward(axes, in_place),
            _ => forward(operation, in_place, others, last),
        },
    }
}

/// Drafts forward: square sums, and what is made of them.
fn forward(operation: Operation, in_place: bool, others: &[Axis], last: Axis) -> Vec<Draft> {
    let mut drafts = sums(Stage::Squares, others, |i| i % 2);
    let partial = (PARTIAL, Content::Temporary((others.len() - 1) % 2));
    drafts.push(draft(Stage::Last, last, operation, in_place, &[partial]));
    drafts
}

/// Drafts backward along one axis in two passes, each of which needs a halo of one window instead of two.
pub(super) fn split(axis: Axis) -> Vec<Draft> {
    let mut drafts = sums(Stage::Squares, &[axis], |_| 0);
    let s = (S, Content::Temporary(0));
    drafts.push(draft(Stage::OnlyTerms, axis.mirrored(), Operation::Backward, false, &[s]));
    drafts
}

/// Drafts backward along several axes: s is left in the temporary 0. Terms go to the two others, in turn.
fn backward(axes: &[Axis], in_place: bool) -> Vec<Draft> {
    let s = (S, Content::Temporary(0));
    let last = axes.len() - 1;
    let mut drafts = sums(Stage::Squares, axes, |i| (last - i) % 2);
    let mirrored: Vec<_> = axes.iter().map(|axis| axis.mirrored()).collect();
    let mut terms = sums(Stage::Terms, &mirrored[..last], |i| 1 + i % 2);
    terms[0].bindings.push(s);
    drafts.append(&mut terms);
    let partial = (PARTIAL, Content::Temporary(1 + (last - 1) % 2));
    drafts.push(draft(Stage::Last, mirrored[last], Operation::Backward, in_place, &[partial, s]));
    drafts
}

/// Drafts sums along some axes, each into a temporary: the first sums squares or terms, the others those sums.
fn sums(first: Stage, axes: &[Axis], temporary: impl Fn(usize) -> usize) -> Vec<Draft> {
    let inputs: &[_] = if first == Stage::Terms { &[X, DY] } else { &[X] };
    let draft = |(i, axis): (usize, &Axis)| {
        let mut bindings = vec![(TOTALS, Content::Temporary(temporary(i)))];
        match i.checked_sub(1) {
            Some(before) => bindings.push((PARTIAL, Content::Temporary(temporary(before)))),
            None => bindings.extend(inputs.iter().map(|&at| (at, Content::Operand(at as usize - 1)))),
        }
        let stage = if i == 0 { first } else { Stage::Sums };
        Draft { stage, axis: *axis, across: Axis::NONE, first_image: 0, in_place: false, bindings }
    };
    axes.iter().enumerate().map(draft).collect()
}

/// Returns the draft that writes the result.
fn draft(stage: Stage, axis: Axis, operation: Operation, in_place: bool, sums: &[(u32, Content)]) -> Draft {
    let replaced = operation.replaceable().filter(|_| in_place);
    let of_sums = (stage, operation) == (Stage::Last, Operation::SquareSums);
    let inputs = [X, DY].into_iter().take(operation.inputs()).enumerate();
    let inputs = inputs.filter(|(number, _)| Some(*number) != replaced && !of_sums);
    let mut bindings: Vec<_> = inputs.map(|(number, at)| (at, Content::Operand(number))).collect();
    bindings.push((OUTPUT, Content::Operand(operation.inputs())));
    bindings.extend(sums);
    Draft { stage, axis, across: Axis::NONE, first_image: 0, in_place, bindings }
}

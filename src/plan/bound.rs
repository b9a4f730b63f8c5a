//! An operation on certain operands, ready to be recorded again and again.

use crate::Choice;
use std::sync::Arc;

/// Records one operation of a [`Plan`](crate::Plan) on certain operands; [`Plan::bind`](crate::Plan::bind) makes it.
///
/// Recording it any number of times checks nothing and creates nothing. It keeps the operands'
/// buffers alive. Clones share everything.
#[derive(Clone, Debug)]
pub struct BoundOperation {
    pub(super) choice: Choice,
    pub(super) label: Arc<str>,
    /// The passes; none for an empty tensor.
    pub(super) passes: Arc<[BoundPass]>,
}

/// One pass of a recipe on certain operands.
#[derive(Debug)]
pub(super) struct BoundPass {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) dispatches: Vec<(wgpu::BindGroup, [u32; 2])>,
}

impl BoundOperation {
    /// Binds nothing: on an empty tensor there is nothing to do.
    pub(super) fn nothing(choice: Choice) -> BoundOperation {
        BoundOperation { choice, label: "".into(), passes: [].into() }
    }

    /// Returns the choice that computes the operation on these operands.
    pub fn choice(&self) -> Choice {
        self.choice
    }

    /// Records the operation as one compute pass.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        if self.passes.is_empty() {
            return;
        }
        let mut pass = encoder
            .begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(&self.label), timestamp_writes: None });
        self.record_in(&mut pass);
    }

    /// Records the operation into a compute pass of the caller.
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        for BoundPass { pipeline, dispatches } in self.passes.iter() {
            pass.set_pipeline(pipeline);
            for (group, [x, y]) in dispatches {
                pass.set_bind_group(0, group, &[]);
                pass.dispatch_workgroups(*x, *y, 1);
            }
        }
    }
}

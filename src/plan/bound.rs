//! An operation on certain operands, ready to be recorded again and again.

use std::sync::Arc;

/// An operation of a [`Plan`](crate::Plan) on certain operands, made by
/// [`Plan::bind`](crate::Plan::bind).
///
/// Recording it any number of times checks nothing and creates nothing. It keeps the operands'
/// buffers alive. Clones share everything.
#[derive(Clone, Debug)]
pub struct Bound {
    pub(super) label: Arc<str>,
    /// None for an empty tensor.
    pub(super) pipeline: Option<wgpu::ComputePipeline>,
    pub(super) dispatches: Arc<[(wgpu::BindGroup, [u32; 2])]>,
}

impl Bound {
    /// On an empty tensor there is nothing to do.
    pub(super) fn nothing() -> Bound {
        Bound { label: "".into(), pipeline: None, dispatches: [].into() }
    }

    /// Records the operation as one compute pass.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        if self.pipeline.is_none() {
            return;
        }
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(&self.label),
            timestamp_writes: None,
        });
        self.record_in(&mut pass);
    }

    /// Records the operation into a compute pass of the caller.
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        let Some(pipeline) = &self.pipeline else { return };
        pass.set_pipeline(pipeline);
        for (group, [x, y]) in self.dispatches.iter() {
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(*x, *y, 1);
        }
    }
}

//! What the kernels compute where: the only place that knows them.

use wgpu_lrn::Kernel;
use wgpu_lrn::internals::Shader;

/// Kernels that shall have all they keep in registers.
pub const IN_REGISTERS: [Kernel; 4] = [Kernel::Row, Kernel::Plane, Kernel::Slab, Kernel::Column];

/// Where in its listing a kernel computes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// In no loop.
    Straight,
    /// In the loop that reaches memory the most.
    Loop,
    /// In each loop that reaches memory.
    Loops,
}

/// Returns where a kernel computes, and the elements that an invocation computes there at once.
pub fn work(shader: &Shader) -> (Place, f64) {
    let constant = |name| shader.constant(name).map_or(1.0, f64::from);
    let width = f64::from(shader.choice.width);
    match shader.choice.kernel {
        // Those at the ends of a workgroup compute for others.
        Kernel::Row => (Place::Straight, constant("PACKET") * constant("WRITTEN") / constant("INVOCATIONS")),
        Kernel::Pixel => {
            let values = constant("BANDS") * constant("BAND") * constant("SPAN");
            (Place::Straight, values * width / constant("INVOCATIONS"))
        }
        Kernel::Plane => {
            let at_once = width / constant("PACKET");
            let is_in_one_go = constant("FIRST") > 0.0;
            let place = if is_in_one_go { Place::Straight } else { Place::Loop };
            (place, constant("STEP") * constant("RUN") * at_once)
        }
        // Those at the ends of a workgroup compute for others.
        Kernel::Slab => {
            let written = constant("WRITTEN") / constant("COLUMNS");
            (Place::Loop, constant("STEP") * width * written)
        }
        Kernel::Column | Kernel::Ring => (Place::Loop, constant("STEP") * width),
        Kernel::Whole => (Place::Loops, constant("CHANNELS_AT_ONCE") * width),
        new => panic!("tools/compilers/src/work.rs must learn where {new} computes"),
    }
}

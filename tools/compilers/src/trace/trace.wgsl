// What the rewritten shaders call: each access leaves a record. `count` goes on where there is no room left.

struct Record {
    instruction: u32,
    invocation: u32, // of a workgroup's 256 at most, with the workgroup's number above
    address: u32,    // in bytes, from the start of its variable
}

struct Trace {
    count: atomic<u32>,
    records: array<Record>,
}

@group(0) @binding(15) var<storage, read_write> trace: Trace;

var<private> traced_invocation: u32;

fn trace_locate(workgroup: vec3<u32>, index: u32) {
    traced_invocation = (workgroup.x << 8u) | index;
}

fn trace_record(instruction: u32, address: u32) {
    let at = atomicAdd(&trace.count, 1u);
    if at < arrayLength(&trace.records) {
        trace.records[at] = Record(instruction, traced_invocation, address);
    }
}

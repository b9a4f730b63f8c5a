// A compute shader of the page with all that it is run on.

export class Stage {
  /** Resources are buffers and views of textures, in the order of the shader's bindings. */
  static async make(device, name, groups, resources) {
    const module = await compile(device, name);
    const pipeline = await device.createComputePipelineAsync({ label: name, layout: 'auto', compute: { module } });
    const entries = resources.map((resource, binding) => ({
      binding,
      resource: resource instanceof GPUBuffer ? { buffer: resource } : resource,
    }));
    const bound = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return new Stage(pipeline, bound, groups);
  }

  constructor(pipeline, bound, groups) {
    Object.assign(this, { pipeline, bound, groups });
  }

  record(pass) {
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, this.bound);
    pass.dispatchWorkgroups(...this.groups);
  }
}

/** The module of a shader, by the name of its file. */
export async function compile(device, name) {
  const response = await fetch(new URL(`../shaders/${name}.wgsl`, import.meta.url));
  if (!response.ok) throw new Error(`The shader ${name} was not found (${response.status}).`);
  return device.createShaderModule({ label: name, code: await response.text() });
}

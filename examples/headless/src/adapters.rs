//! The list of adapters.

use serde_json::{Value, json};
use terminal::{Failure, say};
use wgpu_lrn::wgpu::{Adapter, Features, Limits};
use wgpu_lrn::{block_on, host};

/// Prints every adapter.
pub fn list(as_json: bool) -> Result<(), Failure> {
    let adapters = block_on(host::adapters());
    let names = host::adapter_names(&adapters);
    let adapters: Vec<_> = names.iter().zip(&adapters).map(|(name, adapter)| describe(name, adapter)).collect();
    if as_json {
        return say(format_args!("{:#}", Value::Array(adapters)));
    }
    if adapters.is_empty() {
        return say("no GPU adapter is present; --device cpu runs the CPU reference");
    }
    adapters.iter().try_for_each(|adapter| say(plain(adapter)))
}

fn describe(name: &str, adapter: &Adapter) -> Value {
    let info = adapter.get_info();
    json!({
        "name": name,
        "backend": info.backend.to_str(),
        "type": format!("{:?}", info.device_type),
        "driver": info.driver,
        "driver_info": info.driver_info,
        "limits": limits(&adapter.limits()),
        "features": features(adapter.features()),
    })
}

/// Returns the limits that decide how a tensor is cut.
fn limits(limits: &Limits) -> Value {
    json!({
        "max_storage_buffer_binding_size": limits.max_storage_buffer_binding_size,
        "max_buffer_size": limits.max_buffer_size,
        "max_compute_workgroups_per_dimension": limits.max_compute_workgroups_per_dimension,
        "max_compute_invocations_per_workgroup": limits.max_compute_invocations_per_workgroup,
        "max_compute_workgroup_storage_size": limits.max_compute_workgroup_storage_size,
        "min_storage_buffer_offset_alignment": limits.min_storage_buffer_offset_alignment,
    })
}

/// Returns the features that such kernels may care about.
fn features(features: Features) -> Value {
    json!({
        "timestamp_query": features.contains(Features::TIMESTAMP_QUERY),
        "shader_f16": features.contains(Features::SHADER_F16),
        "shader_f64": features.contains(Features::SHADER_F64),
        "subgroup": features.contains(Features::SUBGROUP),
    })
}

/// Returns the name, and a line for each of the rest.
fn plain(adapter: &Value) -> String {
    let text = |key: &str| adapter[key].as_str().unwrap_or_default().to_owned();
    let lines = ["backend", "type", "driver", "driver_info"];
    let mut lines: Vec<_> = lines.iter().map(|key| format!("{key}: {}", text(key))).collect();
    for table in ["limits", "features"] {
        let entries = adapter[table].as_object().into_iter().flatten();
        lines.extend(entries.map(|(key, value)| format!("{key}: {value}")));
    }
    format!("{}\n  {}", text("name"), lines.join("\n  "))
}

//! Writes models of one `LRN` node, and imports them as an application imports its own.

use burn_onnx::{LoadStrategy, ModelGen};
use onnx_ir::{AttributeProto, AttributeType, GraphProto, Message, ModelProto, NodeProto, ValueInfoProto};
use std::path::PathBuf;
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Elements of f32, as ONNX numbers types.
const FLOAT: i32 = 1;
const DIMS: [i64; 4] = [2, 9, 3, 4];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let far = vec![integer("size", 4), float("alpha", 0.7), float("beta", 0.6), float("bias", 1.7)];
    import("defaults", vec![integer("size", 5)])?;
    import("far_from_defaults", far)
}

/// Imports a model as an application does, once its file exists.
fn import(name: &str, attributes: Vec<AttributeProto>) -> Result<()> {
    let file = PathBuf::from(env::var("OUT_DIR")?).join(format!("{name}.onnx"));
    fs::write(&file, model(attributes).write_to_bytes()?)?;
    ModelGen::new()
        .input(&file.to_string_lossy())
        .out_dir("models/")
        .load_strategy(LoadStrategy::None) // no weights
        .register_op_override(wgpu_lrn_burn_onnx::Lrn)
        .run_from_script();
    Ok(())
}

fn model(attributes: Vec<AttributeProto>) -> ModelProto {
    let mut model = ModelProto { ir_version: 7, graph: Some(graph(attributes)).into(), ..Default::default() };
    model.opset_import.push(Default::default());
    model.opset_import.iter_mut().for_each(|opset| opset.version = 13);
    model
}

fn graph(attribute: Vec<AttributeProto>) -> GraphProto {
    let node = NodeProto {
        name: "norm1".to_owned(),
        op_type: "LRN".to_owned(),
        input: vec!["x".to_owned()],
        output: vec!["y".to_owned()],
        attribute,
        ..Default::default()
    };
    let (input, output) = (vec![tensor("x")], vec![tensor("y")]);
    GraphProto { name: "one_layer".to_owned(), node: vec![node], input, output, ..Default::default() }
}

fn tensor(name: &str) -> ValueInfoProto {
    let mut value = ValueInfoProto { name: name.to_owned(), ..Default::default() };
    let tensor = value.type_.mut_or_insert_default().mut_tensor_type();
    tensor.elem_type = FLOAT;
    let dims = &mut tensor.shape.mut_or_insert_default().dim;
    dims.resize_with(DIMS.len(), Default::default);
    dims.iter_mut().zip(DIMS).for_each(|(dim, length)| dim.set_dim_value(length));
    value
}

fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), type_: AttributeType::INT.into(), i, ..Default::default() }
}

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), type_: AttributeType::FLOAT.into(), f, ..Default::default() }
}

#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::todo)]
#![forbid(unsafe_code)]

use burn_onnx::ext::proc_macro2::TokenStream;
use burn_onnx::ext::quote::quote;
use burn_onnx::ext::{CodegenContext, Imports, Node, NodeType, OpOverride, ProcessError, arg_to_ident};

/// Replaces the code that burn-onnx generates for `LRN` nodes. Pass it to `ModelGen::register_op_override`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lrn;

impl OpOverride for Lrn {
    fn target(&self) -> NodeType {
        NodeType::Lrn
    }

    fn forward(&self, node: &Node, context: &mut CodegenContext<'_, '_>) -> Result<TokenStream, ProcessError> {
        let Node::Lrn(node) = node else { return Err(other(node)) };
        let ([input], [output]) = (&*node.inputs, &*node.outputs) else { return Err(arguments()) };
        let (input, output) = (context.arg(input), arg_to_ident(output));
        let size = usize::try_from(node.config.size).map_err(|error| refused("size", error))?;
        let alpha = finite("alpha", node.config.alpha)?;
        let beta = finite("beta", node.config.beta)?;
        let bias = finite("bias", node.config.bias)?;
        Ok(quote! {
            let #output = LocalResponseNormConfig::new(#size)
                .with_alpha(f64::from(#alpha))
                .with_beta(f64::from(#beta))
                .with_k(f64::from(#bias))
                .init()
                .forward(#input);
        })
    }

    fn register_imports(&self, imports: &mut Imports<'_>) {
        imports.register("wgpu_lrn_burn::LocalResponseNormConfig");
    }
}

/// Checks that a number is finite: Rust has no literal for others.
fn finite(name: &str, value: f32) -> Result<f32, ProcessError> {
    if value.is_finite() { Ok(value) } else { Err(refused(name, format!("{value} is not finite"))) }
}

fn refused(name: &str, reason: impl ToString) -> ProcessError {
    ProcessError::InvalidAttribute { name: name.to_owned(), reason: reason.to_string() }
}

fn arguments() -> ProcessError {
    ProcessError::Custom("an LRN node has one input and one output".to_owned())
}

fn other(node: &Node) -> ProcessError {
    ProcessError::Custom(format!("this override takes LRN nodes only, but {:?} is another", node.name()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        assert_eq!(finite("alpha", -0.5).unwrap(), -0.5);
        for (value, given) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
            let refused = finite("beta", value).unwrap_err().to_string();
            assert!(refused.contains("beta") && refused.contains(&format!("{given} is not finite")), "{refused}");
        }
    }
}

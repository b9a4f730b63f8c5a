//! Local Response Normalization without a window: a demo, and a command line on `.npy` files.

mod adapters;
mod args;
mod demo;
mod layer;
mod picture;
mod stream;

use args::{Args, Command, Place};
use layer::Files;
use std::process::ExitCode;
use terminal::Failure;
use wgpu_lrn::Operation;

fn main() -> ExitCode {
    terminal::run(run)
}

fn run(args: Args) -> Result<(), Failure> {
    use Operation::{Backward, Forward, SquareSums};
    match &args.command {
        None => demonstrate(args),
        Some(Command::Adapters { json }) => adapters::list(*json),
        Some(Command::Forward { x, y, layer }) => layer::run(Forward, &Files { x, dy: None, result: y }, layer),
        Some(Command::Backward { x, dy, dx, layer }) => {
            layer::run(Backward, &Files { x, dy: Some(dy), result: dx }, layer)
        }
        Some(Command::SquareSums { x, s, layer }) => layer::run(SquareSums, &Files { x, dy: None, result: s }, layer),
    }
}

fn demonstrate(args: Args) -> Result<(), Failure> {
    let Place { device, adapter, kernel } = args.place;
    demo::run(&demo::Options { out: args.out, device, adapter, kernel })
}

//! What the runs have shown, in numbers.

use crate::Done;
use crate::model::Norm;
use crate::record::Record;
use std::fmt::Write;
use std::path::Path;

/// Holds what a training with one layer has shown.
pub struct Run {
    pub norm: Norm,
    pub record: Record,
    /// Holds the most device memory in use at the end of a forward pass, in MiB.
    pub memory: f64,
}

/// Returns a table of the runs, and how far the losses with both layers differ.
pub fn summary(runs: &[Run]) -> String {
    let mut text = String::from("\nlayer   accuracy   steps/s     memory\n");
    for Run { norm, record, memory } in runs {
        let (accuracy, speed) = (record.accuracy(), record.speed());
        let _ = writeln!(text, "{:<6}{accuracy:>9.1} %{speed:>10.2}{memory:>7.2} MiB", norm.name());
    }
    if let Some(difference) = Difference::of(runs) {
        let Difference { steps, first, all, accuracy } = difference;
        let _ = writeln!(
            text,
            "\nours and Burn's: the losses differ by at most {first:.1e} in the first {steps} steps, by {all:.1e} in \
             all; the accuracies by {accuracy:.1} points"
        );
    }
    text
}

// The steps in which rounding has not grown yet.
const FIRST: usize = 20;
// The largest difference allowed in them.
const TOLERANCE: f64 = 1e-3;

/// Fails if a loss is no number, or if the first losses with this crate's layer are not those with Burn's.
pub fn check(runs: &[Run]) -> Done {
    if let Some(run) = runs.iter().find(|run| !run.record.losses.iter().all(|loss| loss.is_finite())) {
        return Err(format!("{}: a loss is not finite", run.norm.name()).into());
    }
    match Difference::of(runs) {
        Some(Difference { first, .. }) if first > TOLERANCE => {
            Err(format!("losses differ by {first:e}: expected at most {TOLERANCE:e}").into())
        }
        _ => Ok(()),
    }
}

/// Holds the differences between this crate's layer and Burn's.
struct Difference {
    /// Counts the first steps, in which rounding has not grown yet.
    steps: usize,
    /// Holds the largest difference between losses in them.
    first: f64,
    all: f64,
    accuracy: f64,
}

impl Difference {
    fn of(runs: &[Run]) -> Option<Self> {
        let run = |norm| runs.iter().find(|run| run.norm == norm).map(|run| &run.record);
        let (ours, burns) = (run(Norm::Ours)?, run(Norm::Burn)?);
        let pairs = ours.losses.iter().zip(&burns.losses);
        let differences: Vec<f64> = pairs.map(|(ours, burns)| (ours - burns).abs()).collect();
        let largest = |steps: &[f64]| steps.iter().copied().fold(0.0, f64::max);
        let steps = FIRST.min(differences.len());
        Some(Self {
            steps,
            first: largest(&differences[..steps]),
            all: largest(&differences),
            accuracy: (ours.accuracy() - burns.accuracy()).abs(),
        })
    }
}

/// Writes the loss of each step, a column a run.
pub fn write_losses(runs: &[Run], path: &Path) -> Done {
    let names = runs.iter().map(|run| run.norm.name());
    let mut text = format!("step,{}\n", names.collect::<Vec<_>>().join(","));
    let steps = runs.iter().map(|run| run.record.losses.len()).max().unwrap_or(0);
    for step in 0..steps {
        let loss = |run: &Run| run.record.losses.get(step).map_or(String::new(), f64::to_string);
        let losses: Vec<String> = runs.iter().map(loss).collect();
        writeln!(text, "{},{}", step + 1, losses.join(","))?;
    }
    Ok(std::fs::write(path, text)?)
}

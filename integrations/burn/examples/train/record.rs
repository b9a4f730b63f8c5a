//! Records a training as it goes, and prints a line an epoch. Burn's learner calls it.

use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation, MetricsRendererTraining,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Holds what a training has shown.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Holds the training loss of each step.
    pub losses: Vec<f64>,
    pub epochs: Vec<Epoch>,
}

/// Holds what an epoch has shown.
#[derive(Clone, Debug, Default)]
pub struct Epoch {
    /// Holds the number of steps before the epoch's end.
    pub end: usize,
    /// Holds the time of the steps, without validation.
    pub time: Duration,
    pub train: Scores,
    pub valid: Scores,
}

/// Holds the means over an epoch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scores {
    pub loss: f64,
    /// Holds the accuracy in percent.
    pub accuracy: f64,
}

impl Record {
    /// Returns the steps a second, without the first epoch if there are others: it compiles the kernels.
    pub fn speed(&self) -> f64 {
        let skipped = usize::from(self.epochs.len() > 1);
        let first = if skipped == 1 { self.epochs[0].end } else { 0 };
        let time: Duration = self.epochs[skipped..].iter().map(|epoch| epoch.time).sum();
        (self.losses.len() - first) as f64 / time.as_secs_f64()
    }

    /// Returns the validation accuracy after the last epoch, in percent.
    pub fn accuracy(&self) -> f64 {
        self.epochs.last().map_or(0.0, |epoch| epoch.valid.accuracy)
    }

    fn epoch(&mut self) -> &mut Epoch {
        if self.epochs.is_empty() {
            self.epochs.push(Epoch::default());
        }
        let last = self.epochs.len() - 1;
        &mut self.epochs[last]
    }
}

/// Fills a [`Record`] with what Burn's learner reports.
#[derive(Default)]
pub struct Recorder {
    record: Arc<Mutex<Record>>,
    names: HashMap<MetricId, String>,
    label: String,
    epochs: usize,
    training: bool,
    start: Option<Instant>,
}

impl Recorder {
    pub fn new(record: Arc<Mutex<Record>>) -> Self {
        Self { record, ..Self::default() }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a number: a step's loss, or a mean at an epoch's end.
    fn keep(&self, state: MetricState, scores: impl Fn(&mut Epoch) -> &mut Scores) {
        let MetricState::Numeric(entry, Some(number)) = state else { return };
        let loss = self.names.get(&entry.metric_id).is_some_and(|name| name == "Loss");
        let mut record = self.record();
        match number {
            NumericEntry::Final(mean) if loss => scores(record.epoch()).loss = mean,
            NumericEntry::Final(mean) => scores(record.epoch()).accuracy = mean,
            _ if loss && self.training => record.losses.push(number.current()),
            _ => {}
        }
    }
}

impl MetricsRendererTraining for Recorder {
    fn update_train(&mut self, state: MetricState) {
        self.keep(state, |epoch| &mut epoch.train);
    }

    fn update_valid(&mut self, state: MetricState) {
        self.keep(state, |epoch| &mut epoch.valid);
    }
}

impl TrainingProgressLogger for Recorder {
    fn start(&mut self, epochs: usize, _: usize, _: Option<usize>, label: Option<&str>) {
        (self.epochs, self.label) = (epochs, label.unwrap_or("training").to_owned());
    }

    fn start_split(&mut self, split: &str, _: usize) {
        self.training = split == "train";
        if self.training {
            self.record().epochs.push(Epoch::default());
        }
        self.start = Some(Instant::now());
    }

    fn end_split(&mut self) {
        if self.training {
            let time = self.start.map_or(Duration::ZERO, |start| start.elapsed());
            let mut record = self.record();
            let end = record.losses.len();
            let epoch = record.epoch();
            (epoch.end, epoch.time) = (end, time);
        }
    }

    fn update_epoch(&mut self, epoch: usize) {
        let Epoch { time, train, valid, .. } = self.record().epoch().clone();
        println!(
            "{}: epoch {epoch} of {}, {:.1} s: loss {:.4}, accuracy {:.1} %; validation: loss {:.4}, accuracy {:.1} %",
            self.label,
            self.epochs,
            time.as_secs_f64(),
            train.loss,
            train.accuracy,
            valid.loss,
            valid.accuracy,
        );
    }

    fn update_split(&mut self, _: usize) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _: String) {}
}

impl MetricsRenderer for Recorder {
    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name.to_string());
    }

    fn manual_close(&mut self) {}
}

// There is no evaluation after the training.
impl MetricsRendererEvaluation for Recorder {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}
}

impl EvaluationProgressLogger for Recorder {
    fn start_global_progress(&mut self, _: usize) {}
    fn start_test(&mut self, _: &str, _: usize) {}
    fn update_test_progress(&mut self, _: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _: String) {}
}

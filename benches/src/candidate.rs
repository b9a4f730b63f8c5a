//! Something to measure.

use crate::cases::Case;
use crate::report::is_copy;
use crate::{Work, copy};
use wgpu_lrn::{Choice, Error, Gpu, Operation, Plan, Result, Shape, wgpu};

/// Something to measure.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) choice: Option<Choice>,
    /// How often a measurement repeats it.
    pub(crate) repeats: u32,
    /// What one repetition took, by measurement.
    pub(crate) seconds: Vec<f64>,
}

impl Candidate {
    fn new(name: impl ToString, choice: Option<Choice>, work: Work) -> Candidate {
        Candidate { name: name.to_string(), work, choice, repeats: 1, seconds: Vec::new() }
    }

    pub(crate) fn is_copy(&self) -> bool {
        is_copy(&self.name)
    }

    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get((sorted.len() as f64 * part) as usize).copied().unwrap_or(f64::INFINITY)
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// Returns the least median of some candidates; infinity at first.
pub(crate) fn best(candidates: &[Candidate], of: impl Fn(&Candidate) -> bool) -> f64 {
    let medians = candidates.iter().filter(|candidate| of(candidate)).map(Candidate::median);
    medians.fold(f64::INFINITY, f64::min)
}

/// An operation of a case, and the buffers that it is measured on.
pub(crate) struct Stand<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) case: &'a Case,
    pub(crate) shape: &'a Shape,
    pub(crate) operation: Operation,
    pub(crate) buffers: &'a [wgpu::Buffer],
}

impl Stand<'_> {
    /// Returns every copy, every choice, and a dispatch that does nothing. A choice that the device refuses is
    /// remarked.
    pub(crate) async fn candidates(&self, remarks: &mut Vec<String>) -> Result<Vec<Candidate>> {
        let mut candidates = self.copies();
        for choice in self.choices()? {
            match self.layer(choice).await {
                Err(refusal @ (Error::Gpu { .. } | Error::Limit { .. } | Error::Capacity { .. })) => {
                    remarks.push(format!("left out {choice}: {refusal}"));
                }
                layer => candidates.push(layer?),
            }
        }
        candidates.extend(self.empty()?);
        Ok(candidates)
    }

    fn copies(&self) -> Vec<Candidate> {
        let ways = copy::WAYS.into_iter().filter(|&way| copy::fits(way, self.shape));
        let copy = |way| copy::copy(self.gpu, way, self.operation, self.buffers);
        ways.map(|way| Candidate::new(way, None, Work::Copy(copy(way)))).collect()
    }

    fn choices(&self) -> Result<Vec<Choice>> {
        let Stand { case, operation, .. } = self;
        let mut choices = Choice::available(&case.lrn, self.shape, self.gpu.device().features())?;
        choices.retain(|choice| case.variant.allows(choice, *operation));
        Ok(choices)
    }

    async fn layer(&self, choice: Choice) -> Result<Candidate> {
        let plan = Plan::with_tuning(self.gpu, &self.case.lrn, self.shape, choice)?;
        // A browser refuses a pipeline only when one asks.
        plan.prepare(self.operation).await?;
        let operands = self.case.variant.operands(self.buffers);
        let operands: Vec<_> = operands.into_iter().map(Into::into).collect();
        let bound = plan.bind(self.operation, &operands)?;
        Ok(Candidate::new(choice, Some(choice), Work::Layer(bound)))
    }

    /// Returns a dispatch of the preferred choice's grid.
    fn empty(&self) -> Result<Option<Candidate>> {
        let plan = Plan::new(self.gpu, &self.case.lrn, self.shape)?;
        let recipe = plan.recipe(self.operation)?;
        let first = recipe.passes.iter().find_map(|pass| pass.dispatches.first());
        let empty = |grid| Work::Copy(copy::empty(self.gpu, grid));
        Ok(first.map(|dispatch| Candidate::new("empty", None, empty(dispatch.grid))))
    }
}

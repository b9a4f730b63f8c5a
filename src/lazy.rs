//! What is made when it is first needed.

use crate::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// A value that the first call makes and later calls share. A failure is not kept: the next call tries again.
#[derive(Debug)]
pub(crate) struct Lazy<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Lazy(Mutex::new(None))
    }
}

impl<T> Lazy<T> {
    /// Returns the value; calls that come while it is made wait for it.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut value = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*value {
            return Ok(value.clone());
        }
        Ok(value.insert(Arc::new(make()?)).clone())
    }

    /// Returns the value, if it is made.
    pub(crate) fn made(&self) -> Option<Arc<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets a value, if it is still this one.
    pub(crate) fn forget(&self, failure: &Arc<T>) {
        let mut value = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        value.take_if(|value| Arc::ptr_eq(value, failure));
    }
}

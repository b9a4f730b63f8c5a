//! Numbers for tensors.

use wgpu_lrn::{Element, Shape};

/// Numbers that look random and are the same on every machine (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Draws a number of at least 0 and below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Draws a number from `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low + 1)
    }

    /// Draws a number of either sign, at most `size`.
    pub fn signed(&mut self, size: f64) -> f32 {
        ((self.unit() * 2.0 - 1.0) * size) as f32
    }

    /// Draws a number of either sign, its magnitude spread evenly over the decades from 10^low to 10^high.
    pub fn decades(&mut self, low: f64, high: f64) -> f32 {
        let magnitude = 10f64.powf(low + (high - low) * self.unit());
        (if self.bits() & 1 == 0 { magnitude } else { -magnitude }) as f32
    }
}

/// Draws as many values of both signs as the shape has elements.
pub fn values<T: Element>(shape: &Shape, seed: u64) -> Vec<T> {
    let mut random = Random(seed);
    (0..shape.elements()).map(|_| T::from_f64(random.signed(3.0).into())).collect()
}

//! Narrow windows, which `shaders/kernel/window.wgsl` sums in registers.

/// The widest window that registers hold.
pub(super) const NARROW: u64 = 16;

/// Returns how many neighbouring windows are summed together: the largest power of two, up to 8, that suits, and that
/// the window holds. With n of them, a window of w channels costs w / n + 2 − 4 / n additions.
pub(super) fn share(window: u64, suits: impl Fn(u64) -> bool) -> u64 {
    [8, 4, 2].into_iter().find(|&n| n <= window && suits(n)).unwrap_or(1)
}

/// Returns the shader's constants: `held` channels with their halos, in an array of `helds`, and `sums` windows,
/// `share` of them summed together.
pub(super) fn constants(window: u64, [held, helds, sums]: [u64; 3], share: u64) -> [(&'static str, u64); 5] {
    [("HELD", held), ("HELDS", helds), ("WINDOWS", sums), ("SHARE", share), ("REST", window - share)]
}

/// Returns the constants of a walk in steps of so many channels, in `shaders/kernel/step.wgsl`.
pub(super) fn constants_of_steps(window: u64, step: u64) -> Vec<(&'static str, u64)> {
    let share = share(window, |n| step.is_multiple_of(n));
    let held = step + window - 1;
    // Backward holds squares and terms.
    let windows = constants(window, [held, 2 * held, step], share);
    [&[("STEP", step), ("GROUPS", step / share)], &windows[..]].concat()
}

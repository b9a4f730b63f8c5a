//! What Vulkan's validation layer says of the kernels. Debug builds switch it on where it is installed.

use std::sync::{Mutex, Once};

/// Parts of messages that are not our doing, and why.
const KNOWN: [(&str, &str); 1] = [(
    "SPIR-V module not valid: Invalid source language operand: 10",
    "layers before 1.3.240 do not know the number of WGSL, which naga writes",
)];

static UNKNOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == "wgpu_hal::vulkan::instance"
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        let is_known = KNOWN.iter().any(|(part, _reason)| message.contains(part));
        let is_detail = message.starts_with('\t'); // of the message before
        if self.enabled(record.metadata()) && !is_known && !is_detail {
            UNKNOWN.lock().unwrap().push(message);
        }
    }

    fn flush(&self) {}
}

/// Hears the messages of instances that are made from now on.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
}

/// Nothing was said that is not known.
pub fn assert_silent() {
    let unknown = std::mem::take(&mut *UNKNOWN.lock().unwrap());
    assert!(unknown.is_empty(), "the validation layer says:\n{}", unknown.join("\n"));
}

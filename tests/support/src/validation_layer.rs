//! What Vulkan's validation layer says of the kernels. Debug builds switch it on where it is installed.

use std::io::Write;
use std::sync::Once;

/// Parts of messages that are not our doing, and why.
const KNOWN: [(&str, &str); 1] = [(
    "SPIR-V module not valid: Invalid source language operand: 10",
    "layers before 1.3.240 do not know the number of WGSL, which naga writes",
)];

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == "wgpu_hal::vulkan::instance"
    }

    /// Ends the process where a message is not known: a driver calls, and survives no panic.
    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        let is_known = KNOWN.iter().any(|(part, _reason)| message.contains(part));
        let is_detail = message.starts_with('\t'); // of the message before
        let is_of_a_driver = message.starts_with("GENERAL"); // as when memory is out
        if self.enabled(record.metadata()) && !(is_known || is_detail || is_of_a_driver) {
            // Not eprintln, which tests capture.
            let _ = writeln!(std::io::stderr(), "the validation layer says: {message}");
            std::process::abort();
        }
    }

    fn flush(&self) {}
}

/// Hears the messages of instances that are made from now on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
}

//! The scripts in `tools/peers` read the same networks as the benchmarks.

use benches::networks::NETWORKS;
use serde_json::Value;
use std::process::Command;

/// All of them, and every number to the last bit.
#[test]
fn the_scripts_read_the_same_list() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/peers/networks.py");
    let Ok(run) = Command::new("python3").args(["-B", script]).output() else {
        assert!(std::env::var_os("CI").is_none(), "CI must install python3");
        println!("python3 is not installed: the list was not read");
        return;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let read: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    let listed: Vec<_> = NETWORKS.iter().map(|n| serde_json::to_value(n).unwrap()).collect();
    assert!(!listed.is_empty());
    assert_eq!(read, listed);
}

//! What the kernel says that a bench took: of processors and of memory.

/// The processor time of all threads so far, in milliseconds, as the kernel counts it (in steps of 10); 0 where it cannot be read.
pub(crate) fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    // The 14th and 15th fields: in the program and in the kernel, in ticks of 1/100 s.
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// What the kernel says of this process' memory, in MB; 0 where it cannot be read.
pub(crate) fn memory(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// From here on the peak is of what comes. Where that cannot be said, it stays the peak of all.
pub(crate) fn forget_peak() {
    let _where_it_can_be = std::fs::write("/proc/self/clear_refs", "5");
}

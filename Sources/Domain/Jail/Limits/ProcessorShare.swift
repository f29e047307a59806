/// Processor time as control groups count it: microseconds in each period.
enum ProcessorShare {
    static let period = 100_000

    /// At least 1 ms, the kernel's minimum.
    static func quota(_ processors: Double) -> Int { max(1_000, Int(processors * Double(self.period))) }
}

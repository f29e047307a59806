internal import Glibc

extension Metrics {
    /// Metrics that begin with those of the process.
    ///
    /// - Parameter announced: those that the process will have.
    package static func ofProcess(announcing announced: [MetricName]) -> Metrics {
        let metrics = Metrics()
        metrics.announce(announced)
        metrics.gauge(.residentMemory) { Self.residentMemory() }
        return metrics
    }

    /// In bytes, from the second field of `/proc/self/statm`.
    private static func residentMemory() -> Double? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, 128, file) != nil else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}

internal import Glibc

/// Times to the first token as letters: one letter a turn, each for a range of times that is 12 % wide. So the text of
/// several turns is the texts of each, joined, which every database can do, and percentiles are exact to 6 %.
package enum LatencyScale {
    private static let first = 33
    private static let steps = 92
    private static let least = 10.0
    private static let ratio = 1.12

    package static func letter(for milliseconds: Int64) -> String {
        let step = log(max(1, Double(milliseconds) / Self.least)) / log(Self.ratio)
        return String(UnicodeScalar(UInt8(Self.first + min(Self.steps, Int(step)))))
    }

    /// The number of turns of each step.
    package struct Counts: Sendable, Equatable {
        private var counts = [Int](repeating: 0, count: LatencyScale.steps + 1)

        package init(_ letters: String = "") {
            for byte in letters.utf8 {
                let step = Int(byte) - LatencyScale.first
                if self.counts.indices.contains(step) { self.counts[step] += 1 }
            }
        }

        package mutating func add(_ other: Counts) {
            for step in self.counts.indices { self.counts[step] += other.counts[step] }
        }

        /// In seconds; nil without any turn.
        package func percentile(_ share: Double) -> Double? {
            let all = self.counts.reduce(0, +)
            guard all > 0 else { return nil }
            let rank = max(1, Int((Double(all) * share).rounded(.up)))
            var seen = 0
            for (step, count) in self.counts.enumerated() {
                seen += count
                guard seen >= rank else { continue }
                // The middle of the step.
                let milliseconds = LatencyScale.least * pow(LatencyScale.ratio, Double(step) + 0.5)
                return (milliseconds / 10).rounded() / 100
            }
            return nil
        }
    }
}

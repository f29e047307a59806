internal import Glibc
internal import JSON

enum BenchOutput {
    /// Prints one line of the benchmark's results; `peer` is optional.
    static func result(
        _ name: String, _ metric: String, ours: Double, peer: Double? = nil, peerName: String? = nil, unit: String
    ) {
        Self.line([
            "name": .string(name), "metric": .string(metric), "ours": .number(Self.rounded(ours)),
            "peer": peer.map { .number(Self.rounded($0)) } ?? .null, "peer_name": peerName.map { .string($0) } ?? .null,
            "ratio": peer.map { .number(Self.rounded(ours / $0)) } ?? .null, "unit": .string(unit),
        ])
    }

    /// Prints one JSON object to stdout.
    static func line(_ object: JSONObject) { Self.write(JSON.object(object).text + "\n", to: STDOUT_FILENO) }

    /// Prints a note to stderr.
    static func tell(_ text: String) { Self.write("    \(text)\n", to: STDERR_FILENO) }

    /// Rounds to four significant digits.
    static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        let scale = pow(10, (3 - log10(abs(value)).rounded(.down)))
        return (value * scale).rounded() / scale
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Judges values that were measured in turn, as `Bench/support/bench.py` does: by the medians of five rounds, and only on
/// a machine that is quiet enough.
enum BenchRounds {
    static let count = 5
    /// The share of the median between a contender's worst and best round above which nothing is judged.
    private static let noise = 0.35

    /// Prints the median and the spread of each contender's rounds. False, which is printed too, if the rounds differ too
    /// much.
    ///
    /// - Parameter contenders: Their values in the order of measurement, at least ``count``; each fifth is a round.
    static func areQuiet(_ contenders: (name: String, values: [Double])...) -> Bool {
        var noisy: [String] = []
        for (name, values) in contenders {
            let size = max(1, values.count / Self.count)
            let rounds = stride(from: 0, to: min(values.count, size * Self.count), by: size).map {
                Self.median(Array(values[$0..<min($0 + size, values.count)]))
            }
            let (middle, least, most) = (Self.median(rounds), rounds.min() ?? 0, rounds.max() ?? 0)
            BenchOutput.tell(
                "\(name): median \(Self.short(middle)) of \(rounds.count) rounds, \(Self.short(least)) to \(Self.short(most))"
            )
            let spread = middle == 0 ? 0 : (most - least) / middle
            if spread > Self.noise { noisy.append("\(name) \(Int((spread * 100).rounded())) %") }
        }
        guard !noisy.isEmpty else { return true }
        BenchOutput.tell(
            "no judgement: the machine is too noisy, the rounds differ by \(noisy.joined(separator: ", ")) "
                + "(at most \(Int(Self.noise * 100)) %)")
        return false
    }

    static func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }

    private static func short(_ value: Double) -> String { BenchOutput.rounded(value).description }
}

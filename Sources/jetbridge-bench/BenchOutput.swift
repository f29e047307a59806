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

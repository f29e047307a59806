internal import Glibc
internal import JSON

/// Where results and remarks go.
enum BenchOutput {
    /// One line of the benchmark's result. Without a peer the number stands alone.
    static func result(
        _ name: String, _ metric: String, ours: Double, peer: Double? = nil, peerName: String? = nil, unit: String
    ) {
        Self.line([
            "name": .string(name), "metric": .string(metric), "ours": .number(Self.rounded(ours)),
            "peer": peer.map { .number(Self.rounded($0)) } ?? .null, "peer_name": peerName.map { .string($0) } ?? .null,
            "ratio": peer.map { .number(Self.rounded(ours / $0)) } ?? .null, "unit": .string(unit),
        ])
    }

    /// One JSON object on stdout.
    static func line(_ object: JSONObject) { Self.write(JSON.object(object).text + "\n", to: STDOUT_FILENO) }

    /// A remark on stderr.
    static func tell(_ text: String) { Self.write("    \(text)\n", to: STDERR_FILENO) }

    /// Four digits that count.
    private static func rounded(_ value: Double) -> Double {
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

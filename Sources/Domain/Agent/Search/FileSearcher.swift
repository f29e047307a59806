internal import Primitives

/// Searches the bytes of files on a thread of its own, because a pattern may take a second.
actor FileSearcher {
    /// A matching line.
    struct Hit: Sendable, Equatable {
        let line: Int
        let text: String
    }

    private nonisolated let executor: ThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private static let executors = (1...2).map { ThreadExecutor(name: "search-\($0)") }

    private let pattern: LinePattern
    /// What is left of the work that one search may cost.
    private var steps = 300_000_000

    init(_ pattern: LinePattern) {
        self.pattern = pattern
        self.executor = Self.executors[Int.random(in: 0..<Self.executors.count)]
    }

    var isExhausted: Bool { self.steps <= 0 }

    /// Nil for a file that is not searched: binary, or made by a program.
    func hits(in bytes: [UInt8], limit: Int) -> [Hit]? {
        guard !TextKind.isBinary(bytes) else { return nil }
        guard self.pattern.mayMatch(bytes) else { return [] }
        let lines = FileLine.split(bytes)
        // Minified text has huge lines.
        guard !lines.contains(where: { $0.text.count > 20_000 }) else { return nil }
        var hits: [Hit] = []
        for (index, line) in lines.enumerated() {
            guard hits.count < limit, self.steps > 0 else { break }
            guard let end = self.pattern.end(in: line.text, steps: &self.steps) else { continue }
            hits.append(Hit(line: index + 1, text: Self.shown(line.text, end)))
        }
        return hits
    }

    /// Whether a path matches.
    func matches(_ path: String) -> Bool { self.pattern.end(in: Array(path.utf8)[...], steps: &self.steps) != nil }

    /// At most 500 characters around the match.
    private static func shown(_ line: ArraySlice<UInt8>, _ end: Int) -> String {
        let text = VisibleText.of(line)
        guard text.count > ToolLimits.searchLine else { return text }
        let match = VisibleText.of(line.prefix(end)).count
        let start = max(0, min(match - ToolLimits.searchLine / 2, text.count - ToolLimits.searchLine))
        let part = text.dropFirst(start).prefix(ToolLimits.searchLine)
        return "\(start > 0 ? "…" : "")\(part)\(start + part.count < text.count ? "…" : "")"
    }
}

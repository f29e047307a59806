internal import JSON
internal import Telemetry

/// Hands calls to the executor, several at once where it may.
struct CallRunner: Sendable {
    /// Calls at once: each may hold a few files.
    private static let width = 4

    let executor: any ToolExecutor
    /// Bytes of what the edits that are decided about together would write and show.
    var editBytes = 64 << 20

    /// An edit beyond ``editBytes`` fails, and so does each one after it.
    func prepare(_ calls: [CheckedCall]) async throws -> [PreparedCall] {
        var prepared: [PreparedCall] = []
        var left = self.editBytes
        var rest = calls[...]
        while !rest.isEmpty {
            let next = Array(rest.prefix(Self.width))
            rest = rest.dropFirst(Self.width)
            let isSpent = left < 0
            let results = try await Self.all(next) { call in try await self.prepare(call, isSpent: isSpent) }
            for (call, result) in zip(next, results) {
                guard call.tool.kind == .edit, case .intent(let intent) = result else {
                    prepared.append(result)
                    continue
                }
                // One that is too large leaves no room for a smaller one behind it: edits keep their order.
                if left >= 0 { left -= intent.editBytes }
                prepared.append(left >= 0 ? result : .failed(Self.tooMuch(call)))
            }
        }
        return prepared
    }

    private func prepare(_ call: CheckedCall, isSpent: Bool) async throws -> PreparedCall {
        if isSpent, call.tool.kind == .edit { return .failed(Self.tooMuch(call)) }
        return try await self.executor.prepare(call)
    }

    private static func tooMuch(_ call: CheckedCall) -> ToolResult {
        ToolResult(
            .failed, text: "There is too much in one answer: do these edits one after another.",
            summary: "\(call.tool.name): failed")
    }

    func perform(
        _ intent: ToolIntent, _ decision: GateDecision, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> ToolResult {
        let (name, call) = (intent.call.tool.name, intent.call.id)
        return try await Telemetry.traced(
            "execute_tool \(name)",
            attributes: [
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": .string(name),
                "gen_ai.tool.call.id": .string(call), "gen_ai.tool.type": "function",
            ]
        ) { span in
            if let span, span.hasContent { span.set("gen_ai.tool.call.arguments", .string(intent.call.arguments.text)) }
            let result = try await self.executor.perform(intent, approval: decision, progress: progress)
            if result.outcome != .done { span?.fail(result.outcome.rawValue, result.summary) }
            if let span, span.hasContent { span.set("gen_ai.tool.call.result", .string(result.text)) }
            return result
        }
    }

    /// Carries out calls that only read, at the same time.
    func read(
        _ calls: [CheckedCall], settled: [String: (intent: ToolIntent, decision: GateDecision)]
    ) async throws -> [ToolResult] {
        try await Self.all(calls) { call in
            guard let (intent, decision) = settled[call.id], decision.mayRun else { return Self.undecided(call) }
            return try await self.perform(intent, decision)
        }
    }

    static func undecided(_ call: CheckedCall) -> ToolResult {
        ToolResult(
            .failed, text: "Nothing was decided about it, so nothing ran.", summary: "\(call.tool.name), not run")
    }

    /// Does the same with all calls, several at once; the results are in the order of the calls.
    private static func all<Result: Sendable>(
        _ calls: [CheckedCall], _ body: @escaping @Sendable (CheckedCall) async throws -> Result
    ) async throws -> [Result] {
        if calls.count == 1 { return [try await body(calls[0])] }
        return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var waiting = calls.enumerated().makeIterator()
            for _ in 0..<Self.width {
                guard let (index, call) = waiting.next() else { break }
                group.addTask { (index, try await body(call)) }
            }
            var results: [(Int, Result)] = []
            while let result = try await group.next() {
                results.append(result)
                guard let (index, call) = waiting.next() else { continue }
                group.addTask { (index, try await body(call)) }
            }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

extension ToolIntent {
    /// Bytes that it writes and shows.
    fileprivate var editBytes: Int {
        self.changes.reduce(self.subject.utf8.count) { $0 + ($1.bytes?.count ?? 0) }
    }
}

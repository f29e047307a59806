internal import JSON
internal import Logging
internal import Telemetry

/// Hands calls to the executor, several at once where it may, and turns its errors into results.
struct CallRunner: Sendable {
    let executor: any ToolExecutor
    let logger: Logger

    func prepare(_ calls: [CheckedCall]) async throws -> [PreparedCall] {
        try await Self.all(calls) { call in
            do {
                return try await self.executor.prepare(call)
            } catch let error as CancellationError {
                throw error
            } catch {
                return .failed(self.failure(of: call, error))
            }
        }
    }

    func perform(_ intent: ToolIntent, _ decision: GateDecision) async throws -> ToolResult {
        do {
            return try await self.traced(intent) { try await self.executor.perform(intent, approval: decision) }
        } catch let error as CancellationError {
            throw error
        } catch {
            return self.failure(of: intent.call, error)
        }
    }

    private func traced(
        _ intent: ToolIntent, _ body: () async throws -> ToolResult
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
            let result = try await body()
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

    /// Does the same with all calls at once; the results are in the order of the calls.
    private static func all<Result: Sendable>(
        _ calls: [CheckedCall], _ body: @escaping @Sendable (CheckedCall) async throws -> Result
    ) async throws -> [Result] {
        if calls.count == 1 { return [try await body(calls[0])] }
        return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { (index, try await body(call)) }
            }
            var results: [(Int, Result)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func failure(of call: CheckedCall, _ error: any Error) -> ToolResult {
        self.logger.error("a tool failed", ["tool": .string(call.tool.name), "error": .string("\(error)")])
        return ToolResult(
            .failed, text: "The tool failed inside the host. Try another way.",
            summary: "\(call.tool.name), failed inside the host")
    }
}

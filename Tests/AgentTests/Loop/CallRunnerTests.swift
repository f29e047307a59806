import JSON
import Primitives
import TestSupport
import Testing

@testable import Agent

@Suite("The calls of one answer", .timeLimit(.minutes(1)))
struct CallRunnerTests {
    private static func calls(_ kinds: [ToolDefinition.Kind]) -> [CheckedCall] {
        kinds.enumerated().map { index, kind in
            CheckedCall(
                id: "\(index)", tool: LoopBench.tool(kind.rawValue, kind), arguments: ["path": .string("\(index)")])
        }
    }

    private static func runner(_ executor: FakeExecutor) -> CallRunner {
        CallRunner(executor: executor, editBytes: 250)
    }

    @Test("edits that are too much together fail from the first one that does not fit, and are not prepared")
    func editBytes() async throws {
        let prepared = Protected<[String]>([])
        let executor = FakeExecutor(
            preparing: { call in
                prepared.withLock { $0.append(call.id) }
                let bytes = [UInt8](repeating: 1, count: call.id == "3" ? 1 : 100)
                let changes = call.tool.kind == .edit ? [ToolIntent.Change(path: call.id, bytes: bytes)] : []
                return .intent(
                    ToolIntent(call: call, subject: "", directory: "/workspace", title: "", changes: changes))
            },
            performing: { _ in ToolResult(.done, text: "", summary: "") })
        let calls = Self.calls([.edit, .edit, .edit, .edit, .edit, .read])
        let results = try await Self.runner(executor).prepare(calls)
        let texts = results.map { result in
            if case .failed(let failure) = result { failure.text } else { "" }
        }
        let tooMuch = "There is too much in one answer: do these edits one after another."
        expectEqual(texts, ["", "", tooMuch, tooMuch, tooMuch, ""])
        expectEqual(prepared.withLock { $0.sorted() }, ["0", "1", "2", "3", "5"])
    }

    @Test("many calls run at the same time, but not all; their results keep the order of the calls")
    func width() async throws {
        let active = Protected((now: 0, most: 0))
        let executor = FakeExecutor { call in
            active.withLock { active in
                active.now += 1
                active.most = max(active.most, active.now)
            }
            for _ in 0..<10 { await Task.yield() }
            active.withLock { $0.now -= 1 }
            return ToolResult(.done, text: call.id, summary: "read")
        }
        let calls = Self.calls(Array(repeating: .read, count: 50))
        var settled: [String: (intent: ToolIntent, decision: GateDecision)] = [:]
        for call in calls { settled[call.id] = (FakeExecutor.intent(call), GateDecision.allowed(rule: "test")) }
        let results = try await Self.runner(executor).read(calls, settled: settled)
        expectEqual(results.map(\.text), calls.map(\.id))
        #expect(active.withLock { $0.most } <= 4)
    }
}

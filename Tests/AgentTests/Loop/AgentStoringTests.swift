import Agent
import Chat
import Git
import Primitives
import TestSupport
import Testing
import Work

/// When a turn's events are stored, and with which others.
@Suite("What a turn stores, and when", .timeLimit(.minutes(1)))
struct AgentStoringTests {
    private typealias Bench = LoopBench

    @Test("a call begins when its answer, decision and start are stored, in one piece")
    func beforeEffects() async throws {
        let log = BatchLog()
        let executor = FakeExecutor { call in
            let stored = try await log.records(of: "t1", after: 0)
            #expect(stored.last?.event.kind == "started" || call.tool.kind == .read, "\(call.id)")
            return ToolResult(.done, text: "ok", summary: "shell")
        }
        var bench = Bench(
            [
                Bench.calls("shell {}"), Bench.calls("read {}"), Bench.calls(#"shell {"n":1}"#, #"shell {"n":2}"#),
                ScriptedModel.answer("Done."),
            ], executor: executor)
        bench.log = log
        try await expectEqual(bench.run(), .complete)
        #expect(
            log.batches == [
                "asked answered decided started", "finished",
                // Reading has no effect.
                "asked answered decided started finished",
                "asked answered decided decided started", "finished started", "finished", "asked answered ended",
            ])
    }

    @Test("what people may be asked about is stored before")
    func beforeQuestions() async throws {
        let log = BatchLog()
        var bench = Bench([Bench.calls("shell {}"), ScriptedModel.answer("Done.")])
        bench.log = log
        bench.gate = ScriptedGate { _ in
            expectEqual(log.batches, ["asked answered"])
            return .allowed(rule: "all")
        }
        try await expectEqual(bench.run(), .complete)
        expectEqual(log.batches, ["asked answered", "decided started", "finished", "asked answered ended"])
    }

    @Test("a plain answer is stored with the turn's end, and a new turn reads no record")
    func plain() async throws {
        let log = BatchLog()
        var bench = Bench([ScriptedModel.answer("Hello.")])
        bench.log = log
        bench.isNew = true
        try await expectEqual(bench.run(), .complete)
        #expect(log.batches == ["with the end: asked answered ended"] && log.reads == 0)
    }

    @Test("a stopped turn stores what it has done")
    func stopped() async throws {
        let (log, isAsked) = (BatchLog(), Gate(isOpen: false))
        var bench = Bench([Bench.calls("read {}"), [.wait { isAsked.setOpen(true) }, .hang]])
        bench.log = log
        let task = Task { [bench] in try await bench.run() }
        await isAsked.pass()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        expectEqual(log.batches, ["asked answered decided started finished"])
    }

    @Test("the line at the end has the size of the changes")
    func changes() async throws {
        var bench = Bench([Bench.calls(#"edit {"path":"a"}"#), ScriptedModel.answer("Done.")])
        bench.changes = { GitStat(files: 1, additions: 2, deletions: 3) }
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.steps?.folded.hasPrefix("1 step, 1 file +2 −3, "), true, "\(bench.steps?.folded ?? "")")
    }
}

/// Keeps the kinds of the events that were stored at once.
private final class BatchLog: StepLog {
    private let log = MemoryStepLog()
    private let kinds = Protected<[String]>([])
    private let readCount = Protected(0)

    var batches: [String] { self.kinds.withLock { $0 } }
    var reads: Int { self.readCount.withLock { $0 } }

    func append(_ records: [StepRecord], of turn: String) async throws {
        self.kinds.withLock { $0.append(records.map(\.event.kind).joined(separator: " ")) }
        try await self.log.append(records, of: turn)
    }

    func appendWithEnd(_ records: [StepRecord], of turn: String) async throws {
        self.kinds.withLock {
            $0.append("with the end: " + records.map(\.event.kind).joined(separator: " "))
        }
        try await self.log.append(records, of: turn)
    }

    func records(of turn: String, after number: Int) async throws -> [StepRecord] {
        self.readCount.withLock { $0 += 1 }
        return try await self.log.records(of: turn, after: number)
    }

    func checkpoint(of turn: String) async throws -> StepRecord? { try await self.log.checkpoint(of: turn) }
}

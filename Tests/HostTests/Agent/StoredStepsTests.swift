import Agent
import Database
import Sessions
import TestSupport
import Testing

@testable import Host

@Suite("The stored steps of turns", .timeLimit(.minutes(1)))
struct StoredStepsTests {
    @Test("a long record is read whole and in order, and whether tools were called is known without it")
    func long() async throws {
        let folder = try TemporaryDirectory()
        let database = try Database(path: folder.path + "/a.sqlite", migrations: Schema.migrations)
        let steps = StoredSteps(store: SessionStore(database: database))
        let records = (1...1_700).map { number in
            StepRecord(
                number: number, elapsed: number,
                event: .noted(AgentEvent.Note(.empty, #"\(number) "kind":"decided"}"#)))
        }
        try await steps.append(records, of: "t1")
        #expect(try await steps.records(of: "t1", after: 0) == records)
        #expect(try await steps.records(of: "t1", after: 700) == Array(records.dropFirst(700)))
        #expect(try await steps.records(of: "t1", after: 1_700) == [])
        #expect(try await !steps.hasWorked("t1"))
        let decision = AgentEvent.Decision(call: "1.1", digest: "d", decision: .allowed(rule: "r"))
        try await steps.append([StepRecord(number: 1_701, elapsed: 0, event: .decided(decision))], of: "t1")
        #expect(try await steps.hasWorked("t1"))
        #expect(try await !steps.hasWorked("t2"))
        await database.close()
    }
}

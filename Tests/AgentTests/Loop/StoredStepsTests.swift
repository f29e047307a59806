import Chat
import Database
import Models
import Store
import TestSupport
import Testing

@testable import Agent

@Suite("The stored steps of turns", .timeLimit(.minutes(1)))
struct StoredStepsTests {
    @Test("a long record is read whole and in order, and whether tools were called is known")
    func long() async throws {
        let folder = try TemporaryDirectory()
        let database = try TestDatabase.open(path: folder.path + "/a.sqlite", migrations: StoreSchema.migrations)
        let steps = StoredSteps(store: SessionStore(database: database))
        let records = (1...1_700).map { number in
            StepRecord(
                number: number, elapsed: number,
                event: .noted(AgentEvent.Note(.empty, #"\(number) "kind":"decided"}"#)))
        }
        try await steps.append(records, of: "t1")
        try await expectEqual(steps.records(of: "t1", after: 0), records)
        try await expectEqual(steps.records(of: "t1", after: 700), Array(records.dropFirst(700)))
        try await expectEqual(steps.records(of: "t1", after: 1_700), [])
        #expect(try await !steps.hasWorked("t1"))
        let call = AgentCall(id: "1.1", wireID: "c1", name: "read", arguments: "{}")
        let answer = AgentEvent.Answer(model: "m", text: "", calls: [call], finish: .toolCalls)
        try await steps.append([StepRecord(number: 1_701, elapsed: 0, event: .answered(answer))], of: "t1")
        #expect(try await steps.hasWorked("t1"))
        #expect(try await !steps.hasWorked("t2"))
        await database.close()
    }

    @Test("what people read at once is bounded in bytes, and says that earlier steps are left out")
    func page() async throws {
        let folder = try TemporaryDirectory()
        let database = try TestDatabase.open(path: folder.path + "/a.sqlite", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let steps = StoredSteps(store: store)
        let text = String(repeating: "x", count: 3 << 20)
        let records = (1...4).map { number in
            StepRecord(number: number, elapsed: 0, event: .noted(AgentEvent.Note(.empty, text)))
        }
        try await steps.append(records, of: "t1")
        let page = try await steps.page(of: "t1", after: 0)
        #expect(page.isCut && page.position == 4)
        let rest = try await steps.page(of: "t1", after: 2)
        #expect(!rest.isCut && rest.position == 4)
        for (bytes, numbers) in [(0, [4]), (7 << 20, [3, 4]), (10 << 20, [2, 3, 4]), (20 << 20, [1, 2, 3, 4])] {
            let last = try await store.read { ledger in
                try ledger.lastSteps(ofTurn: "t1", after: 0, limit: 10, bytes: bytes)
            }
            #expect(last.steps.map(\.number) == numbers && last.isCut == (numbers.count < 4))
        }
        await database.close()
    }
}

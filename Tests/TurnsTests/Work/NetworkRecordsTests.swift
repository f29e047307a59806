import Audit
import JSON
import Jail
import Logging
import Primitives
import TestSupport
import Testing

@testable import Turns

@Suite("The records of jails' requests", .timeLimit(.minutes(1)))
struct NetworkRecordsTests {
    private final class Recorder: AuditRecorder {
        let entries = Protected<[AuditEntry]>([])

        var all: [AuditEntry] { self.entries.withLock { $0 } }

        func record(_ entry: AuditEntry) async throws { self.entries.withLock { $0.append(entry) } }
    }

    private let recorder = Recorder()
    private let clock = Protected<Int64>(0)

    private func records() -> NetworkRecords {
        NetworkRecords(audit: self.recorder, logger: Logger(label: "test")) { [clock] in clock.withLock { $0 } }
    }

    private static func request(_ host: String, received: Int = 1) -> NetworkRequest {
        NetworkRequest(
            method: "GET", host: host, port: 80, verdict: .allowed, reason: "approved", sent: 2, received: received)
    }

    @Test("of equal requests within a minute the first have a row each, and the others one together")
    func equal() async throws {
        let records = self.records()
        for _ in 1...100 { await records.record(Self.request("a.test"), of: "t_1") }
        await records.record(Self.request("b.test"), of: "t_1")
        await records.record(Self.request("a.test"), of: "t_2")
        expectEqual(self.recorder.all.count, NetworkRecords.alike + 2)
        #expect(self.recorder.all.allSatisfy { $0.details["count"] == nil })
        await records.flush("t_1")
        await records.flush("t_1")
        expectEqual(self.recorder.all.count, NetworkRecords.alike + 3)
        let row = try #require(self.recorder.all.last)
        #expect(row.session == "t_1" && row.details["host"] == "a.test")
        let left = 100 - NetworkRecords.alike
        expectEqual(row.details["count"]?.intValue, left)
        expectEqual(row.details["sent"]?.intValue, 2 * left)
        expectEqual(row.details["received"]?.intValue, left)
        self.clock.withLock { $0 = 60_000 }
        await records.record(Self.request("a.test"), of: "t_1")
        expectEqual(self.recorder.all.count, NetworkRecords.alike + 4)
    }

    @Test("a session with many different requests has only counts for the rest of the day")
    func daily() async throws {
        let records = self.records()
        for number in 1...(NetworkRecords.daily + 500) {
            await records.record(Self.request("h\(number).test"), of: "t_1")
        }
        expectEqual(self.recorder.all.count, NetworkRecords.daily)
        await records.record(Self.request("a.test"), of: "t_2")
        await records.flush("t_1")
        expectEqual(self.recorder.all.count, NetworkRecords.daily + 2)
        let row = try #require(self.recorder.all.last)
        #expect(row.details["host"] == "" && row.details["verdict"] == "allowed")
        expectEqual(row.details["count"]?.intValue, 500)
        self.clock.withLock { $0 = 86_400_000 }
        await records.record(Self.request("a.test"), of: "t_1")
        expectEqual(self.recorder.all.last?.details["host"], "a.test")
    }
}

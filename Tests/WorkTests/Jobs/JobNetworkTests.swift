import Chat
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("What a job's network request asks")
struct JobNetworkTests {
    private final class AskedThread: TurnThread {
        let asked = Protected<[ApprovalRequest]>([])

        func report(_ event: TurnEvent) async throws {}

        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
            self.asked.withLock { $0.append(request) }
            return .denied(by: "Ada", reason: nil)
        }
    }

    private static func job(_ id: String, isBackground: Bool) -> Job {
        Job(id: id, session: "s", turn: "t", command: "curl x", isBackground: isBackground, startedAt: 0)
    }

    @Test("it names the jobs beside the command, and is refused without asking where nobody waits for a command")
    func names() async {
        let running = RunningJobs(), thread = AskedThread()
        _ = running.add(Self.job("j1", isBackground: true), JobOutput(), in: nil) {}
        await expectEqual(running.mayReach("example.org:443", from: "s"), false)
        #expect(thread.asked.withLock { $0.isEmpty })
        _ = running.add(Self.job("j2", isBackground: false), JobOutput(), in: thread) {}
        await expectEqual(running.mayReach("example.org:443", from: "s"), false)
        let asked = thread.asked.withLock { $0 }
        expectEqual(asked.map(\.subject), ["example.org:443"])
        expectEqual(asked.first?.preview, "Either the command wants this, or a job that runs beside it: j1")
    }
}

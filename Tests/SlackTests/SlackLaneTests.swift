import HTTP
import JetbridgeTesting
import Primitives
import Testing

@testable import Slack

@Suite("A lane's jobs", .timeLimit(.minutes(1)))
struct SlackLaneTests {
    @Test("that nobody does any more are answered, and no more are taken")
    func cancellation() async throws {
        let settings = SlackSettings(
            id: "team", botToken: Secret("xoxb-1"), intake: .socket(appToken: Secret("xapp-1")),
            apiURL: try HTTPURL("http://127.0.0.1:1/api/"))
        let adapter = SlackAdapter(settings)
        let lane = SlackLane()
        let answers = Protected<[Bool]>([])
        let job = SlackLane.Job(items: []) { isStored, _ in answers.withLock { $0.append(isStored) } }
        #expect(lane.append(job))
        let server = Task {
            withUnsafeCurrentTask { unsafe $0?.cancel() }
            await adapter.serve(lane, delivering: RecordingSink())
        }
        await server.value
        #expect(answers.withLock { $0 } == [false])
        #expect(!lane.append(job))
    }
}

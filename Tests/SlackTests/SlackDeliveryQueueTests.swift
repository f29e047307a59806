import HTTP
import Primitives
import TestSupport
import Testing

@testable import Slack

@Suite("Delivery queues", .timeLimit(.minutes(1)))
struct SlackDeliveryQueueTests {
    @Test("cancellation answers the remaining jobs, and the queue accepts no more")
    func cancellation() async throws {
        let settings = SlackSettings(
            id: "team", botToken: Secret("xoxb-1"), intake: .socket(appToken: Secret("xapp-1")),
            apiURL: try HTTPURL("http://127.0.0.1:1/api/"))
        let adapter = SlackAdapter(settings)
        let queue = SlackDeliveryQueue()
        let answers = Protected<[Bool]>([])
        let job = SlackDeliveryQueue.Job(items: []) { isStored, _ in answers.withLock { $0.append(isStored) } }
        #expect(queue.append(job))
        let server = Task {
            withUnsafeCurrentTask { unsafe $0?.cancel() }
            await adapter.deliverJobs(of: queue, to: RecordingSink())
        }
        await server.value
        expectEqual(answers.withLock { $0 }, [false])
        #expect(!queue.append(job))
    }
}

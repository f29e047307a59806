import Chat
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

    @Test("a socket that takes no acknowledgements is closed when too many wait")
    func acknowledgements() {
        var work = SlackWork()
        for _ in 1..<SlackWork.acknowledgementLimit { expectEqual(work.beginAcknowledgement(on: 1), true) }
        expectEqual(work.takeOrders().count, 0)
        expectEqual(work.beginAcknowledgement(on: 1), true)
        expectEqual(work.beginAcknowledgement(on: 1), false)
        let closed = work.takeOrders().compactMap { if case .close(let link) = $0 { link } else { nil } }
        expectEqual(closed, [1])
        expectEqual(work.beginAcknowledgement(on: 2), true, "another socket")
        work.endAcknowledgement(on: 1)
        expectEqual(work.beginAcknowledgement(on: 1), true)
    }

    @Test("an envelope whose id is too long is not kept")
    func longID() {
        func frame(_ length: Int) -> SlackFrame {
            SlackFrame(#"{"envelope_id":"\#(String(repeating: "x", count: length))","type":"events_api","payload":{}}"#)
        }
        if case .envelope = frame(255) {} else { Issue.record("255 bytes") }
        expectEqual(frame(256), .unknown("a frame of the type events_api"))
    }

    @Test("messages of a thread that come together are in the order of their times, and all else keeps its place")
    func order() async {
        func job(_ ts: String, in channel: String = "C1") -> SlackDeliveryQueue.Job {
            let room = RoomID(adapter: AdapterID("team"), name: channel)
            let message = InboundMessage(
                thread: ThreadKey(adapter: room.adapter, value: channel), route: Route(room: room, replyTo: ts),
                sender: Sender(id: "team:U1", identities: [], displayName: "Ada"), text: ts, sentAt: 0, isDirect: false,
                isAddressed: true)
            return SlackDeliveryQueue.Job(items: [.message(message, id: ts)]) { _, _ in }
        }
        let queue = SlackDeliveryQueue()
        let other = SlackDeliveryQueue.Job(items: [.joined(channel: "C1")]) { _, _ in }
        let first = [job("1700000000.000002"), other, job("1700000000.000009", in: "C2")]
        for late in [job("1700000000.000001"), job("999999999.000005"), job("1700000000.000008", in: "C2")] {
            #expect(queue.append(late))
        }
        expectEqual(
            await queue.gather(first).map { $0.route?.replyTo },
            [
                "999999999.000005", nil, "1700000000.000008", "1700000000.000001", "1700000000.000002",
                "1700000000.000009",
            ])
    }
}

import Chat
import TestSupport
import Testing

@testable import Threads

@Suite("The state of a session")
struct SessionRecordTests {
    @Test(
        "it is idle after an hour of silence, and an archived one stays archived",
        arguments: [
            (stored: SessionRecord.State.active, silence: Int64(3_600_000), shown: SessionRecord.State.active),
            (.active, 3_600_001, .idle),
            (.archived, 0, .archived),
            (.archived, 10_000_000, .archived),
        ])
    func states(stored: SessionRecord.State, silence: Int64, shown: SessionRecord.State) {
        let room = RoomID(adapter: AdapterID("irc"), name: "#team")
        let session = SessionRecord(
            id: "t_1", key: ThreadKey(adapter: AdapterID("irc"), value: "#team/alice"), title: "", owner: "alice",
            route: Route(room: room), model: nil, repository: nil, state: stored, epoch: 0, summary: nil,
            createdAt: 5, activeAt: 1_000)
        expectEqual(session.state(at: 1_000 + silence), shown)
    }
}

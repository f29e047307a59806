import Chat
import Joining
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("What a thread's queue of turns decides")
struct TurnQueueTests {
    private func queue(_ ids: String...) -> TurnQueue {
        var queue = TurnQueue()
        for id in ids { queue.append(Sample.turn(id, replyTo: "m" + id)) }
        return queue
    }

    private func ids(_ queue: TurnQueue) -> [String] { queue.waiting.map(\.id) }

    @Test("turns begin one at a time, the oldest first")
    func order() throws {
        var queue = self.queue("1", "2")
        #expect(queue.isFree && !queue.isIdle && queue.ahead == 2)
        let firstTurn = queue.next()
        let first = try #require(firstTurn)
        #expect(first.id == "1" && queue.next() == nil && !queue.mayBegin && queue.ahead == 2)
        expectEqual(queue.begun(first), true)
        #expect(queue.next() == nil && !queue.begin(Sample.running("1")))
        #expect(queue.running?.turn.id == "1" && queue.next() == nil && queue.ahead == 2)
        queue.end()
        #expect(queue.running == nil && queue.next()?.id == "2" && queue.ahead == 1)
    }

    @Test("a turn that is stored as running begins at once when nothing else does")
    func atOnce() {
        var queue = TurnQueue()
        #expect(queue.mayBegin && queue.ahead == 0)
        #expect(!queue.begin(Sample.running("1")) && !queue.mayBegin)
        queue.end()
        #expect(queue.isIdle)
    }

    @Test("while the host stops none begins, and one that was about to waits again in its place")
    func closing() throws {
        var queue = self.queue("1", "2")
        let firstTurn = queue.next()
        let first = try #require(firstTurn)
        queue.close()
        expectEqual(queue.begun(first), false)
        #expect(self.ids(queue) == ["1", "2"] && queue.isFree && !queue.mayBegin && queue.next() == nil)
        var late = TurnQueue(isClosing: true)
        late.append(Sample.turn("1"))
        #expect(late.next() == nil)
    }

    @Test("a stop finds the turn where it is: running, waiting, about to begin, or ended")
    func stop() throws {
        var queue = self.queue("1", "2", "3")
        let firstTurn = queue.next()
        let first = try #require(firstTurn)
        guard case .none = queue.stop("1") else { return #expect(Bool(false)) }
        guard case .waiting(let second) = queue.stop("2") else { return #expect(Bool(false)) }
        #expect(second.id == "2" && self.ids(queue) == ["3"])
        #expect(queue.begun(first) && queue.begin(Sample.running("1")), "it is stopped as soon as it has begun")
        guard case .running(let running) = queue.stop("1") else { return #expect(Bool(false)) }
        #expect(running === queue.running)
        guard case .none = queue.stop("ended") else { return #expect(Bool(false)) }
        queue.end()
        let thirdTurn = queue.next()
        let third = try #require(thirdTurn)
        _ = queue.stop("ended")
        #expect(queue.begun(third) && !queue.begin(Sample.running("3")), "a stop of another turn does not stop it")
    }

    @Test("waiting turns are dropped by person")
    func dropped() {
        var queue = self.queue("1", "2")
        queue.append(Sample.turn("3", by: "bob"))
        expectEqual(queue.removeAll { $0.sender.id == "alice" }.map(\.id), ["1", "2"])
        #expect(self.ids(queue) == ["3"] && queue.removeAll { $0.sender.id == "alice" }.isEmpty)
    }

    @Test("waiting turns have no texts but those that an edit has left")
    func texts() {
        var queue = self.queue("1")
        queue.append(Sample.turn("2").with(text: "as long as a message may be"))
        expectEqual(queue.waiting.map(\.text), ["", ""])
        queue.update(queue.waiting[1].with(text: "edited"))
        expectEqual(queue.waiting.map(\.text), ["", "edited"])
    }

    @Test("a change finds the waiting question of its author; answers to asks are none")
    func changed() {
        var queue = self.queue("1")
        queue.append(Sample.turn("2", replyTo: "m2", ask: "a1"))
        func change(_ id: String, by name: String) -> MessageChange {
            .edit(
                MessageEdit(
                    reference: MessageReference(room: Sample.room, id: id), sender: Sample.person(name), text: "new"))
        }
        expectEqual(queue.turn(changedBy: change("m1", by: "alice"))?.id, "1")
        #expect(queue.turn(changedBy: change("m1", by: "mallory")) == nil)
        #expect(queue.turn(changedBy: change("m2", by: "alice")) == nil)
        expectEqual(queue.turn(changedBy: .deletion(MessageReference(room: Sample.room, id: "m1")))?.id, "1")
        queue.update(queue.waiting[0].with(text: "new"))
        expectEqual(queue.waiting.map(\.text), ["new", ""])
    }

    @Test("waiting turns follow their room to its new id, and answer a message only if it has the same id there")
    func moved() {
        var queue = self.queue("1")
        let renamed = RoomID(adapter: AdapterID("irc:local"), name: "#crew")
        queue.move(from: Sample.room, to: renamed, keepsMessages: true)
        #expect(queue.waiting[0].route.room == renamed && queue.waiting[0].route.replyTo == "m1")
        queue.move(from: renamed, to: Sample.room, keepsMessages: false)
        #expect(queue.waiting[0].route.room == Sample.room && queue.waiting[0].route.replyTo == nil)
    }
}

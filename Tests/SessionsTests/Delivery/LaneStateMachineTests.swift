import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import Threads

@Suite("What a room's lane decides")
struct LaneStateMachineTests {
    private static let start = ContinuousClock.now
    private static let plain = RoomTraits(textLimit: 400, textUnit: .bytes)
    /// Two posts at once, then one in ten seconds.
    private static let slow = RoomTraits(textLimit: 400, textUnit: .bytes, postInterval: .seconds(10), postBurst: 2)
    private static let editing = RoomTraits(
        capabilities: .edits, textLimit: 400, textUnit: .bytes, editInterval: .seconds(2))

    private static func at(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    private static func item(
        _ id: Int64, _ kind: OutboxItem.Kind = .final, of turn: String? = nil, on reference: String? = nil
    ) -> OutboxItem {
        OutboxItem(
            id: id, session: "s", turn: turn, kind: kind, route: Route(room: Sample.room), text: "text", token: "m",
            reference: reference, state: .pending)
    }

    /// One step in short words.
    private static func step(
        _ lane: inout LaneStateMachine, at seconds: Int = 0, in traits: RoomTraits = Self.plain
    ) -> String {
        switch lane.next(in: traits, at: Self.at(seconds)) {
        case .pause(let time): "pause \(time.components.seconds)"
        case .hold(let time): "hold \(time.components.seconds)"
        case .send(let item): "send \(item.id)"
        case .refill: "refill"
        case .preview: "preview"
        }
    }

    @Test("messages leave in order, each marked once, the next one together with the record of the last")
    func order() {
        var lane = LaneStateMachine()
        lane.enqueue([Self.item(1), Self.item(2)])
        #expect(lane.start() && !lane.start())
        #expect(Self.step(&lane) == "send 1" && lane.needsMark(Self.item(1)) && lane.mayBeOvertaken)
        lane.began()
        lane.sent(Self.item(1))
        expectEqual(lane.nextToMark(in: Self.plain, at: Self.at(0)) { _ in false }?.id, 2)
        lane.marked(true)
        #expect(Self.step(&lane) == "send 2" && !lane.needsMark(Self.item(2)) && !lane.mayBeOvertaken)
        lane.began()
        lane.sent(Self.item(2))
        expectEqual(lane.nextToMark(in: Self.plain, at: Self.at(0)) { _ in false }, nil)
        expectEqual(Self.step(&lane), "preview")
        lane.rest()
        #expect(lane.isIdle && lane.start())
    }

    @Test("all choices share the time to wait for a message, also over repeated attempts; the next one has its own")
    func awaited() {
        var lane = LaneStateMachine()
        expectEqual(lane.awaited(at: Self.at(0)), nil)
        lane.beginWait(for: Self.item(1), at: Self.at(0))
        expectEqual(lane.awaited(at: Self.at(0)), .seconds(10))
        expectEqual(lane.awaited(at: Self.at(4)), .seconds(6))
        expectEqual(lane.awaited(at: Self.at(10)), nil)
        lane.beginWait(for: Self.item(1), at: Self.at(11))
        expectEqual(lane.awaited(at: Self.at(11)), nil)
        lane.beginWait(for: Self.item(2), at: Self.at(12))
        expectEqual(lane.awaited(at: Self.at(12)), .seconds(10))
    }

    @Test("a note goes before other threads' answers that wait, but not before the first, nor within its own thread")
    func notes() {
        let item = { (id: Int64, kind: OutboxItem.Kind, session: String) in
            OutboxItem(
                id: id, session: session, turn: nil, kind: kind, route: Route(room: Sample.room), text: "text",
                token: "m", reference: nil, state: .pending)
        }
        var lane = LaneStateMachine()
        lane.enqueue((1...4).map { item($0, .part, "a") })
        lane.enqueue([item(5, .note, "b"), item(6, .note, "b")])
        lane.enqueue([item(7, .note, "a"), item(8, .part, "b")])
        lane.enqueue([item(9, .note, "b"), item(10, .ask, "c")])
        expectEqual(lane.queue.map(\.id), [1, 5, 6, 10, 2, 3, 4, 7, 8, 9])
    }

    @Test("an answer goes before other threads' documents that wait, and a document behind all")
    func documents() {
        let item = { (id: Int64, kind: OutboxItem.Kind, session: String, isDocument: Bool) in
            OutboxItem(
                id: id, session: session, turn: session, kind: kind, route: Route(room: Sample.room), text: "text",
                token: "m", reference: nil, state: .pending, isDocument: isDocument)
        }
        var lane = LaneStateMachine()
        lane.enqueue((1...3).map { item($0, .part, "a", true) })
        lane.enqueue([item(4, .part, "b", false), item(5, .final, "b", false)])
        lane.enqueue([item(6, .final, "a", false), item(7, .final, "c", false), item(8, .part, "d", true)])
        expectEqual(lane.queue.map(\.id), [1, 4, 5, 7, 2, 3, 6, 8])
    }

    @Test("a message that was dropped before it could be marked is skipped")
    func dropped() {
        var lane = LaneStateMachine()
        lane.enqueue([Self.item(1), Self.item(2)])
        _ = Self.step(&lane)
        lane.began()
        lane.sent(Self.item(1))
        _ = lane.nextToMark(in: Self.plain, at: Self.at(0)) { _ in false }
        lane.marked(false)
        expectEqual(Self.step(&lane), "preview")
    }

    @Test("memory is bounded: the rest is read from storage, and edits pass it by")
    func bounded() {
        var lane = LaneStateMachine()
        let limit = Int64(LaneStateMachine.queueLimit)
        lane.enqueue((1...limit + 10).map { Self.item($0) })
        lane.enqueue([Self.item(900), Self.item(901, on: "x")])
        expectEqual(lane.queue.map(\.id), Array(1...limit) + [901])
        for _ in 0...limit { lane.removeFirst() }
        expectEqual(Self.step(&lane), "refill")
        lane.enqueue([Self.item(902), Self.item(903, on: "y")])
        lane.refilled(with: [Self.item(902)])
        expectEqual(lane.queue.map(\.id), [902, 903])
        lane.removeFirst()
        lane.removeFirst()
        expectEqual(Self.step(&lane), "refill", "something arrived while storage was read")
        lane.refilled(with: [])
        expectEqual(Self.step(&lane), "preview")
        lane.wake()
        expectEqual(Self.step(&lane), "refill")
    }

    @Test("a room that returns while storage is read is tried with the next read", arguments: [false, true])
    func returns(hasRefused: Bool) {
        var lane = LaneStateMachine()
        if hasRefused { lane.tryRefused() } else { lane.wake() }
        expectEqual(Self.step(&lane), "refill")
        expectEqual(lane.beginRead(), hasRefused ? 0 : nil)
        lane.tryRefused()
        lane.refilled(with: [], refusedAfter: hasRefused ? 0 : nil)
        expectEqual(Self.step(&lane), "refill")
        expectEqual(lane.beginRead(), 0)
        lane.refilled(with: [], refusedAfter: 0)
        expectEqual(Self.step(&lane), "preview")
    }

    @Test("what waits for a room is read in pages, then once more what came meanwhile")
    func pages() {
        var lane = LaneStateMachine()
        lane.tryRefused()
        for page in 0..<2 {
            expectEqual(Self.step(&lane), "refill")
            let after = Int64(page * LaneStateMachine.queueLimit)
            expectEqual(lane.beginRead(), after)
            lane.refilled(
                with: (1...LaneStateMachine.queueLimit).map { Self.item(after + Int64($0)) }, refusedAfter: after)
            while !lane.queue.isEmpty { lane.removeFirst() }
        }
        expectEqual(Self.step(&lane), "refill")
        let after = lane.beginRead()
        expectEqual(after, Int64(2 * LaneStateMachine.queueLimit))
        lane.refilled(with: [], refusedAfter: after)
        expectEqual(Self.step(&lane), "refill")
        expectEqual(lane.beginRead(), nil)
        lane.refilled(with: [])
        expectEqual(Self.step(&lane), "preview")
    }

    @Test("a reserved lane sends nothing until its messages arrive, whose first is marked already")
    func reserved() {
        var lane = LaneStateMachine()
        expectEqual(lane.reserve(in: Self.plain, at: Self.at(0)), true)
        #expect(!lane.reserve(in: Self.plain, at: Self.at(0)) && !lane.isIdle)
        lane.enqueue([Self.item(3)])
        expectEqual(lane.start(), false)
        #expect(lane.takeReserved([Self.item(1), Self.item(2)]) && lane.start())
        #expect(lane.queue.map(\.id) == [1, 2, 3] && !lane.needsMark(Self.item(1)) && lane.needsMark(Self.item(2)))
        expectEqual(lane.takeReserved([]), false)
    }

    @Test("it is not reserved while anything waits or the room may not be sent to")
    func busy() {
        func isRefused(in traits: RoomTraits = Self.plain, _ prepare: (inout LaneStateMachine) -> Void) -> Bool {
            var lane = LaneStateMachine()
            prepare(&lane)
            return !lane.reserve(in: traits, at: Self.at(1))
        }
        #expect(isRefused { $0.enqueue([Self.item(1)]) })
        #expect(isRefused { $0.wake() })
        #expect(isRefused { _ = $0.start() })
        #expect(isRefused { $0.pace.block(for: .seconds(5), at: Self.at(0)) })
        #expect(isRefused(in: Self.editing) { $0.pace.touch("x", in: Self.editing, at: Self.at(0)) })
        #expect(
            isRefused(in: Self.slow) { lane in
                for _ in 1...2 { lane.pace.post(in: Self.slow, at: Self.at(0)) }
            })
        #expect(!isRefused(in: Self.slow) { $0.pace.post(in: Self.slow, at: Self.at(0)) })
    }

    @Test("after a burst posts keep the room's pace; edits need not, and a paced message is not marked early")
    func paced() {
        var lane = LaneStateMachine()
        for _ in 1...2 { lane.pace.post(in: Self.slow, at: Self.at(0)) }
        expectEqual(lane.pace.nextPost(in: Self.slow, at: Self.at(5)), Self.at(20))
        expectEqual(lane.pace.nextPost(in: Self.slow, at: Self.at(21)), nil)
        expectEqual(lane.pace.nextPost(in: Self.plain, at: Self.at(5)), nil)
        lane.enqueue([Self.item(1)])
        expectEqual(lane.nextToMark(in: Self.slow, at: Self.at(5)) { _ in false }, nil)
        expectEqual(lane.nextToMark(in: Self.slow, at: Self.at(21)) { _ in true }, nil, "a preview goes above it")
        expectEqual(lane.nextToMark(in: Self.slow, at: Self.at(21)) { _ in false }?.id, 1)
    }

    @Test("a throttled room waits for the longest time that was asked for")
    func throttled() {
        var lane = LaneStateMachine()
        lane.enqueue([Self.item(1)])
        lane.pace.block(for: .seconds(30), at: Self.at(0))
        lane.pace.block(for: .seconds(5), at: Self.at(1))
        expectEqual(Self.step(&lane, at: 10), "pause 20")
        #expect(lane.pace.isBlocked && Self.step(&lane, at: 30) == "send 1" && !lane.pace.isBlocked)
    }

    @Test("a final text waits after an edit of its message; others overtake it, but not those of its turn")
    func held() {
        var lane = LaneStateMachine()
        lane.pace.touch("x", in: Self.editing, at: Self.at(0))
        lane.enqueue([Self.item(1, of: "t", on: "x"), Self.item(2, of: "t")])
        let wait = Int((Self.editing.finalInterval).components.seconds)
        #expect(wait > 0 && Self.step(&lane, in: Self.editing) == "hold \(wait)" && lane.isHolding)
        lane.enqueue([Self.item(3, of: "u")])
        #expect(Self.step(&lane, in: Self.editing) == "send 3" && !lane.isHolding)
        lane.removeFirst()
        expectEqual(Self.step(&lane, in: Self.editing), "hold \(wait)")
        expectEqual(Self.step(&lane, at: wait, in: Self.editing), "send 1")
        lane.sent(Self.item(1, of: "t", on: "x"))
        expectEqual(lane.pace.isGrowing(in: Self.editing, at: Self.at(0)), false)
    }

    @Test("what divides an answer waits while the end of its turn is stored")
    func closing() {
        var lane = LaneStateMachine()
        lane.enqueue([Self.item(1, .commit, of: "t"), Self.item(2, of: "u")])
        lane.beginClosing(of: "t")
        expectEqual(Self.step(&lane), "send 2")
        lane.removeFirst()
        expectEqual(Self.step(&lane), "hold 1")
        lane.endClosing(of: "t")
        expectEqual(Self.step(&lane), "send 1")
    }

    @Test("a lane that gives up its room keeps only the message that is being sent")
    func handedOver() {
        var running = LaneStateMachine()
        running.enqueue([Self.item(1), Self.item(2)])
        _ = running.start()
        running.handOver()
        expectEqual(running.queue.map(\.id), [1])
        var reserved = LaneStateMachine()
        _ = reserved.reserve(in: Self.plain, at: Self.at(0))
        reserved.enqueue([Self.item(1)])
        reserved.handOver()
        #expect(reserved.queue.isEmpty)
    }

    @Test("attempts are further and further apart until one succeeds, and a failing search is timed while connected")
    func failures() {
        var lane = LaneStateMachine()
        let delays = (1...8).map { _ in lane.nextRetry() }
        #expect(delays.prefix(3) == [.milliseconds(500), .seconds(1), .seconds(2)] && delays.last == .seconds(30))
        lane.enqueue([Self.item(1)])
        lane.sent(Self.item(1))
        expectEqual(lane.nextRetry(), .milliseconds(500))
        func fail(_ item: Int64, at seconds: Int, isConnected: Bool = true) -> Duration {
            lane.searchFailed(for: Self.item(item), isConnected: isConnected, at: Self.at(seconds))
        }
        #expect(fail(1, at: 0) == .zero && fail(1, at: 7) == .seconds(7))
        #expect(fail(2, at: 8) == .zero && fail(2, at: 9, isConnected: false) == .zero && fail(2, at: 20) == .zero)
        expectEqual(fail(2, at: 25), .seconds(5))
        lane.searched()
        expectEqual(fail(2, at: 30), .zero)
    }
}

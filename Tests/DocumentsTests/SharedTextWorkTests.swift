import TestSupport
import Testing

@testable import Documents

/// What an update may make the host do.
@Suite("The work of an update", .timeLimit(.minutes(1)))
struct SharedTextWorkTests {
    /// Deleted blocks of one unit: each after the one before, or all at the beginning of the text.
    static func blocks(_ count: Int, of client: UInt64, from clock: Int, isChain: Bool) -> [UInt8] {
        var writer = UpdateWriter()
        for number in [1, count, Int(client), clock] { writer.number(number) }
        for place in clock..<(clock + count) {
            if isChain, place > 0 {
                writer.byte(0x81)
                writer.number(client)
                writer.number(place - 1)
            } else {
                writer.byte(1)
                writer.number(1)
                writer.string(TextUpdate.root)
            }
            writer.number(1)
        }
        writer.number(0)
        return writer.bytes
    }

    private static func chain(_ count: Int) throws -> SharedText {
        var text = SharedText()
        for clock in stride(from: 0, to: count, by: 5_000) {
            try text.take(TextUpdate(Self.blocks(5_000, of: 100, from: clock, isChain: true)))
        }
        #expect(text.itemCount == count)
        return text
    }

    @Test("an update that would pass the whole history for each of its blocks changes nothing")
    func quadratic() throws {
        var text = try Self.chain(30_000)
        let (changes, steps) = (text.changeCount, text.steps)
        let update = try TextUpdate(Self.blocks(1_000, of: 200, from: 0, isChain: false))
        let error = #expect(throws: SharedTextError.self) { try text.take(update) }
        #expect(error?.code == .tooLarge)
        #expect(text.changeCount == changes && text.steps == steps && text.itemCount == 30_000)
        // Few blocks are still taken, and what they took is known.
        var small = try Self.chain(5_000)
        let before = small.steps
        try small.take(TextUpdate(Self.blocks(2, of: 200, from: 0, isChain: false)))
        #expect(small.itemCount == 5_002 && small.steps - before >= 10_000)
    }

    @Test("a history has at most 50,000 items")
    func longHistory() throws {
        var text = try Self.chain(40_000)
        let update = try TextUpdate(Self.blocks(5_000, of: 100, from: 40_000, isChain: true))
        let error = #expect(throws: SharedTextError.self) { try text.take(update) }
        #expect(error?.code == .tooLarge && text.itemCount == 40_000)
    }

    @Test("ranges that are deleted again and again cost what they pass")
    func deletions() throws {
        var text = try Self.chain(30_000)
        var writer = UpdateWriter()
        for number in [0, 1, 100, 2_000] { writer.number(number) }
        for _ in 0..<2_000 {
            writer.number(0)
            writer.number(30_000)
        }
        let update = try TextUpdate(writer.bytes)
        #expect(text.cost(of: update) > 2_000 * 30_000 / 16)
        #expect(throws: SharedTextError.self) { try text.take(update) }
    }

    @Test("typing costs the same in a long history, and makes no copy of it")
    func typing() throws {
        var text = try Self.chain(30_000)
        for clock in 0..<50 {
            var writer = UpdateWriter()
            for number in [1, 1, 300, clock] { writer.number(number) }
            writer.byte(0x84)
            writer.number(clock > 0 ? 300 : 100)
            writer.number(clock > 0 ? clock - 1 : 29_999)
            writer.string("a")
            writer.number(0)
            let update = try TextUpdate(writer.bytes)
            #expect(text.cost(of: update) == 1)
            let steps = text.steps
            try text.take(update)
            #expect(text.steps == steps + 1)
        }
        #expect(text.text == String(repeating: "a", count: 50))
    }

    @Test("a text that is applied in slices is the one that is applied at once")
    func slices() throws {
        let source = try Self.chain(10_000)
        let update = try TextUpdate(source.encode())
        var (whole, parts, slices) = (SharedText(), SharedText(), 1)
        try whole.apply(update)
        var work = try parts.begin(update)
        while !parts.advance(&work, to: parts.steps + 1) { slices += 1 }
        let isDone = parts.finish(work, to: .max)
        #expect(isDone && parts.encode() == whole.encode() && parts.pendingCount == 0)
        // Yjs has one deleted run.
        #expect(slices <= 2)
        var other = try Self.chain(5_000)
        var second = try other.begin(TextUpdate(Self.blocks(100, of: 200, from: 0, isChain: false)))
        slices = 1
        while !other.advance(&second, to: other.steps + 1) { slices += 1 }
        _ = other.finish(second, to: .max)
        #expect(other.itemCount == 5_100 && slices >= 100)
    }

    /// One client's blocks of one unit, each after a unit of another client; the last one of `length` units.
    private static func client(
        _ client: Int, after origins: [(client: Int, clock: Int)?], length: Int = 1, to writer: inout UpdateWriter
    ) {
        for number in [origins.count, client, 0] { writer.number(number) }
        for (place, origin) in origins.enumerated() {
            writer.byte(origin == nil ? 0x04 : 0x84)
            if let origin {
                writer.number(origin.client)
                writer.number(origin.clock)
            } else {
                writer.number(1)
                writer.string(TextUpdate.root)
            }
            writer.string(String(repeating: "a", count: place == origins.count - 1 ? length : 1))
        }
    }

    @Test("those who wait for the last of a client's blocks are not asked again after each of the others")
    func waiting() throws {
        // Two clients and a third one wait for each other's next block; 30,000 wait for units of the third one's last.
        let (count, third, others) = (30_000, 3_000_004, [1_000_002, 3_000_003])
        var blocks: [(client: Int, clock: Int)?] = [nil]
        for round in 0..<count { blocks.append((others[round % 2], round / 2)) }
        var writer = UpdateWriter()
        writer.number(count + 3)
        Self.client(third, after: blocks, length: count + 1, to: &writer)
        let turns = (0..<count).map { (client: third, clock: $0) }
        Self.client(others[1], after: turns.filter { $0.clock % 2 == 1 }, to: &writer)
        for place in 0..<count { Self.client(2_000_000 + place, after: [(third, count + place)], to: &writer) }
        Self.client(others[0], after: turns.filter { $0.clock % 2 == 0 }, to: &writer)
        writer.number(0)
        let update = try TextUpdate(writer.bytes, limit: .max)
        var text = SharedText()
        try text.apply(update)
        #expect(text.pendingCount == 0 && text.byteCount == 4 * count + 1)
        // Each block once, and each time that one had to wait.
        #expect(text.steps > update.blocks.count && text.steps <= 4 * update.blocks.count)
    }

    @Test("whoever waits for the lowest clock is the first, and nobody before that clock is here")
    func clockQueue() {
        var queue = ClockQueue()
        for place in 0..<1_000 { queue.insert(UInt64(place), at: Int32(place * 7 % 1_000)) }
        expectEqual(queue.removeFirst(below: 0), nil)
        var clients: [UInt64] = []
        while let client = queue.removeFirst(below: 500) { clients.append(client) }
        expectEqual(clients.map { $0 * 7 % 1_000 }, Array(0..<500))
        queue.insert(1, at: 3)
        expectEqual(queue.removeFirst(below: 4), 1)
        expectEqual(queue.removeFirst(below: 501).map { $0 * 7 % 1_000 }, 500)
        expectEqual(queue.removeFirst(below: 501), nil)
    }

    @Test("what has anything that is not here is new, whether it fits or not")
    func new() throws {
        let text = try Self.chain(5_000)
        for (clock, count, isNew) in [(0, 5_000, false), (4_000, 1_001, true), (9_000, 10, true)] {
            let update = try TextUpdate(Self.blocks(count, of: 100, from: clock, isChain: true))
            expectEqual(update.blocks.contains(where: text.isNew), isNew)
        }
    }
}

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
}

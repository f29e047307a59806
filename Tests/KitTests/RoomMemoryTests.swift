import Kit
import TestSupport
import Testing

@Suite("The memory of rooms")
struct RoomMemoryTests {
    private func memory(lines: Int = 3, places: Int = 2, bytes: Int = 1_000) -> RoomMemory<String, String> {
        RoomMemory(lines: lines, places: places, bytes: bytes)
    }

    @Test("The newest lines of a place are kept, and told between two ids")
    func lines() {
        var memory = self.memory()
        for number in 1...5 { memory.note("m\(number)", id: "\(number)", size: 1, in: "a") }
        expectEqual(memory.lines(in: "a", before: nil, after: nil), ["m3", "m4", "m5"])
        expectEqual(memory.lines(in: "a", before: "5", after: "3"), ["m4"])
        // What was before an unknown message is unknown; all that is left is after a forgotten one.
        expectEqual(memory.lines(in: "a", before: "1", after: nil), [])
        expectEqual(memory.lines(in: "a", before: nil, after: "1"), ["m3", "m4", "m5"])
        expectEqual(memory.lines(in: "b", before: nil, after: nil), [])
        expectEqual(memory.size, 3)
    }

    @Test("Lines of one message share its id")
    func shared() {
        var memory = self.memory(lines: 9)
        for (text, id) in [("a", "1"), ("b", "2"), ("c", "2"), ("d", nil)] {
            memory.note(text, id: id, size: 1, in: "a")
        }
        expectEqual(memory.lines(in: "a", before: "2", after: nil), ["a"])
        expectEqual(memory.lines(in: "a", before: nil, after: "2"), ["d"])
    }

    @Test("A line is changed, renamed and removed by its id")
    func changed() {
        var memory = self.memory()
        memory.note("a", id: "1", size: 1, in: "a")
        memory.update("1", in: "a") { line in
            line = "longer"
            return 6
        }
        memory.rename("1", to: "2", in: "a") { $0 += "!" }
        memory.update("1", in: "a") { _ in 99 }
        expectEqual(memory.lines(in: "a", before: nil, after: nil), ["longer!"])
        #expect(memory.size == 6 && memory.has("2", in: "a") && !memory.has("1", in: "a"))
        memory.remove("2", in: "a")
        #expect(memory.count(in: "a") == 0 && memory.size == 0)
    }

    @Test("Beyond the limits the place that was silent the longest is forgotten")
    func bounds() {
        var memory = self.memory()
        for place in ["a", "b", "a", "c"] { memory.note(place, id: nil, size: 1, in: place) }
        expectEqual(memory.places.sorted(), ["a", "c"])
        memory.note("x", id: nil, size: 1_500, in: "c")
        expectEqual(memory.places.sorted(), ["c"])
        // A place alone is bounded by its lines.
        memory.note("y", id: nil, size: 1_500, in: "c")
        expectEqual(memory.count(in: "c"), 3)
        memory.forget { $0 == "c" }
        #expect(memory.size == 0 && memory.places.isEmpty)
    }

    @Test("What the network tells of earlier is put before, without what is known")
    func precede() {
        var memory = self.memory(lines: 4)
        memory.note("live", id: "3", size: 1, in: "a")
        memory.precede((1...3).map { .init(id: "\($0)", line: "old\($0)", size: 1) }, in: "a")
        expectEqual(memory.lines(in: "a", before: nil, after: nil), ["old1", "old2", "live"])
        expectEqual(memory.size, 3)
    }
}

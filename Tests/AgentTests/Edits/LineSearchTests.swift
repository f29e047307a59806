import TestSupport
import Testing

@testable import Agent

@Suite("Looking for whole lines", .timeLimit(.minutes(1)))
struct LineSearchTests {
    private static func lines(_ line: String, _ count: Int) -> [FileLine] {
        FileLine.split(Array(String(repeating: line + "\n", count: count).utf8))
    }

    @Test("the longer a text is, the fewer of its places are compared")
    func costs() throws {
        let search = LineSearch(file: Self.lines("    a", 120_000))
        let found = try search.find(Self.lines("a", 100_000))
        #expect(found?.rung == .indent)
        expectEqual(found?.places.count, 20)
        try expectEqual(search.find(Self.lines("a", 100))?.places.count, 10_000)
        try expectEqual(LineSearch(file: Self.lines("    a", 3)).find(Self.lines("a", 2))?.places, [0, 1])
    }
}

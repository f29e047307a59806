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

    @Test("the indentation of a line with more than 200 bytes of it is not compared, on either side")
    func longIndents() throws {
        func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
        func places(of text: String, in file: String) throws -> [Int]? {
            try LineSearch(file: FileLine.split(file)).find(FileLine.split(text))?.places
        }
        try expectEqual(places(of: "a\n\(blanks(50))b\n", in: "\(blanks(150))a\n\(blanks(200))b\n"), [0])
        try expectEqual(places(of: "a\n\(blanks(51))b\n", in: "\(blanks(150))a\n\(blanks(201))b\n"), nil)
        try expectEqual(places(of: " a\n\(blanks(201))b\n", in: "a\n\(blanks(200))b\n"), nil)
        // Each of 10,000 places would read all of the blanks.
        let file = String(repeating: "a\n\tb\n", count: 10_000)
        try expectEqual(places(of: "a\n\(blanks(450_000))\tb\n", in: file), nil)
    }
}

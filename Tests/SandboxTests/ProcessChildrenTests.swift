import Testing

@testable import Sandbox

@Suite("Processes as /proc shows them", .timeLimit(.minutes(1)))
struct ProcessChildrenTests {
    @Test("a command line is short and has no long run of marks")
    func command() {
        let marks = String(repeating: "\u{301}\u{316}", count: 4_000)
        let command = ProcessChildren.command(Array("sh\0-c\0a\(marks)\0".utf8)[...])
        #expect(command.utf8.starts(with: "sh -c a".utf8) && 1_020...1_024 ~= command.utf8.count)
        #expect(command.unicodeScalars.contains("\u{34F}"))
        #expect(ProcessChildren.command(Array("sleep\01\0".utf8)[...]) == "sleep 1")
        #expect(ProcessChildren.command([]).isEmpty)
    }
}

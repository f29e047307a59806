import Chat
import Surroundings
import Testing

@Suite("What a prompt gets of what was said")
struct LineCutTests {
    private static let room = RoomID(adapter: AdapterID("fake:one"), name: "team")
    private static let now: Int64 = 1_000_000_000

    private func line(
        _ text: String, _ relation: SaidMessage.Relation = .said, id: String? = nil, ago: Int64? = 1_000,
        files: Int = 0
    ) -> TurnLine {
        let said = SaidMessage(
            relation, reference: id.map { MessageReference(room: Self.room, id: $0) },
            author: Sender(id: "bob", identities: [], displayName: "bob"), name: "bob",
            sentAt: ago.map { Self.now - $0 }, text: text,
            attachments: (0..<files).map { Attachment(id: "\($0)", name: "\($0).png") })
        return TurnLine(said, role: .member, hasForeignWords: false)
    }

    private func cut(
        _ lines: [TurnLine], _ limits: ContextLimits = ContextLimits(), isThread: Bool = true
    ) -> [String] {
        LineCut.cut(lines, to: limits, isThread: isThread, at: Self.now).map(\.said.text)
    }

    @Test("the newest messages count, in the order in which they were said; root and reply come in any case")
    func newest() {
        let said = (1...9).map { self.line("\($0)", id: "m\($0)", ago: Int64(100 - $0)) }
        #expect(self.cut(said, ContextLimits(thread: 3)) == ["7", "8", "9"])
        #expect(self.cut(said, ContextLimits(room: 2), isThread: false) == ["8", "9"])
        let root = self.line("root", .root, id: "m0", ago: 90_000_000)
        let reply = self.line("reply", .repliedTo, id: "m5", ago: 95)
        #expect(self.cut([root] + said + [reply], ContextLimits(thread: 3)) == ["root", "reply", "7", "8", "9"])
        #expect(self.cut([root] + said + [reply], ContextLimits(thread: 0)) == ["root", "reply"])
    }

    @Test("a message that the question points at is there once; what it brings along comes last")
    func pointedAt() {
        let lines = [
            self.line("forward", .forwarded, ago: 500), self.line("part", .quoted, id: "m2"),
            self.line("one", id: "m1", ago: 30), self.line("two", id: "m2", ago: 20),
            self.line("three", id: "m3", ago: 10),
            self.line("two", .repliedTo, id: "m2", ago: 20),
        ]
        #expect(self.cut(lines) == ["one", "two", "three", "part", "forward"])
    }

    @Test("the parts of a divided message are all there, and each once")
    func parts() {
        let parts = ["one", "two", "two", "three"].map { self.line($0, id: "m1", ago: 10) }
        #expect(self.cut(parts) == ["one", "two", "three"])
    }

    @Test("what is too old is left out, in a room without threads after an hour; without a time it counts as new")
    func age() {
        let lines = [
            self.line("old", ago: 86_400_000 * 8), self.line("earlier", ago: 7_200_000), self.line("unknown", ago: nil),
        ]
        #expect(self.cut(lines) == ["earlier", "unknown"])
        #expect(self.cut(lines, isThread: false) == ["unknown"])
        #expect(self.cut(lines, ContextLimits(age: 3_600_000)) == ["unknown"])
    }

    @Test("all lines together stay within the tokens, and one takes a quarter of them at most")
    func tokens() {
        let long = (1...40).map {
            self.line("\($0) " + String(repeating: "many words here ", count: 200), ago: Int64(100 - $0))
        }
        let limits = ContextLimits(tokens: 2_000)
        let cut = LineCut.cut(long, to: limits, isThread: true, at: Self.now)
        #expect(!cut.isEmpty && cut.last?.said.text.hasPrefix("40 ") == true)
        #expect(cut.allSatisfy { $0.said.text.utf8.count <= 2_100 })
        #expect(cut.reduce(0) { $0 + $1.said.text.utf8.count } <= 12_000)
    }

    @Test("megabytes of combining marks, thousands of files and empty texts are cut at once")
    func hostile() {
        let marks = "a" + String(repeating: "\u{301}", count: 2_000_000)
        let lines = (0..<50).map { self.line(marks, $0 % 2 == 0 ? .forwarded : .said, files: 5_000) }
        let cut = LineCut.cut(lines, to: ContextLimits(), isThread: true, at: Self.now)
        #expect(cut.reduce(0) { $0 + $1.said.text.utf8.count } < 64_000)
        #expect(cut.allSatisfy { $0.said.attachments.count <= 8 })
    }
}

import Testing

@testable import Tasks

@Suite("Boxes that other programs write")
struct OtherMarksTests {
    private let file = TaskFile(TaskCorpus.bytes("others.md"))

    @Test("they are tasks in the state that they mean")
    func states() {
        let found = self.file.items.map { "\($0.id ?? "-") \($0.state)" }
        let expected = [
            "T1 started", "T2 open", "T3 open", "T4 started", "5.1 open", "5.2 done",
        ]
        #expect(found == expected)
        #expect(self.file.items[4].text == "Optional, with tests")
    }

    @Test("a change of the state writes the box, and every other byte stays")
    func change() throws {
        var text = String(decoding: self.file.bytes, as: UTF8.self)
        for (id, old, new) in [
            ("T1", "- [/] T1", "- [x] T1"), ("T2", "- [>] T2", "- [x] T2"), ("5.1", "- [ ]* 5.1", "- [x]* 5.1"),
        ] {
            let item = try self.file.item(at: id)
            let changed = try self.file.applying(TaskAction(.init(item), .state, from: nil, to: ["done"])).file
            let expected = text.replacing(old, with: new)
            #expect(expected != text && String(decoding: changed.bytes, as: UTF8.self) == expected)
        }
        // To the state that it means: nothing to write.
        let half = try self.file.item(at: "T1")
        let same = try self.file.applying(TaskAction(.init(half), .state, from: nil, to: ["started"])).file
        text = String(decoding: same.bytes, as: UTF8.self)
        #expect(text == String(decoding: self.file.bytes, as: UTF8.self))
    }
}

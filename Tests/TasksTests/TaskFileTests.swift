import TestSupport
import Testing

@testable import Tasks

@Suite("A file with tasks") struct TaskFileTests {
    @Test(
        "has these tasks, and none of what only looks like one",
        arguments: [
            ("plain.md", "T1 T2 T3 T4 T5"), ("crlf.md", "T1 - -"), ("mixed.md", "- - - -"), ("bom.md", "T1 -"),
            ("noend.md", "T1 T2"), ("noend-crlf.md", "T1 T2"), ("invalid.md", "T1 T2 -"), ("tabs.md", "T1 T2 T3 T4"),
            ("fences.md", "T1 T5 T7 T8"), ("openfence.md", "T1"), ("fence-in-item.md", "T1 T3"),
            ("comments.md", "T2 T3 T6"), ("front.md", "T2"), ("rule.md", "T1"), ("tables.md", "T3"),
            ("quotes.md", "T3"), ("indented.md", "T2 T4"), ("loose.md", "T1 T2 T3 T4"),
            ("spec-kit.md", "T001 T002 T003 T010 T011"), ("backlog.md", "#1 #2"), ("kanban.md", "- - - - -"),
            ("todotxt.md", "- - ABC-12 1.2 T7 T8"), ("twins.md", "T1 T1 - - -"), ("children.md", "T1 T2 T3"),
            ("empty.md", ""), ("prose.md", ""), ("marks.md", "- - - T2 T3 T4 T5 T6 T7"),
            ("thematic.md", "T1 T2 T3 T4"), ("numbered.md", "- - -"), ("emoji.md", "T1 - -"),
        ])
    func ids(name: String, ids: String) {
        let file = TaskFile(TaskCorpus.bytes(name))
        expectEqual(file.items.map { $0.id ?? "-" }.joined(separator: " "), ids)
    }

    @Test("a note with megabytes of marks or flags is read at once, and one task more than may be there is the last")
    func excess() {
        let marks = (0..<500_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let flags = String(repeating: "🇦🇶", count: 250_000)
        for text in ["a\(marks)", flags] {
            let file = TaskFile(Array("- [ ] T1 A\n  - note (\(text): x\n".utf8))
            expectEqual(file.items.map(\.id), ["T1"])
        }
        expectEqual(TaskFile(Array(String(repeating: "- [ ] a\n", count: 100_000).utf8)).items.count, 10_001)
    }

    @Test("a task has the first hundred links of its line, and its last hundred notes")
    func manyMarks() {
        let links = String(repeating: " [](y)", count: 10_000)
        let notes = (1...1_000).map { "  - note (a, b): \($0)\n" }.joined()
        let file = TaskFile(Array("- [ ] T1 x\(links)\n\(notes)- [ ] T2 y\n".utf8))
        let task = file.items[0]
        #expect(task.links.count == 100 && task.text == "x")
        #expect(task.notes.count == 100 && task.notes.last?.text == "1000" && file.items[1].id == "T2")
        #expect(MemoryLayout<TaskItem.Mark>.stride <= 28)
    }

    @Test("the index keeps only the beginning of a task's words")
    func words() throws {
        let text = "- [ ] T1 walrus \(String(repeating: "é", count: 4_000)) penguin\n"
        let task = try #require(TaskFile(Array(text.utf8)).items.first).record(in: "notes", at: "", time: 0)
        #expect(task.words.contains("walrus") && (4_090...4_096).contains(task.words.utf8.count))
    }

    @Test("a task has the first 240 bytes of its heading")
    func section() {
        let (heading, shown) = (String(repeating: "é", count: 25_000), String(repeating: "é", count: 120))
        let file = TaskFile(Array("# Small #\n- [ ] T1 a\n\n## \(heading)\n- [ ] T2 b\n- [ ] T3 c\n".utf8))
        expectEqual(file.items.map(\.section), ["Small", shown, shown])
        #expect(file.items.allSatisfy { $0.record(in: "notes", at: "", time: 0).body.utf8.count < 1_000 })
    }

    @Test("a change sets at most 50 labels, and the first 100 of a line are read")
    func labels() throws {
        let names = (1...5_000).map { "l\($0)" }
        let line = "- [ ] T1 A \(names.map { "#\($0)" }.joined(separator: " "))\n"
        let file = TaskFile(Array(line.utf8))
        let item = try #require(file.items.first)
        expectEqual(item.labels, Array(names.prefix(100)))
        #expect(throws: TaskError.invalid("a change sets at most 50 labels: leave some out")) {
            try file.applying(TaskAction(.init(item), .labels, from: nil, to: Array(names.prefix(51))))
        }
        // One that the line has behind those that are read stays, and is not added again.
        let new = Array(names.prefix(47)) + ["l4000", "new", "new"]
        let changed = try file.applying(TaskAction(.init(item), .labels, from: nil, to: new)).file
        expectEqual(changed.items[0].labels, Array(names.prefix(47)) + ["l4000", "new"])
    }

    @Test("each part of a line is read")
    func parts() throws {
        let line = "- [~] T12 Text @owner #label !high (due 2026-12-01) [#34](https://example.org/pull/34)\n"
        let item = try #require(TaskFile(Array(line.utf8)).items.first)
        #expect(item.id == "T12" && item.text == "Text" && item.state == .started && item.owner == "owner")
        #expect(item.labels == ["label"] && item.priority == "high" && item.due == "2026-12-01")
        expectEqual(item.links, [TaskLink(text: "#34", url: "https://example.org/pull/34")])
        let kanban = TaskFile(TaskCorpus.bytes("kanban.md"))
        expectEqual(kanban.items.map(\.state), [.open, .open, .started, .started, .done])
        expectEqual(kanban.items.map { $0.section ?? "" }, ["Todo", "Todo", "Doing", "Doing", "Done"])
        let children = TaskFile(TaskCorpus.bytes("children.md"))
        expectEqual(children.items.map { $0.notes.map(\.text) }, [["of the parent"], ["of the child"], []])
        let todo = TaskFile(TaskCorpus.bytes("todotxt.md")).items[0]
        #expect(todo.priority == "A" && todo.due == "2026-12-24" && todo.text == "Call mum")
        let kit = TaskFile(TaskCorpus.bytes("spec-kit.md")).items[1]
        #expect(kit.labels == ["P", "US1"] && kit.text == "Write tests in tests/login.test.ts")
    }

    @Test("tasks without an id are addressed by their titles, and twins not at all")
    func addresses() throws {
        let file = TaskFile(TaskCorpus.bytes("twins.md"))
        expectEqual(Set(file.items.map(\.address)).count, file.items.count)
        #expect(file.items.allSatisfy { $0.address.hasPrefix("~") })
        try expectEqual(file.item(at: file.items[1].address).text, "Same id, other title")
        #expect(throws: TaskError.self) { try file.item(at: "T1") }
        for item in file.items[3...4] {
            #expect { try file.item(at: item.address) } throws: {
                if case TaskError.ambiguous? = $0 as? TaskError { true } else { false }
            }
        }
        // The section says which one is meant, but not of two.
        try expectEqual(file.item(TaskFile.Key(id: nil, title: "Same title", section: "B")).line, 5)
        #expect(throws: TaskError.self) { try file.item(TaskFile.Key(id: nil, title: "Same title", section: "C")) }
        let plain = TaskFile(TaskCorpus.bytes("crlf.md"))
        let address = plain.items[1].address
        expectEqual(address, "~" + TaskFile.hash(of: "Two").prefix(6))
        let changed = try plain.applying(TaskAction(.init(plain.items[1]), .state, from: nil, to: ["done"]))
        expectEqual(changed.address, "T2")
        try expectEqual(changed.file.item(at: address).id, "T2")
    }

    // MARK: Edits

    /// Values that differ from those of any task of the corpus.
    private static let edits: [(TaskAction.Field, [String])] = [
        (.state, ["started"]), (.state, ["done"]), (.state, ["dropped"]), (.state, ["open"]), (.owner, ["zoe"]),
        (.owner, []), (.text, ["Another title"]), (.labels, ["one", "two"]), (.labels, []), (.priority, ["low"]),
        (.priority, []), (.due, ["2027-02-03"]), (.due, []), (.link, ["#9", "https://example.org/pull/9"]),
        (.note, ["Zoe", "2027-02-03", "A word about it"]),
    ]

    /// What may not change: everything of a file but one field of one task, and its id if it had none.
    private static func rest(of file: TaskFile, without index: Int, _ field: TaskAction.Field) -> [[String]] {
        file.items.enumerated().map { place, item in
            TaskAction.Field.allCases.flatMap { other in
                place == index && other == field ? ["…"] : item.value(of: other) + ["|"]
            } + [place == index ? "" : item.id ?? "-", item.section ?? ""]
        }
    }

    /// The lines with their ends.
    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        for (index, byte) in bytes.enumerated() {
            lines[lines.count - 1].append(byte)
            let isPair = byte == 13 && index + 1 < bytes.count && bytes[index + 1] == 10
            if byte == 10 || (byte == 13 && !isPair) { lines.append([]) }
        }
        return lines
    }

    @Test("an id with a number that no task can follow is no matter")
    func hugeID() throws {
        let file = TaskFile(Array("- [ ] T9223372036854775807 One\n- [ ] T7 Two\n".utf8))
        try expectEqual(file.applying(TaskAction(nil, .text, from: nil, to: ["Three"])).address, "T8")
    }

    @Test("an edit changes nothing else: no other byte, no other task", arguments: TaskCorpus.names)
    func edits(name: String) throws {
        for bytes in TaskCorpus.variants(name) {
            let file = TaskFile(bytes)
            for (index, item) in file.items.enumerated() {
                for (field, value) in Self.edits {
                    // Twins cannot be told apart.
                    guard let found = try? file.item(TaskFile.Key(item)), found.line == item.line else { continue }
                    let place = "\(name):\(item.line) \(field) \(value)"
                    guard let changed = try? file.applying(TaskAction(.init(item), field, from: nil, to: value)).file
                    else {
                        // A title of marks only can have no other ones.
                        #expect(place.hasPrefix("marks.md:3"), "\(place)")
                        continue
                    }
                    if field != .note, field != .link {
                        expectEqual(changed.items[index].value(of: field), value, "\(place)")
                    }
                    expectEqual(
                        Self.rest(of: file, without: index, field), Self.rest(of: changed, without: index, field),
                        "\(place)")
                    let before = Self.lines(file.bytes)
                    var after = Self.lines(changed.bytes)
                    expectEqual(after.count - before.count, field == .note ? 1 : 0, "\(place)")
                    if field == .note {
                        let line = try #require(
                            after.firstIndex {
                                String(decoding: $0, as: UTF8.self).contains("- note (Zoe, 2027-02-03)")
                            })
                        let isLast = line == after.count - 1
                        after.remove(at: line)
                        // The line before has got an end.
                        if isLast {
                            after[line - 1] =
                                before[line - 1].count < after[line - 1].count && item.id != nil
                                ? before[line - 1] : after[line - 1]
                        }
                    }
                    let differing = zip(before, after).filter { $0 != $1 }.count
                    #expect(differing <= 1, "\(place)")
                    // A note changes no other line, but for the id that a task gets.
                    #expect(field != .note || item.id == nil || differing == 0, "\(place)")
                }
            }
        }
    }

    @Test("a state and back gives the same bytes", arguments: TaskCorpus.names)
    func back(name: String) throws {
        let file = TaskFile(TaskCorpus.bytes(name))
        for item in file.items where item.id != nil && !item.marks.contains(where: { $0.kind == .inProgress }) {
            // The box of another program becomes one of these.
            guard (try? file.item(TaskFile.Key(item))) != nil, file.bytes[item.box] == item.state.box
            else { continue }
            let state: TaskState = item.state == .done ? .open : .done
            let there = try file.applying(TaskAction(.init(item), .state, from: nil, to: [state.rawValue])).file
            let key = TaskFile.Key(there.items.first { $0.line == item.line } ?? item)
            let back = try there.applying(TaskAction(key, .state, from: nil, to: [item.state.rawValue])).file
            expectEqual(back.bytes, file.bytes)
        }
    }

    @Test("a new task follows the last one, with a new id", arguments: TaskCorpus.names)
    func adding(name: String) throws {
        for bytes in TaskCorpus.variants(name) {
            let file = TaskFile(bytes)
            guard
                let (changed, address, _) = try? file.applying(
                    TaskAction(nil, .text, from: nil, to: ["New @zoe #one"]))
            else {
                // Nothing can be added below an open block of code.
                expectEqual(name, "openfence.md")
                continue
            }
            expectEqual(changed.items.count, file.items.count + 1)
            let item = try changed.item(at: address)
            #expect(item.text == "New" && item.owner == "zoe" && item.labels == ["one"] && item.depth == 0)
            #expect(!file.items.contains { $0.id == address })
            #expect(Set(TaskFile(bytes).items.map(\.text)).isSubset(of: Set(changed.items.map(\.text))))
        }
    }

    @Test(
        "no text makes a second task, or takes one away",
        arguments: [
            "a\n- [ ] T99 b", "a\r\n- [x] T99 b", "a\r- [ ] b", "a\u{2028}- [ ] b", "a\u{2029}- [ ] b",
            "a\u{85}- [ ] b",
            "a\u{0B}- [ ] b", "a\u{0C}- [ ] b", "- [ ] b", "[x] b", "* [ ] b", "```", "~~~", "<!--", "<pre>", "---",
            "# heading", "> quote", "\u{202E}txet\u{202C}", "\u{0}\u{1B}[31m", "\t- [ ] b", "    - [ ] b", "| a |",
            "1. [ ] b", "a <!-- b", "\\", "](x) [", "(in progress)", "**T9** x", "T9", "T9: x", "\u{FEFF}x", "a\n\nb",
        ])
    func hostile(text: String) throws {
        for name in ["plain.md", "crlf.md", "noend.md", "children.md", "tabs.md", "empty.md"] {
            let file = TaskFile(TaskCorpus.bytes(name))
            var results: [[UInt8]] = []
            if let added = try? file.applying(TaskAction(nil, .text, from: nil, to: [text])).file {
                expectEqual(added.items.count, file.items.count + 1)
                results.append(added.bytes)
            }
            if let item = file.items.first {
                for (field, value) in [(TaskAction.Field.text, [text]), (.note, [text, "2027-02-03", text])] {
                    guard let changed = try? file.applying(TaskAction(.init(item), field, from: nil, to: value)).file
                    else { continue }
                    expectEqual(changed.items.count, file.items.count)
                    expectEqual(changed.items.dropFirst().map(\.address), file.items.dropFirst().map(\.address))
                    results.append(changed.bytes)
                }
                for field in [TaskAction.Field.owner, .labels, .priority, .due, .link] where text.contains("\n") {
                    #expect(throws: TaskError.self) {
                        try file.applying(TaskAction(.init(item), field, from: nil, to: [text]))
                    }
                }
            }
            for bytes in results {
                let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
                #expect(!scalars.contains { $0 == "\u{202E}" || $0 == "\u{2028}" || $0 == "\u{0}" || $0 == "\u{1B}" })
            }
        }
    }

    @Test("several tasks are added at once, each with an id and its links", arguments: TaskCorpus.names)
    func addingSeveral(name: String) throws {
        for bytes in TaskCorpus.variants(name) {
            let file = TaskFile(bytes)
            let link = TaskLink(text: "a.py", url: "https://example.org/a.py")
            guard let added = try? file.adding([("One !high", [link]), ("Two", [])]) else {
                expectEqual(name, "openfence.md")
                continue
            }
            expectEqual(added.addresses, file.nextIDs(2))
            let items = try added.addresses.map { try added.file.item(at: $0) }
            expectEqual(items.map(\.text), ["One", "Two"])
            #expect(items[0].links == [link] && items[0].priority == "high" && items[1].links.isEmpty)
            expectEqual(added.file.items.count, file.items.count + 2)
        }
        #expect(throws: TaskError.self) { try TaskFile([]).adding([("One", []), ("", [])]) }
    }

    // MARK: Replay

    @Test("replayed on files that others have changed, an action never hits another task")
    func replay() throws {
        var random = SeededGenerator(state: 36)
        var (hits, refusals) = (0, 0)
        for _ in 0..<2_000 {
            let name = TaskCorpus.names.randomElement(using: &random) ?? ""
            let file = TaskFile(TaskCorpus.variants(name).randomElement(using: &random) ?? [])
            guard let item = file.items.randomElement(using: &random) else { continue }
            let key = TaskFile.Key(item)
            // Marks the task, to be recognised by nothing that the key knows.
            let marker = "zz\(Int.random(in: 0..<1_000_000, using: &random))"
            guard let marked = try? file.applying(TaskAction(key, .labels, from: nil, to: item.labels + [marker]))
            else {
                continue
            }
            let current = marked.file.items.first { $0.labels.contains(marker) }
            var other = Self.shuffled(marked.file, &random)
            for _ in 0..<Int.random(in: 0...3, using: &random) { other = Self.edited(other, marker, &random) }
            guard let current,
                let result = try? other.applying(
                    TaskAction(TaskFile.Key(current), .state, from: nil, to: ["dropped"]))
            else {
                refusals += 1
                continue
            }
            let hit = try result.file.item(at: result.address)
            #expect(hit.labels.contains(marker), "\(name): \(key)")
            hits += 1
        }
        #expect(hits > 1_000, "\(hits) found, \(refusals) refused")
    }

    /// Lines in another order, as whole tasks at the top level are moved.
    private static func shuffled(_ file: TaskFile, _ random: inout SeededGenerator) -> TaskFile {
        let lines = file.bytes.split(separator: 10, omittingEmptySubsequences: false)
        guard lines.count > 2 else { return file }
        let cut = Int.random(in: 0..<lines.count, using: &random)
        let moved = Array((Array(lines[cut...]) + Array(lines[..<cut])).joined(separator: [10]))
        let result = TaskFile(moved)
        return result.items.count == file.items.count ? result : file
    }

    /// A change of any other task, or its removal.
    private static func edited(_ file: TaskFile, _ marker: String, _ random: inout SeededGenerator) -> TaskFile {
        guard let item = file.items.filter({ !$0.labels.contains(marker) }).randomElement(using: &random),
            let (field, value) = Self.edits.randomElement(using: &random)
        else { return file }
        if Bool.random(using: &random) {
            var lines = file.bytes.split(separator: 10, omittingEmptySubsequences: false)
            guard item.line <= lines.count, !lines.contains(where: { $0.contains(13) }) else { return file }
            lines.remove(at: item.line - 1)
            let result = TaskFile(Array(lines.joined(separator: [10])))
            return result.items.contains { $0.labels.contains(marker) } ? result : file
        }
        return (try? file.applying(TaskAction(TaskFile.Key(item), field, from: nil, to: value)).file) ?? file
    }

    @Test("a field that is not what it was is a conflict; one that is already as wanted is not")
    func conflict() throws {
        let file = TaskFile(TaskCorpus.bytes("plain.md"))
        let key = TaskFile.Key(file.items[1])
        #expect(throws: TaskError.self) {
            try file.applying(TaskAction(key, .state, from: ["open"], to: ["done"]))
        }
        let same = try file.applying(TaskAction(key, .state, from: ["open"], to: ["started"]))
        expectEqual(same.file.bytes, file.bytes)
    }

    @Test("5,000 tasks are read at once, and one is found by its id")
    func many() throws {
        let text = (1...5_000).map { "- [ ] T\($0) Task number \($0) @alice #bug (due 2026-12-01)\n" }.joined()
        let file = TaskFile(Array(text.utf8))
        expectEqual(file.items.count, 5_000)
        let changed = try file.applying(TaskAction(.init(file.item(at: "T2500")), .state, from: ["open"], to: ["done"]))
        expectEqual(changed.file.bytes.count, file.bytes.count)
        expectEqual(zip(changed.file.bytes, file.bytes).filter { $0 != $1 }.count, 1)
        let unnamed = TaskFile(Array((1...5_000).map { "- [ ] Task number \($0)\n" }.joined().utf8))
        expectEqual(Set(unnamed.items.map(\.address)).count, 5_000)
        for item in unnamed.items.prefix(50) { try expectEqual(unnamed.item(at: item.address).line, item.line) }
    }

    @Test("very many tasks with one title are all listed, each under its own address", .timeLimit(.minutes(1)))
    func twins() throws {
        let count = 9_000
        let file = TaskFile(Array((String(repeating: "- [ ] a\n", count: count) + "- [ ] b\n- [ ] b\n").utf8))
        expectEqual(file.items.count, count + 2)
        let address = "~" + TaskFile.hash(of: "a").prefix(6)
        expectEqual(file.items.prefix(3).map(\.address), [address, address + ".2", address + ".3"])
        expectEqual(file.items[count - 1].address, "\(address).\(count)")
        #expect(file.items[count + 1].address.hasSuffix(".2"))
        expectEqual(Set(file.items.map(\.address)).count, count + 2)
    }

    @Test("bullets are read up to 100 levels, and what is below them is text", .timeLimit(.minutes(1)))
    func levels() {
        func levels(_ count: Int) -> TaskFile {
            let lines = (0..<count).map { String(repeating: "  ", count: $0) + "- [ ] T\($0 + 1) Task\n" }
            return TaskFile(Array((lines.joined() + "- [ ] T900 Last\n").utf8))
        }
        expectEqual(levels(60).items.map(\.depth), Array(0..<60) + [0])
        expectEqual(levels(150).items.map(\.depth), Array(0..<100) + [0])
        let marks = ["+ ", "- ", "* ", "1. "]
        for mark in marks {
            let line = String(repeating: mark, count: 100_000) + "a\n"
            let file = TaskFile(Array((line + String(repeating: "a\n", count: 100_000) + "\n- [ ] T1 One\n").utf8))
            expectEqual(file.items.map(\.id), ["T1"])
        }
    }

    @Test("a task ends where its last line does, however many are open", .timeLimit(.minutes(1)))
    func ends() {
        let text = "- [ ] T1 a\n  - [ ] T2 b\n    c\n\n\n  - d\n    e\n\n- [ ] T3 f\n```\n- [ ] T4 g\n"
        let bytes = Array(text.utf8)
        // What follows each.
        let rests = TaskFile(bytes).items.map { String(decoding: bytes[$0.end...], as: UTF8.self) }
        let fence = "```\n- [ ] T4 g\n"
        let last = "\n- [ ] T3 f\n" + fence
        expectEqual(rests, [last, "\n\n  - d\n    e\n" + last, fence])
        let nested = (0..<100).map { String(repeating: "  ", count: $0) + "- [ ] T\($0 + 1) Task\n" }.joined()
        let file = TaskFile(Array((nested + String(repeating: "a\n", count: 100_000)).utf8))
        expectEqual(file.items.count, 100)
        #expect(file.items.allSatisfy { $0.end == file.bytes.count && ($0.depth == 99) == ($0.notesEnd == $0.end) })
    }

    @Test("a line over 64 KiB is text, and the first 200 bytes say whether a line is a rule")
    func longLines() {
        func ids(_ text: String) -> [String] { TaskFile(Array(text.utf8)).items.map { $0.id ?? "-" } }
        let long = String(repeating: "a", count: 64 << 10)
        expectEqual(ids("- [ ] T1 \(long)\n- [ ] T2 b\n\n# \(long)\n- [ ] T3 c\n"), ["T2", "T3"])
        expectEqual(ids("- [ ] T1 a\n  - [ ] T2 \(long)\n\n\(long)\n\n  - [ ] T3 c\n"), ["T1", "T3"])
        let bullets = String(repeating: "-   ", count: 60)
        expectEqual(ids("\(bullets)[ ] T1 a\n- [ ] T2 b\n"), ["T2"])
    }

    @Test("a text of marks between invisible characters is one line at once; more than 64 KiB are refused")
    func marks() {
        let marks = (0..<200_000).map { ["\u{345}\u{200B}", "\u{316}\u{200B}"][$0 % 2] }.joined()
        expectEqual(TaskText.line("a\(marks)") == "a", false)
        #expect(throws: TaskError.self) { try TaskFile.title("a\(marks)") }
        #expect(throws: TaskError.self) { try TaskFile.title("a" + String(repeating: "\u{200B}", count: 30_000)) }
    }
}

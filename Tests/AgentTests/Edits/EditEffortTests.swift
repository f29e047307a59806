import TestSupport
import Testing

@testable import Agent

@Suite("What finding the places of a patch may cost", .timeLimit(.minutes(1)))
struct EditEffortTests {
    private static func line(_ kind: PatchHunk.Line.Kind, _ text: String) -> PatchHunk.Line {
        PatchHunk.Line(kind: kind, text: Array(text.utf8))
    }

    private static func failure(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "no failure"
    }

    private static let reason =
        "Finding where the changes belong takes too long: there are too many of them for so long a file, or too many "
        + "places that are like them. Take more lines around each change, or send several patches."

    @Test("all hunks together are compared with a number of places, and each of them alone with most files")
    func places() throws {
        let file = Array(String(repeating: "    a\n", count: 1_000).utf8)
        // Ten lines that are indented otherwise: 991 places, of which the line number chooses one.
        let hunks = (0..<8).map { number in
            PatchHunk(
                lines: Array(repeating: Self.line(.context, "a"), count: 9)
                    + [Self.line(.removed, "a"), Self.line(.added, "b")],
                hint: 1 + 10 * number)
        }
        let changed = try HunkApplier.apply(hunks, to: file)
        let block = String(repeating: "    a\n", count: 9) + "    b\n"
        expectEqual(
            String(decoding: changed, as: UTF8.self),
            String(repeating: block, count: 8) + String(repeating: "    a\n", count: 920))
        let failure = Self.failure { _ = try HunkApplier.apply(hunks, to: file, EditEffort(100_000)) }
        expectEqual(failure, "hunk 3 of 8: \(Self.reason)")
        _ = try HunkApplier.apply([hunks[0]], to: file, EditEffort(100_000))
    }

    @Test("lines above a block are looked for as well")
    func anchors() throws {
        let file = Array(String(repeating: "ab\n", count: 1_000).utf8)
        // Each is only the beginning of a line, which is known after all lines.
        let hunk = PatchHunk(lines: [Self.line(.added, "b")], anchors: Array(repeating: "a", count: 1_000))
        try expectEqual(HunkApplier.apply([hunk], to: file), file + Array("b\n".utf8))
        expectEqual(Self.failure { _ = try HunkApplier.apply([hunk], to: file, EditEffort(100_000)) }, Self.reason)
    }

    @Test("so are the texts of all blocks")
    func blocks() throws {
        let file = Array((0..<1_000).map { "line \($0)\n" }.joined().utf8)
        let effort = EditEffort(2_000)
        let edits = (0..<5).map { TextEdit(old: "line \($0)\n", new: "") }
        for edit in edits { _ = try edit.apply(to: file) }
        let failure = Self.failure { for edit in edits { _ = try edit.apply(to: file, effort) } }
        expectEqual(failure, Self.reason)
    }

    @Test("a long line costs as much as many short ones")
    func longLine() throws {
        let lines = (0..<100).map { "line \($0)\n" }
        let file = Array(("x" + String(repeating: " ", count: 1 << 20) + "x\n" + lines.joined()).utf8)
        let hunks = (0..<20).map { number in
            PatchHunk(lines: [Self.line(.removed, "line \(number)"), Self.line(.added, "new")])
        }
        _ = try HunkApplier.apply([hunks[0]], to: file, EditEffort(500_000))
        let failure = Self.failure { _ = try HunkApplier.apply(hunks, to: file, EditEffort(500_000)) }
        expectEqual(failure, "hunk 8 of 20: \(Self.reason)")
    }

    @Test("a file of millions of lines is not split into them")
    func manyLines() throws {
        let file = [UInt8](repeating: 0x0A, count: 500_001)
        let reason = "The file has 500001 lines. Only files of at most 500000 lines can be edited so."
        expectEqual(Self.failure { _ = try TextEdit(old: "a", new: "b").apply(to: file) }, reason)
        let hunk = PatchHunk(lines: [Self.line(.removed, "a"), Self.line(.added, "b")])
        expectEqual(Self.failure { _ = try HunkApplier.apply([hunk], to: file) }, reason)
    }

    @Test("hunks change the lines that are meant in any order")
    func order() throws {
        let file = (0..<300).map { "\($0)\n" }
        var hunks = (0..<150).map { number in
            PatchHunk(lines: [Self.line(.removed, "\(2 * number)"), Self.line(.added, "new \(number)")])
        }
        hunks.append(PatchHunk(lines: [Self.line(.added, "above")], hint: 11))
        var generator = SeededGenerator(state: 1)
        hunks.shuffle(using: &generator)
        // Line numbers of insertions are relative to the hunk before.
        let insertion = try #require(hunks.firstIndex { $0.hint != nil })
        hunks.swapAt(0, insertion)
        let changed = try HunkApplier.apply(hunks, to: Array(file.joined().utf8))
        var expected = (0..<300).map { $0 % 2 == 0 ? "new \($0 / 2)\n" : "\($0)\n" }
        expected.insert("above\n", at: 10)
        expectEqual(String(decoding: changed, as: UTF8.self), expected.joined())
        let again = PatchHunk(lines: [Self.line(.removed, "4"), Self.line(.added, "5")])
        let failure = Self.failure { _ = try HunkApplier.apply(hunks + [again], to: Array(file.joined().utf8)) }
        #expect(failure.contains("An earlier hunk of the patch changes the same lines."), "\(failure)")
    }
}

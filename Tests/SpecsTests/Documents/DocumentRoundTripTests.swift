import TestSupport
import Testing

@testable import SpecDocuments
@testable import Specs

@Suite("Documents stay byte for byte what they were", .timeLimit(.minutes(1)))
struct DocumentRoundTripTests {
    @Test("parsing and writing changes nothing", arguments: DocumentShapes.all.indices)
    func identity(_ index: Int) {
        let (name, text) = DocumentShapes.all[index]
        let bytes = Array(text.utf8)
        let document = FeatureDocument(path: "specs/001-a/\(name)", bytes: bytes)
        expectEqual(document.markdown.written, bytes)
        #expect(document.markdown.lines.last?.end ?? 0 == bytes.count)
        // Rules never fail, whatever the text.
        _ = FeatureValidator().findings(in: FeatureDocuments(folder: "specs/001-a", documents: [document]))
    }

    @Test("the program's templates survive, too", arguments: DocumentTemplate.allCases)
    func templates(_ template: DocumentTemplate) {
        #expect(template.standard.utf8.count > 100)
        expectEqual(MarkdownDocument(template.standard).written, Array(template.standard.utf8))
        #expect(template.standard.hasPrefix("# ") && template.standard.hasSuffix("\n"))
    }

    @Test("bytes that are not UTF-8 survive")
    func invalidBytes() {
        let bytes: [UInt8] = [0x23, 0x20, 0xFF, 0xFE, 0x0A, 0xC3, 0x0D, 0x0A, 0x60, 0x80]
        let document = FeatureDocument(path: "spec.md", bytes: bytes)
        expectEqual(document.markdown.written, bytes)
        #expect(!document.markdown.isUTF8)
        let findings = FeatureValidator().findings(in: FeatureDocuments(folder: "", documents: [document]))
        expectEqual(findings.map(\.rule.id), ["encoding"])
    }

    @Test("random damage changes nothing either", arguments: 0..<24)
    func mutations(_ seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        let shapes = DocumentShapes.all.filter { $0.text.utf8.count < 8_000 }
        for _ in 0..<40 {
            let (name, text) = shapes[Int(random.next() % UInt64(shapes.count))]
            var bytes = Array(text.utf8)
            for _ in 0..<(1 + random.next() % 12) { random.mutate(&bytes) }
            let document = FeatureDocument(path: "specs/001-a/\(name)", bytes: bytes)
            expectEqual(document.markdown.written, bytes)
            let sections = document.markdown.sections
            #expect(sections.allSatisfy { $0.line < $0.ownEnd && $0.ownEnd <= $0.end })
            let feature = FeatureDocuments(folder: "specs/001-a", documents: [document])
            let findings = FeatureValidator(templates: [DocumentTemplate.spec.standard]).findings(in: feature)
            expectEqual(findings, findings.sorted())
            #expect(findings.allSatisfy { $0.line.map { 1...document.markdown.lines.count ~= $0 } ?? true })
            _ = RepairRequest.requests(for: findings, in: feature)
            guard case .tasks(let tasks) = document.content, let task = tasks.tasks.first(where: { !$0.isTicked }),
                let ticked = try? tasks.ticking(task.id), task.hasWellFormedBox
            else { continue }
            #expect(ticked.count == bytes.count && zip(ticked, bytes).count { $0 != $1 } == 1)
        }
    }
}

extension SeededGenerator {
    private static let pieces = [
        "\n", "\r\n", "\r", "```", "~~~", "<!--", "-->", "[", "]", "# ", "## ", "- [ ] T001 ", "**", "`", "\t", "|",
        "---\n",
        "[NEEDS CLARIFICATION: ", "FR-001–FR-999999", "T001–T900", "T002 depends on T001", "(", "\u{202E}", "→", "é",
    ].map { Array($0.utf8) }

    mutating func mutate(_ bytes: inout [UInt8]) {
        let place = bytes.isEmpty ? 0 : Int(self.next() % UInt64(bytes.count))
        switch self.next() % 5 {
        case 0 where !bytes.isEmpty: bytes.remove(at: place)
        case 1: bytes.insert(UInt8(truncatingIfNeeded: self.next()), at: place)
        case 2 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: self.next())
        case 3 where !bytes.isEmpty:
            let end = min(bytes.count, place + Int(self.next() % 200))
            bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int(self.next() % UInt64(bytes.count)))
        default: bytes.insert(contentsOf: Self.pieces[Int(self.next() % UInt64(Self.pieces.count))], at: place)
        }
    }
}

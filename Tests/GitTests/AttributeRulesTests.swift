import TestSupport
import Testing

@testable import Git

@Suite("Attributes of files", .timeLimit(.minutes(1)))
struct AttributeRulesTests {
    @Test("macros made of macros do not grow")
    func macros() throws {
        var rules = AttributeRules()
        let doubling = String(repeating: "[attr]x x x\n", count: 60)
        rules.enter(Array("[attr]x text eol=lf\n\(doubling)* x eol=crlf\n".utf8), depth: 0, RuleEffort())
        let attributes = try rules.attributes(of: [Array("a.txt".utf8)], RuleEffort())
        expectEqual(attributes.values, ["text": .set, "eol": .text("crlf")])
        expectEqual(rules.size, 1)
    }

    @Test("writing values counts as effort, not only comparing names")
    func effort() throws {
        var rules = AttributeRules()
        let line = "* text crlf eol=lf filter=x working-tree-encoding=y\n"
        rules.enter(Array(String(repeating: line, count: 1_000).utf8), depth: 0, RuleEffort())
        let name = [Array("a.txt".utf8)]
        expectEqual(try rules.attributes(of: name, RuleEffort(200_000)).values.count, 5)
        #expect(throws: GitError.self) { _ = try rules.attributes(of: name, RuleEffort(50_000)) }
    }

    @Test("a name that no file system has matches nothing")
    func longNames() throws {
        var rules = AttributeRules()
        rules.enter(Array("*b text\n".utf8), depth: 0, RuleEffort())
        let name = [UInt8](repeating: 0x61, count: 1_000_000) + [0x62]
        expectEqual(try rules.attributes(of: [name], RuleEffort()).values, [:])
        expectEqual(try rules.attributes(of: [Array("ab".utf8)], RuleEffort()).values, ["text": .set])
    }

    @Test("looking up a folder's rules counts by its path and level, once for all of its files")
    func folders() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let store = try GitObjects(path: fixture.directory.path)
        let rules = try store.write(Array("x text\n".utf8), .blob)
        let file = TreeItem(kind: .file, name: AttributeRules.fileName, key: rules)
        let top = try store.write(TreeItem.serialised([file]), .tree)
        let folder = String(repeating: "a/", count: 200)
        func look(at files: Int, _ effort: RuleEffort) throws {
            var walked = try WalkedAttributes(store: store, top: top, effort)
            for number in 0..<files { _ = try walked.attributes(of: Array("\(folder)\(number)".utf8)) }
        }
        #expect(throws: GitError.self) { try look(at: 1, RuleEffort(20_000)) }
        try look(at: 100, RuleEffort(1_000_000))
    }

    @Test("a macro named by 30,000 marks is looked up at once")
    func marks() throws {
        let name = "a" + String(repeating: "\u{345}\u{301}\u{316}\u{334}", count: 7_500)
        for _ in 0..<50 {
            var rules = AttributeRules()
            rules.enter(Array("[attr]\(name) text\n* \(name)\n".utf8), depth: 0, RuleEffort())
            expectEqual(try rules.attributes(of: [Array("ab".utf8)], RuleEffort()).values, ["text": .set])
        }
    }
}

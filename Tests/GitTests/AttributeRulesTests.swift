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

    @Test("a name that no file system has matches nothing")
    func longNames() throws {
        var rules = AttributeRules()
        rules.enter(Array("*b text\n".utf8), depth: 0, RuleEffort())
        let name = [UInt8](repeating: 0x61, count: 1_000_000) + [0x62]
        expectEqual(try rules.attributes(of: [name], RuleEffort()).values, [:])
        expectEqual(try rules.attributes(of: [Array("ab".utf8)], RuleEffort()).values, ["text": .set])
    }
}

import TestSupport
import Testing

@testable import Git

@Suite("What a server advertises")
struct GitServerReferencesTests {
    private let ids = (1...3).compactMap { GitObjectID(String(repeating: "\($0)", count: 40)) }

    @Test("a combining mark before a name makes it another branch, not that one")
    func combining() {
        var references = GitServerReferences()
        references.add("refs/heads/main", self.ids[0])
        references.add("refs/heads/\u{301}main", self.ids[1])
        references.headTarget = "refs/heads/main"
        expectEqual(references.branches["main"], self.ids[0])
        expectEqual(references.defaultBranch, "main")
        expectEqual(GitServerReferences.branch("refs/tags/main"), nil)
    }

    @Test("a name that the server has in two spellings is not followed")
    func spellings() {
        var references = GitServerReferences()
        references.add("refs/heads/caf\u{e9}", self.ids[0])
        references.add("refs/heads/cafe\u{301}", self.ids[1])
        references.add("refs/heads/caf\u{e9}", self.ids[2])
        references.add("refs/heads/tea", self.ids[2])
        expectEqual(references.branches, ["tea": self.ids[2]])
    }

    @Test("a name of 30,000 marks, which no branch may have, is ignored")
    func longNames() {
        let marks = String(repeating: "\u{345}\u{301}\u{316}\u{334}", count: 7_500)
        var references = GitServerReferences()
        for number in 0..<100 { references.add("refs/heads/a\(marks)\(number)", self.ids[0]) }
        references.add("refs/heads/main", self.ids[1])
        references.headTarget = "refs/heads/a\(marks)"
        expectEqual(references.ids.count, 1)
        expectEqual(references.defaultBranch, nil)
    }
}

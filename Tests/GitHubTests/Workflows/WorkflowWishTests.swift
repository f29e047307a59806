import GitHub
import TestSupport
import Testing

@Suite("What is typed after workflow", .timeLimit(.minutes(1)))
struct WorkflowWishTests {
    @Test("a name, a branch and inputs, in this order")
    func reads() throws {
        let plain = try #require(WorkflowWish("ci.yml"))
        #expect(plain.name == "ci.yml" && plain.branch == nil && plain.inputs.isEmpty)
        let whole = try #require(WorkflowWish("Deploy it on main level=2 text=\"two words\" empty="))
        #expect(whole.name == "Deploy it" && whole.branch == "main")
        expectEqual(whole.inputs, ["level": "2", "text": "two words", "empty": ""])
        expectEqual(WorkflowWish("on main")?.name, "on main")
    }

    @Test("nothing else", arguments: ["", "  ", "level=2", "level=2 ci", "ci level=2 level=3"])
    func refuses(text: String) {
        expectEqual(WorkflowWish(text), nil)
    }
}

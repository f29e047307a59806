import Chat
import HTTP
import JSON
import Testing

@testable import Gateway

@Suite("What a GraphQL query may take", .timeLimit(.minutes(1)))
struct GraphQLLimitTests {
    private static func ask(_ caller: Caller, _ query: String, _ variables: JSON = .null) async throws -> Caller.Answer
    {
        try await caller.send(.post, "/api/v1/graphql", json: ["query": .string(query), "variables": variables])
    }

    private static func message(_ answer: Caller.Answer) -> String {
        answer.json["errors"]?[0]?["message"]?.stringValue ?? ""
    }

    @Test("a list is asked for from one end, so that it costs what it serves")
    func bothEnds() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            let thread = try await caller.newThread()
            let both = "{ thread(id: \"\(thread)\") { messages(first: 1, last: 100) { nodes { text } } } }"
            let answer = try await Self.ask(caller, both)
            #expect(answer.status == 400 && Self.message(answer).contains("give one of them"), "\(answer.text)")
            let query =
                "query ($first: Int, $last: Int) { thread(id: \"\(thread)\") { messages(first: $first, last: $last) { nodes { text } } } }"
            #expect(try await Self.ask(caller, query, ["first": 1, "last": 100]).status == 400)
            _ = try await Self.ask(caller, query, ["first": 1]).expect(200)
            _ = try await Self.ask(caller, query, ["last": 1]).expect(200)
            let costly = "{ threads(first: 100) { nodes { messages(last: 100) { nodes { id } } } } }"
            #expect(Self.message(try await Self.ask(caller, costly)).contains("costs more than 5000"))
        }
    }

    @Test("an answer of over 4 MiB is refused while it is made")
    func longAnswer() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            let thread = try await caller.newThread()
            _ = try await caller.ended(try await caller.write(String(repeating: "a", count: 100_000), to: thread))
            func query(_ aliases: Int) -> String {
                let field = "thread(id: \"\(thread)\") { messages(last: 1) { nodes { text } edges { node { text } } } }"
                return "{ " + (0..<aliases).map { "a\($0): \(field)" }.joined(separator: " ") + " }"
            }
            let few = try await Self.ask(caller, query(15))
            #expect(few.status == 200 && few.text.utf8.count > 3_000_000, "\(few.text.prefix(300))")
            let many = try await Self.ask(caller, query(25))
            #expect(many.status == 400 && Self.message(many).contains("longer than 4 MiB"), "\(many.text.prefix(300))")
        }
    }

    @Test("blank lines around a text of many lines are left out in one go")
    func blankLines() throws {
        func parsed(_ text: String) throws -> GraphQLDocument {
            try GraphQLParser.parse("{ threads(after: \"\"\"\(text)\"\"\") { __typename } }")
        }
        let blank = String(repeating: "\n", count: 1_000_000)
        #expect(try "\(parsed(blank + "  a\n   b" + blank))".contains("\"a\\n b\""))
        #expect(try "\(parsed(blank))".contains("\"\""))
    }
}

import Chat
import HTTP
import JSON
import People
import TestSupport
import Testing

@testable import Gateway

@Suite("GraphQL", .timeLimit(.minutes(1)))
struct GraphQLTests {
    private static func ask(_ caller: Caller, _ query: String, _ variables: JSON = .null) async throws -> Caller.Answer
    {
        try await caller.send(.post, "/api/v1/graphql", json: ["query": .string(query), "variables": variables])
    }

    @Test("threads with their last messages come in one answer, by pages")
    func threads() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.owner, name: "Ada")
            for number in 1...3 {
                _ = try await caller.ended(
                    try await caller.write("message \(number)", to: try await caller.newThread()))
            }
            let query = """
                query ($first: Int!, $after: String) {
                  viewer { name role }
                  threads(first: $first, after: $after) {
                    edges { cursor node { id title ...Last } }
                    pageInfo { hasNextPage endCursor }
                  }
                }
                fragment Last on Thread { messages(last: 1) { nodes { text role operation { state thread { title } } } } }
                """
            let first = try await Self.ask(caller, query, ["first": 2]).expect(200)
            #expect(first["errors"] == nil && first["data"]?["viewer"] == ["name": "Ada", "role": "owner"])
            let edges = first["data"]?["threads"]?["edges"]?.arrayValue ?? []
            expectEqual(edges.count, 2)
            let message = edges.first?["node"]?["messages"]?["nodes"]?[0]
            expectEqual(message?["text"]?.stringValue?.hasPrefix("You said: message"), true)
            expectEqual(message?["operation"]?["state"], "complete")
            expectEqual(first["data"]?["threads"]?["pageInfo"]?["hasNextPage"], true)
            let cursor = try #require(first["data"]?["threads"]?["pageInfo"]?["endCursor"])
            let second = try await Self.ask(caller, query, ["first": 2, "after": cursor]).expect(200)
            expectEqual(second["data"]?["threads"]?["edges"]?.arrayValue?.count, 1)
            expectEqual(second["data"]?["threads"]?["pageInfo"]?["hasNextPage"], false)
        }
    }

    @Test("rights are those of the REST routes")
    func rights() async throws {
        try await GatewayHarness.run(features: FakeFeatures()) { harness in
            let (guest, owner) = (try await harness.signedIn(.guest), try await harness.signedIn(.owner))
            let thread = try await owner.newThread()
            let query =
                "{ thread(id: \"\(thread)\") { id } repositories { name } audit { nodes { kind } } threads { nodes { id } } }"
            let seen = try await Self.ask(guest, query).expect(200)
            #expect(seen["data"]?["thread"] == .null && seen["data"]?["repositories"] == .null)
            #expect(seen["data"]?["audit"] == .null && seen["data"]?["threads"]?["nodes"] == [])
            expectEqual(
                seen["errors"]?.arrayValue?.compactMap { $0["path"]?[0]?.stringValue }, ["repositories", "audit"])
            let all = try await Self.ask(owner, query).expect(200)
            #expect(all["data"]?["thread"]?["id"] == .string(thread) && all["errors"] == nil)
            try await expectEqual(Self.ask(harness.anybody, "{ viewer { name } }").status, 401)
            let feature = "{ feature(thread: \"\(thread)\") { folder stages { stage state } } features { nodes } }"
            try await expectEqual(Self.ask(owner, feature).expect(200)["data"]?["feature"], .null)
            try await expectEqual(Self.ask(guest, feature).expect(200)["errors"]?.arrayValue?.count, 2)
        }
    }

    @Test("features are a connection of names")
    func features() async throws {
        try await GatewayHarness.run(features: FakeFeatures()) { harness in
            let owner = try await harness.signedIn(.owner)
            func ask(_ arguments: String) async throws -> JSON {
                let fields = "nodes edges { cursor node } pageInfo { hasNextPage endCursor }"
                return try await Self.ask(owner, "{ features(\(arguments)) { \(fields) } }").expect(200)
            }
            let first = try await ask("first: 2")["data"]?["features"]
            expectEqual(first?["nodes"], ["003-c", "002-b"])
            expectEqual(first?["pageInfo"], ["hasNextPage": true, "endCursor": "002-b"])
            expectEqual(first?["edges"]?[1], ["cursor": "002-b", "node": "002-b"])
            let last = try await ask("after: \"002-b\"")["data"]?["features"]
            #expect(last?["nodes"] == ["001-a"] && last?["pageInfo"]?["hasNextPage"] == false)
            try await expectEqual(ask("repository: \"unknown\"")["data"]?["features"], .null)
            for wrong in ["after: \"004-d\"", "first: 0"] { try await #expect(ask(wrong)["errors"]?[0] != nil) }
        }
    }

    @Test("variables are an object or nothing", arguments: [JSON.string("x"), [1], .bool(true)])
    func variables(_ variables: JSON) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            try await expectEqual(Self.ask(caller, "{ viewer { name } }", variables).status, 422)
        }
    }

    @Test(
        "what cannot be run is refused with what is wrong and where",
        arguments: [
            ("{ viewer { nam } }", "Person has no field nam. Did you mean name?"), ("{ viewer }", "needs a selection"),
            ("{ viewer { name { x } } }", "has no fields"), ("{", "Syntax error"), ("mutation { x }", "Only queries"),
            ("{ thread { id } }", "needs the argument id"),
            ("{ threads(frst: 1) { nodes { id } } }", "Did you mean first?"),
            ("query ($x: Int) { thread(id: $x) { id } }", "takes ID!"),
            ("{ ...A } fragment A on Query { ...A }", "contains itself"),
            ("{ ...B }", "no fragment B"),
            ("query ($n: Int!) { threads(first: $n) { nodes { id } } }", "$n needs a value"),
            ("{ threads(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }", "costs more than 5000"),
            ("query A { viewer { name } } query B { viewer { name } }", "Name one"),
            ("{ a: viewer { name } viewer { role: name role } }", "two meanings"),
            (
                "{ ...F0 } fragment F30 on Query { viewer { name } } "
                    + (0..<30).map { "fragment F\($0) on Query { ...F\($0 + 1) ...F\($0 + 1) }" }.joined(separator: " "),
                "more than 200000 fields"
            ),
            ("{ viewer @foo { name } }", "no directive @foo"), ("{ viewer @skip { name } }", "needs the argument if"),
            (
                "{ operation(id: 1) { " + String(repeating: "thread { running { ", count: 8) + "id"
                    + String(repeating: " } }", count: 8) + " } }", "deeper than 15"
            ),
        ])
    func refused(query: String, reason: String) async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let answer = try await Self.ask(caller, query)
            let message = answer.json["errors"]?[0]?["message"]?.stringValue ?? ""
            #expect(answer.status == 400 && message.contains(reason), "\(answer.text)")
            expectEqual(answer.headers["content-type"], "application/graphql-response+json")
            let legacy = try await Self.ask(caller.with("Accept", "application/json"), query)
            #expect(legacy.status == 200 && legacy.json["errors"] == answer.json["errors"])
        }
    }

    @Test("directives, aliases, inline fragments, variables with defaults and texts of several lines")
    func language() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.owner, name: "Ada")
            let query = #"""
                query Q($yes: Boolean = true, $no: Boolean! = false) {
                  a: viewer { name @include(if: $yes) role @skip(if: true) __typename }
                  b: viewer { ... on Person @include(if: $no) { role } ... { n: name } }
                  t: threads(query: """none
                    of them""", first: 3) { nodes { id } }  # a comment
                }
                """#
            let data = try await Self.ask(caller, query).expect(200)["data"]
            #expect(data?["a"] == ["name": "Ada", "__typename": "Person"] && data?["b"] == ["n": "Ada"])
            expectEqual(data?["t"]?["nodes"], [])
            try await expectEqual(
                Self.ask(caller, query, ["yes": false]).expect(200)["data"]?["a"], ["__typename": "Person"])
        }
    }
}

import Chat
import HTTP
import JSON
import People
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway
@testable import HTTPServer

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

    @Test("texts that a query reads count, also those that it does not select")
    func unselectedTexts() async throws {
        let worker = StepWorker([.event(.text("ok"))], [.event(.text("ok"))])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn(.guest)
            let thread = try await caller.newThread()
            for _ in 1...2 {
                _ = try await caller.ended(try await caller.write(String(repeating: "a", count: 250_000), to: thread))
            }
            // Each of the four messages belongs to an operation with the text of its question, and to a thread whose first
            // message is such a text.
            func query(operations: Int, messages: Int) -> String {
                let fields =
                    (0..<operations).map { "o\($0): operation { id }" }
                    + (0..<messages).map {
                        "m\($0): operation { thread { messages(first: 1) { nodes { id } } } }"
                    }
                return
                    "{ thread(id: \"\(thread)\") { messages(last: 4) { nodes { \(fields.joined(separator: " ")) } } } }"
            }
            // 30 MB, 10 MB, and both together.
            _ = try await Self.ask(caller, query(operations: 30, messages: 0)).expect(200)
            _ = try await Self.ask(caller, query(operations: 0, messages: 5)).expect(200)
            for (operations, messages) in [(30, 5), (49, 0)] {
                let answer = try await Self.ask(caller, query(operations: operations, messages: messages))
                #expect(
                    answer.status == 400 && Self.message(answer).contains("reads more than 32 MiB"), "\(answer.text)")
            }
        }
    }

    @Test("the words to search threads for have the limit of the REST route")
    func search() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            func query(_ length: Int) -> String {
                "{ threads(query: \"\(String(repeating: "a", count: length))\") { nodes { id } } }"
            }
            expectEqual(Self.message(try await Self.ask(caller, query(200))), "")
            let answer = try await Self.ask(caller, query(201))
            expectEqual(Self.message(answer), "`query` has 201 bytes, and the limit is 200: shorten it.")
        }
    }

    /// Nil for a query that may run.
    private static func refusal(_ query: String, _ variables: JSONObject = [:]) -> String? {
        do throws(GraphQLError) {
            _ = try Self.executor(query, variables)
            return nil
        } catch {
            return error.message
        }
    }

    private static func executor(
        _ query: String, _ variables: JSONObject = [:]
    ) throws(GraphQLError) -> GraphQLExecutor {
        let request = GraphQLRequest(query: query, variables: variables, operationName: nil)
        return try GraphQLExecutor(request, schema: GraphQLRoots.schema)
    }

    @Test("directives and arguments of a fragment count each time that it is spread")
    func directives() {
        func query(spreads: Int, _ field: String) -> String {
            "{ viewer { \(String(repeating: "...F ", count: spreads))} } fragment F on Person { \(field) }"
        }
        let directives = "name " + String(repeating: "@skip(if: false) ", count: 1_000)
        #expect(Self.refusal(query(spreads: 50, directives)) == nil)
        #expect(Self.refusal(query(spreads: 150, directives))?.contains("more than 200000 fields") == true)
    }

    @Test("the texts of a fragment's arguments count each time that it is spread")
    func texts() {
        func query(spreads: Int) -> String {
            let id = String(repeating: "a", count: 100_000)
            return "{ \(String(repeating: "...F ", count: spreads))} "
                + "fragment F on Query { thread(id: \"\(id)\") { __typename } }"
        }
        expectEqual(Self.refusal(query(spreads: 20)), nil)
        #expect(Self.refusal(query(spreads: 40))?.contains("more than 200000 fields") == true)
    }

    @Test("the text of a variable counts as one in the document does")
    func variables() throws {
        func query(spreads: Int) -> String {
            "query ($id: ID!) { \(String(repeating: "...F ", count: spreads))} "
                + "fragment F on Query { thread(id: $id) { __typename } }"
        }
        let variables: JSONObject = ["id": .string(String(repeating: "a", count: 100_000))]
        expectEqual(Self.refusal(query(spreads: 20), variables), nil)
        #expect(Self.refusal(query(spreads: 40), variables)?.contains("more than 200000 fields") == true)
        // Each time that it is used while the query runs, too.
        let executor = try Self.executor(query(spreads: 1), variables)
        expectEqual(executor.collected(executor.operation.selections, on: GraphQLSchema.query).steps, 3 + 100_000 / 16)
    }

    @Test("a variable is declared once: its value is not read for each declaration")
    func sameVariable() {
        let query = "query(\(String(repeating: "$a: [Int] ", count: 2_400))) { viewer { name } }"
        let value = JSON.array(Array(repeating: 1, count: 115_000))
        expectEqual(Self.refusal(query, ["a": value]), "There are two variables $a.")
    }

    @Test("long runs of combining marks are broken in texts, also those of escapes")
    func marks() throws {
        let escapes = String(repeating: "\\u0300", count: 200)
        let marks = String(repeating: "\u{300}", count: 200)
        for literal in ["\"a\(escapes)\"", "\"a\(marks)\"", "\"\"\"a\(marks)\"\"\""] {
            let document = try GraphQLParser.parse("{ threads(after: \(literal)) { __typename } }")
            guard case .field(let field)? = document.operations.first?.selections.first,
                case .string(let text)? = field.arguments["after"]
            else {
                Issue.record("the argument is not a text")
                continue
            }
            expectEqual(text.unicodeScalars.count { $0 == "\u{34F}" }, 6)
        }
    }

    @Test("arguments of one key must have the same bytes")
    func sameArguments() {
        func query(_ ids: String...) -> String {
            "{ " + ids.map { "thread(id: \"\($0)\") { __typename }" }.joined(separator: " ") + " }"
        }
        expectEqual(Self.refusal(query("\u{E9}", "\u{E9}")), nil)
        // Equivalent characters.
        #expect(Self.refusal(query("\u{E9}", "e\u{301}"))?.contains("two meanings") == true)
    }

    @Test("a name has at most 255 bytes")
    func names() {
        func query(_ length: Int) -> String { "{ \(String(repeating: "a", count: length)): viewer { name } }" }
        expectEqual(Self.refusal(query(255)), nil)
        expectEqual(Self.refusal(query(256)), "A name is longer than 255 bytes.")
    }

    @Test("a fragment is walked once for each object, however often it is spread")
    func fragments() throws {
        let doubled = (0..<14).map { "fragment F\($0) on Query { ...F\($0 + 1) ...F\($0 + 1) }" }
        let executor = try Self.executor(
            "{ ...F0 } fragment F14 on Query { viewer { name } } " + doubled.joined(separator: " "))
        let collected = executor.collected(executor.operation.selections, on: GraphQLSchema.query)
        #expect(collected.fields.map(\.key) == ["viewer"])
        // Otherwise they would be 32,768.
        #expect(collected.steps == 1 + 14 * 2 + 1)
    }

    @Test("fragments within each other do not exhaust the stack")
    func chain() {
        func query(_ count: Int) -> String {
            let chain = (0..<count).map { "fragment F\($0) on Query { ...F\($0 + 1) }" }.joined(separator: " ")
            return "{ ...F0 } fragment F\(count) on Query { viewer { name } } " + chain
        }
        #expect(Self.refusal(query(90)) == nil)
        #expect(Self.refusal(query(1_500))?.contains("within each other more than 100 times") == true)
    }

    @Test("what reads a repository, or adds up all that was used, has its cost")
    func costs() {
        func query(_ count: Int, _ field: String) -> String {
            "{ " + (0..<count).map { "a\($0): \(field)" }.joined(separator: " ") + " }"
        }
        for (field, most) in [
            ("analytics { __typename }", 10), ("feature(thread: 1) { __typename }", 20),
            ("features(first: 1) { __typename }", 19), ("tasks(first: 1) { __typename }", 49),
            ("threads(first: 1, query: \"a\") { __typename }", 4), ("tasks(first: 1, query: \"a\") { __typename }", 4),
            ("threads(first: 1, query: $words) { __typename }", 4),
        ] {
            let head = field.contains("$words") ? "query ($words: String) " : ""
            #expect(Self.refusal(head + query(most, field), ["words": "a"]) == nil)
            #expect(
                Self.refusal(head + query(most + 1, field), ["words": "a"])?.contains("costs more than 5000") == true)
        }
        // Without words it is a list.
        let list = "query ($words: String) " + query(40, "threads(first: 1, query: $words) { __typename }")
        expectEqual(Self.refusal(list, ["words": .null]), nil)
        expectEqual(Self.refusal(list), nil)
    }

    @Test("analytics take their turn with those of the REST route")
    func analyticsTurn() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            let person = try await Self.ask(caller, "{ viewer { identity } }").expect(200)
            let identity = try #require(person["data"]?["viewer"]?["identity"]?.stringValue)
            var turn: RequestShare? = try await AnalyticsRoutes.turns.reserve(1, for: identity)
            #expect(turn != nil)
            // Without analytics it needs none.
            _ = try await Self.ask(caller, "{ analytics @skip(if: true) { __typename } viewer { name } }").expect(200)
            async let answer = Self.ask(caller, "{ ...F } fragment F on Query { sums: analytics { __typename } }")
            try await eventually("the query waits") { AnalyticsRoutes.turns.isCrowded(identity) }
            turn = nil
            try await expectEqual(answer.expect(200)["data"]?["sums"]?["__typename"], "Analytics")
        }
    }

    @Test("usage that is read from records counts by its days, and that of sums does not")
    func records() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            func query(_ count: Int, from: String, by: String) -> String {
                let field = "analytics(from: \"\(from)\", to: \"2026-01-01\", by: \"\(by)\") { totals { turns } }"
                return "{ " + (0..<count).map { "a\($0): \(field)" }.joined(separator: " ") + " }"
            }
            for (count, from, by) in [
                (10, "2025-12-01", "tool"), (3, "2025-01-01", "tool"), (10, "2025-01-01", "model"),
            ] {
                _ = try await Self.ask(caller, query(count, from: from, by: by)).expect(200)
            }
            let answer = try await Self.ask(caller, query(4, from: "2025-01-01", by: "tool"))
            #expect(answer.status == 400 && Self.message(answer).contains("reads more than 32 MiB"), "\(answer.text)")
        }
    }

    @Test("the objects of lists that are no connections count while the query runs")
    func steps() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            func query(_ count: Int) -> String {
                "{ __schema { types { fields { \(String(repeating: "name ", count: count))} } } }"
            }
            _ = try await Self.ask(caller, query(10)).expect(200)
            let answer = try await Self.ask(caller, query(10_000))
            #expect(answer.status == 400 && Self.message(answer).contains("more than 200000 steps"))
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

    @Test("the places of asks are looked for in 32 MiB of live frames; beyond that they are unknown")
    func frames() async throws {
        let request = ApprovalRequest(
            action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .requester)
        let worker = StepWorker([.event(.text("First.")), .approval(request), .event(.text(" Then."))])
        try await GatewayHarness.run(worker: worker) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            try await eventually("the thread has an open ask") {
                let asks = try await member.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)
                return asks["items"]?.arrayValue?.isEmpty == false
            }
            _ = try await member.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).expect(200)
            _ = try await member.ended(operation)
            func places() async throws -> [Int] {
                let query = "{ thread(id: \"\(thread)\") { messages(first: 50) { nodes { place } } } }"
                let answer = try await Self.ask(member, query).expect(200)
                let nodes = answer["data"]?["thread"]?["messages"]?["nodes"]?.arrayValue ?? []
                return nodes.compactMap { $0["place"]?.intValue }
            }
            try await expectEqual(places(), [6])
            let store = harness.bridge.store
            try await store.read { ledger in
                let messages = try ledger.messages(of: thread, after: nil, limit: 50).items
                // Each page of a query counts again.
                let budget = FrameBudget(limit: try ledger.frameSize(of: operation) * 3 / 2)
                try expectEqual(budget.admitted(messages, in: ledger).isEmpty, false)
                try expectEqual(budget.admitted(messages, in: ledger).isEmpty, true)
            }
            try await store.write { ledger in
                try ledger.insert([
                    LiveFrame(
                        operation: operation, sequence: try ledger.lastSequence(of: operation) + 1, kind: .errorOutput,
                        content: String(repeating: "a", count: FrameBudget.limit), timestamp: 0)
                ])
            }
            try await expectEqual(places(), [])
        }
    }
}

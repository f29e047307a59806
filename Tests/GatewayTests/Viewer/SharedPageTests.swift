import Chat
import HTTP
import JSON
import Logging
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway
@testable import HTTPServer

@Suite("Public pages", .timeLimit(.minutes(1)))
struct SharedPageTests {
    /// The token of a thread's public page.
    private static func publish(_ thread: String, by caller: Caller) async throws -> String {
        let made = try await caller.send(.post, "/api/v1/threads/\(thread)/shares", json: ["with": "public"])
            .expect(201)
        return made["url"]?.stringValue?.split(separator: "/").last.map(String.init) ?? ""
    }

    /// Adds answers to a thread.
    private static func add(_ texts: [String], to thread: String, _ turn: String, _ harness: GatewayHarness)
        async throws
    {
        try await harness.bridge.store.write(ofSession: thread) { ledger in
            for text in texts {
                _ = try ledger.insertMessage(session: thread, turn: turn, role: .assistant, text: text, at: 0)
            }
        }
    }

    private static func reference(_ name: String, bytes: Int, uses: Int) -> String {
        "[\(name)]: https://e.org/\(String(repeating: "&", count: bytes))\n\n"
            + String(repeating: "[\(name)] ", count: uses)
    }

    @Test("a page has at most some 2 MiB, whatever Markdown becomes, and the pages before it have the rest")
    func size() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let thread = try await alice.newThread()
            let turn = try await alice.write("hello", to: thread)
            _ = try await alice.ended(turn)
            // Each becomes a megabyte, and the last one four.
            let names = (1...5).map { "n\($0)" }
            var texts = names.map { Self.reference($0, bytes: 2_000, uses: 100) }
            texts.append(Self.reference("last", bytes: 2_000, uses: 400))
            try await Self.add(texts, to: thread, turn, harness)
            var address = "/s/\(try await Self.publish(thread, by: alice))"
            var shown: [String] = []
            while !address.isEmpty {
                let page = try await harness.anybody.send(.get, address)
                expectEqual(page.status, 200)
                #expect(page.body.count <= SharedPage.limit + 64 << 10)
                if !address.contains("?") { #expect(page.text.contains("<pre><code>[last]: https://e.org/&amp;")) }
                shown = names.filter { page.text.contains(">\($0)</a>") } + shown
                if page.text.contains("You said: hello") { shown.insert("hello", at: 0) }
                let next = page.text.split(separator: "?before=").dropFirst().first?.prefix { $0 != "\"" }
                address = next.map { "\(address.prefix { $0 != "?" })?before=\($0)" } ?? ""
                try #require(shown.count <= 6)
            }
            expectEqual(shown, ["hello"] + names)
        }
    }

    @Test("an answer holds memory of all public pages until it is read")
    func memory() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let thread = try await alice.newThread()
            _ = try await alice.ended(try await alice.write("hello", to: thread))
            let token = try await Self.publish(thread, by: alice)
            var parser = RequestParser()
            let head = try parser.parse(Array("GET /s/\(token) HTTP/1.1\r\nHost: x\r\n\r\n".utf8).span).head
            var parameters = PathParameters()
            parameters.append("token", token)
            let request = HTTPServerRequest(head: try #require(head), parameters: parameters)
            let route = try #require(SharedPageRoutes.routes.first)
            let answer = try await route.handle(
                harness.gateway.context, APIRequest(http: request, principal: nil, logger: Logger(label: "test")))
            #expect(answer.share != nil)
        }
    }

    @Test("files of a question are not shown, nor what was read of them")
    func files() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let thread = try await alice.newThread()
            let file = Array("salaries\n".utf8)
            _ = try await alice.send(
                .post, "/api/v1/threads/\(thread)/files?name=pay.txt", body: file,
                headers: alice.with("Content-Type", "application/octet-stream").headers
            ).expect(201)
            _ = try await alice.ended(try await alice.write("what is this?", to: thread))
            let page = try await harness.anybody.send(.get, "/s/\(try await Self.publish(thread, by: alice))")
            // The answers of this model repeat the question as it got it.
            let question = page.text.split(separator: "<article").filter { $0.contains("<b>alice</b>") }.joined()
            #expect(question.contains("<p>what is this?</p>") && page.text.contains("salaries"))
            #expect(!question.contains("pay.txt") && !question.contains("salaries"))
        }
    }
}

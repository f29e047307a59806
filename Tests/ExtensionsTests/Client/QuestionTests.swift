import Extensions
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Questions of servers", .timeLimit(.minutes(2)))
struct QuestionTests {
    /// A person who answers always the same.
    private static func caller(
        _ answer: ExtensionAnswer, session: String = "s", asked: Protected<[ExtensionQuestion]> = Protected([])
    ) -> ExtensionCaller {
        ExtensionCaller(
            session: session,
            ask: { question in
                asked.withLock { $0.append(question) }
                return answer
            })
    }

    private static let answers: [(ExtensionAnswer, String?, String?)] = [
        (.accept(["quantity": 4, "gift": true]), "4 chairs, gift: True", "4 chairs, gift: True"),
        (.decline, "no chairs: decline", nil), (.cancel, "no chairs: cancel", nil),
    ]

    @Test("a form is put to the person, in both eras and over both transports", arguments: ServerScene.SDK.allCases)
    func forms(_ sdk: ServerScene.SDK) async throws {
        func check(_ server: ExtensionServer) async throws {
            for (answer, legacy, modern) in Self.answers {
                let asked = Protected<[ExtensionQuestion]>([])
                let result = try await server.call("order", [:], for: Self.caller(answer, asked: asked))
                // The new SDK's resolver fails without an answer, in words of its own.
                if let text = sdk == .legacy ? legacy : modern { expectEqual(result.text, text) }
                let question = try #require(asked.withLock { $0.first })
                expectEqual(asked.withLock { $0.count }, 1)
                expectEqual(question.server, "office")
                expectEqual(question.message, "How many chairs?")
                guard case .fields(let schema) = question.form else {
                    throw ServerScene.Unexpected(text: "\(question)")
                }
                expectEqual(schema["properties"]?["quantity"]?["type"], "integer")
            }
            // Nobody is there to be asked.
            let result = try await server.call("order", [:], for: ServerScene.caller)
            if sdk == .legacy { expectEqual(result.text, "no chairs: decline") }
        }
        try await ServerScene.withOffice(sdk) { try await check($0) }
        try await ServerScene.withHTTPOffice(sdk) { try await check($0) }
    }

    @Test("an address is put to the person")
    func addresses() async throws {
        func check(_ server: ExtensionServer) async throws {
            let asked = Protected<[ExtensionQuestion]>([])
            let result = try await server.call("link", [:], for: Self.caller(.accept(.null), asked: asked))
            expectEqual(result.text, "paid: accept")
            let question = ExtensionQuestion(
                server: "office", message: "Pay here", form: .address("https://pay.example/1"))
            expectEqual(asked.withLock { $0 }, [question])
        }
        try await ServerScene.withOffice(.legacy) { try await check($0) }
        try await ServerScene.withHTTPOffice(.legacy) { try await check($0) }
    }

    @Test("while a person answers, the server's time stands still")
    func patience() async throws {
        try await ServerScene.withOffice(.legacy, { $0.limits.call = .seconds(1) }) { server in
            _ = try await server.offer()
            let caller = ExtensionCaller(
                session: "s",
                ask: { _ in
                    try? await Task.sleep(for: .milliseconds(1_500))
                    return .decline
                })
            await expectEqual(try server.call("order", [:], for: caller).text, "no chairs: decline")
        }
    }

    @Test("a call that is cancelled ends its question")
    func cancelled() async throws {
        try await ServerScene.withOffice(.legacy) { server in
            let (asked, ended) = (Signal(), Signal())
            let caller = ExtensionCaller(
                session: "s",
                ask: { _ in
                    asked.signal()
                    try? await Task.sleep(for: .seconds(3_600))
                    ended.signal()
                    return .cancel
                })
            let call = Task { try await server.call("order", [:], for: caller) }
            await asked.wait()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            await ended.wait()
        }
    }

    @Test("a legacy server that has asked gets one call at a time, so that its questions belong to one thread")
    func turns() async throws {
        try await ServerScene.withOffice(.legacy) { server in
            await expectEqual(try server.call("order", [:], for: Self.caller(.decline)).text, "no chairs: decline")
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...4 {
                    let caller = Self.caller(.accept(["quantity": JSON(number)]), session: "s\(number)")
                    group.addTask { try await server.call("order", [:], for: caller).text }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            expectEqual(texts.sorted(), (1...4).map { "\($0) chairs, gift: False" })
        }
    }

    @Test("a state goes back as it came; what is not a question, or asks for ever, is refused")
    func states() async throws {
        try await ServerScene.withRude("state") { server in
            let text = try await server.call("go", [:], for: ServerScene.caller).text
            expectEqual(try JSON.parse(text), [.null, "aé\"\\\n=="])
        }
        try await ServerScene.withRude("roots") { server in
            let failure = try await ServerScene.failure { try await server.call("go", [:], for: ServerScene.caller) }
            expectEqual(failure.kind, .malformed)
            expectEqual(failure.description.contains("'roots/list'"), true)
        }
        try await ServerScene.withRude("rounds") { server in
            let failure = try await ServerScene.failure { try await server.call("go", [:], for: ServerScene.caller) }
            expectEqual(failure.description.contains("more than 10 times"), true, failure.description)
        }
        try await ServerScene.withRude("nag") { server in
            let text = try await server.call("go", [:], for: Self.caller(.accept([:]))).text
            expectEqual(text, (Array(repeating: "accept", count: 10) + ["decline", "decline"]).joined(separator: " "))
        }
        try await ServerScene.withRude("sample") { server in
            let text = try await server.call("go", [:], for: Self.caller(.accept([:]))).text
            expectEqual(text, "the answer was -32601")
        }
    }
}

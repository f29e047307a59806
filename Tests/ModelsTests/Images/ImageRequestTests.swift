import Chat
import HTTP
import HTTPClient
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@testable import Models

/// How images get into requests, and how a model that refuses them gets the question nevertheless.
@Suite("Images in requests", .timeLimit(.minutes(1)))
struct ImageRequestTests {
    private static let sent = SentImage(
        file: "1-1-a.png", name: "a.png", mediaType: "image/png", size: 3, width: 2, height: 1)
    private static let image = ModelImage(sent, bytes: [1, 2, 3])
    private static let url = "data:image/png;base64,AQID"

    @Test("chat completions: parts of the message, after its text")
    func chat() throws {
        let request = ModelRequest(messages: [ModelMessage(.user, "What?", images: [Self.image])])
        let body = try JSON.parse(OpenAIDialect(host: "h").body(request, model: "m"))
        expectEqual(
            body["messages"]?[0]?["content"],
            [
                ["type": "text", "text": "What?"], ["type": "image_url", "image_url": ["url": .string(Self.url)]],
            ])
    }

    @Test("responses: parts of the message, after its text")
    func responses() throws {
        let request = ModelRequest(messages: [ModelMessage(.user, "What?", images: [Self.image])])
        let body = try JSON.parse(ResponsesRequest.body(request, model: "m", hasLimit: true))
        expectEqual(
            body["input"]?[0]?["content"],
            [
                ["type": "input_text", "text": "What?"],
                ["type": "input_image", "image_url": .string(Self.url), "detail": "auto"],
            ])
    }

    @Test("a model without a system role gets its text and the images in one message")
    func withoutSystemRole() throws {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        let refusal = EndpointRefusal(status: 400, body: Array("System role not supported".utf8))
        #expect(memory.adapt(memory.dialect(of: "m"), of: "m", to: refusal))
        let request = ModelRequest(
            messages: [ModelMessage(.system, "Be brief."), ModelMessage(.user, "What?", images: [Self.image])])
        let body = try JSON.parse(memory.dialect(of: "m").body(request, model: "m"))
        expectEqual(body["messages"]?.arrayValue?.count, 1)
        expectEqual(body["messages"]?[0]?["content"]?[0]?["text"], "Be brief.\n\nWhat?")
        expectEqual(body["messages"]?[0]?["content"]?[1]?["image_url"]?["url"], .string(Self.url))
    }

    @Test("neighbouring messages of a person become one, with the images of both")
    func neighbours() throws {
        let other = SentImage(file: "2", name: "b.png", mediaType: "image/png", size: 1, width: 1, height: 1)
        var builder = PromptBuilder(model: "m", inputLimit: 64_000, instructions: "Be brief.")
        builder.images = [Self.sent: Self.image, other: ModelImage(other, bytes: [4])]
        // A summary of the host leaves two questions in a row.
        let request = Requests.turn(
            "Second", images: [other],
            history: [HistoryEntry(id: 2, role: .user, author: "alice", text: "First", images: [Self.sent])])
        guard case .ready(let prompt) = builder.plan(request) else {
            Issue.record("not ready")
            return
        }
        let people = prompt.messages.filter { $0.role == .user }
        expectEqual(people.flatMap(\.images).map(\.name), ["a.png", "b.png"])
        #expect(zip(prompt.messages, prompt.messages.dropFirst()).allSatisfy { $0.role != $1.role })
        let joined = ModelMessage(.user, "a", images: [Self.image]).joined(with: ModelMessage(.user, "b"))
        expectEqual(joined, ModelMessage(.user, "a\n\nb", images: [Self.image]))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let status: Int
        let text: String
        let isAboutImages: Bool
        var testDescription: String { "\(self.status) \(self.text)" }
    }

    @Test(
        "refused images are given up for good, others are not",
        arguments: [
            Refusal(
                status: 400, text: "Invalid content type. image_url is only supported by certain models.",
                isAboutImages: true),
            Refusal(status: 400, text: "m is not a multimodal model", isAboutImages: true),
            Refusal(status: 500, text: "image input is not supported - hint: mmproj", isAboutImages: true),
            Refusal(status: 413, text: "too large", isAboutImages: true),
            Refusal(status: 400, text: "context length exceeded", isAboutImages: false),
            Refusal(status: 500, text: "overloaded", isAboutImages: false),
        ])
    func refusals(_ refusal: Refusal) {
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        let request = ModelRequest(messages: [ModelMessage(.user, "What?", images: [Self.image])])
        let answer = EndpointRefusal(status: refusal.status, body: Array(refusal.text.utf8))
        expectEqual(memory.giveUpImages(of: request, for: "m", after: answer), refusal.isAboutImages)
        let text = refusal.isAboutImages ? "What?\n\n[image a.png, 2×1, not shown to this model]" : "What?"
        let next = memory.withoutRefusedImages(request, for: "m")
        #expect(next.messages[0].text == text && next.hasImages != refusal.isAboutImages)
        expectEqual(memory.withoutRefusedImages(request, for: "other"), request)
        #expect(!memory.giveUpImages(of: ModelRequest(messages: [ModelMessage(.user, "x")]), for: "m", after: answer))
    }

    // MARK: Whole turns against the strict server

    private struct ImageThread: TurnThread {
        let events: Protected<[TurnEvent]>
        var bytes: [UInt8]?

        func report(_ event: TurnEvent) async throws { self.events.withLock { $0.append(event) } }
        func bytes(of image: SentImage) async throws -> [UInt8] {
            guard let bytes = self.bytes else { throw TurnFailure("gone") }
            return bytes
        }
        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome { .expired }
    }

    /// What the server got as the last question.
    private func asked(
        _ model: String, takesImages: Bool? = nil, bytes: [UInt8]? = [1, 2, 3]
    ) async throws -> (text: String?, images: [String]?, requests: Int) {
        let server = try await LoopbackModelServer.started(behaviors: [model: .echo])
        defer { Task { await server.stop() } }
        let client = OpenAIClient(
            OpenAISettings(baseURL: try HTTPURL(server.baseURL), apiKey: nil, defaultModel: model),
            transport: HTTPClient(HTTPClientSettings()), logger: Logger(label: "test"))
        let turn = ChatTurn(
            client, catalog: ModelCatalog(client, takesImages: takesImages), instructions: "Be brief.",
            logger: Logger(label: "test"))
        let request = Requests.turn("What?", images: [Self.sent])
        let ending = try await turn.run(request, in: ImageThread(events: Protected([]), bytes: bytes))
        expectEqual(ending, .complete)
        let last = server.requests.last?.messages.last
        return (last?.text, last?.images, server.requests.count)
    }

    private static let noted = "What?\n\n[image a.png, 2×1, not shown to this model]"

    @Test("a model that is known to take images gets them")
    func seeing() async throws {
        let asked = try await self.asked("gpt-4o")
        #expect(asked.text == "What?" && asked.images == [Self.url])
    }

    @Test("a model of which nobody knows it gets a note, at once")
    func unknown() async throws {
        let asked = try await self.asked("plain")
        #expect(asked.text == Self.noted && asked.images == [] && asked.requests == 1)
    }

    @Test("a model that refuses them, whatever is configured, gets a note instead")
    func refusing() async throws {
        let asked = try await self.asked("plain", takesImages: true)
        #expect(asked.text == Self.noted && asked.images == [])
    }

    @Test("an image that is no longer kept becomes a note")
    func gone() async throws {
        let asked = try await self.asked("gpt-4o", bytes: nil)
        #expect(asked.text == Self.noted && asked.images == [])
    }
}

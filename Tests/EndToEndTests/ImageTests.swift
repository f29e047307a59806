import JSON
import Lifecycle
import Processes
import TestSupport
import Testing

/// The real program: an image uploaded in the web chat reaches the model, and what the model thinks the web chat.
@Suite("Images and thoughts through the host", .timeLimit(.minutes(1)))
struct ImageTests {
    /// A picture of 640 × 480 pixels, as far as anyone looks.
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        + [0, 0, 2, 128, 0, 0, 1, 224, 8, 6, 0, 0, 0] + Array(repeating: 7, count: 100)

    private func with(
        _ configuration: String, _ home: TemporaryDirectory, _ body: (GatewayClient, String) async throws -> Void
    ) async throws {
        let host = try await HostProcess(configuration: configuration, directory: home)
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        try await body(client, thread)
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test(
        "an OpenAI-compatible server: the image with its question, in the next request again, and notes for the blind")
    func openAI() async throws {
        let server = try await LoopbackModelServer.started(behaviors: ["gpt-4o": .echo, "plain": .echo])
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            model: {provider: openai, name: gpt-4o, base_url: "\(server.baseURL)"}
            """
        try await self.with(configuration, try TemporaryDirectory()) { client, thread in
            _ = try await client.upload(Self.png, named: "a.png", to: thread)
            let first = try await client.ended(try await client.send("What is it?", to: thread))
            expectEqual(first["state"], "complete", "\(first)")
            let image = try #require(server.requests.last?.messages.last?.images.first)
            #expect(image.hasPrefix("data:image/png;base64,iVBORw0KGgo"))
            _ = try await client.ended(try await client.send("And now?", to: thread))
            expectEqual(server.requests.last?.messages.flatMap(\.images), [image])
            expectEqual(server.requests.last?.messages.last?.images, [])
            _ = try await client.ended(try await client.send("/model plain", to: thread))
            _ = try await client.ended(try await client.send("And you?", to: thread))
            expectEqual(server.requests.last?.model, "plain")
            expectEqual(server.requests.last?.messages.flatMap(\.images), [])
            let texts = server.requests.last?.messages.map(\.text) ?? []
            #expect(texts.contains { $0.hasSuffix("\n\n[image a.png, 640×480, not shown to this model]") }, "\(texts)")
        }
        await server.stop()
    }

    @Test("a phone's picture arrives as JPEG, a document as its text, and what cannot be read with the reason")
    func files() async throws {
        let server = try await LoopbackModelServer.started(behaviors: ["gpt-4o": .echo])
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            model: {provider: openai, name: gpt-4o, base_url: "\(server.baseURL)"}
            files: {images: 512}
            """
        let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let fixtures = "\(tests)/ReadingTests/Fixtures"
        try await self.with(configuration, try TemporaryDirectory()) { client, thread in
            for (file, name) in [("two.heic", "photo.jpg"), ("locked.pdf", "locked.pdf")] {
                let bytes = try #require(PrivateFile.read("\(fixtures)/\(file)")?.bytes)
                _ = try await client.upload(bytes, named: name, to: thread)
            }
            _ = try await client.upload(Array(#"{\rtf1 From a letter\par}"#.utf8), named: "letter.rtf", to: thread)
            let operation = try await client.ended(try await client.send("What is it?", to: thread))
            expectEqual(operation["state"], "complete", "\(operation)")
            let asked = try #require(server.requests.last?.messages.last)
            #expect(asked.images.count == 1 && asked.images.first?.hasPrefix("data:image/jpeg;base64,/9j/") == true)
            #expect(asked.text.contains("`letter.rtf`:\n```\nFrom a letter\n```"), "\(asked.text)")
            let reason = "it is encrypted; send it without a password; it is in the workspace"
            #expect(asked.text.contains("[file locked.pdf not available: \(reason)]"), "\(asked.text)")
        }
        await server.stop()
    }

    @Test("Copilot: the image goes with its header while it is in the conversation")
    func copilot() async throws {
        let github = try await LoopbackGitHub.started(LoopbackGitHub.Settings())
        let copilot = try await LoopbackCopilot.started { github.isLive(token: $0) }
        github.setAPIURL(copilot.apiURL)
        let signIn = "ghu_PLANTED0000000000000000000000000000y"
        github.addAccount(signIn)
        let home = try TemporaryDirectory()
        try LoopbackSubscription.plantSignIn(signIn, below: home)
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            model: {provider: copilot, name: gpt-4.1}
            copilot: {github_url: "\(github.url)", api_url: "\(github.url)"}
            """
        try await self.with(configuration, home) { client, thread in
            _ = try await client.upload(Self.png, named: "a.png", to: thread)
            for text in ["What is it?", "And now?"] {
                let operation = try await client.ended(try await client.send(text, to: thread))
                expectEqual(operation["state"], "complete", "\(operation)")
                let last = copilot.requests(to: "/chat/completions").last
                #expect(last?.status == 200 && last?.images == 1)
            }
            _ = try await client.ended(try await client.send("/model gpt-5-mini", to: thread))
            _ = try await client.ended(try await client.send("And you?", to: thread))
            let last = copilot.requests(to: "/chat/completions").last
            #expect(last?.status == 200 && last?.images == 0 && last?.model == "gpt-5-mini")
        }
        await copilot.stop()
        await github.stop()
    }

    @Test("what the model thinks is an entry of its own above the answer")
    func thoughts() async throws {
        let server = try await LoopbackModelServer.started()
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            model: {provider: openai, name: reasoning, base_url: "\(server.baseURL)"}
            """
        try await self.with(configuration, try TemporaryDirectory()) { client, thread in
            let operation = try await client.ended(try await client.send("Why?", to: thread))
            expectEqual(operation["state"], "complete", "\(operation)")
            let items = try await client.get("/api/v1/threads/\(thread)/messages")["items"]?.arrayValue ?? []
            expectEqual(items.map { $0["role"]?.stringValue ?? "" }, ["user", "thinking", "assistant"])
            let texts = items.map { $0["text"]?.stringValue ?? "" }
            #expect(texts[1].hasPrefix("Thought for ") && texts[1].hasSuffix(" s\n\nLet me think."), "\(texts)")
            expectEqual(texts[2], "I have thought.")
            _ = try await client.ended(try await client.send("And?", to: thread))
            expectEqual(server.requests.last?.messages.contains { $0.text.contains("Let me think") }, false)
        }
        await server.stop()
    }
}

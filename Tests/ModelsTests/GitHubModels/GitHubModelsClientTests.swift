import HTTP
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The GitHub Models API", .timeLimit(.minutes(1)))
struct GitHubModelsClientTests {
    private func client(_ transport: RoutedTransport, url: String = "https://models.example.org") throws
        -> GitHubModelsClient
    {
        GitHubModelsClient(
            OpenAISettings(
                baseURL: try HTTPURL(url), apiKey: Secret("github_pat_x"), defaultModel: "openai/gpt-4.1",
                exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: 1))),
            transport: transport, logger: Logger(label: "test"))
    }

    private static let catalog = #"""
        [{"id":"openai/gpt-4.1","name":"OpenAI GPT-4.1","publisher":"OpenAI","rate_limit_tier":"high","version":"2025-04-14",
          "supported_output_modalities":["text"],"limits":{"max_input_tokens":1048576,"max_output_tokens":32768}},
         {"id":"meta/llama","name":"Llama","publisher":"Meta","rate_limit_tier":"low","limits":{"max_input_tokens":4000,"max_output_tokens":2000}},
         {"id":"openai/o3","rate_limit_tier":"custom","limits":{"max_input_tokens":200000,"max_output_tokens":100000}},
         {"id":"own/free","limits":{"max_input_tokens":32000,"max_output_tokens":4096}},
         {"id":"openai/embed","rate_limit_tier":"embeddings"},{"id":"x/painter","supported_output_modalities":["image"]},
         7,null,{}]
        """#

    @Test("the catalog is read with the limits of the tiers")
    func models() async throws {
        let transport = RoutedTransport(["/catalog/models": [.refusal(200, Self.catalog)]])
        let models = try await self.client(transport).models()
        expectEqual(models.map(\.id), ["meta/llama", "openai/gpt-4.1", "openai/o3", "own/free"])
        expectEqual(models.map(\.inputLimit), [4000, 8000, 4000, 32_000])
        expectEqual(models.map(\.outputLimit), [2000, 4000, 4000, 4096])
        #expect(models[1].note == "tier high: 10 requests per minute, 50 per day" && models[1].vendor == "OpenAI")
        let request = try #require(transport.requests(to: "/catalog/models").first)
        expectEqual(request.headers["x-github-api-version"], "2022-11-28")
        expectEqual(request.headers["authorization"], "Bearer github_pat_x")
    }

    @Test(
        "chats go to /inference, whether the address ends there or not",
        arguments: ["https://h", "https://h/", "https://h/inference", "https://h/inference/"])
    func chat(url: String) async throws {
        let transport = RoutedTransport(chats: [.ok])
        for try await _ in try self.client(transport, url: url).stream(
            ModelRequest(messages: [ModelMessage(.user, "Hi")]))
        {}
        expectEqual(transport.chats.first?.url.description, "https://h/inference/chat/completions")
    }

    @Test(
        "the public service is reported as shut down, without a request",
        arguments: [
            "https://models.github.ai", "https://models.inference.ai.azure.com", "https://models.github.ai/inference",
        ])
    func shutDown(url: String) async throws {
        let transport = RoutedTransport(chats: [.ok])
        let client = try self.client(transport, url: url)
        for call: @Sendable () async throws -> Void in [
            { _ = try await client.models() }, { try await client.check() },
            { for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {} },
        ] {
            let error = await #expect(throws: ModelError.self) { try await call() }
            expectEqual(error?.message.contains("shut down on 30 July 2026"), true)
            #expect(error?.message.contains("copilot") == true && error?.message.contains("openai") == true)
        }
        #expect(transport.chats.isEmpty && transport.requests(to: "/catalog/models").isEmpty)
    }

    @Test("status 410 from any host gets the same message")
    func gone() async throws {
        let body = "temporarily unavailable as part of a scheduled retirement brownout"
        let transport = RoutedTransport([
            "/catalog/models": [.refusal(410, body)], "/chat/completions": [.refusal(410, body)],
        ])
        let client = try self.client(transport)
        let listing = await #expect(throws: ModelError.self) { try await client.models() }
        let chat = await #expect(throws: ModelError.self) {
            for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {}
        }
        #expect(listing?.message == chat?.message && chat?.message.contains("30 July 2026") == true)
    }

    @Test(
        "refusals say what to do",
        arguments: [
            (401, #"{"error":{"code":"unauthorized"}}"#, ModelError.Code.unauthorized, "Models: read"),
            (403, #"{"error":{"code":"no_access","message":"No access"}}"#, .unauthorized, "Models: read"),
            (404, "", .invalidResponse, "base_url"),
            (
                413,
                #"{"error":{"code":"tokens_limit_reached","message":"Request body too large. Max size: 8000 tokens."}}"#,
                .tooLong, "8000"
            ),
        ])
    func refusals(status: Int, body: String, code: ModelError.Code, words: String) async throws {
        let client = try self.client(RoutedTransport(chats: [.refusal(status, body)]))
        let error = await #expect(throws: ModelError.self) {
            for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {}
        }
        #expect(error?.code == code && error?.message.contains(words) == true, "\(String(describing: error))")
    }
}

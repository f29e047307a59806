import HTTP
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("GitHub Models' API", .timeLimit(.minutes(1)))
struct GitHubModelsTests {
    private func client(
        _ transport: RoutedTransport, url: String = "https://models.example.org", isOpenAI: Bool = false
    ) throws -> OpenAIClient {
        let settings = OpenAISettings(
            baseURL: try HTTPURL(url), apiKey: Secret("github_pat_x"), defaultModel: "openai/gpt-4.1",
            exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: 1)))
        return OpenAIClient(
            isOpenAI ? settings : settings.forGitHubModels, provider: "github-models", transport: transport,
            logger: Logger(label: "test"))
    }

    private static let catalog = #"""
        [{"id":"openai/gpt-4.1","name":"OpenAI GPT-4.1","publisher":"OpenAI","supported_output_modalities":["text"],
          "supported_input_modalities":["text","image"],"limits":{"max_input_tokens":1048576,"max_output_tokens":32768}},
         {"id":"own/free","limits":{"max_input_tokens":32000,"max_output_tokens":4096}},
         {"id":"openai/embed"},{"id":"x/painter","supported_output_modalities":["image"]},7,null,{}]
        """#

    @Test("the catalog is read")
    func models() async throws {
        let transport = RoutedTransport(["/catalog/models": [.refusal(200, Self.catalog)]])
        let models = try await self.client(transport).models()
        expectEqual(models.map(\.id), ["openai/gpt-4.1", "own/free"])
        expectEqual(models.map(\.inputLimit), [1_048_576, 32_000])
        expectEqual(models.map(\.outputLimit), [32_768, 4_096])
        #expect(models[0].images != nil && models[0].name == "OpenAI GPT-4.1")
        let request = try #require(transport.requests(to: "/catalog/models").first)
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
        "the public service is reported as shut down, without a request", arguments: [false, true],
        ["https://models.github.ai", "https://models.inference.ai.azure.com", "https://models.github.ai/inference"])
    func shutDown(isOpenAI: Bool, url: String) async throws {
        let transport = RoutedTransport(chats: [.ok])
        let client = try self.client(transport, url: url, isOpenAI: isOpenAI)
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

    @Test("an address without the API is explained")
    func elsewhere() async throws {
        let client = try self.client(RoutedTransport(chats: [.refusal(404, "")]))
        let error = await #expect(throws: ModelError.self) {
            for try await _ in client.stream(ModelRequest(messages: [ModelMessage(.user, "Hi")])) {}
        }
        expectEqual(
            error?.message,
            "models.example.org has no chat API at this address (404); check model.base_url, which must end before "
                + "/inference and /catalog.")
    }
}

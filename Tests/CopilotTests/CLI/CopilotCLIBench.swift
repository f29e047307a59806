import Copilot
import EventLoop
import HTTP
import JSON
import Models
import Primitives
import TestSupport

/// A client of the CLI with its own folder and log.
final class CopilotCLIBench: Sendable {
    let folder: TemporaryDirectory
    let client: CopilotCLIClient
    private let captured = CapturedLog()

    init(
        executable: String, cache: String? = nil, baseURL: String? = nil, apiKey: String = "sk-planted-own-key",
        model: String = "instant", change: (inout CopilotCLISettings) -> Void = { _ in }
    ) throws {
        self.folder = try TemporaryDirectory()
        var settings = CopilotCLISettings(
            executable: executable, directory: self.folder.path + "/cli", cacheDirectory: cache, defaultModel: model,
            processes: 1, environment: ["PATH": "/usr/bin:/bin"])
        if let baseURL {
            settings.endpoint = CopilotCLIEndpoint(baseURL: try HTTPURL(baseURL), apiKey: Secret(apiKey))
        }
        change(&settings)
        self.client = CopilotCLIClient(settings, logger: self.captured.logger)
    }

    /// The whole log.
    var log: String { self.captured.text }

    func records(_ message: String) -> [JSON] { self.captured.records(message) }

    func request(_ text: String, model: String? = nil) -> ModelRequest {
        ModelRequest(model: model, messages: [ModelMessage(.system, "Be brief."), ModelMessage(.user, text)])
    }

    /// All events of one answer, and its outcome.
    func ask(_ text: String, model: String? = nil) async -> CopilotCLIAnswer {
        await self.ask(self.request(text, model: model))
    }

    func ask(_ request: ModelRequest) async -> CopilotCLIAnswer {
        var answer = CopilotCLIAnswer()
        do {
            for try await event in self.client.stream(request) { answer.events.append(event) }
        } catch {
            answer.error = error
        }
        return answer
    }
}

/// The outcome of one request.
struct CopilotCLIAnswer: Sendable {
    var events: [ModelEvent] = []
    var error: (any Error)?

    var text: String {
        self.events.reduce(into: "") { text, event in if case .delta(let delta) = event { text += delta } }
    }
    var finish: FinishReason? {
        for case .finished(let reason) in self.events.reversed() { return reason }
        return nil
    }
    var usage: TokenUsage? {
        for case .usage(let usage) in self.events { return usage }
        return nil
    }
    var failure: ModelError? { self.error as? ModelError }
}

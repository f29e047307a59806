internal import Crypto
internal import EventLoop
internal import JSON
internal import Lifecycle
package import Logging
package import Models
internal import Primitives

/// Answers through GitHub's Copilot CLI, driven over its own protocol, with the signed-in account or with your own
/// endpoint and key.
///
/// Every request uses a new session (``CopilotCLIPrompt`` says why), which is deleted afterwards. Cancelling the
/// consumer aborts the session; if that has no effect, its process is killed.
package final class CopilotCLIClient: ModelClient, Service {
    package let provider = "copilot-cli"
    package var name: String { self.provider }
    package var defaultModel: String { self.settings.defaultModel }
    /// Not private for tests.
    package let pool: CopilotCLIPool

    private let settings: CopilotCLISettings
    private let logger: Logger
    /// Lists the models of your own endpoint, which the CLI can't; nil to list only the configured one.
    private let endpointModels: (@Sendable () async throws -> [ModelInfo])?
    private let accountQuota = CopilotCLIQuota()

    package init(
        _ settings: CopilotCLISettings, endpointModels: (@Sendable () async throws -> [ModelInfo])? = nil,
        logger: Logger
    ) {
        self.settings = settings
        self.endpointModels = endpointModels
        self.logger = logger
        self.pool = CopilotCLIPool(settings, logger: logger)
    }

    package func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        ModelEventChannel.streamOnLoop { channel in try await self.answer(request, to: channel) }
    }

    package func models() async throws -> [ModelInfo] {
        if self.settings.endpoint != nil {
            if let endpointModels = self.endpointModels { return try await endpointModels() }
            return [CopilotCLIModelList.assumed(self.defaultModel)]
        }
        return try await self.withProcess { process in
            let answer = try await process.request("models.list", within: .seconds(30))
            guard let models = CopilotCLIModelList.parse(answer) else {
                throw CopilotCLIFailure.broken("an invalid list of models")
            }
            return models
        }
    }

    package func check() async throws {
        if self.settings.endpoint != nil, let endpointModels = self.endpointModels { _ = try await endpointModels() }
        try await self.withProcess { process in
            guard self.settings.endpoint == nil else { return }
            let status = try await process.request("auth.getStatus", within: .seconds(30))
            guard status["isAuthenticated"]?.boolValue == true else { throw CopilotCLIFailure.notSignedIn }
        }
    }

    /// Nil with your own endpoint.
    package func quota() async throws -> ModelQuota? {
        guard self.settings.endpoint == nil else { return nil }
        if let recent = self.accountQuota.recent { return recent }
        do {
            // Bounded, because every process may be busy with answers.
            return try await withGrace(Self.quotaPatience) {
                try await self.withProcess { process in
                    let answer = try await process.request("account.getQuota", within: Self.quotaPatience)
                    guard let quota = CopilotCLIQuota.parse(answer) else {
                        throw CopilotCLIFailure.broken("an invalid quota")
                    }
                    self.accountQuota.keep(quota)
                    return quota
                }
            }
        } catch is CancellationError {
            try Task.checkCancellation()
            throw ModelError(.timedOut, "The Copilot CLI is too busy to report the quota; try again in a minute.")
        }
    }

    private static let quotaPatience = Duration.seconds(20)

    @Net private func withProcess<Value: Sendable>(
        _ body: @Net (CopilotCLIProcess) async throws -> Value
    ) async throws -> Value {
        let process = try await self.pool.acquire()
        defer { self.pool.release(process, hasSucceeded: true) }
        do {
            return try await body(process)
        } catch let error as JSONRPCError {
            throw CopilotCLIFailure.call(error, model: self.defaultModel)
        }
    }

    // MARK: Service

    package func run() async throws { try await self.pool.waitUntilClosed() }

    package func stop() async { await self.pool.close() }
}

// MARK: - Tries

extension CopilotCLIClient {
    /// The maximum number of tries when the process dies before the first word of an answer.
    private static let tries = 2

    @Net private func answer(_ request: ModelRequest, to channel: ModelEventChannel) async throws {
        let model = request.model ?? self.defaultModel
        let prompt = CopilotCLIPrompt(request.messages)
        let deadline = EventLoop.shared.now.advanced(by: self.settings.turnTimeout)
        for attempt in 1... {
            do {
                return try await self.answer(prompt, model: model, until: deadline, to: channel)
            } catch let lost as CopilotCLILostProcess {
                try Task.checkCancellation()
                guard !lost.hasAnswer, attempt < Self.tries else { throw lost.reason }
            }
        }
    }

    @Net private func answer(
        _ prompt: CopilotCLIPrompt, model: String, until deadline: LoopInstant, to channel: ModelEventChannel
    ) async throws {
        let process = try await self.pool.acquire()
        let request = CopilotCLIRequest(
            session: "jb-" + hex(randomBytes(16)), model: model, prompt: prompt, endpoint: self.settings.endpoint,
            directory: process.workDirectory)
        let conversation = CopilotCLIConversation(
            request, process: process, settings: self.settings, logger: self.logger, until: deadline)
        do {
            try await conversation.run(to: channel)
        } catch let error as ModelError where error.code == .unauthorized && self.settings.endpoint == nil {
            // A process keeps the token that it started with, so a newer sign-in needs a new process.
            process.isOutdated = true
            self.pool.release(process, hasSucceeded: false)
            guard let token = try? await self.settings.token(), token != process.token else { throw error }
            throw CopilotCLILostProcess(reason: error, hasAnswer: conversation.hasAnswer)
        } catch {
            self.pool.release(process, hasSucceeded: false)
            throw error
        }
        self.pool.release(process, hasSucceeded: true)
    }
}

internal import Crypto
internal import EventLoop
internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Answers by GitHub's Copilot CLI, driven over its own protocol: with the signed-in account, or with an endpoint and
/// key of one's own.
///
/// Every request is a session of its own (``CopilotCLIPrompt`` says why), deleted when it is over. Cancelling the
/// consumer aborts the session; one that does not obey is killed with its process. Where a program has no server mode,
/// it is run once per answer with `-p`'s output format.
package final class CopilotCLIClient: ModelClient, Service {
    package let provider = "copilot-cli"
    package var name: String { self.provider }
    package var defaultModel: String { self.settings.defaultModel }
    /// The processes, for `status` and tests.
    package let pool: CopilotCLIPool

    let settings: CopilotCLISettings
    let logger: Logger
    /// Lists the models of the own-key mode, which the CLI can't: nil to name just the configured one.
    private let endpointModels: (@Sendable () async throws -> [ModelInfo])?
    /// The program has no server mode.
    private let hasNoHeadless = Protected(false)

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
        do {
            return try await self.withProcess { process in
                let answer = try await process.request("models.list", within: .seconds(30))
                guard let models = CopilotCLIModelList.parse(answer) else {
                    throw CopilotCLIFailure.broken("a list of models without models")
                }
                return models
            }
        } catch is CopilotCLIFailure.HeadlessMissing {
            // Without a server mode it has no way to tell.
            return [CopilotCLIModelList.assumed(self.defaultModel)]
        }
    }

    package func check() async throws {
        if self.settings.endpoint != nil, let endpointModels = self.endpointModels { _ = try await endpointModels() }
        do {
            try await self.withProcess { process in
                guard self.settings.endpoint == nil else { return }
                let status = try await process.request("auth.getStatus", within: .seconds(30))
                guard status["isAuthenticated"]?.boolValue == true else { throw CopilotCLIFailure.notSignedIn }
            }
        } catch is CopilotCLIFailure.HeadlessMissing {
            // It runs; more than that costs an answer.
        }
    }

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
    /// How often an answer is begun when its process dies before the first word.
    private static let tries = 2

    @Net private func answer(_ request: ModelRequest, to channel: ModelEventChannel) async throws {
        let model = request.model ?? self.defaultModel
        let prompt = CopilotCLIPrompt(request.messages)
        let deadline = EventLoop.shared.now.advanced(by: self.settings.turnTimeout)
        for attempt in 1... {
            do {
                if self.hasNoHeadless.withLock({ $0 }) {
                    try await self.answerOnce(prompt, model: model, until: deadline, to: channel)
                } else {
                    try await self.answer(prompt, model: model, until: deadline, to: channel)
                }
                return
            } catch is CopilotCLIFailure.HeadlessMissing {
                self.logger.warning("this Copilot CLI has no server mode; it is started once per answer")
                self.hasNoHeadless.withLock { $0 = true }
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
            // A process keeps the token that it was started with; a newer sign-in is only a newer process's.
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

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
    /// The last quota and when it was reported.
    private let lastQuota = Protected<(quota: ModelQuota, at: LoopInstant)?>(nil)

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
            return [CopilotCLIAccount.assumedModel(self.defaultModel)]
        }
        return try await self.withServer { server in
            let answer = try await server.request("models.list", within: .seconds(30))
            guard let models = CopilotCLIAccount.models(in: answer) else {
                throw CopilotCLIFailure.broken("an invalid list of models")
            }
            return models
        }
    }

    package func check() async throws {
        if self.settings.endpoint != nil, let endpointModels = self.endpointModels { _ = try await endpointModels() }
        try await self.withServer { server in
            guard self.settings.endpoint == nil else { return }
            let status = try await server.request("auth.getStatus", within: .seconds(30))
            guard status["isAuthenticated"]?.boolValue == true else { throw CopilotCLIFailure.notSignedIn }
        }
    }

    /// Nil with your own endpoint.
    package func quota() async throws -> ModelQuota? {
        guard self.settings.endpoint == nil else { return nil }
        if let last = self.lastQuota.withLock({ $0 }), last.at.duration(to: .current()) < Self.quotaLifetime {
            return last.quota
        }
        do {
            // Bounded, because every process may be busy with answers.
            return try await withGrace(Self.quotaPatience) {
                try await self.withServer { server in
                    let answer = try await server.request("account.getQuota", within: Self.quotaPatience)
                    guard let quota = CopilotCLIAccount.quota(in: answer) else {
                        throw CopilotCLIFailure.broken("an invalid quota")
                    }
                    self.lastQuota.withLock { $0 = (quota, .current()) }
                    return quota
                }
            }
        } catch is CancellationError {
            try Task.checkCancellation()
            throw ModelError(.timedOut, "The Copilot CLI is too busy to report the quota; try again in a minute.")
        }
    }

    private static let quotaPatience = Duration.seconds(20)
    private static let quotaLifetime = Duration.seconds(60)

    @Net private func withServer<Value: Sendable>(
        _ body: @Net (CopilotCLIServer) async throws -> Value
    ) async throws -> Value {
        let member = try await self.pool.acquire()
        defer { self.pool.release(member, hasSucceeded: true) }
        do {
            return try await body(member.server)
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
        let started = EventLoop.shared.now
        for attempt in 1... {
            let talk = CopilotCLITalk(channel, logger: self.logger)
            let member = try await self.pool.acquire()
            do {
                try await self.answer(request, since: started, on: member, talk)
                return self.pool.release(member, hasSucceeded: true)
            } catch let failure as Failure {
                self.pool.release(member, hasSucceeded: false)
                try Task.checkCancellation()
                if failure.canRetry, !talk.hasAnswer, attempt < Self.tries { continue }
                try await talk.end()
                throw failure.error
            } catch {
                self.pool.release(member, hasSucceeded: false)
                throw error
            }
        }
    }

    /// Why an answer ended early. Another process may succeed with it if `canRetry`.
    private struct Failure: Error {
        let error: ModelError
        let canRetry: Bool
    }

    /// Throws ``Failure`` or `CancellationError`.
    @Net private func answer(
        _ request: ModelRequest, since started: LoopInstant, on member: CopilotCLIPool.Member, _ talk: CopilotCLITalk
    ) async throws {
        let prompt = CopilotCLIPrompt(request.messages)
        let parameters = CopilotCLIRequest(
            session: "jb-" + hex(randomBytes(16)), model: request.model ?? self.defaultModel,
            provider: self.settings.endpoint.map { .endpoint($0) } ?? .account(nil), instructions: prompt.system,
            fullPrompt: prompt.text, purpose: .talk, directory: member.process.workDirectory)
        var limits = CopilotCLILimits(idle: self.settings.idleTimeout)
        limits.turn = self.settings.turnTimeout
        limits.spent = started.duration(to: EventLoop.shared.now)
        limits.ping = nil
        limits.waitingBytes = 32 << 20
        let session = CopilotCLISession(
            parameters, on: member.server, limits: limits, host: talk,
            logger: self.logger.with(["pid": .integer(Int64(member.process.id))]))
        do {
            try await session.run()
        } catch let error as ModelError {
            throw Failure(error: error, canRetry: await self.isWorthRetry(error, session, member))
        } catch {
            // `stop` includes everything that a tool left running, so end the process unless other answers use it.
            await withGrace(.seconds(2)) { @Net in await member.retireUnlessShared() }
            throw error
        }
    }

    @Net private func isWorthRetry(
        _ error: ModelError, _ session: CopilotCLISession, _ member: CopilotCLIPool.Member
    ) async -> Bool {
        guard error.code == .unauthorized, self.settings.endpoint == nil else { return session.hasLostServer }
        // A process keeps the token that it started with, so a newer sign-in needs a new process.
        member.isOutdated = true
        guard let token = try? await self.settings.token() else { return false }
        return token != member.process.token
    }
}

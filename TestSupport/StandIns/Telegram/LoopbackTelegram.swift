internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives

/// Telegram on loopback, for tests: the Bot API for one bot, and people who write to it.
///
/// It enforces the Bot API's rules and uses its error texts: which messages a bot receives, limits of texts and
/// entities, confirmation of updates, flood limits. The test suite runs python-telegram-bot and aiogram against it.
///
/// ```swift
/// let telegram = try await LoopbackTelegram.started()
/// telegram.addPerson(TelegramPerson(1_001, "Ada", username: "ada"))
/// telegram.addGroup(-100_200, "Team", members: [1_001], isForum: true)
/// // … a bot with telegram.apiURL and telegram.token …
/// telegram.say("/ask@\(telegram.username) what now?", as: 1_001, in: -100_200)
/// try await telegram.wait { $0.shown(in: -100_200).count == 2 }
/// await telegram.stop()
/// ```
package final class LoopbackTelegram: Sendable {
    /// How strictly flood limits apply.
    package enum FloodMode: Sendable, Hashable {
        case off, real
        /// The real limits times this factor.
        case scaled(Double)
    }

    package struct Settings: Sendable {
        /// The digits are the bot's id.
        package var token = "1000:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
        /// The bot's name, without `@`.
        package var username = "JetbridgeBot"
        package var botName = "Jetbridge"
        /// In groups the bot only receives messages meant for it.
        package var hasPrivacyMode = true
        package var flood = FloodMode.real
        /// The number of messages kept per chat.
        package var messageLimit = 2_000
        /// The number of calls kept.
        package var callLimit = 1_000
        /// The number of updates that may wait.
        package var updateLimit = 100_000
        /// Seconds that a draft is shown.
        package var draftLife = 30.0
        /// Seconds in which a pressed button must be answered.
        package var callbackLife = 15.0
        /// Seconds by which reports of conflicts are delayed, except the first.
        package var conflictDelay = 3.0
        /// Seconds before the second attempt of a webhook; doubles with each attempt, up to a minute.
        package var webhookDelay = 1.0
        /// Seconds since 1970.
        package var now: @Sendable () -> Double = {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }

        package init() {}
    }

    private let state: Protected<TelegramState>
    private let skipped = Protected(0.0)
    private let time: @Sendable () -> Double
    private let server = Protected<HTTPServer?>(nil)
    /// Where polls and webhooks wait for updates.
    let updatesChanged = WaitList()
    private let changed = WaitList()

    package init(_ settings: Settings = Settings()) {
        self.time = settings.now
        self.state = Protected(TelegramState(settings))
    }

    /// Starts one on `port`; 0 picks a free one.
    package static func started(
        _ settings: Settings = Settings(), port: UInt16 = 0
    ) async throws -> LoopbackTelegram {
        let telegram = LoopbackTelegram(settings)
        try await telegram.start(port: port)
        return telegram
    }

    package func start(port: UInt16 = 0) async throws {
        let options = HTTPServerSettings.standIn(port: port, bodyLimit: 64 << 20)
        let server = HTTPServer(options, name: "telegram", logger: .silent) { [weak self] request in
            guard let self else { return HTTPServerResponse(.notFound) }
            return try await self.answer(request)
        }
        try await server.start()
        self.server.withLock { $0 = server }
    }

    /// Stops the server and cancels the current answers.
    package func stop() async {
        let server = self.server.withLock { $0.take() }
        await server?.stop()
        self.change { state, _ in state.webhook.number += 1 }
    }

    /// The Bot API's base URL, without the token.
    package var apiURL: String { "http://127.0.0.1:\(self.server.withLock { $0?.boundAddress?.port } ?? 9)" }

    package var token: String { self.look { $0.settings.token } }

    /// The bot's name, without `@`.
    package var username: String { self.look { $0.settings.username } }

    package var botID: Int64 { self.look { $0.bot.id } }

    // MARK: State

    /// Seconds since 1970, on this server's clock.
    package var now: Double { self.time() + self.skipped.withLock { $0 } }

    /// Advances its clock.
    package func skip(_ seconds: Double) {
        self.skipped.withLock { $0 += seconds }
        self.change { state, now in state.expire(now: now) }
    }

    /// Reads the state.
    func look<Value>(_ body: (TelegramState) -> Value) -> Value {
        self.state.withLock { body($0) }
    }

    /// Changes the state and wakes those waiting for a change.
    @discardableResult
    func change<Value, Failure: Error>(
        _ body: (inout TelegramState, Double) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let now = self.now
        defer { EventLoop.shared.execute { self.wake() } }
        return try self.state.withLock { state throws(Failure) in try body(&state, now) }
    }

    /// Changes the state in a way that nothing waits for.
    func peek<Value, Failure: Error>(
        _ body: (inout TelegramState, Double) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let now = self.now
        return try self.state.withLock { state throws(Failure) in try body(&state, now) }
    }

    @Net private func wake() {
        self.updatesChanged.wakeAll()
        self.changed.wakeAll()
    }

    /// Waits until `condition` holds; checked after each change.
    @Net package func wait(until condition: @Sendable (LoopbackTelegram) -> Bool) async throws {
        while !condition(self) { try await self.changed.wait() }
    }
}

import Copilot
import EventLoop
import GitHub
import HTTP
import HTTPClient
import JSON
import Logging
import Models
import Primitives
import TestSupport

import struct Copilot.GitHubToken

/// A clock whose waits are over at once: time passes only by waiting.
final class SkippingClock: Sendable {
    private let state = Protected<(now: Duration, waits: [Duration])>((.zero, []))

    var now: Duration { self.state.withLock { $0.now } }
    var waits: [Duration] { self.state.withLock { $0.waits } }

    func pass(_ duration: Duration) { self.state.withLock { $0.now += duration } }

    func wait(until end: Duration) {
        self.state.withLock { state in
            guard end > state.now else { return }
            state.waits.append(end - state.now)
            state.now = end
        }
    }
}

/// ``SkippingClock`` as a clock of the language.
struct SkippingTime: Clock {
    struct Instant: InstantProtocol {
        let offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let clock: SkippingClock
    var now: Instant { Instant(offset: self.clock.now) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        self.clock.wait(until: deadline.offset)
    }
}

/// Answers by a function of the request, and records the requests with their times.
final class AnsweringTransport: ModelTransport {
    typealias Answer = ScriptedTransport.Answer
    private let answer: @Sendable (TransportRequest, Int) async throws -> Answer
    private let sent = Protected<[TransportRequest]>([])

    init(_ answer: @escaping @Sendable (TransportRequest, Int) async throws -> Answer) { self.answer = answer }

    var requests: [TransportRequest] { self.sent.withLock { $0 } }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
        let number = self.sent.withLock { sent in
            sent.append(request)
            return sent.count
        }
        return try await ScriptedTransport([try await self.answer(request, number)]).send(request)
    }
}

/// The lines that a thread gets.
final class ToldLines: Sendable {
    private let lines = Protected<[String]>([])
    var all: [String] { self.lines.withLock { $0 } }
    var say: @Sendable (String) async -> Void {
        { line in self.lines.withLock { $0.append(line) } }
    }
}

/// A client with scripted answers and a clock without real waits.
struct GitHubRig: Sendable {
    static let start: Int64 = 1_800_000_000
    static let plainToken = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"
    static let repository = GitHubRepositoryName(owner: "octo", name: "app")

    let time = SkippingClock()
    let transport: any ModelTransport
    let client: GitHubClient
    private let script: ScriptedTransport?

    init(_ answers: ScriptedTransport.Answer..., tokens: (any GitHubTokenSource)? = nil) throws {
        let script = ScriptedTransport(answers)
        try self.init(script, tokens: tokens, script: script)
    }

    init(
        _ transport: any ModelTransport, tokens: (any GitHubTokenSource)? = nil, script: ScriptedTransport? = nil,
        logger: Logger = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in }),
        change: (inout GitHubSettings) -> Void = { _ in }
    ) throws {
        var settings = try Self.settings()
        change(&settings)
        self.transport = transport
        self.script = script
        self.client = GitHubClient(
            settings, tokens: try tokens ?? FixedToken(Self.token()), transport: transport,
            clock: Self.clock(self.time), logger: logger, jitter: { 0.5 })
    }

    static func clock(_ time: SkippingClock) -> GitHubClock {
        GitHubClock(ModelClock(SkippingTime(clock: time))) {
            Self.start * 1_000 + time.now.components.seconds * 1_000
        }
    }

    static func settings(
        api: String = "https://api.github.com", web: String = "https://github.com"
    ) throws -> GitHubSettings {
        try GitHubSettings(apiURL: HTTPURL(api), webURL: HTTPURL(web), userAgent: "jetbridge/1.0")
    }

    static func token(_ text: String = Self.plainToken) throws -> GitHubToken { try GitHubToken(text) }

    var requests: [TransportRequest] { self.script?.requests ?? [] }

    /// The error of a call that must fail.
    func failure(_ body: (GitHubClient) async throws -> Void) async throws -> GitHubError {
        do {
            try await body(self.client)
        } catch let error as GitHubError {
            return error
        }
        throw RigFailure()
    }

    struct RigFailure: Error {}
}

extension ScriptedTransport.Answer {
    static func json(_ body: String, status: Int = 200, headers: HTTPHeaders = [:]) -> Self {
        .refusal(status, body, headers: headers)
    }

    /// Headers of a budget that ends in this many seconds.
    static func budget(_ remaining: Int, of limit: Int = 5_000, endsIn seconds: Int64, now: Int64 = 0) -> HTTPHeaders {
        [
            "X-RateLimit-Limit": "\(limit)", "X-RateLimit-Remaining": "\(remaining)",
            "X-RateLimit-Reset": "\(GitHubRig.start + now + seconds)", "X-RateLimit-Resource": "core",
        ]
    }
}

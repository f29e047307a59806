import EventLoop
import HTTP
import HTTPServer
import Logging
import Primitives

/// Runs a server during `body`, then stops it and waits for its end.
func withServer(
    settings: HTTPServerSettings = HTTPServerSettings(), log: LogLines = LogLines(), _ handler: HTTPDispatch.Handler,
    _ body: @Net (HTTPServer) async throws -> Void
) async throws {
    try await withServer(settings: settings, log: log, dispatcher: OneHandler(handler: handler), body)
}

func withServer(
    settings: HTTPServerSettings = HTTPServerSettings(), log: LogLines = LogLines(),
    dispatcher: any HTTPDispatcher, _ body: @Net (HTTPServer) async throws -> Void
) async throws {
    let server = HTTPServer(settings, logger: log.logger, dispatcher: dispatcher)
    try await server.start()
    async let run: Void = server.run()
    do {
        try await body(server)
    } catch {
        await server.stop()
        try await run
        throw error
    }
    await server.stop()
    try await run
}

struct OneHandler: HTTPDispatcher {
    let handler: HTTPDispatch.Handler

    func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(self.handler) }
}

/// Collects log lines.
final class LogLines: Sendable {
    private let stored = Protected<[String]>([])

    var lines: [String] { self.stored.withLock { $0 } }

    var logger: Logger {
        Logger(
            label: "http",
            output: LogOutput(level: .info, format: .json) { line in
                self.stored.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
    }
}

extension HTTPServerSettings {
    /// Deadlines short enough for a test.
    static func hurried(_ change: (inout HTTPServerSettings) -> Void = { _ in }) -> HTTPServerSettings {
        var settings = HTTPServerSettings()
        settings.deadlines.head = .milliseconds(150)
        settings.deadlines.idle = .milliseconds(500)
        settings.deadlines.exchange = .seconds(60)
        settings.deadlines.progress = .milliseconds(150)
        settings.deadlines.minimumRate = 1000
        settings.deadlines.linger = .milliseconds(100)
        settings.deadlines.drain = .milliseconds(150)
        change(&settings)
        return settings
    }
}

internal import EventLoop
package import HTTPServer
package import Logging

extension Logger {
    /// Drops every line: a stand-in's log would only repeat the faults that tests ask for.
    package static let silent = Logger(
        label: "silent", output: LogOutput(level: .error, format: .text, sink: { _ in }))
}

extension HTTPServerSettings {
    /// The settings of a stand-in. It never gives up on a stalled request, since the client must notice that itself.
    package static func standIn(port: UInt16, bodyLimit: Int) -> HTTPServerSettings {
        var settings = HTTPServerSettings(port: port)
        settings.bodyLimit = bodyLimit
        settings.deadlines.drain = .milliseconds(200)
        settings.deadlines.progress = .seconds(86_400)
        return settings
    }
}

extension HTTPServer {
    /// `http://127.0.0.1:PORT`; the port is 0 before the start.
    package var loopbackURL: String { "http://127.0.0.1:\(self.boundAddress?.port ?? 0)" }
}

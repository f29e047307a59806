internal import CWebSockets
internal import JSON
internal import Logging
internal import Primitives

/// Forwards the library's error messages at debug level, because a peer can cause any of them.
enum WebSocketLog {
    private static let state = Protected<(logger: Logger?, lastLine: String?)>((nil, nil))

    static var lastLine: String? { self.state.withLock { $0.lastLine } }

    static func forward(to logger: Logger) {
        self.state.withLock { $0.logger = logger }
        unsafe cws_set_log { _, line in
            guard let line = unsafe line else { return }
            WebSocketLog.take(unsafe String(cString: line))
        }
    }

    private static func take(_ line: String) {
        // 4.1.6 logs every adopted socket as an error.
        guard !line.contains("adopt_socket_readbuf") else { return }
        let text = String(line.split(separator: "\n").first ?? "")
        let logger = self.state.withLock { state in
            state.lastLine = text
            return state.logger
        }
        logger?.debug("libwebsockets", ["line": .string(text)])
    }
}

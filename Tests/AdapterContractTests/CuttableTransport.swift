import IRC
import Primitives

/// The real transport, whose connection a test can cut and whose lines it can swallow.
final class CuttableTransport: IRCTransport {
    private struct State {
        var wire: Wire?
        var isSevered = false
        /// What happens to the next PRIVMSG.
        var next: Trouble?
    }

    enum Trouble: Sendable {
        /// It is sent, and nothing after it is read.
        case deafAfterwards
        /// It is not sent, and the server's refusal is faked.
        case refused(String)
    }

    private let transport = IRCStreamTransport()
    private let state = Protected(State())

    func connect(to endpoint: IRCEndpoint) async throws -> any IRCConnection {
        guard !self.state.withLock({ $0.isSevered }) else {
            throw IRCTransportError(.network, "this host has lost its network")
        }
        let wire = Wire(try await self.transport.connect(to: endpoint)) { [state] in
            state.withLock { $0.next.take() }
        }
        self.state.withLock { $0.wire = wire }
        return wire
    }

    func meet(_ trouble: Trouble) { self.state.withLock { $0.next = trouble } }

    /// Whether a line was sent after which nothing is read.
    var isDeaf: Bool { self.state.withLock { $0.wire }?.isDeaf ?? false }

    /// Ends the connection; the adapter makes another.
    func cut() { self.state.withLock { $0.wire }?.close() }

    /// Ends the connection for good.
    func sever() {
        self.state.withLock { $0.isSevered = true }
        self.cut()
    }

    private final class Wire: IRCConnection {
        private struct State {
            var isDeaf = false
            var madeUp: [UInt8] = []
        }

        private let connection: any IRCConnection
        private let trouble: @Sendable () -> Trouble?
        private let state = Protected(State())

        init(_ connection: any IRCConnection, trouble: @escaping @Sendable () -> Trouble?) {
            self.connection = connection
            self.trouble = trouble
        }

        func read() async throws -> [UInt8]? {
            while let bytes = try await self.connection.read() {
                let (isDeaf, madeUp) = self.state.withLock { ($0.isDeaf, $0.madeUp) }
                if isDeaf { continue }
                // Before the answer to the PING that follows the swallowed line; reads return complete lines here.
                if !madeUp.isEmpty { self.state.withLock { $0.madeUp = [] } }
                return madeUp + bytes
            }
            return nil
        }

        func write(_ bytes: [UInt8]) async throws {
            let lines = bytes.split(separator: 0x0A)
            guard let index = lines.firstIndex(where: { $0.starts(with: "PRIVMSG ".utf8) }) else {
                return try await self.connection.write(bytes)
            }
            switch self.trouble() {
            case nil: break
            case .deafAfterwards: self.state.withLock { $0.isDeaf = true }
            case .refused(let line):
                self.state.withLock { $0.madeUp = Array("\(line)\r\n".utf8) }
                let rest = lines[..<index] + lines[(index + 1)...]
                return try await self.connection.write(rest.flatMap { $0 + [0x0A] })
            }
            try await self.connection.write(bytes)
        }

        var isDeaf: Bool { self.state.withLock { $0.isDeaf } }

        func endReading() { self.connection.endReading() }

        func copyOfSocket() async -> FileDescriptor? { await self.connection.copyOfSocket() }

        func close() { self.connection.close() }
    }
}

import IRC
import Primitives

/// An in-memory server that answers each line with a function. Every connection is a new ``Wire``.
final class ScriptedTransport: IRCTransport {
    final class Wire: IRCConnection {
        private struct State {
            var sent: [String] = []
            var rest: [UInt8] = []
            var isClosed = false
            var waiters: [(isMet: @Sendable ([String]) -> Bool, resume: CheckedContinuation<Void, Never>)] = []
        }

        private let state = Protected(State())
        private let chunks: AsyncStream<[UInt8]>
        private let input: AsyncStream<[UInt8]>.Continuation
        private let answer: @Sendable (String) -> [String]

        init(_ answer: @escaping @Sendable (String) -> [String]) {
            self.answer = answer
            (self.chunks, self.input) = AsyncStream.makeStream()
        }

        var sent: [String] { self.state.withLock { $0.sent } }
        var isClosed: Bool { self.state.withLock { $0.isClosed } }

        func read() async throws -> [UInt8]? {
            for await chunk in self.chunks { return chunk }
            return nil
        }

        func endReading() { self.input.finish() }

        func copyOfSocket() async -> FileDescriptor? { nil }

        func write(_ bytes: [UInt8]) async throws {
            let lines = self.state.withLock { state in
                state.rest += bytes
                var lines: [String] = []
                while let end = state.rest.firstIndex(of: 0x0A) {
                    lines.append(String(decoding: state.rest[..<end].dropLast(), as: UTF8.self))
                    state.rest.removeSubrange(...end)
                }
                state.sent += lines
                return lines
            }
            for line in lines { self.say(self.answer(line)) }
            self.wake()
        }

        func close() {
            self.state.withLock { $0.isClosed = true }
            self.input.finish()
        }

        func say(_ lines: [String]) {
            if !lines.isEmpty { self.input.yield(Array((lines.joined(separator: "\r\n") + "\r\n").utf8)) }
        }

        func say(bytes: [UInt8]) { self.input.yield(bytes) }

        /// Waits until the sent lines satisfy `isMet`.
        func wait(_ isMet: @escaping @Sendable ([String]) -> Bool) async {
            await withCheckedContinuation { continuation in
                self.state.withLock { $0.waiters.append((isMet, continuation)) }
                self.wake()
            }
        }

        private func wake() {
            let met = self.state.withLock { state in
                let sent = state.sent
                let met = state.waiters.filter { $0.isMet(sent) }
                state.waiters.removeAll { $0.isMet(sent) }
                return met
            }
            for waiter in met { waiter.resume.resume() }
        }
    }

    private let wires = Protected<[Wire]>([])
    private let endpoints = Protected<[IRCEndpoint]>([])
    private let failure: IRCTransportError?
    private let answer: @Sendable (String) -> [String]

    init(failure: IRCTransportError? = nil, answer: @escaping @Sendable (String) -> [String] = ScriptedTransport.server)
    {
        self.failure = failure
        self.answer = answer
    }

    var current: Wire? { self.wires.withLock { $0.last } }
    var tried: [IRCEndpoint] { self.endpoints.withLock { $0 } }

    func connect(to endpoint: IRCEndpoint) async throws -> any IRCConnection {
        self.endpoints.withLock { $0.append(endpoint) }
        if let failure { throw failure }
        let wire = Wire(self.answer)
        self.wires.withLock { $0.append(wire) }
        return wire
    }

    /// A small server with one channel.
    static func server(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "CAP" where words[1] == "LS": return [":s.test CAP * LS :"]
        case "CAP" where words[1] == "END":
            return [":s.test 001 bot :Welcome bot!~bot@host", ":s.test 005 bot NETWORK=T :x", ":s.test 422 bot :-"]
        case "JOIN": return [":bot!~bot@host JOIN \(words[1])"]
        case "PING": return [":s.test PONG s.test \(words[1])"]
        default: return []
        }
    }
}

internal import EventLoop
internal import HTTPClient
internal import Primitives

/// A person on a test server, sending and receiving raw lines.
package final class IRCPeer: Sendable {
    /// The nick that it registered with.
    package let nick: String
    private let stream: StreamConnection
    private let state = Protected(State())

    private struct State {
        var lines: [String] = []
        var all: [String] = []
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
        var deadlines = 0
    }

    /// Connects, with TLS if `isSecure` or a certificate is given, registers, and waits for the end of the message of
    /// the day.
    package static func connect(
        to server: some IRCTestServer, nick: String, username: String? = nil, password: String? = nil,
        isSecure: Bool = false, certificate: TestCertificate? = nil
    ) async throws -> IRCPeer {
        let hasTLS = isSecure || certificate != nil
        let tls = TLSSettings(
            caFile: server.caFile, clientCertificate: certificate?.certificate, clientKey: certificate?.key)
        let stream = try await StreamConnection.connect(
            host: "127.0.0.1", port: hasTLS ? server.tlsPort : server.port, tls: hasTLS ? tls : nil)
        let peer = IRCPeer(nick: nick, stream: stream)
        if let password { try await peer.send("PASS \(password)") }
        try await peer.send("NICK \(nick)")
        try await peer.send("USER \(username ?? nick) 0 * :\(nick)")
        _ = try await peer.expect { $0.contains(" 376 ") || $0.contains(" 422 ") }
        return peer
    }

    private init(nick: String, stream: StreamConnection) {
        self.nick = nick
        self.stream = stream
        // Unstructured: PING must be answered even while the test does other things; it ends with the connection.
        Task { await self.read() }
    }

    deinit { self.stream.close() }

    package func send(_ line: String) async throws {
        try await self.stream.write(Array(line.utf8) + [0x0D, 0x0A])
    }

    package func send(bytes: [UInt8]) async throws { try await self.stream.write(bytes) }

    /// Sends a PRIVMSG to a channel or nick.
    package func say(_ text: String, to target: String) async throws {
        try await self.send("PRIVMSG \(target) :\(text)")
    }

    /// Joins a channel and waits for the confirmation.
    package func join(_ channel: String) async throws {
        try await self.send("JOIN \(channel)")
        _ = try await self.expect { $0.contains(" 366 ") && $0.contains(channel) }
    }

    /// Waits for the next line that `isMet` accepts, skipping others.
    package func expect(
        within limit: Duration = .seconds(20), _ fits: @Sendable (String) -> Bool
    ) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            let (found, isClosed) = self.state.withLock { state -> (String?, Bool) in
                guard let index = state.lines.firstIndex(where: fits) else {
                    state.lines.removeAll()
                    return (nil, state.isClosed)
                }
                let line = state.lines[index]
                state.lines.removeSubrange(...index)
                return (line, false)
            }
            if let found { return found }
            if isClosed || ContinuousClock.now >= deadline {
                let last = self.received.suffix(12).joined(separator: "\n")
                throw IRCTestFailure(
                    "\(self.nick) \(isClosed ? "lost the connection" : "timed out"); last:\n\(last)")
            }
            try Task.checkCancellation()
            await self.wait(until: deadline)
        }
    }

    /// The text of the next message in a channel, or to this person.
    package func hear(
        from nick: String, in target: String? = nil, within limit: Duration = .seconds(20)
    ) async throws -> String {
        let line = try await self.expect(within: limit) { line in
            guard let (source, place, _) = Self.message(line) else { return false }
            return source.lowercased() == nick.lowercased()
                && place.lowercased() == (target ?? self.nick).lowercased()
        }
        return Self.message(line)?.text ?? line
    }

    /// Everything that a nick said in a channel, or to this person, so far.
    package func heard(from nick: String, in target: String? = nil) -> [String] {
        let place = (target ?? self.nick).lowercased()
        return self.received.compactMap { line in
            guard let message = Self.message(line), message.source.lowercased() == nick.lowercased(),
                message.target.lowercased() == place
            else { return nil }
            return message.text
        }
    }

    /// Waits until everything that a nick said so far in a channel satisfies `isMet`, and returns it.
    @discardableResult
    package func listen(
        to nick: String, in target: String? = nil, within limit: Duration = .seconds(20),
        until isMet: ([String]) -> Bool
    ) async throws -> [String] {
        while true {
            let heard = self.heard(from: nick, in: target)
            if isMet(heard) { return heard }
            _ = try await self.expect(within: limit) { Self.message($0) != nil }
        }
    }

    /// The bot's lines, each with the person whom it answers and without that person's nick. The bot names a person only
    /// at the beginning of an answer, and where answers alternate.
    package static func attributed(
        _ lines: [String], to nicks: some Collection<String>
    ) -> [(nick: String, text: String)] {
        var current = ""
        return lines.map { line in
            guard let nick = nicks.first(where: { line.hasPrefix("\($0): ") }) else { return (current, line) }
            current = nick
            return (nick, String(line.dropFirst(nick.count + 2)))
        }
    }

    /// Waits until a nick joins a channel.
    package func waitForJoin(of nick: String, within limit: Duration = .seconds(20)) async throws {
        _ = try await self.expect(within: limit) { $0.hasPrefix(":\(nick)!") && $0.contains(" JOIN ") }
    }

    /// Nick, target and text of a PRIVMSG.
    private static func message(_ line: String) -> (source: Substring, target: Substring, text: String)? {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, parts[1] == "PRIVMSG", parts[0].hasPrefix(":") else { return nil }
        return (parts[0].dropFirst().prefix { $0 != "!" }, parts[2], String(parts[3].dropFirst()))
    }

    /// Every line received.
    package var received: [String] { self.state.withLock { $0.all } }

    /// Forgets the received lines, so that a long test does not accumulate them.
    package func forget() {
        self.state.withLock { state in
            state.all = []
            state.lines = []
        }
    }

    package var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Sends QUIT and waits for the connection's end.
    package func quit(_ text: String = "bye") async {
        try? await self.send("QUIT :\(text)")
        _ = try? await self.expect(within: .seconds(2)) { $0.hasPrefix("ERROR") }
        self.stream.close()
    }

    /// Closes the connection without QUIT.
    package func drop() { self.stream.close() }

    private func read() async {
        var rest: [UInt8] = []
        while let bytes = try? await self.stream.read() {
            rest += bytes
            var lines: [String] = []
            while let end = rest.firstIndex(of: 0x0A) {
                lines.append(String(decoding: rest[..<end].filter { $0 != 0x0D }, as: UTF8.self))
                rest.removeSubrange(...end)
            }
            for line in lines where line.hasPrefix("PING ") { try? await self.send("PONG" + line.dropFirst(4)) }
            self.take(lines)
        }
        self.state.withLock { $0.isClosed = true }
        self.take([])
    }

    private func take(_ lines: [String]) {
        let waiter = self.state.withLock { state in
            state.lines += lines
            state.all += lines
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Waits for lines, or until `deadline`.
    private func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withCheckedContinuation { continuation in
                    let isReady = self.state.withLock { state in
                        if !state.lines.isEmpty || state.isClosed { return true }
                        state.waiter = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                self.take([])
            }
            await group.next()
            group.cancelAll()
        }
    }
}

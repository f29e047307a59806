internal import Crypto
internal import EventLoop
internal import Logging
internal import Primitives

/// A restart: the connection goes from one program to the next, without TLS.
extension IRCAdapter {
    /// Of the format of ``IRCMemory/HandOver``: a program that does not know it connects anew.
    private static let version = 1
    /// How long answers of the server are waited for, in steps of 100 ms.
    private static let settlingSteps = 30
    /// How long a server may take to accept the last lines, or the store what has been read.
    private static let patience: Duration = .seconds(10)

    static func name(_ settings: IRCSettings) -> String { "irc-\(settings.id)" }

    /// Identifies the connection, and the settings that it depends on.
    private func mark(of socket: borrowing FileDescriptor) -> String {
        let ends = [Socket.localAddress(socket.rawValue), Socket.remoteAddress(socket.rawValue)]
        let (settings, endpoint) = (self.settings, self.endpoint)
        let account = settings.sasl.map { $0.password?.account ?? "by certificate" } ?? ""
        let parts = [
            "\(Self.version)", "\(ends)", endpoint.host, "\(endpoint.port)", "\(endpoint.tls == .none)",
            settings.nick, settings.username, account, settings.realname,
        ]
        return parts.joined(separator: " ")
    }

    // MARK: Leaving

    /// Ends the reading of a connection that the next program is to get.
    func leaveWhenAsked(_ connection: any IRCConnection) async -> IRCEnding? {
        await self.toLeave.wait()
        if Task.isCancelled { return nil }
        self.perform(.leaving)
        for _ in 0..<Self.settlingSteps where !self.state.withLock({ $0.machine.isSettled }) {
            try? await Task.sleep(for: .milliseconds(100))
        }
        let mayLeave = self.state.withLock { state in
            state.isLeaving = state.machine.mayBeHandedOver
            return state.isLeaving
        }
        guard mayLeave else {
            self.perform(.quit)
            return nil
        }
        connection.endReading()
        try? await Task.sleep(for: Self.patience)
        connection.close()
        return nil
    }

    /// Leaves the connection to the next program. Nothing is read any more, and all has been written.
    func handOver(_ connection: any IRCConnection, _ rest: [UInt8]) async -> IRCEnding {
        guard let socket = await connection.copyOfSocket() else { return IRCEnding(.lost, "The connection ended") }
        self.perform(.handOver(mark: self.mark(of: socket), rest: rest))
        self.passed.leave(socket, as: Self.name(self.settings))
        return IRCEnding(.handedOver, "handed over")
    }

    // MARK: Going on

    /// The connection of the last program and what it has read of a line, if its state is known and the settings still
    /// fit; otherwise that connection is ended.
    func resume() async -> (connection: any IRCConnection, rest: [UInt8])? {
        guard let number = self.inherited.withLock({ $0.take() }) else { return nil }
        let socket = FileDescriptor(owning: number)
        let mark = self.mark(of: socket)
        guard let connection = try? await IRCStreamTransport.resume(socket) else { return nil }
        let handOver = self.state.withLock { $0.machine.memory.handOver }
        guard let handOver, handOver.mark == mark else {
            await Self.quit(connection)
            return nil
        }
        self.logger.info("took over the connection of the previous program")
        self.perform(.resumed(id: hex(randomBytes(8))))
        if self.state.withLock({ $0.isStopping }) { self.perform(.quit) }
        return (connection, handOver.rest)
    }

    /// Waits until the server has let go of the nick.
    private static func quit(_ connection: any IRCConnection) async {
        _ = try? await withDeadline(.seconds(2)) {
            try await connection.write(IRCOutgoingLine("QUIT", text: "Jetbridge").bytes)
            while try await connection.read() != nil {}
        }
        connection.close()
    }
}

package import Chat
internal import Crypto
internal import JSON
internal import Logging
internal import Primitives

extension IRCAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        if let bytes = await self.memory.load() {
            self.state.withLock { $0.session = IRCSession(settings: self.settings, memory: IRCMemory(bytes: bytes)) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "\(self.id) connection") {
                try await self.stayConnected()
                self.state.withLock { $0.isFinished = true }
                self.toDeliver.signal()
            }
            group.addTask(name: "\(self.id) delivery") { try await self.deliverAll(to: sink) }
            do {
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                self.perform(.disconnected(IRCEnding(.stopped, "cancelled")))
                throw error
            }
        }
    }

    // MARK: Connections

    private func stayConnected() async throws {
        while !self.state.withLock({ $0.isStopping }) {
            self.perform(.connecting)
            let ending = try await self.connect()
            self.perform(.disconnected(ending))
            let range = self.state.withLock { $0.reconnect.take() }
            guard let range, !self.state.withLock({ $0.isStopping }) else { continue }
            let delay = Int64.random(in: range)
            if delay > 0 { await self.toStop.wait(upTo: .milliseconds(delay)) }
            try Task.checkCancellation()
        }
    }

    /// One connection, from its beginning to its end.
    private func connect() async throws -> IRCEnding {
        let connection: any IRCConnection
        let endpoint = self.endpoint
        do {
            connection = try await self.transport.connect(to: endpoint)
        } catch let error as CancellationError {
            throw error
        } catch {
            return Self.ending(error)
        }
        defer { connection.close() }
        self.state.withLock { state in
            state.outgoing = []
            state.watchedDeadline = nil
        }
        self.toClose.reset()
        self.perform(.connected(id: hex(randomBytes(8)), isSecure: endpoint.tls != .none))
        // A stop that came while there was no connection to end.
        if self.state.withLock({ $0.isStopping }) { self.perform(.quit) }
        return try await self.serve(connection)
    }

    private var endpoint: IRCEndpoint {
        let (port, tls) = self.state.withLock { $0.session.endpoint(at: Self.now) }
        var endpoint = IRCEndpoint(host: self.settings.host, port: port, tls: tls)
        if case .external(let certificate, let key) = self.settings.sasl {
            endpoint.certificate = certificate
            endpoint.key = key
        }
        return endpoint
    }

    /// Reads, writes and watches the clock until one of them ends the connection.
    private func serve(_ connection: any IRCConnection) async throws -> IRCEnding {
        try await withThrowingTaskGroup(of: IRCEnding?.self) { group in
            group.addTask { try await self.read(connection) }
            group.addTask { try await self.write(connection) }
            group.addTask { await self.watch() }
            group.addTask { await self.closeWhenAsked(connection) }
            defer {
                connection.close()
                group.cancelAll()
            }
            while let ending = try await group.next() { if let ending { return ending } }
            return IRCEnding(.lost, "The connection ended")
        }
    }

    private func read(_ connection: any IRCConnection) async throws -> IRCEnding? {
        var buffer = IRCLineBuffer()
        do {
            while let bytes = try await connection.read() {
                buffer.append(bytes)
                var inputs: [IRCSession.Input] = []
                while let line = buffer.next() { if let line = IRCLine(line) { inputs.append(.line(line)) } }
                if !inputs.isEmpty { self.perform(inputs) }
                // What cannot be stored yet is left with the server.
                while self.state.withLock({ $0.incoming.count > Self.incomingLimit }) {
                    await self.hasRoom.wait()
                    try Task.checkCancellation()
                }
            }
            return IRCEnding(.lost, "The server closed the connection")
        } catch let error as CancellationError {
            throw error
        } catch {
            return Self.ending(error)
        }
    }

    private func write(_ connection: any IRCConnection) async throws -> IRCEnding? {
        do {
            while true {
                await self.toWrite.wait()
                try Task.checkCancellation()
                let bytes = self.state.withLock { state in
                    defer { state.outgoing = [] }
                    return state.outgoing
                }
                if !bytes.isEmpty { try await connection.write(bytes) }
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            return Self.ending(error)
        }
    }

    /// Tells the session when its time has come.
    private func watch() async -> IRCEnding? {
        while !Task.isCancelled {
            let now = Self.now.monotonic
            let deadline = self.state.withLock { state in
                state.watchedDeadline = state.session.deadline
                return state.watchedDeadline
            }
            guard let deadline else {
                await self.toWatch.wait()
                continue
            }
            if deadline <= now {
                self.perform(.time)
            } else {
                await self.toWatch.wait(upTo: .milliseconds(deadline - now))
            }
        }
        return nil
    }

    /// After QUIT the server closes; one that does not within two seconds is not waited for.
    private func closeWhenAsked(_ connection: any IRCConnection) async -> IRCEnding? {
        await self.toClose.wait()
        try? await Task.sleep(for: .seconds(2))
        connection.close()
        return nil
    }

    private static func ending(_ error: any Error) -> IRCEnding {
        guard let error = error as? IRCTransportError else { return IRCEnding(.lost, "\(error)") }
        guard error.code == .certificate else { return IRCEnding(.lost, error.message) }
        return IRCEnding(
            .refused, "\(error.message). If the network has an authority of its own, set tls: {ca_file: …}")
    }

    // MARK: Delivery

    private func deliverAll(to sink: any MessageSink) async throws {
        while true {
            let (batch, isFinished) = self.state.withLock { state in
                defer { state.incoming = [] }
                return (state.incoming, state.isFinished)
            }
            if batch.isEmpty {
                if isFinished { return }
                await self.toDeliver.wait()
                try Task.checkCancellation()
                continue
            }
            self.hasRoom.signal()
            for item in batch { try await self.deliver(item, to: sink) }
        }
    }

    private func deliver(_ item: Incoming, to sink: any MessageSink) async throws {
        switch item {
        case .status(let status): await sink.statusChanged(status, of: self.id)
        case .memory(let memory): await self.memory.save(memory.bytes)
        case .event(let event): try await self.deliver(event, to: sink)
        }
    }

    /// IRC never repeats a message, so a store that fails for a moment is waited for: about two minutes, while the
    /// server holds back the rest.
    private func deliver(_ event: InboundEvent, to sink: any MessageSink) async throws {
        for attempt in 0..<10 {
            do {
                try await sink.deliver(event)
                return
            } catch let error as CancellationError {
                throw error
            } catch {
                self.logger.warning("A message could not be stored; trying again", ["error": .string("\(error)")])
                try await Task.sleep(for: .milliseconds(min(20_000, 200 << attempt)))
            }
        }
        self.logger.error("A message was lost: it could not be stored in two minutes")
    }
}

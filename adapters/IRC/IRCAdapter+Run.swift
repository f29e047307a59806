package import Chat
internal import Crypto
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

extension IRCAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        if let bytes = await self.memory.load() {
            self.state.withLock {
                $0.machine = IRCStateMachine(settings: self.settings, memory: IRCMemory(bytes: bytes))
            }
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
            if ending.kind == .handedOver { return }
            self.perform(.disconnected(ending))
            let range = self.state.withLock { $0.reconnect.take() }
            guard let range, !self.state.withLock({ $0.isStopping }) else { continue }
            let delay = Int64.random(in: range)
            if delay > 0 { await self.toStop.wait(upTo: .milliseconds(delay)) }
            try Task.checkCancellation()
        }
    }

    private func connect() async throws -> IRCEnding {
        if let (connection, rest) = await self.resume() { return try await self.serve(connection, after: rest) }
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
            state.keyRequest = nil
        }
        self.toClose.reset()
        self.perform(
            .connected(
                id: hex(randomBytes(8)), isSecure: endpoint.tls != .none, nonce: base64URL(randomBytes(18))))
        // `stop()` may have been called while there was no connection to end.
        if self.state.withLock({ $0.isStopping }) { self.perform(.quit) }
        return try await self.serve(connection, after: [])
    }

    var endpoint: IRCEndpoint {
        let (port, tls) = self.state.withLock { $0.machine.endpoint(at: AdapterTime.now) }
        var endpoint = IRCEndpoint(host: self.settings.host, port: port, tls: tls)
        endpoint.certificate = self.settings.sasl?.certificate?.certificate
        endpoint.key = self.settings.sasl?.certificate?.key
        return endpoint
    }

    /// Reads, writes and watches deadlines until one of these ends the connection.
    private func serve(_ connection: any IRCConnection, after rest: [UInt8]) async throws -> IRCEnding {
        try await withThrowingTaskGroup(of: IRCEnding?.self) { group in
            group.addTask { try await self.read(connection, after: rest) }
            group.addTask { try await self.write(connection) }
            group.addTask {
                await self.watch.run(
                    deadline: { self.state.withLock { $0.machine.deadline } }, expire: { self.perform(.time) })
                return nil
            }
            group.addTask { try await self.deriveKeys() }
            group.addTask { await self.closeWhenAsked(connection) }
            group.addTask { await self.leaveWhenAsked(connection) }
            defer {
                connection.close()
                group.cancelAll()
            }
            while let ending = try await group.next() { if let ending { return ending } }
            return IRCEnding(.lost, "The connection ended")
        }
    }

    private func read(_ connection: any IRCConnection, after rest: [UInt8]) async throws -> IRCEnding? {
        var buffer = IRCLineBuffer()
        buffer.append(rest)
        do {
            while let bytes = try await connection.read() {
                buffer.append(bytes)
                var inputs: [IRCStateMachine.Input] = []
                while let line = buffer.next() { if let line = IRCLine(line) { inputs.append(.line(line)) } }
                if !inputs.isEmpty { self.perform(inputs) }
                // Back-pressure: stop reading until the store has caught up.
                while self.state.withLock({ $0.incoming.count > Self.incomingLimit }) {
                    await self.hasRoom.wait()
                    try Task.checkCancellation()
                }
            }
            guard self.state.withLock({ $0.isLeaving }), let rest = buffer.rest else {
                return IRCEnding(.lost, "The server closed the connection")
            }
            self.state.withLock { $0.rest = rest }
            self.toWrite.signal()
            return nil
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
                let (bytes, rest) = self.state.withLock { state in
                    defer { state.outgoing = [] }
                    return (state.outgoing, state.rest)
                }
                if !bytes.isEmpty { try await connection.write(bytes) }
                if let rest { return await self.handOver(connection, rest) }
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            return Self.ending(error)
        }
    }

    /// Derives keys for SCRAM on another thread.
    private func deriveKeys() async throws -> IRCEnding? {
        while true {
            await self.toDerive.wait()
            try Task.checkCancellation()
            guard let request = self.state.withLock({ $0.keyRequest.take() }) else { continue }
            let thread = IRCKeyThread()
            let key = await thread.derive(request)
            thread.stop()
            self.perform(.derived(key))
        }
    }

    /// The server closes the connection after QUIT; if it does not within two seconds, we do.
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
            .refused, "\(error.message). If the network uses its own certificate authority, set tls: {ca_file: …}")
    }
}

extension IRCAdapter {
    func deliverAll(to sink: any MessageSink) async throws {
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
        case .memory(let memory): _ = await self.memory.save(memory.bytes)
        case .event(let event): try await self.deliver(event, to: sink)
        }
    }

    /// IRC never repeats a message, so a failed delivery is retried for about two minutes. Reading from the server
    /// pauses when the queue is full.
    private func deliver(_ event: InboundEvent, to sink: any MessageSink) async throws {
        let tries = 10
        _ = try await persistently(longest: .seconds(20)) {
            try await sink.deliver(event)
        } mayRetry: { error, failures, _ in
            // The other host is in the channels too.
            if error is any NetworkGone { return false }
            guard failures <= tries else {
                self.logger.error("Lost a message: storing it failed for two minutes", ["error": .string("\(error)")])
                return false
            }
            self.logger.warning("A message could not be stored; retrying", ["error": .string("\(error)")])
            return true
        }
    }
}

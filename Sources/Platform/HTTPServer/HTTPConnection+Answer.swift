internal import EventLoop
internal import HTTP
internal import JSON
internal import Logging
internal import Primitives

extension HTTPConnection {
    // MARK: Handlers

    func start(_ exchange: Exchange, _ request: HTTPServerRequest, _ handler: HTTPDispatch.Handler) {
        self.exchange = exchange
        switch handler {
        case .immediate(let body):
            do {
                self.answer(exchange, try body(request))
            } catch {
                self.answer(exchange, failure: error)
            }
        case .deferred(let body):
            body(request, HTTPReply(connection: self, exchange: exchange))
        case .loop(let body):
            self.run(exchange) { try await body(request) }
        case .pool(let body):
            self.run(exchange) { try await body(request) }
        }
        // The request and the client's end may arrive in one read.
        if self.isPeerClosed { self.cancel(exchange) }
    }

    /// Answers from a new task, for a handler that had none.
    func answer(_ exchange: Exchange, by body: @escaping @Net @Sendable () async throws -> HTTPServerResponse) {
        guard self.isOpen, self.exchange === exchange else { return }
        self.run(exchange, body)
        if self.isPeerClosed { exchange.cancel() }
    }

    private func run(_ exchange: Exchange, _ body: @escaping @Net @Sendable () async throws -> HTTPServerResponse) {
        // One task per request, cancelled with its connection; immediate, to save a hop until the handler first waits.
        exchange.begin(
            Task.immediate { @Net in
                do {
                    self.answer(exchange, try await body())
                } catch {
                    self.answer(exchange, failure: error)
                }
            })
    }

    /// The only place where a handler's error is logged and becomes a response.
    func answer(_ exchange: Exchange, failure error: any Error) {
        guard self.isOpen, self.exchange === exchange else { return }
        guard exchange.framing == nil else {
            // A partial response must not look complete.
            self.log(error, exchange)
            return self.abort()
        }
        switch error {
        case is CancellationError:
            self.abort()
        case let problem as HTTPProblem:
            self.answer(exchange, problem)
        case let error as HTTPServerError where error.code == .clientGone:
            self.abort()
        case let error as HTTPServerError where error.status.isClientError:
            self.answer(exchange, HTTPProblem(error.status, error.message))
        default:
            self.log(error, exchange)
            self.answer(exchange, HTTPProblem(.internalServerError, "see the server's log for the reason"))
        }
    }

    private func answer(_ exchange: Exchange, _ problem: HTTPProblem) {
        self.answer(exchange, self.server.dispatcher.response(to: problem, path: exchange.head.path))
    }

    private func log(_ error: any Error, _ exchange: Exchange) {
        if error is CancellationError || (error as? HTTPServerError)?.code == .clientGone { return }
        self.server.logger.error(
            "a handler failed",
            [
                "method": .string(exchange.head.method.rawValue), "path": .string(String(exchange.head.path)),
                "error": .string(String(describing: error)),
            ])
    }

    // MARK: Responses

    func answer(_ exchange: Exchange, _ response: HTTPServerResponse) {
        guard self.isOpen, self.exchange === exchange else {
            // The client left while the response was made.
            if case .source(let source) = response.body { source.abandon() }
            return
        }
        if let share = response.share {
            // A stream keeps what was expected: its handler holds the next piece while the client is slow.
            if case .bytes(let bytes) = response.body { share.settle(at: bytes.count) }
            self.shares.append(share)
        }
        do throws(HTTPServerError) {
            switch response.body {
            case .bytes(let bytes): try self.send(exchange, response, bytes)
            case .stream(let body):
                try self.stream(exchange, response) { writer in try await body(writer) }
            case .streamOnLoop(let body):
                try self.stream(exchange, response) { writer in try await body(writer) }
            case .source(let source): try self.stream(exchange, response, from: source)
            case .upgrade(let body):
                guard exchange.head.wantsUpgrade, exchange.head.framing == .none else {
                    throw HTTPServerError(
                        .invalidResponse, "only a request that asks for an upgrade and has no body can be upgraded")
                }
                exchange.task = Task.immediate { @Net in await self.handOver(exchange, to: body) }
            }
        } catch {
            self.answer(exchange, failure: error)
        }
    }

    private func send(
        _ exchange: Exchange, _ response: HTTPServerResponse, _ bytes: [UInt8]
    ) throws(HTTPServerError) {
        // The body is no longer read.
        let mayStay = self.mayStay(after: exchange) && !self.hasUnknownRest
        let framing = try ResponseFraming(response, length: bytes.count, for: exchange.head, mayStay: mayStay)
        self.output.append(framing.head(of: response, for: exchange.head, date: self.server.date.bytes))
        if case .length = framing.body { self.output.append(bytes) }
        self.finishExchange(closing: framing.closes)
    }

    private func stream(
        _ exchange: Exchange, _ response: HTTPServerResponse,
        body: @escaping @Net (ResponseWriter) async throws -> Void
    ) throws(HTTPServerError) {
        let framing = try ResponseFraming(
            response, length: nil, for: exchange.head, mayStay: self.mayStay(after: exchange))
        exchange.framing = framing
        self.output.append(framing.head(of: response, for: exchange.head, date: self.server.date.bytes))
        guard framing.body != .none else { return self.finishExchange(closing: framing.closes) }
        if case .length(let length) = framing.body { exchange.remaining = length }
        self.finishTurn()
        let writer = ResponseWriter(connection: self, exchange: exchange)
        // Replaces the handler's task, which is ending; also cancelled with the connection.
        exchange.task = Task.immediate { @Net in
            do {
                try await body(writer)
                try self.finishStream(exchange, framing)
            } catch {
                self.answer(exchange, failure: error)
            }
        }
        if self.isPeerClosed { exchange.cancel() }
    }

    func finishStream(_ exchange: Exchange, _ framing: ResponseFraming) throws {
        guard self.isOpen, self.exchange === exchange else { return }
        guard exchange.remaining == 0 else {
            throw HTTPServerError(
                .invalidResponse, "the response ended \(exchange.remaining) bytes short of its Content-Length")
        }
        if framing.body == .chunked {
            self.output.append(Array("0\r\n\r\n".utf8))
        }
        self.finishExchange(closing: framing.closes)
    }

    /// Adds to a streamed response and waits while the client is too slow.
    func write(_ bytes: [UInt8], for exchange: Exchange) async throws {
        try Task.checkCancellation()
        guard self.isOpen, !self.isPeerClosed else {
            throw HTTPServerError(.clientGone, "the client left before the response was complete")
        }
        guard self.exchange === exchange, let framing = exchange.framing else {
            throw HTTPServerError(.invalidResponse, "written after the end of the response")
        }
        try self.append(bytes, for: exchange, framing)
        self.finishTurn()
        while self.output.count >= self.settings.highWater, self.isOpen, !self.isPeerClosed {
            try await self.drained.wait()
        }
    }

    /// Frames bytes of a response body and adds them to the output.
    func append(_ bytes: [UInt8], for exchange: Exchange, _ framing: ResponseFraming) throws(HTTPServerError) {
        guard !bytes.isEmpty else { return }
        switch framing.body {
        case .chunked:
            self.output.append(about: bytes.count + 20) { output in
                output.appendHexadecimal(bytes.count)
                output += "\r\n".utf8
                output += bytes
                output += "\r\n".utf8
            }
        case .length:
            guard bytes.count <= exchange.remaining else {
                throw HTTPServerError(.invalidResponse, "the response is longer than its Content-Length")
            }
            exchange.remaining -= bytes.count
            self.output.append(bytes)
        case .untilClose, .none:
            self.output.append(bytes)
        }
    }

    /// Sends `100 Continue` because the handler starts to read.
    func proceed(_ exchange: Exchange) {
        guard self.isOpen, self.exchange === exchange, exchange.awaitsContinue, exchange.framing == nil else { return }
        exchange.awaitsContinue = false
        self.output.append(StatusLines.proceed)
        self.finishTurn()
    }

    /// Responds to an invalid request.
    func sendRefusal(_ error: HTTPServerError, path: Substring?) {
        let response = self.server.dispatcher.response(to: HTTPProblem(error.status, error.message), path: path)
        let body = if case .bytes(let bytes) = response.body { bytes } else { [UInt8]() }
        var output: [UInt8] = []
        StatusLines.write(response.status, to: &output)
        response.headers.write(to: &output) { _ in true }
        output += "Date: ".utf8
        output += self.server.date.bytes
        output += "\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8
        output += body
        self.output.append(output)
    }

    // MARK: Hand-over

    private func handOver(
        _ exchange: Exchange, to body: @concurrent @Sendable (ConnectionHandover) async -> Void
    ) async {
        do {
            try await self.waitUntilConsumed()
            while !self.output.isEmpty, self.isOpen { try await self.drained.wait() }
        } catch {
            return self.abort()
        }
        guard self.isOpen, self.exchange === exchange, let registration = self.registration.take() else { return }
        registration.cancel()
        guard let descriptor = self.descriptor.take() else { return }
        let handover = ConnectionHandover(
            descriptor: descriptor, head: exchange.head, extra: self.takePending())
        self.letGo()
        self.server.noteHandOver(self)
        await body(handover)
        self.server.remove(self)
    }

    // MARK: Output

    /// Writes until nothing is left or the socket is full.
    func flush() {
        guard let registration = self.registration, !self.output.isEmpty, !self.isWriteBlocked else { return }
        var hasFailed = false
        self.output.drain { bytes, start in
            switch Socket.write(registration.descriptor, bytes, from: start) {
            case .moved(let count):
                self.sentCount += count
                // A partial write means the socket is full: without write interest nothing would resume the rest.
                if count < bytes.count - start { self.isWriteBlocked = true }
                return count
            case .wouldBlock:
                self.isWriteBlocked = true
            case .failed:
                hasFailed = true
            }
            return nil
        }
        if hasFailed { return self.abort() }
        guard self.output.count <= self.settings.highWater / 2 else { return }
        self.drained.wakeAll()
        if let exchange = self.exchange, exchange.isSourceHeld { self.pump(exchange) }
    }
}

internal import EventLoop
internal import HTTP
internal import HTTPServer

/// One request of plain HTTP and its answer, over a connection of its own to the server.
@Net
final class NetworkForwarder {
    private enum Part: Sendable {
        case sent
        /// Whether the client's connection can be used for another request.
        case answered(Bool)
    }

    private let request: NetworkRequestParser.Request
    private let client: NetworkSocket
    private let server: NetworkSocket
    private let traffic: NetworkTraffic
    /// Bytes from the client that the server has not received; afterwards the beginning of the next request.
    private(set) var pending: [UInt8]
    private var isRequestSent = false
    private var hasAnswered = false
    private static let mostInterimAnswers = 8

    init(
        _ request: NetworkRequestParser.Request, pending: [UInt8], client: NetworkSocket, server: NetworkSocket,
        traffic: NetworkTraffic
    ) {
        self.request = request
        self.pending = pending
        self.client = client
        self.server = server
        self.traffic = traffic
    }

    /// Returns whether the client's connection can be used for another request. Throws ``NetworkRefusal`` if the client
    /// hasn't got any part of an answer, and whatever broke a connection.
    func run(to address: NetworkAddress) async throws -> Bool {
        do {
            try await self.traffic.send(ForwardedHead.request(self.request, to: address), to: self.server)
            // Here, because the answer may be passed before the task below has begun.
            if case .none = self.request.head.framing { self.isRequestSent = true }
            return try await withThrowingTaskGroup(of: Part.self) { group in
                // The answer may come before the request's body has been sent.
                group.addTask {
                    try await self.sendBody()
                    return .sent
                }
                group.addTask { .answered(try await self.passAnswer()) }
                while let part = try await group.next() {
                    guard case .answered(let keepsAlive) = part else { continue }
                    group.cancelAll()
                    return keepsAlive && self.isRequestSent
                }
                return false
            }
        } catch let problem as AnswerHead.Problem {
            guard !self.hasAnswered else { throw problem }
            throw NetworkRefusal.failure("the answer of \(address) is not valid: \(problem.message)")
        } catch let error as SystemError {
            guard !self.hasAnswered else { throw error }
            throw NetworkRefusal.failure("the connection to \(address) broke before its answer")
        }
    }

    // MARK: Request

    private func sendBody() async throws {
        switch self.request.head.framing {
        case .none: break
        case .length(let length): try await self.send(length)
        case .chunked: try await self.sendChunks()
        }
        self.isRequestSent = true
        // A client that closes its sending side, or leaves, has the same effect as without a proxy.
        guard self.pending.isEmpty else { return }
        if let bytes = try await self.client.read() {
            self.pending = bytes
        } else {
            self.isRequestSent = false
            self.server.shutdownWrite()
        }
    }

    private func send(_ length: Int) async throws {
        var left = length
        while left > 0 {
            let bytes = try await self.nextPiece()
            let piece = Array(bytes.prefix(left))
            self.pending = Array(bytes.dropFirst(piece.count))
            left -= piece.count
            guard try await self.passOn(piece) else { return try await self.waitForAnswer() }
        }
    }

    private func sendChunks() async throws {
        var parser = ChunkedBodyParser()
        var isEnded = false
        while !isEnded {
            let bytes = try await self.nextPiece()
            var position = 0
            reading: while position < bytes.count {
                switch try parser.next(bytes.span, from: &position) {
                case .data, .needsMore: continue
                case .end:
                    isEnded = true
                    break reading
                }
            }
            self.pending = Array(bytes[position...])
            guard try await self.passOn(Array(bytes[..<position])) else { return try await self.waitForAnswer() }
        }
    }

    private func nextPiece() async throws -> [UInt8] {
        if !self.pending.isEmpty {
            defer { self.pending = [] }
            return self.pending
        }
        guard let bytes = try await self.client.read() else { throw NetworkSocket.Closed() }
        return bytes
    }

    /// Returns whether the server takes the body: it may answer, and close, without reading all of it.
    private func passOn(_ bytes: [UInt8]) async throws -> Bool {
        do {
            try await self.traffic.send(bytes, to: self.server)
            return true
        } catch is SystemError {
            return false
        }
    }

    /// Never returns: the other task gets the answer, or the connection's error.
    private func waitForAnswer() async throws {
        while true { try await EventLoop.shared.sleep(for: .seconds(3_600)) }
    }

    // MARK: Answer

    private func passAnswer() async throws -> Bool {
        var reader = AnswerHeadReader()
        var interimAnswers = 0
        while let piece = try await self.server.read() {
            var next = try reader.parse(piece)
            while let (head, rest) = next {
                guard head.status.isInformational else { return try await self.pass(head, rest) }
                interimAnswers += 1
                guard interimAnswers <= Self.mostInterimAnswers, head.status != .switchingProtocols else {
                    throw AnswerHead.Problem("an unexpected status \(head.status.code)")
                }
                if self.request.head.minorVersion == 1 {
                    try await self.deliver(ForwardedHead.answer(head, keepsAlive: true))
                }
                next = try reader.parse(rest)
            }
        }
        throw AnswerHead.Problem("it ends within its head")
    }

    private func pass(_ head: AnswerHead, _ rest: [UInt8]) async throws -> Bool {
        let body = head.body(to: self.request.head.method)
        let keepsAlive = self.request.head.keepsAlive && self.request.head.minorVersion == 1 && body != .untilEnd
        try await self.deliver(ForwardedHead.answer(head, keepsAlive: keepsAlive))
        switch body {
        case .none: break
        case .length(let length): try await self.pass(length, startingWith: rest)
        case .chunked: try await self.passChunks(startingWith: rest)
        case .untilEnd:
            try await self.deliver(rest)
            while let piece = try await self.server.read() { try await self.deliver(piece) }
        }
        return keepsAlive
    }

    private func pass(_ length: Int, startingWith rest: [UInt8]) async throws {
        var left = length
        var piece: [UInt8]? = rest
        while let bytes = piece {
            let part = left < bytes.count ? Array(bytes.prefix(left)) : bytes
            left -= part.count
            try await self.deliver(part)
            if left == 0 { return }
            piece = try await self.server.read()
        }
        throw AnswerHead.Problem("its body is shorter than declared")
    }

    private func passChunks(startingWith rest: [UInt8]) async throws {
        var parser = ChunkedBodyParser()
        var piece: [UInt8]? = rest
        while let bytes = piece {
            var position = 0
            while position < bytes.count {
                guard case .end = try parser.next(bytes.span, from: &position) else { continue }
                return try await self.deliver(Array(bytes[..<position]))
            }
            try await self.deliver(bytes)
            piece = try await self.server.read()
        }
        throw AnswerHead.Problem("its body ends within a chunk")
    }

    private func deliver(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        self.hasAnswered = true
        try await self.traffic.deliver(bytes, to: self.client)
    }
}

internal import Gateway
internal import JSON
internal import Primitives

/// The Model Context Protocol with one message a line.
struct MCPLines: Sendable {
    let server: MCPServer
    let output: Terminal

    /// In bytes.
    private static let lineLimit = 4 << 20
    private static let openLimit = 64
    /// For the open requests, after the end of the input. Clients wait about as long before they end the program.
    private static let patience = Duration.seconds(2)
    private static let client = "stdio"

    private let questions = MCPQuestions()
    private let open = Protected<[JSON: Task<Void, Never>]>([:])

    init(server: MCPServer, output: Terminal) {
        self.server = server
        self.output = output
    }

    /// Returns at the end of the input.
    func run(_ input: StandardInput) async throws {
        let (lines, sink) = AsyncStream<JSON>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "output") {
                for await line in lines { try self.output.writeLine(line.text) }
            }
            while let line = await input.line(upTo: Self.lineLimit) {
                if !line.allSatisfy(\.isWhitespace) { self.take(line) { sink.yield($0) } }
            }
            let open = self.open.withLock { Array($0.values) }
            _ = await withDeadline(Self.patience) { for request in open { await request.value } }
            for request in open { request.cancel() }
            sink.finish()
            try await group.waitForAll()
        }
    }

    private func take(_ line: String, send: @escaping @Sendable (JSON) -> Void) {
        let message: MCPMessage
        do throws(MCPError) {
            message = try MCPMessage(parsing: Array(line.utf8))
        } catch {
            return send(error.answer(to: .null))
        }
        switch message.kind {
        case .response: self.questions.take(message, from: Self.client)
        case .notification:
            guard message.method == "notifications/cancelled", let id = message.json["params"]?["requestId"] else {
                return
            }
            self.open.withLock { $0.removeValue(forKey: id) }?.cancel()
        case .request(let id):
            if let showsForms = MCPServer.declaredForms(message) {
                self.questions.note(Self.client, showsForms: showsForms)
            }
            self.open.withLock { open in
                guard open.count < Self.openLimit else { return send(MCPError.busy.answer(to: id)) }
                // Unstructured: the client cancels it by its id.
                open[id] = Task {
                    await self.answer(message, send)
                    self.open.withLock { $0[id] = nil }
                }
            }
        }
    }

    /// A cancelled request gets no answer.
    private func answer(_ message: MCPMessage, _ send: @escaping @Sendable (JSON) -> Void) async {
        let questions = self.questions
        let client = MCPClient(
            credential: Self.client, showsForms: questions.showsForms(Self.client), notify: send,
            ask: { method, params in await questions.ask(Self.client, method, params, send: send) })
        do {
            send(try await self.server.answer(message, for: client))
        } catch {
            guard !Task.isCancelled else { return }
            send((error as? MCPError ?? .failed).answer(to: message.id))
        }
    }
}

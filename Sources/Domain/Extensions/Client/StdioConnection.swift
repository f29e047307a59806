internal import EventLoop
internal import JSON
internal import Jail
internal import Primitives

/// A server that speaks over the standard input and output of a program in a jail.
@Net
final class StdioConnection: ServerConnection {
    /// Questions and other requests of the server that are open at once; more are refused.
    private static let requestLimit = 16
    /// How long a program may take to end once its input is closed.
    private static let patience = Duration.seconds(2)

    var onChange: (@Net () -> Void)?
    var onEnd: (@Net (String) -> Void)? {
        didSet {
            // It may have ended before anybody wanted to know.
            if self.onEnd != nil, self.reason != nil { EventLoop.shared.schedule(after: .zero) { self.report() } }
        }
    }
    var agreement: Agreement?
    private(set) var droppedLines = 0
    private(set) var hasAsked = false

    private let name: String
    private let program: JailedProgram
    private var framing = LineFraming()
    private var lastID: Int64 = 0
    private var open: [RPCID: (request: OpenRequest, continuation: CheckedContinuation<JSON, any Error>)] = [:]
    /// Why it takes no more requests.
    private var ending: ExtensionFailure?
    /// Why it has ended by itself.
    private var reason: String?
    private var isClosing = false
    private var reader: Task<Void, Never>?

    /// - Parameter name: Of the server, for messages.
    init(_ program: JailedProgram, name: String) {
        self.program = program
        self.name = name
        // Unstructured: it reads as long as the program runs, and `close()` waits for it.
        self.reader = Task { await self.read() }
    }

    var needsTurns: Bool { self.hasAsked && self.agreement?.era == .legacy }
    var errorOutput: String { self.program.errorOutput }

    // MARK: Requests

    func request(_ request: ServerRequest) async throws -> JSON {
        if let ending = self.ending { throw ending }
        self.lastID += 1
        let id = RPCID.number(self.lastID)
        let open = OpenRequest(request, server: self.name)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                self.open[id] = (open, continuation)
                open.start { [weak self] in self?.withdraw(id, because: open.late, "it took too long") }
                self.send(request.message(id, self.agreement?.era))
            }
        } onCancel: {
            EventLoop.shared.runIfNeeded { self.withdraw(id, because: CancellationError(), "it is no longer needed") }
        }
    }

    func notify(_ method: String) async { self.send(.notification(method: method, params: .null)) }

    /// In the legacy era they are reported without being asked for.
    func listen() async throws {
        guard self.agreement?.era == .modern else { throw RPCError.notOffered("listening") }
        _ = try await self.request(.listen)
    }

    private func send(_ message: RPCMessage) { self.program.write(message.json.bytes + [0x0A]) }

    private func finish(_ id: RPCID, _ result: Result<JSON, any Error>) {
        // An answer to what was cancelled is ignored.
        guard let open = self.open.removeValue(forKey: id) else { return }
        open.request.end()
        open.continuation.resume(with: result)
    }

    private func withdraw(_ id: RPCID, because error: any Error, _ reason: String) {
        guard let request = self.open[id]?.request.request else { return }
        if request.isCancellable {
            let params: JSON = ["requestId": id.json, "reason": .string(reason)]
            self.send(.notification(method: "notifications/cancelled", params: params))
        }
        self.finish(id, .failure(error))
    }

    // MARK: Reading

    private func read() async {
        while let bytes = await self.program.read() {
            for piece in self.framing.take(bytes) { await self.take(piece) }
            // Reading does not wait while there is more: the loop serves others, too.
            await Task.yield()
        }
        await self.ended()
    }

    private func take(_ piece: LineFraming.Piece) async {
        switch piece {
        case .skipped(let head, let count):
            guard let id = LineFraming.answerID(in: head) else { return self.droppedLines += 1 }
            let size = "\((count + (1 << 20) - 1) >> 20) MiB"
            let failure = ExtensionFailure(
                .malformed, "The answer of \(self.name) was left out: it has \(size), and 8 MiB are read. Ask for less."
            )
            self.finish(id, .failure(failure))
        case .line(let line):
            guard !LineFraming.isLog(line) else { return }
            guard let message = await RPCMessage.read(line) else { return self.droppedLines += 1 }
            self.take(message)
        }
    }

    private func take(_ message: RPCMessage) {
        switch message {
        case .result(let id, let result): self.finish(id, .success(result))
        case .failure(let id?, let error): self.finish(id, .failure(error))
        case .failure(nil, _): break
        case .notification(let method, let params): self.take(method, params)
        case .request(let id, let method, let params): self.serve(id, method, params)
        }
    }

    private func take(_ method: String, _ params: JSON) {
        switch method {
        case "notifications/progress":
            if let id = RPCID(params["progressToken"]) { self.open[id]?.request.report(params) }
        case "notifications/cancelled":
            guard let id = RPCID(params["requestId"]) else { return }
            for open in self.open.values { open.request.asking[id]?.cancel() }
        case "notifications/tools/list_changed", "notifications/prompts/list_changed": self.onChange?()
        default: break
        }
    }

    // MARK: The server's requests

    private func serve(_ id: RPCID, _ method: String, _ params: JSON) {
        switch method {
        case "ping": self.send(.result(id, [:]))
        case Elicitation.method where self.agreement?.era == .legacy: self.elicit(id, params)
        default: self.send(.failure(id, .notOffered(method)))
        }
    }

    /// A question does not say to which call it belongs, so only the calls of one thread may be open.
    private func elicit(_ id: RPCID, _ params: JSON) {
        self.hasAsked = true
        let calls = self.open.values.map(\.request).filter { $0.request.caller != nil }
        guard let call = calls.first, Set(calls.map { $0.request.caller?.session }).count == 1,
            call.asking.count < Self.requestLimit
        else { return self.send(.result(id, Elicitation.json(.decline))) }
        // Unstructured: a person takes as long as they like; the end of the call or of the server cancels it.
        call.asking[id] = Task { [weak self] in
            let answer = await call.answer(params)
            call.asking[id] = nil
            guard let self, self.ending == nil else { return }
            self.send(.result(id, answer))
        }
    }

    // MARK: The end

    private func ended() async {
        // Reads what it wrote at last: the end closes the pipe.
        _ = self.program.errorOutput
        let reason = self.program.reason ?? "it ended by itself"
        await self.program.end()
        self.fail("\(self.name) broke off: \(reason). The call may have run; check before you repeat it.")
        self.reason = reason
        if !self.isClosing { self.report() }
    }

    private func report() {
        if let reason = self.reason { self.onEnd.take()?(reason) }
    }

    private func fail(_ text: String) {
        let failure = ExtensionFailure(.lost, text)
        self.ending = self.ending ?? failure
        for id in Array(self.open.keys) { self.finish(id, .failure(failure)) }
    }

    func close() async {
        self.isClosing = true
        self.onEnd = nil
        self.onChange = nil
        self.fail("\(self.name) was stopped. The call may have run; check before you repeat it.")
        await self.program.end(patience: Self.patience)
        await self.reader?.value
    }
}

extension ServerRequest {
    /// Stays open, and reports changes of lists (modern era).
    static let listen = ServerRequest(
        method: "subscriptions/listen",
        params: ["notifications": ["toolsListChanged": true, "promptsListChanged": true]])
}

extension RPCError {
    static func notOffered(_ method: String) -> RPCError {
        RPCError(code: Code.methodNotFound, message: "\(method.beginning(bytes: 100)) is not offered to servers")
    }
}

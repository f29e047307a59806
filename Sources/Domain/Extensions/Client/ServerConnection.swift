internal import EventLoop
internal import JSON
internal import Primitives

/// A request to a server.
struct ServerRequest: Sendable {
    let method: String
    var params: JSONObject = [:]
    /// How long the server may take; nil for no limit. Time in which a person answers does not count.
    var limit: Duration?
    /// For whom it is; nil for the host's own requests, which report no progress and answer no questions.
    var caller: ExtensionCaller?
    /// Modern HTTP: the headers that repeat arguments.
    var headers: [(name: String, value: String)] = []

    /// Whether it may be withdrawn with a notification: the first requests of each era may not.
    var isCancellable: Bool { !["initialize", "server/discover"].contains(self.method) }

    /// The message, with what the agreed revision demands in `_meta`.
    func message(_ id: RPCID, _ era: ExtensionOffer.Era?) -> RPCMessage {
        var meta = self.params["_meta"]?.objectValue ?? [:]
        if era == .modern || self.method == "server/discover" { meta.merge(Revision.envelope) }
        if self.caller != nil { meta["progressToken"] = id.json }
        var params = self.params
        if !meta.isEmpty { params["_meta"] = .object(meta) }
        return .request(id, method: self.method, params: .object(params))
    }
}

/// The way to one server. Its requests may run side by side.
@Net
protocol ServerConnection: AnyObject, Sendable {
    /// The running server says that one of its lists has changed.
    var onChange: (@Net () -> Void)? { get set }
    /// The server has ended by itself, for this reason, a clause. Called once, and not after ``close()``.
    var onEnd: (@Net (String) -> Void)? { get set }
    /// Set once, before the first request that is not part of the agreement.
    var agreement: Agreement? { get set }
    /// Whether a question does not say to which call it belongs, so that calls are made one at a time once the server
    /// has asked.
    var needsTurns: Bool { get }
    var droppedLines: Int { get }
    /// The end of what the program wrote for people; empty if it is not a program.
    var errorOutput: String { get }

    /// Returns the result. Throws ``RPCError``, ``ExtensionFailure`` or `CancellationError`.
    func request(_ request: ServerRequest) async throws -> JSON
    func notify(_ method: String) async
    /// Waits for changes of lists until the server ends the wait. Throws if it will not report any.
    func listen() async throws
    /// Returns when nothing is left of it.
    func close() async
}

/// A request that waits for its answer.
@Net
final class OpenRequest {
    /// A server that asks again and again would hold a person for ever.
    private static let questionLimit = 10

    let request: ServerRequest
    /// Questions that a person is answering, by the id of the server's request.
    var asking: [RPCID: Task<Void, Never>] = [:]
    private let server: String
    private var pace = ProgressPace()
    private var questions = 0
    private var timer: Timer?

    /// - Parameter server: Its name in the configuration.
    init(_ request: ServerRequest, server: String) {
        self.request = request
        self.server = server
    }

    /// Calls `late` once the server has taken too long.
    func start(_ late: @escaping @Net () -> Void) {
        self.timer = self.request.limit.map { EventLoop.shared.schedule(after: $0, late) }
    }

    func end() {
        self.timer?.cancel()
        for question in self.asking.values { question.cancel() }
        self.asking = [:]
    }

    var late: ExtensionFailure {
        let seconds = self.request.limit.map { "\($0.components.seconds) seconds" } ?? "its time"
        return ExtensionFailure(
            .late,
            "\(self.server) did not answer \(self.request.method) within \(seconds). It was cancelled; try again.")
    }

    /// - Parameter params: Of `notifications/progress`.
    func report(_ params: JSON) {
        guard let caller = self.request.caller, let done = params["progress"]?.doubleValue, done.isFinite,
            self.pace.passes(at: .current())
        else { return }
        let message = params["message"]?.stringValue?.beginning(bytes: 1_000)
        caller.progress(ExtensionProgress(done: done, total: params["total"]?.doubleValue, message: message))
    }

    /// Puts a question to the person, and returns what goes back to the server. The server's clock stands still.
    func answer(_ params: JSON) async -> JSON {
        self.questions += 1
        guard let ask = self.request.caller?.ask, self.questions <= Self.questionLimit,
            let question = Elicitation.question(params, from: self.server)
        else { return Elicitation.json(.decline) }
        self.timer?.stop()
        let answer = await ask(question)
        if let limit = self.request.limit { self.timer?.reschedule(after: limit) }
        return Elicitation.json(answer)
    }
}

internal import Chat
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Schemas

/// What changes, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
struct EventRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/events", "events",
            "A stream of what changes and you may see: `thread`, `operation`, `ask`, `mention`, `document`, `task` and `commit` "
                + "events, whose data is the REST document (of a task that is gone, its id and repository; of a document that "
                + "a commit has changed, its path, commit, url, thread_id, repository and branch; of a text that names you "
                + "and that you have seen, its id and the state `seen`). It resumes after `Last-Event-ID` for "
                + "ten minutes, also after a restart; where something may be missing it begins with `reset`.",
            .reading(from: .guest),
            headers: [
                .init(name: "Last-Event-ID", note: MemberNote("The id of the last event that was received."))
            ], answerMemory: 4 << 10,
            answers: [.other(MediaType(parsing: "text/event-stream") ?? .plain, "The stream.")]
        ) { (context, call: PlainCall) in try Self(context: context).stream(call) }
    ]

    /// Proxies end what is silent for a minute.
    private static let heartbeat = Duration.seconds(20)

    private func stream(_ call: PlainCall) throws -> HTTPServerResponse {
        let context = self.context
        let principal = try call.person()
        let limit = context.settings.eventStreams
        guard context.streams.count(of: principal.credential.id) < limit else {
            throw HTTPProblem(.tooManyRequests, OpenStreams.refusal(limit))
        }
        let last = call.http.headers["last-event-id"]
        let logger = call.logger
        return HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"],
            body: .stream { client in
                let out = Outlet(client: client)
                // Several may have begun at once.
                _ = await context.streams.with(principal, upTo: limit) { ended in
                    do {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask(name: "events") {
                                try await EventStream(context: context, principal: principal).run(after: last) {
                                    try await out.write("retry: 2000\nid: \($0)\n\n")
                                } send: { events in
                                    try await out.write(events.map(Self.text).joined())
                                }
                            }
                            group.addTask(name: "heartbeat") {
                                while true {
                                    try await EventLoop.shared.sleep(for: Self.heartbeat)
                                    guard try await context.authenticator.isValid(principal) else { return }
                                    try await out.write(":\n\n")
                                }
                            }
                            group.addTask(name: "access") { await ended.wait() }
                            try await group.next()
                            group.cancelAll()
                        }
                    } catch {
                        logger.debug("an event stream ended", ["error": .string("\(error)")])
                    }
                }
            })
    }

    static func text(_ event: EventStream.Event) -> String {
        "id: \(event.number)\nevent: \(event.kind?.rawValue ?? "reset")\ndata: \(event.document.text)\n\n"
    }

    /// Events and heartbeats, one after the other.
    private actor Outlet {
        private let client: ResponseWriter

        init(client: ResponseWriter) { self.client = client }

        func write(_ text: String) async throws { try await self.client.write(Array(text.utf8)) }
    }
}

/// The open event streams, so that those of somebody whose access has changed end at once.
final class OpenStreams: Sendable {
    private struct State {
        var next = 0
        var open: [Int: (principal: Principal, ended: Signal)] = [:]
        /// By credential.
        var counts: [String: Int] = [:]
        var isClosed = false
    }

    private let state = Protected(State())

    func count(of credential: String) -> Int {
        self.state.withLock { $0.counts[credential] ?? 0 }
    }

    static func refusal(_ limit: Int) -> String {
        "This credential has \(limit) open event streams. Close some: one shows all that it may see."
    }

    /// Knows the stream while `body` runs; the signal comes when it must end. Returns false at once if the credential has
    /// `limit` streams already.
    func with(_ principal: Principal, upTo limit: Int, _ body: (Signal) async -> Void) async -> Bool {
        let ended = Signal()
        let credential = principal.credential.id
        let number = self.state.withLock { state -> Int? in
            let count = state.counts[credential] ?? 0
            guard count < limit else { return nil }
            state.counts[credential] = count + 1
            state.next += 1
            state.open[state.next] = (principal, ended)
            if state.isClosed { ended.signal() }
            return state.next
        }
        guard let number else { return false }
        await body(ended)
        self.state.withLock { state in
            state.open[number] = nil
            let left = (state.counts[credential] ?? 1) - 1
            state.counts[credential] = left == 0 ? nil : left
        }
        return true
    }

    /// Ends those of the meant principals whose credential is no longer what it was.
    func check(_ authenticator: Authenticator, _ isMeant: (Principal) -> Bool) async {
        let open = self.state.withLock { $0.open.values.filter { isMeant($0.principal) } }
        for stream in open where (try? await authenticator.isValid(stream.principal)) != true { stream.ended.signal() }
    }

    /// Ends all: clients reconnect, to the next process.
    func close() {
        let open = self.state.withLock { state in
            state.isClosed = true
            return Array(state.open.values)
        }
        for stream in open { stream.ended.signal() }
    }
}

package import Chat
package import Files
internal import Markdown
internal import Primitives

/// The web chat as a network. Its page reads the transcript and the live frames, so there is nothing to post.
package final class WebAdapter: ChatAdapter {
    package static let adapterID = AdapterID("web")
    static let sign: Character = "/"

    package let id = WebAdapter.adapterID
    package let renderer: any MessageRenderer = WebRenderer()

    private struct State {
        var status: AdapterStatus
        var isStopped = false
        var onStop: CheckedContinuation<Void, Never>?
    }

    private let state: Protected<State>
    private let now: @Sendable () -> Int64
    /// Files that people sent; nil refuses them.
    let uploads: Uploads?

    package init(now: @escaping @Sendable () -> Int64, uploads: Uploads? = nil) {
        self.now = now
        self.uploads = uploads
        self.state = Protected(State(status: AdapterStatus(state: .down, since: now())))
    }

    package var status: AdapterStatus { self.state.withLock { $0.status } }

    package func run(delivering sink: any MessageSink) async throws {
        self.set(.up)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStopped = self.state.withLock { state in
                    if !state.isStopped { state.onStop = continuation }
                    return state.isStopped
                }
                if isStopped { continuation.resume() }
            }
        } onCancel: {
            self.release()
        }
        self.set(.down)
        try Task.checkCancellation()
    }

    package func stop() async { self.release() }

    package func traits(of room: RoomID) -> RoomTraits {
        RoomTraits(
            capabilities: [.transcript, .threads, .history], textLimit: 1_000_000, textUnit: .bytes,
            commandSign: Self.sign)
    }

    /// Sends nothing: the message is already in the transcript.
    @discardableResult
    package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        MessageReference(room: message.route.room, id: "")
    }

    /// Records the time of an inbound message.
    func noteEvent() {
        let now = self.now()
        self.state.withLock { $0.status.lastEvent = now }
    }

    private func set(_ state: AdapterStatus.State) {
        let now = self.now()
        self.state.withLock {
            $0.status.state = state
            $0.status.since = now
        }
    }

    private func release() {
        self.state.withLock { state in
            state.isStopped = true
            return state.onStop.take()
        }?.resume()
    }
}

/// Passes Markdown through: the page renders it.
struct WebRenderer: MessageRenderer {
    func render(_ markdown: String) -> RenderedText {
        let bytes = Array(markdown.utf8)
        var lines: [RenderedText.Line] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(RenderedText.Line(range: start..<index))
            start = index + 1
        }
        if start < bytes.count || lines.isEmpty { lines.append(RenderedText.Line(range: start..<bytes.count)) }
        return RenderedText(bytes: bytes, lines: lines)
    }
}

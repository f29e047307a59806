internal import Chat
internal import JSON
internal import Primitives
internal import Sessions

/// Somebody's connection to an open document, as the document sees it.
package final class DocumentPort: Sendable {
    package enum Frame: Sendable {
        case binary([UInt8])
        case text(String)
        /// The last one: why the connection ends.
        case close(String)
    }

    let id: Int
    let editor: DocumentEditor
    /// Whether edits are taken.
    let canEdit: Bool
    /// Whether it named the epoch, so that it may have a text of its own.
    let knowsEpoch: Bool
    /// What to send, in order.
    package let frames: AsyncStream<Frame>
    private let output: AsyncStream<Frame>.Continuation
    private let progress: Protected<Progress>

    struct Progress {
        /// Edits that have come, and those that are stored.
        var received = 0
        var stored = 0
        var bucket: TokenBucket
        /// What others know of its client.
        var presence: DocumentFrame.Presence?
        var isEnded = false
    }

    /// Of frames that wait because the client is slow.
    private static let waiting = 1_024
    /// A second's operations.
    private static let rate = 10_000.0

    init(id: Int, editor: DocumentEditor, canEdit: Bool, knowsEpoch: Bool, at now: Int64) {
        self.id = id
        self.editor = editor
        self.canEdit = canEdit
        self.knowsEpoch = knowsEpoch
        (self.frames, self.output) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waiting))
        self.progress = Protected(
            Progress(bucket: TokenBucket(capacity: Self.rate, interval: 1_000 / Self.rate, at: now)))
    }

    func withProgress<Result>(_ body: (inout Progress) -> Result) -> Result { self.progress.withLock { body(&$0) } }

    /// Whether it does no more than it may.
    func mayDo(_ operations: Int, at now: Int64) -> Bool {
        self.withProgress { $0.bucket.take(Double(operations), at: now) == nil }
    }

    /// What the client says about itself, as others get it: by the name that the host knows. Nil for what is about others
    /// or old.
    ///
    /// - Parameter taken: The clients of the other connections.
    func presence(in states: [DocumentFrame.Presence], taken: () -> Set<UInt64>) -> DocumentFrame.Presence? {
        let last = self.withProgress { $0.presence }
        let others = last == nil ? taken() : []
        let own = last?.client ?? states.first { !others.contains($0.client) }?.client
        guard var presence = states.first(where: { $0.client == own }), presence.clock >= last?.clock ?? 0 else {
            return nil
        }
        switch try? JSON.parse(presence.state, depthLimit: 16) {
        case .null: presence.state = "null"
        case .object(var state):
            state["user"] = ["name": .string(String(self.editor.sender.displayName.prefix(60)))]
            presence.state = JSON.object(state).text
        default: return nil
        }
        let known = presence
        self.withProgress { $0.presence = known }
        return presence
    }

    func send(_ frame: Frame) {
        if case .dropped = self.output.yield(frame) { self.output.finish() }
    }

    func send(_ message: JSON) { self.send(.text(message.text)) }

    /// Ends the connection, after what was sent before.
    func close(_ reason: String) {
        self.send(.close(reason))
        self.output.finish()
    }
}

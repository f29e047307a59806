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
        /// Its last awareness message, and whose it is.
        var awareness: [UInt8]?
        var awarenessClient: (id: UInt64, clock: UInt64)?
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

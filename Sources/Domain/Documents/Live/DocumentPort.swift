internal import Chat
internal import JSON
internal import Primitives

/// Somebody's connection to an open document, as the document sees it.
package final class DocumentPort: Sendable {
    package enum Frame: Sendable {
        case binary([UInt8])
        case text(String)
        /// The last one: why the connection ends.
        case close(String)

        package var byteCount: Int {
            switch self {
            case .binary(let bytes): bytes.count
            case .text(let text), .close(let text): text.utf8.count
            }
        }
    }

    let id: Int
    let editor: DocumentEditor
    /// The editor's identity.
    let person: ExactText
    /// Whether edits are taken.
    let canEdit: Bool
    /// Whether it named the epoch, so that it may have a text of its own.
    let knowsEpoch: Bool
    /// What to send, in order.
    package let frames: AsyncStream<Frame>
    private let output: AsyncStream<Frame>.Continuation
    let budget: EditBudget
    private let progress: Protected<Progress>
    private let ending = Signal()

    struct Progress {
        /// Edits that have come, and those that are stored.
        var received = 0
        var stored = 0
        /// Bytes of frames that the client has not got yet.
        var waiting = 0
        /// What others know of its client.
        var presence: DocumentFrame.Presence?
        var isEnded = false
        /// Whether it ends without what waits.
        var hasOverflown = false
    }

    /// Of frames that wait because the client is slow.
    private static let waiting = 1_024
    /// With more bytes waiting, no frame follows. One may be larger: the answer to somebody who joins has the history.
    private static let waitingBytes = 4 << 20

    init(id: Int, editor: DocumentEditor, canEdit: Bool, knowsEpoch: Bool, budget: EditBudget) {
        self.id = id
        self.editor = editor
        self.person = ExactText(editor.sender.id)
        self.canEdit = canEdit
        self.knowsEpoch = knowsEpoch
        (self.frames, self.output) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waiting))
        self.budget = budget
        self.progress = Protected(Progress())
    }

    deinit {
        // Nobody gets what waits here.
        self.budget.sent(self.withProgress { $0.waiting })
    }

    func withProgress<Result>(_ body: (inout Progress) -> Result) -> Result { self.progress.withLock { body(&$0) } }

    /// The id of the client that others see here.
    var client: UInt64? { self.withProgress { $0.presence?.client } }

    /// What the client says about itself, as others get it: by the name that the host knows. Nil for what is about others
    /// or old.
    ///
    /// - Parameter mayUse: Whether a client id is no one else's.
    func presence(in states: [DocumentFrame.Presence], mayUse: (UInt64) -> Bool) -> DocumentFrame.Presence? {
        let last = self.withProgress { $0.presence }
        let own = last?.client ?? states.first { mayUse($0.client) }?.client
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
        if self.reserve(frame) { self.sendReserved(frame) }
    }

    /// Counts a frame that ``sendReserved(_:)`` sends later. False if too much waits: then the connection ends without it.
    func reserve(_ frame: Frame) -> Bool {
        let hasRoom = self.withProgress { progress in
            guard !progress.hasOverflown, progress.waiting <= Self.waitingBytes, self.budget.mayWait(frame.byteCount)
            else { return false }
            progress.waiting += frame.byteCount
            return true
        }
        if !hasRoom { self.overflow() }
        return hasRoom
    }

    func sendReserved(_ frame: Frame) {
        if case .dropped = self.output.yield(frame) { self.overflow() }
    }

    private func overflow() {
        self.withProgress { $0.hasOverflown = true }
        self.output.finish()
        self.ending.signal()
    }

    /// Notes that the client has got a frame of so many bytes.
    package func sent(_ bytes: Int) {
        self.withProgress { $0.waiting -= bytes }
        self.budget.sent(bytes)
    }

    /// Waits until no frame follows. Returns whether those that wait may still be sent.
    package func waitForEnd() async -> Bool {
        await self.ending.wait()
        return self.withProgress { !$0.hasOverflown }
    }

    func send(_ message: JSON) { self.send(.text(message.text)) }

    /// Ends the connection, after what was sent before.
    func close(_ reason: String) {
        self.send(.close(reason))
        self.output.finish()
        self.ending.signal()
    }
}

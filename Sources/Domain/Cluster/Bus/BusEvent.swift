/// What a host tells others. It wakes and names what to read again, so a lost, late or repeated one changes nothing.
package enum BusEvent: Sendable, Equatable {
    /// An event for a place is in the inbox.
    case stored(place: String, number: Int64)
    /// Frames of a running turn, which are stored already.
    case live(session: String, BusFrames)
    /// Roles, grants or tokens: every host reads them again.
    case policyChanged
    case roomRenamed(adapter: String, from: String, to: String)
    /// A place has another owner.
    case leaseTaken(place: String, host: String, epoch: Int64)
}

/// Consecutive frames of a turn.
package struct BusFrames: Sendable, Equatable {
    package struct Frame: Sendable, Equatable {
        package let sequence: Int64
        package let kind: String
        package let content: String
        /// Milliseconds since 1970.
        package let timestamp: Int64

        package init(sequence: Int64, kind: String, content: String, timestamp: Int64) {
            self.sequence = sequence
            self.kind = kind
            self.content = content
            self.timestamp = timestamp
        }
    }

    package let turn: String
    /// The sequence of the last frame.
    package let last: Int64
    /// None if they are too large: watchers read them from the store.
    package let frames: [Frame]

    private static let sizeLimit = 64 << 10

    /// Nil without frames.
    package init?(turn: String, _ frames: [Frame]) {
        guard let last = frames.last?.sequence else { return nil }
        let size = frames.reduce(0) { $0 + $1.content.utf8.count }
        self.init(turn: turn, last: last, frames: size <= Self.sizeLimit ? frames : [])
    }

    init(turn: String, last: Int64, frames: [Frame]) {
        self.turn = turn
        self.last = last
        self.frames = frames
    }
}

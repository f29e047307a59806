internal import Primitives
internal import Threads

/// What the model of a turn thinks before it answers or acts: its beginning, and how long it took. Pure.
struct Thoughts: Sendable {
    /// The maximum bytes that are shown and kept.
    static let limit = 16 << 10

    private var text = ""
    private(set) var isCut = false
    /// Milliseconds, without the present thought.
    private var time: Int64 = 0
    /// When the present thought began; milliseconds since 1970.
    private var since: Int64?

    /// The model is thinking now.
    var isGoingOn: Bool { self.since != nil }

    /// Adds a piece. Returns the part of it to show, perhaps nothing.
    mutating func add(_ piece: String, at now: Int64) -> String {
        var piece = piece
        if self.since == nil {
            self.since = now
            // Another thought, after an answer or step.
            if !self.text.isEmpty { piece = "\n\n" + piece }
        }
        guard !self.isCut else { return "" }
        let room = Self.limit - self.text.utf8.count
        if piece.utf8.count > room {
            self.isCut = true
            var left = room
            piece = String(
                piece.prefix { letter in
                    left -= letter.utf8.count
                    return left >= 0
                })
        }
        self.text += piece
        return piece
    }

    /// The model does something else.
    mutating func pause(at now: Int64) {
        guard let since = self.since else { return }
        self.time += max(0, now - since)
        self.since = nil
    }

    /// The entry of the transcript; nil without thoughts.
    mutating func record(at now: Int64) -> String? {
        self.pause(at: now)
        guard self.text.contains(where: { !$0.isWhitespace }) else { return nil }
        let rest = self.isCut ? "\n\n" + TurnTexts.thoughtIsCut : ""
        return TurnTexts.thought(milliseconds: self.time) + "\n\n" + self.text.trimmed + rest
    }
}

internal import EventLoop

/// The pieces of a streamed answer, sent at the behaviour's rate, or as a test yields them.
struct AnswerPieces: Sendable {
    private let text: String
    private let length: Int
    /// Pieces per second; nil sends all at once.
    private let rate: Double?
    /// Pieces that a test yields.
    private var yielded: AsyncStream<String>?

    init(_ behavior: ModelBehavior, text: String) {
        self.text = text
        switch behavior {
        case .answer(_, let rate, let length, _):
            self.length = length
            self.rate = rate
        case .hugeChunk:
            self.length = Int.max
            self.rate = nil
        case .pieces(let pieces):
            self.yielded = pieces
            self.length = 0
            self.rate = nil
        default:
            self.length = 12
            self.rate = nil
        }
    }

    @Net func forEach(_ send: @Net (String) async throws -> Void) async throws {
        if let yielded = self.yielded {
            for await piece in yielded { try await send(piece) }
            return
        }
        var rest = self.text[...]
        let start = EventLoop.shared.now
        var sent = 0
        while !rest.isEmpty {
            let piece = rest.prefix(self.length)
            rest = rest.dropFirst(piece.count)
            if let rate = self.rate {
                // Measured from the start, not from piece to piece, so that a late timer does not slow the stream down.
                let wait = EventLoop.shared.now.duration(to: start.advanced(by: .seconds(Double(sent) / rate)))
                if wait > .zero { try await EventLoop.shared.sleep(for: wait) }
            }
            try await send(String(piece))
            sent += 1
        }
    }
}

internal import Primitives

/// Passes a push's pack from the thread that builds it to the request that sends it, one piece at a time.
final class GitUpload: Sendable {
    private struct State {
        var piece: [UInt8]?
        var isFinished = false
        var isClosed = false
    }

    private let state = Protected(State())
    private let filled = Signal()
    private let emptied = GitSemaphore()

    /// Blocks until the previous piece has been taken. False if no more are accepted.
    func put(_ bytes: [UInt8]) -> Bool {
        while true {
            let isPut = self.state.withLock { state -> Bool? in
                if state.isClosed { return false }
                guard state.piece == nil else { return nil }
                state.piece = bytes
                return true
            }
            switch isPut {
            case true?:
                self.filled.signal()
                return true
            case false?: return false
            case nil: self.emptied.wait()
            }
        }
    }

    func finish() {
        self.state.withLock { $0.isFinished = true }
        self.filled.signal()
    }

    /// Accepts no more pieces, because the request has ended.
    func close() {
        self.state.withLock { $0.isClosed = true }
        self.emptied.signal()
    }

    /// The next piece; nil at the end.
    func take() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            let (piece, isFinished) = self.state.withLock { ($0.piece.take(), $0.isFinished) }
            if let piece {
                self.emptied.signal()
                return piece
            }
            if isFinished { return nil }
            await self.filled.wait()
        }
    }
}

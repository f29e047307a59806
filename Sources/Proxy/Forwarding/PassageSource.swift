internal import EventLoop
internal import HTTPClient
internal import HTTPServer

/// Streams an answer's body from the upstream to the client: each piece is forwarded as it arrives, and none is read
/// from the upstream while the client is not reading.
@Net
final class PassageSource: ResponseSource {
    var onReady: (@Net () -> Void)?
    private let passage: Passage
    private let lookup: CacheLookup
    private let collector: AnswerCollector
    /// Set to nil when the rest is not needed, which ends the transfer.
    private var body: HTTPResponseBody?
    /// The part that ``takeWhole()`` read of an incomplete body.
    private var first: [UInt8] = []

    init(_ body: HTTPResponseBody, of passage: Passage, _ lookup: CacheLookup, _ collector: AnswerCollector) {
        self.body = body
        self.passage = passage
        self.lookup = lookup
        self.collector = collector
    }

    /// The body if all of it has arrived, else nil; ``next()`` then returns it piece by piece.
    func takeWhole() -> [UInt8]? {
        guard let body = self.body else { return nil }
        let (bytes, end) = body.takeArrived()
        self.take(bytes)
        if case .success = end {
            self.finish()
            return bytes
        }
        self.first = bytes
        body.whenArrived { [weak self] in self?.onReady?() }
        return nil
    }

    func next() -> ResponsePiece {
        if !self.first.isEmpty {
            defer { self.first = [] }
            return .bytes(self.first)
        }
        guard let body = self.body else { return .end }
        let (bytes, end) = body.takeArrived()
        if !bytes.isEmpty {
            self.take(bytes)
            return .bytes(bytes)
        }
        switch end {
        case nil: return .notYet
        case .success:
            self.finish()
            return .end
        case .failure(let error):
            self.body = nil
            self.passage.report(self.collector)
            self.passage.end(.upstreamBroke, error: "\(error)")
            // The client must notice that the body is incomplete; the failure is already logged.
            return .broken(HTTPServerError(.clientGone, "the upstream broke off"))
        }
    }

    func abandon() {
        guard self.body != nil else { return }
        self.body = nil
        self.passage.report(self.collector)
        self.passage.end(.clientGone)
    }

    /// Ends a complete answer.
    func finish() {
        self.body = nil
        if let entry = self.collector.entry { self.lookup.keep(entry) }
        self.passage.report(self.collector)
        self.passage.end(.complete)
    }

    private func take(_ bytes: [UInt8]) {
        self.passage.record.responseBytes += bytes.count
        self.collector.take(bytes)
    }
}

internal import EventLoop
internal import HTTPClient
internal import HTTPServer

/// An answer's body on its way from the upstream to the client: each piece leaves as it comes, and none is taken from
/// the upstream while the client has no room.
@Net
final class PassageSource: ResponseSource {
    var onReady: (@Net () -> Void)?
    private let passage: Passage
    private let lookup: CacheLookup
    private let collector: AnswerCollector
    /// Nil once nobody wants more of it, which ends the transfer.
    private var body: HTTPResponseBody?
    /// What was taken when it was not all.
    private var first: [UInt8] = []

    init(_ body: HTTPResponseBody, of passage: Passage, _ lookup: CacheLookup, _ collector: AnswerCollector) {
        self.body = body
        self.passage = passage
        self.lookup = lookup
        self.collector = collector
    }

    /// The whole body, where it has come as a whole; else nil, and it is given piece by piece.
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
            // The client must see that it isn't the whole; the log has just been told.
            return .broken(HTTPServerError(.clientGone, "the upstream broke off"))
        }
    }

    func abandon() {
        guard self.body != nil else { return }
        self.body = nil
        self.passage.report(self.collector)
        self.passage.end(.clientGone)
    }

    /// The answer is whole.
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

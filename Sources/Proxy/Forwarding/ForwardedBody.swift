internal import EventLoop
internal import HTTPClient
internal import HTTPServer

/// Streams an answer's body from the upstream to the client: each piece is forwarded as it arrives, and none is read
/// from the upstream while the client is not reading.
@Net
final class ForwardedBody: ResponseSource {
    var onReady: (@Net () -> Void)?
    private let forwarded: ForwardedRequest
    private let lookup: CacheLookup
    private lazy var collector = self.forwarded.collector(of: self.answer.response, self.lookup)
    /// The last piece, which the collector gets once it has been sent.
    private var uncollected: [UInt8] = []
    /// Set to nil when the rest is not needed, which ends the transfer.
    private var body: HTTPResponseBody?
    /// What was read of an incomplete body before ``next()``.
    private var first: [UInt8] = []
    private let answer: UpstreamAnswer
    private var translation: (any StreamTranslation)?

    init(_ answer: UpstreamAnswer, of forwarded: ForwardedRequest, _ lookup: CacheLookup) {
        self.answer = answer
        self.body = answer.response.body
        // An answer that was read whole has been translated whole.
        self.translation = answer.isStream && !answer.isWhole ? answer.translation?.makeStream() : nil
        self.forwarded = forwarded
        self.lookup = lookup
    }

    /// The body if all of it has arrived, else nil; ``next()`` then returns it piece by piece.
    func takeWhole() -> [UInt8]? {
        guard let body = self.body else { return nil }
        if !self.answer.beginning.isEmpty { self.first = self.take(self.answer.beginning) }
        guard !self.answer.isWhole else { return self.takeFirst() + self.finish() }
        let (bytes, end) = body.takeArrived()
        let taken = self.take(bytes)
        if self.first.isEmpty { self.first = taken } else { self.first += taken }
        if case .success = end { return self.takeFirst() + self.finish() }
        body.whenArrived { [weak self] in self?.onReady?() }
        return nil
    }

    func next() -> ResponsePiece {
        if !self.first.isEmpty { return .bytes(self.takeFirst()) }
        while let body = self.body {
            let (bytes, end) = body.takeArrived()
            if !bytes.isEmpty {
                let taken = self.take(bytes)
                if !taken.isEmpty { return .bytes(taken) }
                // A part of an event; more may have arrived.
                continue
            }
            switch end {
            case nil: return .notYet
            case .success: return self.end()
            // The answer had ended before, so that the client lacks nothing.
            case .failure where self.translation?.hasEnded == true: return self.end()
            case .failure(let error):
                self.body = nil
                self.collect()
                self.forwarded.report(self.collector, isCut: true)
                self.forwarded.end(.upstreamBroke, error: "\(error)")
                // The client must notice that the body is incomplete; the failure is already logged.
                return .broken(HTTPServerError(.clientGone, "the upstream broke off"))
            }
        }
        return .end
    }

    private func end() -> ResponsePiece {
        let rest = self.finish()
        return rest.isEmpty ? .end : .bytes(rest)
    }

    private func takeFirst() -> [UInt8] {
        defer { self.first = [] }
        return self.first
    }

    func abandon() {
        guard self.body != nil else { return }
        self.body = nil
        self.collect()
        self.forwarded.report(self.collector, isCut: true)
        self.forwarded.end(.clientGone)
    }

    /// Ends an answer whose body is complete. Returns what a translation adds at the end.
    @discardableResult
    func finish() -> [UInt8] {
        self.body = nil
        self.collect()
        let rest = self.translation?.finish() ?? []
        if let fault = self.translation?.fault {
            self.forwarded.report(self.collector, isCut: true)
            self.forwarded.end(.upstreamBroke, error: fault.reason)
            return rest
        }
        if let entry = self.collector.entry { self.lookup.keep(entry) }
        self.forwarded.report(self.collector)
        self.forwarded.end(.complete)
        return rest
    }

    func hasSent() { self.collect() }

    private func collect() {
        guard !self.uncollected.isEmpty else { return }
        self.collector.take(self.uncollected)
        self.uncollected = []
    }

    /// Returns the bytes for the client.
    private func take(_ bytes: [UInt8]) -> [UInt8] {
        self.forwarded.record.responseBytes += bytes.count
        self.collect()
        self.uncollected = bytes
        return self.translation?.feed(bytes) ?? bytes
    }
}

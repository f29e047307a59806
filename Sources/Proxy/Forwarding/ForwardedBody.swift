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
    private let translator: StreamTranslator?
    /// What the translation has added at the end, if that was found off the loop.
    private var rest: [UInt8]?
    /// Whether ``next()`` had nothing because a translation was under way off the loop.
    private var isAwaited = false

    init(_ answer: UpstreamAnswer, of forwarded: ForwardedRequest, _ lookup: CacheLookup) {
        self.answer = answer
        self.body = answer.response.body
        // An answer that was read whole has been translated whole.
        let translation = answer.isStream && !answer.isWhole ? answer.translation?.makeStream() : nil
        self.translator = translation.map { StreamTranslator($0) }
        self.forwarded = forwarded
        self.lookup = lookup
    }

    /// The body if all of it has arrived, else nil; ``next()`` then returns it piece by piece.
    func takeWhole() -> [UInt8]? {
        guard let body = self.body else { return nil }
        if !self.answer.beginning.isEmpty { self.first = self.take(self.answer.beginning) }
        guard !self.answer.isWhole else { return self.takeFirst() + self.finish() }
        let (bytes, end) = body.takeArrived()
        if self.translator?.takesLong(bytes) == true {
            self.translateApart(bytes)
        } else {
            let taken = self.take(bytes)
            if self.first.isEmpty { self.first = taken } else { self.first += taken }
            if case .success = end { return self.takeFirst() + self.finish() }
        }
        body.whenArrived { [weak self] in self?.noteArrival() }
        return nil
    }

    /// What has arrived is taken after the step that is under way.
    private func noteArrival() {
        if self.translator?.isBusy != true { self.onReady?() }
    }

    func next() -> ResponsePiece {
        if !self.first.isEmpty { return .bytes(self.takeFirst()) }
        if self.translator?.isBusy == true { return self.wait() }
        while let body = self.body {
            let (bytes, end) = body.takeArrived()
            if !bytes.isEmpty {
                if self.translator?.takesLong(bytes) == true {
                    self.translateApart(bytes)
                    return self.wait()
                }
                let taken = self.take(bytes)
                if !taken.isEmpty { return .bytes(taken) }
                // A part of an event; more may have arrived.
                continue
            }
            switch end {
            case nil: return .notYet
            case .success: return self.end()
            // The answer had ended before, so that the client lacks nothing.
            case .failure where self.translator?.hasEnded == true: return self.end()
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
        if self.rest == nil, self.translator?.takesLong() == true {
            self.translateApart(nil)
            return self.wait()
        }
        let rest = self.finish()
        return rest.isEmpty ? .end : .bytes(rest)
    }

    private func wait() -> ResponsePiece {
        self.isAwaited = true
        return .notYet
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
        let rest = self.rest ?? self.translator?.finish() ?? []
        if let fault = self.translator?.fault {
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
        self.note(bytes)
        return self.translator?.feed(bytes) ?? bytes
    }

    private func note(_ bytes: [UInt8]) {
        self.forwarded.record.responseBytes += bytes.count
        self.collect()
        self.uncollected = bytes
    }

    /// Translates off the loop; ``next()`` then has the result.
    ///
    /// - Parameter bytes: Nil for the end.
    private func translateApart(_ bytes: [UInt8]?) {
        if let bytes { self.note(bytes) }
        self.translator?.translateApart(bytes) { output in
            if bytes == nil { self.rest = output } else { self.first += output }
            // Without a body, the client has left.
            guard self.isAwaited, self.body != nil else { return }
            self.isAwaited = false
            self.onReady?()
        }
    }
}

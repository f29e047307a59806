internal import HTTPClient

/// What the failed attempts showed. If all fail, the client gets the most helpful of their answers.
struct FailedAttempts {
    /// Why the model that was asked for could not be reached; then others were asked in its place.
    private(set) var fault: HTTPClientError?
    /// The first failure of a model.
    private var failure: UpstreamAnswer?
    /// The best of the answers that lack the path or the form.
    private var missing: UpstreamAnswer?
    /// Why the request cannot be put in a form that the upstream may have.
    private var refusal: ProxyRefusal?
    /// Whether the upstream said that it has the model in another form, or is known to have the refused one.
    private var isElsewhere = false
    /// Whether no attempt has found the path.
    private(set) var isPathMissing = true

    /// The upstream's answer to show; nil before the first.
    var best: UpstreamAnswer? { self.failure ?? self.missing }

    /// Says more than ``best`` if that only names another form.
    var explanation: ProxyRefusal? {
        self.best == nil || (self.failure == nil && self.isElsewhere) ? self.refusal : nil
    }

    mutating func add(_ answer: UpstreamAnswer, _ outcome: AttemptPlan.Outcome) {
        guard outcome != .failed else {
            self.failure = self.failure ?? answer
            self.isPathMissing = false
            return
        }
        self.missing = Self.better(self.missing, answer)
        self.isElsewhere = self.isElsewhere || outcome == .unsupported
    }

    /// The model that was asked for could not be reached.
    mutating func add(_ fault: HTTPClientError) {
        guard self.best == nil else { return }
        self.fault = self.fault ?? fault
    }

    /// - Parameter isKnown: whether the upstream is known to have the form that the request cannot be put in.
    mutating func add(_ refusal: ProxyRefusal, isKnown: Bool) {
        self.refusal = self.refusal ?? refusal
        self.isElsewhere = self.isElsewhere || isKnown
    }

    /// The earlier answer, unless only the later one explains itself.
    private static func better(_ earlier: UpstreamAnswer?, _ later: UpstreamAnswer) -> UpstreamAnswer {
        guard let earlier else { return later }
        return !earlier.isJSON && later.isJSON && later.translation == nil ? later : earlier
    }
}

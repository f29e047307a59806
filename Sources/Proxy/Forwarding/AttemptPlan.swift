internal import HTTP
internal import HTTPClient

/// The order in which a request is tried: models, for each the forms of the API, for each form its URLs. Pure.
struct AttemptPlan: Sendable {
    /// How an attempt ended.
    enum Outcome: Sendable {
        /// The upstream does not have the path.
        case missing
        /// The upstream does not have the model in this form.
        case unsupported
        /// Too many requests, an error of the server, or no answer.
        case failed
        /// Any other answer, which the client gets.
        case answered
    }

    /// A form of the API, and its possible URLs.
    struct Form: Sendable, Equatable {
        /// Nil for a request that is not translated.
        let api: ModelAPI?
        let target: UpstreamTarget
        let urls: [HTTPURL]
    }

    private let models: [String?]
    private let forms: [Form]
    /// Whether the other forms were left out because the body is too long to be translated.
    let isTooLong: Bool
    private var position = (model: 0, form: 0, url: 0)

    /// - Parameters:
    ///   - models: the model to ask, and those that replace it if it fails; nil for the one in the body.
    ///   - forms: at least one, each with a URL.
    init(models: [String?] = [nil], forms: [Form], isTooLong: Bool = false) {
        self.models = models
        self.forms = forms
        self.isTooLong = isTooLong
    }

    /// Whether the model replaces another one, which failed.
    var isStandIn: Bool { self.position.model > 0 }
    var model: String? { self.models[self.position.model] }
    var form: Form { self.forms[self.position.form] }
    var url: HTTPURL { self.form.urls[self.position.url] }

    /// Moves to the next attempt; returns false if this was the last.
    mutating func advance(after outcome: Outcome) -> Bool {
        switch outcome {
        case .answered: return false
        case .missing where self.position.url + 1 < self.form.urls.count:
            self.position.url += 1
            return true
        case .missing, .unsupported:
            if self.position.form + 1 < self.forms.count {
                self.position = (self.position.model, self.position.form + 1, 0)
                return true
            }
            // This replacement may have no form; the next one may.
            return self.position.model > 0 && self.nextModel()
        case .failed: return self.nextModel()
        }
    }

    private mutating func nextModel() -> Bool {
        guard self.position.model + 1 < self.models.count else { return false }
        self.position = (self.position.model + 1, 0, 0)
        return true
    }
}

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

    /// The model that was asked for could not be reached. This says more than answers that only lack the path or the form.
    mutating func add(_ fault: HTTPClientError) {
        guard self.failure == nil else { return }
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

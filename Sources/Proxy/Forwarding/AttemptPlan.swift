internal import HTTP

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
    private var position = (model: 0, form: 0, url: 0)

    /// - Parameters:
    ///   - models: the model to ask, and those that replace it if it fails; nil for the one in the body.
    ///   - forms: at least one, each with a URL.
    init(models: [String?] = [nil], forms: [Form]) {
        self.models = models
        self.forms = forms
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

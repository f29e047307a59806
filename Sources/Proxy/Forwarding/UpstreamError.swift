internal import JSON

/// An upstream's error as far as it says whether another attempt can succeed. Pure.
struct UpstreamError: Sendable {
    private let code: String?
    private let message: String
    private let parameter: String?
    /// Whether it has the form of the API's errors.
    let isOfAPI: Bool

    init(_ body: [UInt8]) {
        let json = try? JSON.parse(body)
        let error = json?["error"]
        self.code = error?["code"]?.stringValue
        self.message = error?["message"]?.stringValue ?? ""
        self.parameter = error?["param"]?.stringValue
        self.isOfAPI = error?.objectValue != nil
    }

    /// The model exists, but not at this path.
    var isUnsupportedForm: Bool { self.code == "unsupported_api_for_model" }

    /// The path exists, but not the model: OpenAI's form, and Anthropic's (`model: NAME`).
    var isMissingModel: Bool {
        self.code == "model_not_found" || self.parameter == "model" || self.message.hasPrefix("model:")
    }
}

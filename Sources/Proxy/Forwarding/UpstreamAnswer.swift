internal import HTTP
internal import HTTPClient
internal import JSON

/// An upstream's response, some of which may have been read already.
struct UpstreamAnswer: Sendable {
    let response: HTTPClientResponse
    /// What was read of the body.
    var beginning: [UInt8] = []
    /// Whether ``beginning`` is the whole body.
    var isWhole = false
    /// How the answer becomes the client's; nil for one that passes as it is.
    var translation: Translation?

    init(_ response: HTTPClientResponse, translation: Translation? = nil) {
        self.response = response
        self.translation = translation
    }

    var status: HTTPStatus { self.response.status }

    var isJSON: Bool { self.response.headers[.contentType]?.hasPrefix("application/json") ?? false }

    var isStream: Bool { self.response.headers[.contentType]?.hasPrefix("text/event-stream") ?? false }

    /// Reads at least the beginning of the body, all of it if it has at most `limit` bytes.
    mutating func read(upTo limit: Int) async throws {
        var iterator = self.response.body.makeAsyncIterator()
        while !self.isWhole, self.beginning.count <= limit {
            guard let bytes = try await iterator.next() else {
                self.isWhole = true
                return
            }
            self.beginning += bytes
        }
    }
}

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

internal import HTTP
internal import HTTPServer
internal import JSON

/// An error in the Copilot API's format.
struct CopilotRefusal: Error {
    var status: HTTPStatus
    var body: JSON?
    /// Replaces the body: the API's front end answers in plain text.
    var text = ""
    var headers: HTTPHeaders = [:]

    static func plain(_ status: HTTPStatus, _ text: String) -> CopilotRefusal {
        CopilotRefusal(status: status, body: nil, text: text + "\n")
    }

    static func coded(
        _ status: HTTPStatus, _ code: String, _ message: String, parameter: String? = nil, retryAfter: String? = nil
    ) -> CopilotRefusal {
        let error: JSON = [
            "message": .string(message), "code": .string(code), "param": parameter.map { .string($0) } ?? .null,
            "type": .string(status.code == 429 ? "rate_limit_error" : "invalid_request_error"),
        ]
        var refusal = CopilotRefusal(status: status, body: ["error": error])
        if let retryAfter { refusal.headers.append("Retry-After", retryAfter) }
        return refusal
    }

    var response: HTTPServerResponse {
        var response = self.body.map { HTTPServerResponse.json($0, self.status) } ?? .text(self.text, self.status)
        for name in ["Retry-After"] { if let value = self.headers[name] { response.headers.append(name, value) } }
        return response
    }
}

internal import HTTP
internal import HTTPServer
internal import JSON

/// An error answer of the Bot API.
struct TelegramRefusal: Error, Equatable {
    var code: Int
    var description: String
    var parameters: JSONObject?

    static func bad(_ text: String) -> TelegramRefusal {
        TelegramRefusal(code: 400, description: "Bad Request: \(text)")
    }

    static func forbidden(_ text: String) -> TelegramRefusal {
        TelegramRefusal(code: 403, description: "Forbidden: \(text)")
    }

    static func conflict(_ text: String) -> TelegramRefusal {
        TelegramRefusal(code: 409, description: "Conflict: \(text)")
    }

    static func flood(_ seconds: Int) -> TelegramRefusal {
        TelegramRefusal(
            code: 429, description: "Too Many Requests: retry after \(seconds)",
            parameters: ["retry_after": JSON(seconds)])
    }

    static let unauthorized = TelegramRefusal(code: 401, description: "Unauthorized")
    static let notFound = TelegramRefusal(code: 404, description: "Not Found")
    static let methodNotFound = TelegramRefusal(code: 404, description: "Not Found: method not found")
    static let tooLarge = TelegramRefusal(code: 413, description: "Request Entity Too Large")
    static let restart = TelegramRefusal(code: 500, description: "Internal Server Error: restart")

    var response: HTTPServerResponse {
        var body: JSONObject = [
            "ok": false, "error_code": JSON(self.code), "description": .string(self.description),
        ]
        if let parameters = self.parameters { body["parameters"] = .object(parameters) }
        var response = HTTPServerResponse.json(.object(body), HTTPStatus(self.code))
        if let seconds = self.parameters?["retry_after"]?.intValue {
            response.headers.append("Retry-After", String(seconds))
        }
        return response
    }
}

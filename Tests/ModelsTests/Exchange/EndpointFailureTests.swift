import JSON
import TestSupport
import Testing

@testable import Models

@Suite("Messages about an endpoint's refusals")
struct EndpointFailureTests {
    private let context = EndpointContext(host: "api.example.org", model: "large", requestID: "req_7")

    private func error(_ status: Int, _ body: String) -> ModelError {
        EndpointFailure(body: Array(body.utf8)).modelError(status: status, context: self.context)
    }

    @Test(
        "status and code determine the error's code",
        arguments: [
            (401, #"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#, ModelError.Code.unauthorized),
            (403, #"{"error":{"message":"Country not supported"}}"#, .unauthorized),
            (404, #"{"error":{"message":"The model `large` does not exist","code":"model_not_found"}}"#, .unknownModel),
            (400, #"{"error":{"message":"no","code":"model_not_supported"}}"#, .unknownModel),
            (404, "404 page not found", .invalidResponse), (405, "", .invalidResponse),
            (400, #"{"error":{"message":"too big","code":"context_length_exceeded"}}"#, .tooLong),
            (413, "Request Entity Too Large", .tooLong),
            (400, #"{"error":{"message":"odd parameter","code":"unsupported_parameter"}}"#, .refused),
            (400, #"{"error":{"message":"bad words","code":"content_filter"}}"#, .filtered),
            (402, "", .refused),
            (429, #"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#, .refused),
            (429, #"{"error":{"message":"slow","code":"user_model_rate_limited:gpt-x"}}"#, .rateLimited),
            (429, "slow down", .rateLimited), (500, "", .unavailable), (503, "<html>busy</html>", .unavailable),
            (529, "", .unavailable), (301, "", .invalidResponse), (418, "", .refused),
        ])
    func kind(status: Int, body: String, code: ModelError.Code) {
        let error = self.error(status, body)
        expectEqual(error.code, code, "\(error.message)")
    }

    @Test(
        "every message is one line that names the endpoint and says what to do",
        arguments: [301, 400, 401, 402, 403, 404, 405, 408, 410, 429, 500, 502, 503])
    func oneLine(status: Int) {
        let long = String(repeating: "word\nword\u{7} ", count: 100)
        let message = self.error(status, long).message
        #expect(!message.contains("\n") && !message.contains("\u{7}"))
        #expect(message.contains("api.example.org") && message.contains("\(status)"))
        #expect(message.contains(";") && message.hasSuffix("."))
        #expect(message.count < 420)
    }

    @Test("a message of megabytes is cut before it is searched for secrets", .timeLimit(.minutes(1)))
    func longMessage() {
        // All of it would take the search minutes.
        let failure = EndpointFailure(body: ["message": .string(String(repeating: "_token=x ", count: 5_000_000))])
        #expect(failure.message.hasPrefix("_token=<redacted> _token=") && failure.message.count == 200)
    }

    @Test("the text of a refusal has no long run of marks")
    func marks() {
        let body = "a" + String(repeating: "\u{301}\u{316}", count: 15_000)
        let refusal = EndpointRefusal(status: 400, body: Array(body.utf8))
        #expect(refusal.text.unicodeScalars.contains("\u{34F}"))
        let memory = DialectMemory(OpenAIDialect(host: "h"))
        #expect(!memory.adapt(memory.dialect(of: "m"), of: "m", to: refusal))
    }

    @Test("a server failure quotes its message and the request's id; a web page is not quoted")
    func quotation() {
        expectEqual(
            self.error(500, #"{"error":{"message":"The engine stopped."}}"#).message,
            "api.example.org failed (500): “The engine stopped” (request req_7); try again in a minute.")
        #expect(
            !self.error(502, "<!DOCTYPE html><html><body>Bad gateway</body></html>").message.contains("Bad gateway"))
    }

    @Test(
        "the limit is read from the message",
        arguments: [
            (
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                8192
            ),
            ("prompt token count of 70000 exceeds the limit of 64000", 64_000),
            ("Request body too large for the model. Max size: 8000 tokens.", 8000),
            ("maximum context length is 1,047,576 tokens", 1_047_576), ("prompt is too long", nil),
        ] as [(String, Int?)])
    func limit(words: String, limit: Int?) {
        let error = self.error(400, #"{"error":{"message":"\#(words)","code":"context_length_exceeded"}}"#)
        expectEqual(error.code, .tooLong)
        expectEqual(error.inputLimit, limit)
    }

    @Test("without a key the message says to set one")
    func withoutKey() {
        let context = EndpointContext(host: "localhost", hasKey: false)
        let message = EndpointFailure(body: []).modelError(status: 401, context: context).message
        expectEqual(message, "localhost requires an API key (401); set model.api_key to a valid one.")
    }
}

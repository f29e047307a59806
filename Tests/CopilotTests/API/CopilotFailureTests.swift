import Copilot
import Models
import TestSupport
import Testing

@Suite("Messages about Copilot's refusals")
struct CopilotFailureTests {
    private let context = EndpointContext(
        service: .copilot, host: "Copilot", model: "gpt-5", retryAfter: .seconds(90), requestID: "A:1")

    private func error(_ status: Int, _ body: String) -> ModelError {
        EndpointFailure(body: Array(body.utf8)).modelError(status: status, context: self.context)
    }

    @Test(
        "status and code determine the error's code, and the message says what to do",
        arguments: [
            (400, "model_max_prompt_tokens_exceeded", ModelError.Code.tooLong, "`new`"),
            (400, "model_not_supported", .unknownModel, "`models`"),
            (400, "model_not_accessible", .unknownModel, "`model NAME`"),
            (404, "model_not_found", .unknownModel, "`models`"),
            (400, "unsupported_parameter", .refused, "another model"),
            (400, "invalid_request_body", .refused, "(request A:1)"),
            (400, "off_topic", .filtered, "rephrase"), (422, "anything", .filtered, "rephrase"),
            (401, "", .unauthorized, "jetbridge login"), (403, "", .unauthorized, "github.com/settings/copilot"),
            (402, "quota_exceeded", .refused, "`usage`"), (402, "free_quota_exceeded", .refused, "free plan"),
            (402, "overage_limit_reached", .refused, "spending limit"),
            (402, "billing_not_configured", .refused, "billing"),
            (413, "request_too_large", .tooLong, "smaller"), (424, "", .unavailable, "another model"),
            (466, "", .refused, "editor_version"),
            (429, "rate_limited", .rateLimited, "90 s"),
            (429, "user_model_rate_limited:gpt-5", .rateLimited, "another model"),
            (429, "user_global_rate_limited", .rateLimited, "90 s"),
            (429, "integration_rate_limited", .rateLimited, "This app"),
            (429, "model_overloaded", .rateLimited, "overloaded"),
            (429, "agent_mode_limit_exceeded", .rateLimited, "agent"),
            (429, "extension_blocked", .rateLimited, "blocked"),
            (499, "", .unavailable, "try again"), (500, "", .unavailable, "(request A:1)"),
            (502, "", .unavailable, "try again"), (503, "", .rateLimited, "90 s"), (504, "", .unavailable, "try again"),
            (418, "", .refused, "another model"),
        ])
    func table(status: Int, code: String, kind: ModelError.Code, words: String) {
        let error = self.error(status, #"{"error":{"message":"Because.","code":"\#(code)","type":"x"}}"#)
        expectEqual(error.code, kind, "\(error.message)")
        #expect(error.message.contains(words), "\(error.message)")
        #expect(error.message.hasSuffix(".") && !error.message.contains("\n") && error.message.count < 420)
        #expect(!error.message.contains("base_url") && !error.message.contains("api_key"), "\(error.message)")
    }

    @Test(
        "plain texts from the front end are understood",
        arguments: [
            (400, "bad request: missing Editor-Version header for IDE auth", "copilot.editor_version"),
            (400, "bad request: missing required Copilot-Integration-Id header", "copilot.integration_id"),
            (400, "Personal Access Tokens are not supported for this endpoint", "jetbridge login"),
            (401, "IDE token expired: unauthorized: token expired", "jetbridge login"),
            (403, "API rate limit exceeded for user", "try again in 90 s"),
        ])
    func plain(status: Int, text: String, words: String) {
        #expect(self.error(status, text).message.contains(words))
    }

    @Test("a page that a person must open first is shown")
    func authorize() {
        let body = #"{"authorize_url":"https://github.com/login/oauth/authorize?x=1"}"#
        #expect(self.error(401, body).message.contains("open https://github.com/login/oauth/authorize?x=1"))
        let odd = #"{"authorize_url":"javascript:alert(1)"}"#
        #expect(!self.error(401, odd).message.contains("javascript"))
    }

    @Test("the prompt's limit is read from the message")
    func limit() {
        let body =
            #"{"error":{"message":"prompt token count of 70000 exceeds the limit of 64000","code":"model_max_prompt_tokens_exceeded"}}"#
        expectEqual(self.error(400, body).inputLimit, 64_000)
    }
}

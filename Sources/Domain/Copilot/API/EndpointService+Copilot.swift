internal import HTTP
package import Models

extension EndpointService {
    package static let copilot = EndpointService(
        addressKey: "copilot.api_url", networkAdvice: "check the network",
        explain: { failure, status, context in failure.copilotError(status: status, context: context) })
}

/// The meanings of the Copilot API's refusals, and what people can do about each.
extension EndpointFailure {
    fileprivate func copilotError(status: Int, context: EndpointContext) -> ModelError? {
        if self.isAboutLength(status) { return status == 413 ? self.tooBig(context) : self.tooLong(status, context) }
        if self.isAboutRate || status == 429 || status == 503 { return self.limited(status, context) }
        if status == 402 || Self.quotaCodes.contains(self.code) { return self.usedUp(status, context) }
        if status == 422 || self.isAboutContent {
            return ModelError(
                .filtered, "Copilot's content filter blocked the message (\(status)); rephrase it.", status: status)
        }
        if self.isAboutModel(status) {
            return ModelError(
                .unknownModel,
                "Copilot has no model “\(context.model)” for this account (\(status)); `models` lists the available ones, "
                    + "`model NAME` chooses one, https://github.com/settings/copilot enables more.", status: status)
        }
        switch status {
        case 400: return self.malformed(context)
        case 401: return self.signedOut(context)
        case 403: return self.forbidden(context)
        case 404:
            return ModelError(
                .unauthorized,
                "\(context.host) has nothing at this address (404): this kind of sign-in cannot use Copilot; run "
                    + "`jetbridge login`.", status: 404)
        case 424:
            return ModelError(
                .unavailable,
                "Copilot could not reach a service that it depends on (424)\(Self.mention(context.requestID)); try again in a "
                    + "minute, or choose another model with `model`.", status: 424)
        case 466:
            return ModelError(
                .refused,
                "Copilot no longer supports Jetbridge's editor version (466); update Jetbridge, or set "
                    + "copilot.editor_version to a newer one.", status: 466)
        case 408, 409, 425, 499, 500...599:
            return ModelError(
                .unavailable,
                "Copilot is unavailable (\(status))\(self.quotation)\(Self.mention(context.requestID)); try again in a "
                    + "minute.", retryAfter: context.retryAfter, status: status)
        default:
            return ModelError(
                .refused,
                "Copilot refused the request (\(status))\(self.quotation)\(Self.mention(context.requestID)); try "
                    + "another model with `model`.", status: status)
        }
    }

    private static let quotaCodes = [
        "quota_exceeded", "free_quota_exceeded", "overage_limit_reached", "billing_not_configured",
        "insufficient_quota",
    ]

    /// Whether the refusal is about a rate limit, whatever its status.
    var isAboutRate: Bool {
        if self.code.hasSuffix("rate_limited") || self.type == "rate_limit_error" { return true }
        if ["model_overloaded", "agent_mode_limit_exceeded", "extension_blocked"].contains(self.code) { return true }
        return self.message.lowercased().contains("rate limit exceeded")
    }

    private func malformed(_ context: EndpointContext) -> ModelError {
        let words = self.message.lowercased()
        if words.contains("editor-version") {
            return ModelError(
                .refused,
                "Copilot does not accept Jetbridge's editor version (400)\(self.quotation); set copilot.editor_version "
                    + "to one that matches copilot.integration_id.", status: 400)
        }
        if words.contains("integration-id") || words.contains("integration id") {
            return ModelError(
                .refused,
                "Copilot does not accept Jetbridge's integration id (400)\(self.quotation); set "
                    + "copilot.integration_id to one that GitHub knows.", status: 400)
        }
        if words.contains("personal access token") {
            return ModelError(
                .unauthorized,
                "Copilot does not accept personal access tokens here (400); sign in with `jetbridge login`.",
                status: 400)
        }
        return ModelError(
            .refused,
            "Copilot refused the request (400)\(self.quotation)\(Self.mention(context.requestID)); try another model with "
                + "`model`, and report it if that helps.", status: 400)
    }

    private func signedOut(_ context: EndpointContext) -> ModelError {
        if let url = self.authorizeURL {
            return ModelError(
                .unauthorized, "Copilot requires you to authorise this app first (401); open \(url) and ask again.",
                status: 401)
        }
        return ModelError(
            .unauthorized,
            "\(context.host) no longer accepts the sign-in (401)\(self.quotation); run `jetbridge login` to sign in again.",
            status: 401)
    }

    private func forbidden(_ context: EndpointContext) -> ModelError {
        ModelError(
            .unauthorized,
            "\(context.host) does not allow this account to use \(context.model) (403)\(self.quotation); check its plan and "
                + "policies at https://github.com/settings/copilot, or ask the organisation that provides the seat.",
            status: 403)
    }

    private func tooBig(_ context: EndpointContext) -> ModelError {
        ModelError(
            .tooLong, "The message is too large for Copilot (413); send less text or a smaller attachment.",
            status: 413,
            inputLimit: Self.inputLimit(in: self.message))
    }

    private func usedUp(_ status: Int, _ context: EndpointContext) -> ModelError {
        let what =
            switch self.code {
            case "free_quota_exceeded": "the free plan's monthly allowance is used up"
            case "overage_limit_reached": "the spending limit for use beyond the plan has been reached"
            case "billing_not_configured":
                "use beyond the plan needs a payment method at https://github.com/settings/billing"
            default: "the plan's credits are used up"
            }
        return ModelError(
            .refused,
            "Copilot: \(what) (\(status)); `usage` shows when they reset, and models marked 0× in `models` cost none.",
            status: status)
    }

    private func limited(_ status: Int, _ context: EndpointContext) -> ModelError {
        let when = context.retryAfter.map { "try again in \($0.inWords)" } ?? "try again in a minute"
        let limit = context.exceededLimit.map { ", limit \($0)" } ?? ""
        let line =
            switch self.code {
            case "user_model_rate_limited":
                "This account has reached Copilot's rate limit for \(context.model) (\(status)\(limit)); \(when), or choose "
                    + "another model with `model`."
            case "model_overloaded":
                "\(context.model) is overloaded (\(status)); \(when), or choose another model with `model`."
            case "integration_rate_limited":
                "This app has reached its rate limit at Copilot (\(status)\(limit)); \(when)."
            case "agent_mode_limit_exceeded":
                "This account has reached Copilot's limit of agent steps (\(status)\(limit)); \(when)."
            case "extension_blocked":
                "Copilot has blocked this app temporarily (\(status)); \(when), and see https://github.com/settings/copilot."
            default: "Copilot is busy, or this account has reached a rate limit (\(status)\(limit)); \(when)."
            }
        return ModelError(.rateLimited, line, retryAfter: context.retryAfter, status: status)
    }
}

/// The interface of the API that serves a model.
enum CopilotRoute: String, Sendable {
    case chatCompletions = "/chat/completions"
    case responses = "/responses"

    /// The path below the API's address, without a leading slash.
    var path: String { String(self.rawValue.dropFirst()) }

    var format: PreparedRequest.AnswerFormat {
        switch self {
        case .chatCompletions: .chatCompletions
        case .responses: .responses
        }
    }

    /// The route for a model with these `supported_endpoints`, preferring chat completions, which an empty list
    /// implies. Nil if no route matches.
    static func choose(among endpoints: [String]) -> CopilotRoute? {
        if endpoints.isEmpty || endpoints.contains(Self.chatCompletions.rawValue) { return .chatCompletions }
        return endpoints.contains(Self.responses.rawValue) ? .responses : nil
    }
}

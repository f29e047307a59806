internal import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// Why a call of the Web API failed: Slack's error code and its consequences.
struct SlackFailure: Error, Sendable, Equatable {
    /// Slack's error code, like `channel_not_found`; without one, `http_502` or `unreachable`.
    var code: String
    /// One line: what failed, why, and what to do.
    var message: String
    /// Milliseconds to wait, if Slack says so.
    var retryAfter: Int64?
    /// The call certainly had no effect.
    var isCertain: Bool

    init(_ code: String, _ message: String, retryAfter: Int64? = nil, isCertain: Bool = true) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.isCertain = isCertain
    }

    /// Waiting does not help.
    var isFinal: Bool { self.isAboutToken || Self.final.contains(self.code) }

    /// The call was not made, because ``SlackBudget`` allows no more.
    static let budget = "budget"

    /// The answer is longer than this program reads.
    static let tooLarge = "answer_too_large"

    /// The bot's token no longer works.
    var isAboutToken: Bool {
        [
            "not_authed", "invalid_auth", "account_inactive", "user_removed_from_team", "team_disabled",
            "token_revoked", "token_expired",
        ].contains(self.code)
    }

    var isRateLimit: Bool {
        ["ratelimited", "rate_limited", "message_limit_exceeded", "http_429", Self.budget].contains(self.code)
    }

    /// The workspace or the app does not have the method: it is never called again.
    var isMissingFeature: Bool {
        [
            "unknown_method", "missing_scope", "feature_disabled", "not_allowed", "not_allowed_token_type",
            "method_deprecated", "deprecated_endpoint", "access_denied", "no_permission",
            "method_not_supported_for_channel_type", "team_access_not_granted", "accesslimited",
        ].contains(self.code)
    }

    /// The app may not read the channel; asking again is of no use until somebody acts.
    var isUnreadable: Bool {
        self.isMissingFeature || ["not_in_channel", "channel_not_found", "restricted_action"].contains(self.code)
    }

    private static let final: Set<String> = [
        "missing_scope", "not_allowed_token_type", "forbidden_team", "no_permission", "org_login_required",
        "ekm_access_denied", "two_factor_setup_required", "not_a_bot", "socket_mode_disabled",
    ]

    private static let uncertain: Set<String> = [
        "fatal_error", "internal_error", "request_timeout", "service_unavailable",
    ]

    /// Reads an answer; nil for a success.
    init?(method: String, status: Int, headers: HTTPHeaders, answer: JSON?) {
        let seconds = headers["retry-after"].flatMap { Int64(untrusted: $0) }.map { min(max($0, 0), 3_600) }
        if status == 429 {
            self.init(
                "ratelimited", "Slack is throttling \(method)",
                retryAfter: max(seconds ?? 1, 1) * 1_000)
            return
        }
        guard let answer, let isOK = answer["ok"]?.boolValue else {
            self.init(
                "http_\(status)",
                "Slack answered \(method) with status \(status) and no JSON; Slack may have an outage",
                isCertain: (400..<500).contains(status))
            return
        }
        if isOK, (200..<300).contains(status) { return nil }
        let code = answer["error"]?.stringValue?.beginning(bytes: 80) ?? "http_\(status)"
        self.init(
            code, Self.text(of: code, method: method, answer: answer), retryAfter: seconds.map { $0 * 1_000 },
            isCertain: !Self.uncertain.contains(code) && status < 500)
        if self.isRateLimit, self.retryAfter == nil { self.retryAfter = 1_000 }
    }

    /// Describes a call without an answer.
    init(method: String, _ error: HTTPClientError) {
        self.init(
            error.code == .tooLarge ? Self.tooLarge : "unreachable",
            "the call of \(method) to Slack failed: \(error.message)",
            isCertain: !error.mayHaveReachedServer)
    }

    private static func text(of code: String, method: String, answer: JSON) -> String {
        switch code {
        case "missing_scope":
            let needed = answer["needed"]?.stringValue.map { "the scope \($0)" } ?? "a scope"
            return
                "Slack refused \(method): the app lacks \(needed); add it under OAuth & Permissions and reinstall the app"
        case "invalid_auth", "not_authed":
            return "Slack rejected the token used for \(method); copy it again from api.slack.com/apps"
        case "token_revoked", "token_expired":
            return "the token was revoked or has expired; reinstall the app and set the new token"
        case "account_inactive", "user_removed_from_team", "team_disabled":
            return
                "the bot's account was deleted or deactivated (\(code)); reinstall the app and set the new token"
        case "not_allowed_token_type":
            return
                "Slack does not accept this kind of token for \(method); bot_token begins with xoxb-, app_token with xapp-"
        case "socket_mode_disabled": return SlackStateMachine.isOff
        case "not_in_channel": return "the bot is not in the channel; invite it with /invite"
        case "channel_not_found":
            return "the channel does not exist, or the bot cannot see it; invite the bot with /invite"
        case "is_archived", "is_inactive": return "the channel is archived; unarchive it in Slack"
        case "msg_too_long", "msg_blocks_too_long": return "the message is too long for Slack"
        case "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel", "posting_to_general_channel_denied":
            return "the workspace's settings do not let the bot post there (\(code))"
        case "messages_tab_disabled":
            return "direct messages to the app are turned off; turn on App Home → Messages Tab"
        default:
            let details = answer["response_metadata"]?["messages"]?.arrayValue?.compactMap(\.stringValue).joined(
                separator: "; ")
            return "Slack refused \(method): \(code)" + (details.map { " (\($0.beginning(bytes: 200)))" } ?? "")
        }
    }

    /// The core's error for a preview: a used-up budget is not reported as a rate limit, which would hold up the room's
    /// final text despite its reserve.
    var previewError: AdapterError {
        guard self.code == Self.budget else { return self.adapterError }
        return AdapterError(
            .disconnected, self.message, retryAfter: .milliseconds(self.retryAfter ?? 1_000), isCertain: true,
            isOwnPace: true)
    }

    var adapterError: AdapterError {
        let retry = self.retryAfter.map { Duration.milliseconds($0) }
        if self.isRateLimit {
            return AdapterError(
                .rateLimited, self.message, retryAfter: retry ?? .seconds(1), isOwnPace: self.code == Self.budget)
        }
        if !self.isCertain {
            return AdapterError(
                ["unreachable", Self.tooLarge].contains(self.code) ? .timedOut : .disconnected, self.message,
                retryAfter: retry, isCertain: false)
        }
        switch self.code {
        case "unreachable": return AdapterError(.disconnected, self.message, retryAfter: retry)
        case "channel_not_found", "thread_not_found": return AdapterError(.notFound, self.message, isOfRoom: true)
        case "message_not_found", "file_not_found", "file_deleted", "user_not_found", "users_not_found":
            return AdapterError(.notFound, self.message)
        case "not_in_channel", "is_archived", "is_inactive", "messages_tab_disabled", "cannot_dm_bot", "user_disabled",
            "team_access_not_granted", "duplicate_channel_not_found", "cant_post_message":
            return AdapterError(.forbidden, self.message, isOfRoom: true)
        case "cant_update_message", "edit_window_closed": return AdapterError(.uneditable, self.message)
        case "cant_delete_message", "ekm_access_denied", "file_uploads_disabled", "missing_scope", "no_permission":
            return AdapterError(.forbidden, self.message)
        default:
            if self.code.hasPrefix("restricted_action") || self.code.hasPrefix("posting_to_") {
                return AdapterError(.forbidden, self.message, isOfRoom: true)
            }
            if self.isFinal { return AdapterError(.unauthorized, self.message) }
            if self.code.hasPrefix("http_5") { return AdapterError(.disconnected, self.message, retryAfter: retry) }
            return AdapterError(.invalid, self.message)
        }
    }
}

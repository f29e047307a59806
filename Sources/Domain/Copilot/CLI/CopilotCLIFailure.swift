package import JSON
internal import Processes

/// What can go wrong with the Copilot CLI, each in one sentence that says what to do. Pure.
package enum CopilotCLIFailure {
    static let restarted = ModelError(
        .interrupted, "The answer broke off and the Copilot CLI began another one; ask again.")
    static let aborted = ModelError(.interrupted, "The Copilot CLI gave up the answer; ask again.")
    static let tooSlowReader = ModelError(
        .interrupted, "The answer came faster than it could be taken and was stopped; ask again.")
    /// It works, but has no server mode: for ``CopilotCLIClient`` to go on with `-p`.
    package struct HeadlessMissing: Error, Sendable {}

    package static func notFound(_ name: String) -> ModelError {
        let place = name.contains("/") ? "There is no program \(name)" : "“\(name)” is not on the PATH"
        return ModelError(
            .unavailable,
            "The Copilot CLI is missing: \(place). Install it with `npm install -g @github/copilot`, or set copilot.cli to "
                + "its path.")
    }

    static let notSignedIn = ModelError(
        .unauthorized,
        "The Copilot CLI has no account; sign in with `jetbridge login`, or set COPILOT_GITHUB_TOKEN. With a key of "
            + "your own, set model.base_url and model.api_key.")

    static let classicToken = ModelError(
        .unauthorized,
        "Copilot does not take classic personal access tokens (ghp_); sign in with `jetbridge login`, or make a "
            + "fine-grained token with the account permission “Copilot Requests”.")

    static func notStarted(_ error: ProcessError) -> ModelError {
        ModelError(
            .unavailable, "The Copilot CLI cannot be started: \(Self.line(error.message)). Check copilot.cli.")
    }

    static func protocolVersion(_ spoken: Int?, of version: String) -> ModelError {
        let known = CopilotCLIConnection.protocolVersion
        let words = spoken.map { "protocol version \($0)" } ?? "no protocol version that it tells"
        let remedy =
            (spoken ?? 0) > known
            ? "Install an older Copilot CLI (1.0), or a newer Jetbridge."
            : "Update the Copilot CLI with `copilot update`."
        return ModelError(
            .invalidResponse,
            "The Copilot CLI \(Self.plain(version)) speaks \(words), and Jetbridge speaks \(known). \(remedy)")
    }

    static func handshake(_ error: JSONRPCError) -> ModelError {
        ModelError(
            .invalidResponse,
            "The Copilot CLI refused the connection: \(Self.line(error.message)). Update it with `copilot update`.")
    }

    static let startTimeout = ModelError(
        .timedOut,
        "The Copilot CLI did not start in time; the machine may be too busy. Try again, or run `copilot --version` to see "
            + "whether it works.")

    /// A refusal of one of our calls.
    package static func call(_ error: JSONRPCError, model: String) -> ModelError {
        let words = error.message.lowercased()
        if words.contains("is not available") || words.contains("no supported model") { return Self.noModel(model) }
        if words.contains("not authenticated") || words.contains("authentication info") { return Self.notSignedIn }
        if words.contains("authentication failed") || words.contains("bad credentials") {
            return ModelError(
                .unauthorized,
                "GitHub does not accept the sign-in any more, or it may not use Copilot; sign in again with "
                    + "`jetbridge login`.")
        }
        return ModelError(
            .refused,
            "The Copilot CLI refused the request: \(Self.line(error.message)). Try again; if it stays so, "
                + "update the CLI with `copilot update`.")
    }

    /// The data of a `session.error`.
    package static func session(_ data: JSON, model: String) -> ModelError {
        let text = data["message"]?.stringValue ?? "no reason given"
        let words = text.lowercased(), quoted = Self.line(text)
        let status = data["statusCode"]?.intValue
        if words.contains("authentication info") || words.contains("not authenticated") { return Self.notSignedIn }
        if words.contains("is not available") || words.contains("no supported model") { return Self.noModel(model) }
        if Self.isAboutLength(words, status: status) {
            return ModelError(
                .tooLong, "The conversation is too long for \(model); start afresh with `new` or send less.",
                status: status, inputLimit: EndpointFailure.inputLimit(in: text))
        }
        switch data["errorType"]?.stringValue {
        case "authentication":
            return ModelError(
                .unauthorized,
                "The model's endpoint does not accept the key: \(quoted). Set model.api_key to a valid one.",
                status: status)
        case "authorization":
            return ModelError(
                .unauthorized,
                "GitHub does not let this account use Copilot: \(quoted). Sign in again with `jetbridge login`, and check "
                    + "the account's Copilot plan.", status: status)
        case "quota":
            return ModelError(
                .refused,
                "The account's Copilot credit is used up: \(quoted). Wait for its reset, or choose another model with "
                    + "`model`.", status: status)
        case "rate_limit":
            return ModelError(
                .rateLimited, "Copilot limits this account: \(quoted). Try again in a minute.", status: status)
        default:
            return ModelError(
                .unavailable, "The model gave no answer to the Copilot CLI: \(quoted). Try again in a minute.",
                status: status)
        }
    }

    /// The process ended by itself while it was needed.
    static func ended(_ status: ProcessStatus?, errors: [String], isStarting: Bool) -> any Error {
        let text = errors.joined(separator: " ").lowercased()
        if isStarting {
            if text.contains("unknown option '--headless'") || text.contains("unknown option '--stdio'") {
                return HeadlessMissing()
            }
            if text.contains("no authentication information") { return Self.notSignedIn }
            if text.contains("unknown option") {
                return ModelError(
                    .unavailable,
                    "The Copilot CLI is too old (\(Self.line(errors.first ?? ""))); update it with `copilot update`.")
            }
        }
        let how = status.map { " (\($0))" } ?? ""
        let words = errors.last.map { ": \(Self.line($0))" } ?? ""
        return ModelError(
            isStarting ? .unavailable : .interrupted,
            "The Copilot CLI ended unexpectedly\(how)\(words). Try again; `copilot --version` shows whether it works.")
    }

    static func broken(_ reason: String) -> ModelError {
        ModelError(
            .invalidResponse,
            "The Copilot CLI does not speak its protocol: \(Self.line(reason)). Check that copilot.cli names GitHub's CLI."
        )
    }

    static func silent(after limit: Duration, hasAnswer: Bool) -> ModelError {
        ModelError(
            .timedOut,
            "The model \(hasAnswer ? "stopped in the middle of the answer" : "did not begin to answer") within "
                + "\(limit.inWords); try again, or choose another with `model`.")
    }

    static func tooLong(_ limit: Duration) -> ModelError {
        ModelError(.timedOut, "The answer took more than \(limit.inWords) and was stopped; ask for less at once.")
    }

    private static func noModel(_ model: String) -> ModelError {
        ModelError(
            .unknownModel,
            "Copilot has no model “\(model)” for this account; `models` lists what it has, `model NAME` chooses one.")
    }

    private static func isAboutLength(_ words: String, status: Int?) -> Bool {
        if status == 413 { return true }
        return ["context length", "context window", "prompt is too long", "exceeds the limit of"]
            .contains { words.contains($0) }
    }

    /// A foreign version number, without what is none.
    private static func plain(_ version: String) -> String {
        String(version.prefix(40).filter { $0.isASCII && ($0.isLetter || $0.isNumber || ".-+".contains($0)) })
    }

    /// Foreign words as a part of a sentence: one line, bounded, secrets taken out.
    static func line(_ text: String) -> String {
        let quotation = EndpointFailure(body: .string(text)).quotation
        return quotation.isEmpty ? "no reason given" : String(quotation.dropFirst(2))
    }
}

package import JSON
internal import Logging
package import Models
internal import Processes

/// The failures of the Copilot CLI, each in one sentence that says what to do. Pure.
package enum CopilotCLIFailure {
    static let restarted = ModelError(
        .interrupted, "The answer broke off, and the Copilot CLI began a different one; ask again.")
    static let aborted = ModelError(.interrupted, "The Copilot CLI aborted the answer; ask again.")
    static let tooSlowReader = ModelError(
        .interrupted, "The answer was stopped because it arrived faster than it could be read; ask again.")
    static let tooMuchAtOnce = ModelError(
        .interrupted,
        "The work was stopped because the model asked for too many or too large things at once; ask for less at a time."
    )
    static let noServerMode = ModelError(
        .unavailable,
        "This Copilot CLI has no server mode, which Jetbridge needs. Install version 1.0.57 or later with `npm install -g "
            + "@github/copilot`, or set copilot.cli to the path of one.")

    package static func notFound(_ name: String) -> ModelError {
        let place = name.contains("/") ? "copilot.cli names no program" : "“\(name)” is not on the PATH"
        return ModelError(
            .unavailable,
            "The Copilot CLI is missing: \(place). Install it with `npm install -g @github/copilot`, or set copilot.cli to "
                + "its path.")
    }

    package static let notSignedIn = ModelError(
        .unauthorized,
        "The Copilot CLI has no account; sign in with `jetbridge login`, or set COPILOT_GITHUB_TOKEN. To use your "
            + "own key, set model.base_url and model.api_key.")

    static let classicToken = ModelError(
        .unauthorized,
        "Copilot does not accept classic personal access tokens (ghp_); sign in with `jetbridge login`, or create a "
            + "fine-grained token with the account permission “Copilot Requests”.")

    static func notStarted(_ error: ProcessError) -> ModelError {
        ModelError(
            .unavailable, "The Copilot CLI cannot be started: \(Self.line(error.message)). Check copilot.cli.")
    }

    static func protocolVersion(_ spoken: Int?, of version: String) -> ModelError {
        let known = CopilotCLIServer.protocolVersion
        let words = spoken.map { "protocol version \($0)" } ?? "an unknown protocol version"
        let remedy =
            (spoken ?? 0) > known
            ? "Install an older Copilot CLI (1.0), or a newer Jetbridge."
            : "Update the Copilot CLI with `copilot update`."
        return ModelError(
            .invalidResponse,
            "The Copilot CLI \(Self.plain(version)) speaks \(words), and Jetbridge needs \(known). \(remedy)")
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

    /// The refusal of one of our calls.
    package static func call(_ error: JSONRPCError, model: String) -> ModelError {
        let words = error.message.lowercased()
        if words.contains("is not available") || words.contains("no supported model") { return Self.noModel(model) }
        if words.contains("not authenticated") || words.contains("authentication info") { return Self.notSignedIn }
        if words.contains("authentication failed") || words.contains("bad credentials") {
            return ModelError(
                .unauthorized,
                "GitHub no longer accepts the sign-in, or the account may not use Copilot; sign in again with "
                    + "`jetbridge login`.")
        }
        return ModelError(
            .refused,
            "The Copilot CLI refused the request: \(Self.line(error.message)). Try again; if it keeps failing, "
                + "update the CLI with `copilot update`.")
    }

    /// The data of a `session.error`.
    ///
    /// - Parameters:
    ///   - hasEndpoint: Whether the CLI calls the configured endpoint and not Copilot.
    ///   - call: The data of the `model.call_failure` before it, which has the endpoint's own words.
    package static func session(
        _ data: JSON, model: String, hasEndpoint: Bool = false, call: JSON? = nil
    ) -> ModelError {
        let text = data["message"]?.stringValue ?? "no reason given"
        let words = text.lowercased(), quoted = Self.line(text)
        let status = data["statusCode"]?.intValue ?? call?["statusCode"]?.intValue
        if words.contains("authentication info") || words.contains("not authenticated") { return Self.notSignedIn }
        if words.contains("is not available") || words.contains("no supported model") { return Self.noModel(model) }
        if Self.isAboutLength(words, status: status) {
            return ModelError(
                .tooLong, "The conversation is too long for \(model); start over with `new` or send less.",
                status: status, inputLimit: EndpointFailure.inputLimit(in: text))
        }
        if let error = Self.refusal(data, status, model: model, hasEndpoint: hasEndpoint, call: call) { return error }
        switch data["errorType"]?.stringValue {
        case "quota":
            return ModelError(
                .refused,
                "The account's Copilot credit is used up: \(quoted). Wait for the reset, or choose another model with "
                    + "`model`.", status: status)
        case "rate_limit":
            return ModelError(
                .rateLimited, "This account has reached a rate limit at Copilot: \(quoted). Try again in a minute.",
                status: status)
        default:
            return ModelError(
                .unavailable, "The Copilot CLI got no answer from the model: \(quoted). Try again in a minute.",
                status: status)
        }
    }

    /// What a 401, 403 or 404 means; nil for anything else.
    private static func refusal(
        _ data: JSON, _ status: Int?, model: String, hasEndpoint: Bool, call: JSON?
    ) -> ModelError? {
        let type = data["errorType"]?.stringValue
        let isOwn = hasEndpoint || type == "authentication"
        // The CLI's own words advise its own commands and variables, which nobody in a thread can use.
        let reason = call?["errorMessage"]?.stringValue.map { EndpointFailure(body: Array($0.utf8)) }
        let quotation = reason.map { Self.quotation($0.message) } ?? ""
        switch status ?? (type == "authentication" ? 401 : type == "authorization" ? 403 : nil) {
        case 401 where isOwn:
            return ModelError(
                .unauthorized,
                "The model's endpoint does not accept the key (401)\(quotation); set model.api_key to a valid one.",
                status: 401)
        case 401:
            return ModelError(
                .unauthorized,
                "GitHub no longer accepts the sign-in (401)\(quotation); sign in again with `jetbridge login`.",
                status: 401)
        case 403 where isOwn:
            return ModelError(
                .unauthorized,
                "The model's endpoint does not allow its key to use \(model) (403)\(quotation); choose another model with "
                    + "`model`, or check the key's permissions.", status: 403)
        case 403:
            return ModelError(
                .unauthorized,
                "GitHub does not allow this account to use Copilot with \(model) (403)\(quotation); choose another model "
                    + "with `model`, check the account's Copilot plan, or sign in with another account by "
                    + "`jetbridge login`.", status: 403)
        case 404 where isOwn:
            return ModelError(
                .unknownModel,
                "The model's endpoint has no model “\(model)”, or no chat API at this address (404)\(quotation); choose "
                    + "another model with `model`, or check model.base_url.", status: 404)
        case 404:
            return ModelError(
                .unknownModel,
                "Copilot does not offer the model “\(model)” to the Copilot CLI (404)\(quotation); choose another with "
                    + "`model`, or update the CLI with `copilot update`.", status: 404)
        default: return nil
        }
    }

    /// The process ended while it was needed.
    ///
    /// - Parameters:
    ///   - how: a clause; nil if that is unknown.
    ///   - errors: the last lines of its error output.
    package static func ended(
        _ how: String?, errors: [String], isStarting: Bool, isJailed: Bool = false
    ) -> ModelError {
        let text = errors.joined(separator: " ").lowercased()
        if isStarting {
            if text.contains("unknown option '--headless'") || text.contains("unknown option '--stdio'") {
                return Self.noServerMode
            }
            if text.contains("no authentication information") { return Self.notSignedIn }
            if text.contains("unknown option") {
                return ModelError(
                    .unavailable,
                    "The Copilot CLI is too old (\(Self.line(errors.first ?? ""))); update it with `copilot update`.")
            }
        }
        let why = how.map { " (\($0))" } ?? ""
        let words = errors.last.map { ": \(Self.line($0))" } ?? ""
        if isJailed, isStarting {
            return ModelError(
                .unavailable,
                "The Copilot CLI did not start in its jail\(why)\(words). Run `jetbridge doctor`; the program must be "
                    + "version 1.0 or later, and its libraries below /usr.")
        }
        return ModelError(
            isStarting ? .unavailable : .interrupted,
            "The Copilot CLI ended unexpectedly\(why)\(words). "
                + (isJailed
                    ? "Type `resume` to continue." : "Try again; `copilot --version` shows whether it works."))
    }

    /// Something other than the gate has approved a request.
    static let decidedElsewhere = ModelError(
        .refused,
        "The work was stopped because the Copilot CLI took a permission from somebody else than Jetbridge. Look at what "
            + "was changed (`diff`, `undo`) before you go on.")

    static func ungated(_ tool: String) -> ModelError {
        ModelError(
            .refused,
            "The work was stopped because the Copilot CLI ran \(tool) without asking. Look at what was changed (`diff`, "
                + "`undo`) before you go on.")
    }

    static let hanging = ModelError(
        .timedOut,
        "The Copilot CLI hung and was ended; the model may have written something too large. Type `resume` to go on.")

    static func broken(_ reason: String) -> ModelError {
        ModelError(
            .invalidResponse,
            "The Copilot CLI violated its protocol: \(Self.line(reason)). Check that copilot.cli names GitHub's CLI."
        )
    }

    static func silent(after limit: Duration, hasAnswer: Bool) -> ModelError {
        ModelError(
            .timedOut,
            "The model \(hasAnswer ? "stopped in the middle of the answer" : "did not begin to answer") within "
                + "\(limit.inWords); try again, or choose another with `model`.")
    }

    static func tooLong(_ limit: Duration) -> ModelError {
        ModelError(.timedOut, "The answer took more than \(limit.inWords) and was stopped; ask for less at a time.")
    }

    private static func noModel(_ model: String) -> ModelError {
        ModelError(
            .unknownModel,
            "Copilot has no model “\(model)” for this account; `models` lists the available ones, `model NAME` chooses one."
        )
    }

    private static func isAboutLength(_ words: String, status: Int?) -> Bool {
        if status == 413 { return true }
        return ["context length", "context window", "prompt is too long", "exceeds the limit of"]
            .contains { words.contains($0) }
    }

    /// An untrusted version number, reduced to the characters of one.
    private static func plain(_ version: String) -> String {
        String(version.prefix(40).filter { $0.isASCII && ($0.isLetter || $0.isNumber || ".-+".contains($0)) })
    }

    /// Untrusted text as part of a sentence: one line, bounded, without secrets and paths.
    static func line(_ text: String) -> String {
        let quotation = Self.quotation(text)
        return quotation.isEmpty ? "no reason given" : String(quotation.dropFirst(2))
    }

    private static func quotation(_ text: String) -> String {
        // Cut by the redaction, which leaves no half of a secret at the end.
        EndpointFailure(body: .string(Self.withoutPaths(Redaction.redact(text, upTo: 4 << 10)))).quotation
    }
}

// MARK: - Paths

extension CopilotCLIFailure {
    /// Removes paths of this machine from a text that may appear in a thread: each absolute path is shortened to its last
    /// part, as in `…/index.js`. URLs stay, except those of files.
    static func withoutPaths(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let slash = rest.firstIndex(of: "/") {
            result += rest[..<slash]
            rest = rest[slash...]
            let path = rest.prefix { !Self.isEnd($0) }
            rest = rest[path.endIndex...]
            let isStart = result.last.map { Self.isEnd($0) || $0 == "=" || $0 == "~" } ?? true
            if path.hasPrefix("//"), result.hasSuffix("file:") {
                result = String(result.dropLast(5)) + Self.shortened(path.dropFirst(2))
            } else if isStart, !path.hasPrefix("//") {
                if result.last == "~" { result.removeLast() }
                result += Self.shortened(path)
            } else {
                result += path
            }
        }
        return result + rest
    }

    private static func shortened(_ path: Substring) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 1 ? "…/\(parts[parts.count - 1])" : String(path)
    }

    private static func isEnd(_ character: Character) -> Bool {
        character.isWhitespace || "\"'`“”‘’()[]{}<>,;:|".contains(character)
    }
}

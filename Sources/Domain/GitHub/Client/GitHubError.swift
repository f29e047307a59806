internal import Copilot
internal import HTTP
internal import HTTPClient

/// Why a call of GitHub failed. The message is one line: what failed, why, and what to do.
package struct GitHubError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The token expired or was revoked, or is missing.
        case unauthorized
        /// The token lacks a scope or permission; see ``missing``.
        case missingScope
        /// The organisation wants the token authorised for its single sign-on; see ``url``.
        case ssoRequired
        case forbidden
        /// It does not exist, or the token may not see it.
        case notFound
        /// The hour's requests are used up; see ``until``.
        case rateLimited
        /// Too many requests in a short time; see ``until``.
        case secondaryLimit
        /// Someone else changed it first: the head moved, or the file changed.
        case conflict
        case alreadyExists
        case validation
        /// A protected branch or a rule of the repository.
        case ruleViolation
        /// GitHub found a secret in what was to be written.
        case pushProtection
        /// Blocked for legal reasons or by GitHub.
        case blocked
        case gone
        case emptyRepository
        case unreachable
        /// GitHub itself failed.
        case unavailable
        /// Something other than the API answered, or the answer makes no sense.
        case badAnswer
        case tooLarge
        /// The server has no such call.
        case unsupported
        /// The call itself is wrong; nothing was sent.
        case invalidRequest
        /// Too many calls are waiting already.
        case busy
    }

    package let code: Code
    package let message: String
    package var status: Int?
    /// When a limit ends, in seconds since 1970.
    package var until: Int64?
    /// The scopes or permissions that the token lacks.
    package var missing: [String] = []
    /// The page on which a person has to act.
    package var url: String?
    /// Whether the change may have been carried out although it failed: look before repeating it.
    package var mayHaveHappened = false

    package init(
        _ code: Code, _ message: String, status: Int? = nil, until: Int64? = nil, missing: [String] = [],
        url: String? = nil, mayHaveHappened: Bool = false
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.until = until
        self.missing = missing
        self.url = url
        self.mayHaveHappened = mayHaveHappened
    }

    package var description: String { self.message }

    /// Whether the same call may succeed later without anyone's intervention.
    package var isPassing: Bool {
        switch self.code {
        case .rateLimited, .secondaryLimit, .unreachable, .unavailable, .busy: true
        default: false
        }
    }
}

extension GitHubError {
    /// The context for explaining an answer.
    struct Context: Sendable {
        let purpose: String
        let isWrite: Bool
        let token: GitHubToken?
        /// The token source's advice on replacing it.
        let remedy: String?
        /// The files that are written, which push protection does not name.
        var files: [String] = []
    }

    /// The error of an answer that refuses a call for a reason other than a limit.
    init(_ answer: GitHubAnswer, _ context: Context) {
        let refusal = GitHubRefusal(body: answer.body)
        self = Self.explain(answer, refusal, context)
        self.status = answer.status
        // A gateway's error says nothing about what happened behind it.
        if context.isWrite, answer.status >= 500 { self.mayHaveHappened = true }
    }

    /// The error of an exchange without an answer.
    init(_ error: HTTPClientError, _ context: Context) {
        let why = GitHubText.line(error.message)
        if error.code == .tooLarge {
            self.init(
                .tooLarge, "\(context.purpose) failed: the answer is too large (\(why)); ask for less at once.",
                mayHaveHappened: context.isWrite)
        } else {
            let isSent = context.isWrite && error.mayHaveReachedServer
            self.init(
                .unreachable,
                "\(context.purpose) failed: GitHub cannot be reached (\(why)); "
                    + (isSent
                        ? "it may have been carried out, so look there before you repeat it."
                        : "check the network and github.api_url, then try again."),
                mayHaveHappened: isSent)
        }
    }

    private static func explain(
        _ answer: GitHubAnswer, _ refusal: GitHubRefusal, _ context: Context
    ) -> GitHubError {
        let what = "\(context.purpose) failed"
        let status = answer.status
        if let error = Self.byText(answer, refusal, context) { return error }
        switch status {
        case 401: return Self.signIn(context)
        case 403, 404: return Self.access(answer, refusal, context)
        case 409, 412:
            return GitHubError(
                .conflict,
                "\(what): it was changed by someone else (\(status))\(refusal.quotation); read it again and retry.")
        case 410:
            return GitHubError(.gone, "\(what): it was deleted or switched off (410)\(refusal.quotation).")
        case 451:
            return GitHubError(
                .blocked, "\(what): it is blocked for legal reasons (451)\(refusal.quotation); use another repository.")
        case 400, 422:
            return GitHubError(
                .validation,
                "\(what): GitHub does not accept it (\(status))\(refusal.quotation); correct it and try again.")
        case 300...399:
            return GitHubError(
                .badAnswer, "\(what): the server redirects elsewhere (\(status)); check github.api_url.")
        case 500...599:
            let next =
                context.isWrite
                ? "it may have been carried out, so look there before you repeat it" : "try again in a few minutes"
            return GitHubError(
                .unavailable, "\(what): GitHub has a problem (\(status))\(refusal.quotation); \(next).")
        default:
            return GitHubError(
                .badAnswer, "\(what): the server answers \(status)\(refusal.quotation); check github.api_url.")
        }
    }

    /// Errors that GitHub's text identifies better than the status.
    private static func byText(
        _ answer: GitHubAnswer, _ refusal: GitHubRefusal, _ context: Context
    ) -> GitHubError? {
        let what = "\(context.purpose) failed"
        let all = refusal.all
        guard [403, 404, 409, 422].contains(answer.status) else { return nil }
        if !refusal.secrets.isEmpty || all.contains("secret detected") || all.contains("push protection") {
            return Self.secret(refusal, context)
        }
        if ["rule violation", "protected branch", "through a pull request", "gh006", "gh013"].contains(
            where: all.contains)
        {
            return GitHubError(
                .ruleViolation,
                "\(what): a rule of the repository forbids it (\(answer.status))\(refusal.quotation); use another "
                    + "branch and a pull request.")
        }
        if all.contains("is empty"), answer.status == 409 {
            return GitHubError(
                .emptyRepository,
                "\(what): the repository has no commit yet (409); add a first file, such as README.md.")
        }
        if all.contains("archived") {
            return GitHubError(
                .forbidden,
                "\(what): the repository is archived and read-only (\(answer.status)); unarchive it in its settings.")
        }
        if all.contains("repository access blocked") || all.contains("account is suspended") {
            return GitHubError(
                .blocked,
                "\(what): GitHub blocks the access (\(answer.status))\(refusal.quotation); ask GitHub's support.")
        }
        guard answer.status == 422 else { return nil }
        if all.contains("already exists") || refusal.codes.contains("already_exists") {
            return GitHubError(
                .alreadyExists, "\(what): it exists already (422)\(refusal.quotation); use the existing one.")
        }
        if all.contains("not a fast forward") || all.contains("is at ") && all.contains("but expected") {
            return GitHubError(
                .conflict, "\(what): someone else pushed first (422)\(refusal.quotation); fetch, merge and try again.")
        }
        if all.contains("reference does not exist") {
            return GitHubError(.notFound, "\(what): the branch does not exist (422); create it first.")
        }
        return nil
    }

    private static func secret(_ refusal: GitHubRefusal, _ context: Context) -> GitHubError {
        let kinds = refusal.secrets.prefix(3).map { GitHubText.line($0, limit: 60).replacing("_", with: " ") }
        let kind = kinds.isEmpty ? "a secret" : "a secret of the kind \(kinds.joined(separator: ", "))"
        let places =
            context.files.isEmpty
            ? ""
            : " in \(context.files.prefix(3).map { GitHubText.line($0, limit: 80) }.joined(separator: ", "))"
                + (context.files.count > 3 ? " or \(context.files.count - 3) more files" : "")
        return GitHubError(
            .pushProtection,
            "\(context.purpose) failed: GitHub's push protection found \(kind)\(places); remove it and revoke it, then try "
                + "again.")
    }

    static func signIn(_ context: Context) -> GitHubError {
        let remedy = context.remedy ?? "sign in again with `login`"
        guard let token = context.token else {
            return GitHubError(
                .unauthorized, "\(context.purpose) failed: GitHub wants a sign-in (401); \(remedy).", status: 401)
        }
        return GitHubError(
            .unauthorized,
            "\(context.purpose) failed: GitHub does not accept the token \(token.masked), which expired or was revoked "
                + "(401); \(remedy).", status: 401)
    }

    /// 403 and 404: GitHub hides what a token may not see.
    private static func access(
        _ answer: GitHubAnswer, _ refusal: GitHubRefusal, _ context: Context
    ) -> GitHubError {
        let what = "\(context.purpose) failed"
        if let sso = answer.headers["x-github-sso"], sso.contains("required") {
            let page = Self.page(sso)
            return GitHubError(
                .ssoRequired,
                "\(what): the organisation requires single sign-on for the token (403); authorise it at "
                    + "\(page ?? "GitHub, under Settings, Applications").", url: page)
        }
        let grants = GitHubGrants(answer.headers)
        let isHidden = answer.status == 404
        let isTold = refusal.all.contains("not accessible by")
        if let words = grants.words, !isHidden || context.isWrite || answer.headers.contains("x-oauth-scopes") {
            let isScope = answer.headers.contains("x-oauth-scopes")
            // Permissions are listed whether or not the token has them.
            if isScope || isTold || isHidden && context.isWrite {
                return GitHubError(
                    isHidden && !isScope ? .notFound : .missingScope,
                    "\(what): \(isHidden ? "it does not exist, or the token lacks" : "the token lacks") \(words) "
                        + "(\(answer.status)); \(isScope ? "sign in again with it" : "grant it in the token's or app's settings").",
                    missing: grants.missing)
            }
        }
        if isHidden {
            return GitHubError(
                .notFound,
                "\(what): it does not exist, or \(context.token == nil ? "a sign-in is needed" : "the token may not see it") "
                    + "(404); check the name, or sign in with an account that has access.")
        }
        return GitHubError(
            .forbidden,
            "\(what): the token may not do this (403)\(refusal.quotation); ask an owner of the repository for access.",
            missing: grants.missing)
    }

    /// The address in `required; url=https://…`.
    private static func page(_ header: String) -> String? {
        guard let mark = header.firstRange(of: "url=") else { return nil }
        let text = String(header[mark.upperBound...].prefix { $0 != ";" && $0 != " " && $0 != "," })
        guard let url = try? HTTPURL(text), url.scheme == "https", text.utf8.count < 500 else { return nil }
        // The query carries the request for authorisation, which belongs to the person; the log redacts tokens in it.
        return GitHubText.line(url.description, limit: 500)
    }
}

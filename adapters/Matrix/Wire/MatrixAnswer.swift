package import JSON
internal import Primitives

/// The outcome of one request.
package enum MatrixAnswer: Sendable {
    case success(JSON)
    /// The server, or a proxy in front of it, refused.
    case refused(MatrixRefusal)
    /// No answer came. If the request may have arrived, the server may have carried it out.
    case failed(String, mayHaveArrived: Bool)
}

extension MatrixAnswer {
    /// The answer's body. Throws ``MatrixCallError`` for a refusal, which `words` begin, or without an answer.
    func json(_ words: String = "") throws(MatrixCallError) -> JSON {
        switch self {
        case .success(let json): return json
        case .refused(let refusal): throw MatrixCallError(description: words + refusal.summary, refusal: refusal)
        case .failed(let reason, _): throw MatrixCallError(description: reason)
        }
    }
}

/// A request that did not succeed.
struct MatrixCallError: Error, CustomStringConvertible {
    let description: String
    var refusal: MatrixRefusal?
}

/// An error answer.
package struct MatrixRefusal: Sendable, Equatable {
    /// The HTTP status; 2xx when the body was not a JSON object.
    package var status: Int
    /// `M_…`; empty when the answer did not come from a Matrix server.
    package var code = ""
    /// The server's own words; untrusted.
    package var text = ""
    /// Milliseconds to wait.
    package var retryAfter: Int64?
    /// The account may sign in again as the same device.
    package var isSoftLogout = false
    /// The target of a redirect.
    package var location: String?
    /// The session in which to repeat the request with the account's password.
    package var session: String?
    /// The answer was longer than ``MatrixRequest/answerLimit``, or has more in it than can be read.
    package var isTooLong = false
}

extension MatrixRefusal {
    /// Reads an error answer. `body` is nil when it was not JSON; `header` is `Retry-After`, in seconds.
    package init(status: Int, body: JSON?, header: String?) {
        let code = body?["errcode"]?.stringValue ?? ""
        var wait = header.flatMap { Int64(untrusted: $0) }.map { max(0, min($0, 86_400)) * 1_000 }
        if let delay = body?["retry_after_ms"]?.intValue { wait = max(0, min(Int64(delay), 86_400_000)) }
        self.init(
            status: status, code: code.beginning(bytes: 64),
            text: (body?["error"]?.stringValue ?? "").beginning(bytes: 300), retryAfter: wait,
            isSoftLogout: body?["soft_logout"]?.boolValue ?? false)
        self.session = body?["session"]?.stringValue
    }

    package var isRateLimit: Bool { self.status == 429 || self.code == "M_LIMIT_EXCEEDED" }
    package var isUnknownToken: Bool {
        self.code == "M_UNKNOWN_TOKEN" || self.code == "M_MISSING_TOKEN" || (self.status == 401 && self.code.isEmpty)
    }
    /// The server's administrator deactivated or suspended the account.
    package var isAccountClosed: Bool { ["M_USER_DEACTIVATED", "M_USER_SUSPENDED"].contains(self.code) }
    /// The server has other keys under these ids: ours come from an old copy.
    package var isKeyConflict: Bool { self.status == 400 && self.text.contains("already exists") }
    /// The server does not have this endpoint.
    package var isUnknownEndpoint: Bool {
        self.code == "M_UNRECOGNIZED" || (self.code.isEmpty && (self.status == 404 || self.status == 405))
    }
    /// Temporary: overload, a restart, a proxy without its server.
    package var isPassing: Bool { self.status >= 500 || self.status == 408 || self.isRateLimit }

    /// The answer does not come from a homeserver and leaves the outcome unknown: a success without content, a
    /// redirect, or the 404 of a proxy whose homeserver is down for a moment.
    package var isStray: Bool { self.code.isEmpty && (self.status < 400 || self.status == 404) }

    /// One line for people.
    package var summary: String {
        let words = self.text.isEmpty ? "" : ": \(self.text)"
        return self.code.isEmpty ? "HTTP \(self.status)\(words)" : "\(self.code)\(words)"
    }
}

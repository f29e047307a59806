package import Chat
package import JSON

/// What became of a call.
package enum TelegramAnswer: Sendable {
    case result(JSON)
    case refused(TelegramRefusal)
    /// No answer of the Bot API's: the connection failed, or a gateway on the way answered instead.
    case broken(TelegramBreak)

    /// Reads an answer. Gateways answer 429, 502 and 504 with HTML; `retryAfter` is their header, in seconds.
    package init(status: Int, body: [UInt8], retryAfter: Int64? = nil) {
        guard let json = try? JSON.parse(body), let isGood = json["ok"]?.boolValue else {
            if status == 429 {
                self = .refused(
                    TelegramRefusal(code: status, text: "Too Many Requests", retryAfter: retryAfter))
                return
            }
            self = .broken(
                TelegramBreak(
                    "HTTP \(status) without an answer of the Bot API", mayHaveArrived: status != 413,
                    isUnknownPath: status == 404))
            return
        }
        if isGood {
            self = .result(json["result"] ?? .null)
            return
        }
        let parameters = json["parameters"]
        self = .refused(
            TelegramRefusal(
                code: json["error_code"]?.intValue ?? status, text: json["description"]?.stringValue ?? "",
                retryAfter: parameters?["retry_after"]?.intValue.map { max(0, Int64($0)) } ?? retryAfter,
                migratedTo: parameters?["migrate_to_chat_id"]?.intValue.map(Int64.init)))
    }
}

extension TelegramAnswer {
    /// Telegram says: later.
    var isFlood: Bool {
        if case .refused(let refusal) = self { refusal.code == 429 } else { false }
    }
}

/// A connection that failed under a call.
package struct TelegramBreak: Sendable, Equatable {
    /// One line: what failed. Never the URL, which holds the token.
    package let text: String
    /// The call may have been carried out all the same.
    package let mayHaveArrived: Bool
    /// Nothing came in time.
    package let isTimeout: Bool
    /// A bare 404: a server that has only some of the methods, or a gateway that has lost its server for a moment.
    package let isUnknownPath: Bool

    package init(_ text: String, mayHaveArrived: Bool, isTimeout: Bool = false, isUnknownPath: Bool = false) {
        self.text = text
        self.mayHaveArrived = mayHaveArrived
        self.isTimeout = isTimeout
        self.isUnknownPath = isUnknownPath
    }
}

/// `{"ok":false,…}`
package struct TelegramRefusal: Sendable, Equatable {
    package let code: Int
    /// For people, and it changes: compared loosely.
    package let text: String
    /// Seconds.
    package let retryAfter: Int64?
    package let migratedTo: Int64?

    package init(code: Int, text: String, retryAfter: Int64? = nil, migratedTo: Int64? = nil) {
        self.code = code
        self.text = text
        self.retryAfter = retryAfter
        self.migratedTo = migratedTo
    }

    /// Whether the description holds `part` (lower case).
    package func says(_ part: String) -> Bool { self.text.lowercased().contains(part) }

    /// The token was revoked.
    package var isUnauthorized: Bool { self.code == 401 }

    /// Of `getMe`: the token was revoked, or is none at all.
    package var isBadToken: Bool {
        self.isUnauthorized || (self.code == 404 && !self.says("method"))
    }

    /// The server does not have the method; after a `getMe` that worked the token is not to blame.
    package var isUnknownMethod: Bool { self.code == 404 }

    /// What the core is told. A refused call surely had no effect.
    package var error: AdapterError {
        let text = "Telegram refused it: \(self.text.isEmpty ? "error \(self.code)" : self.text)"
        return switch self.code {
        case 429: AdapterError(.rateLimited, text, retryAfter: .seconds(self.retryAfter ?? 5))
        case 401: AdapterError(.unauthorized, text)
        case 403: AdapterError(.forbidden, text)
        case 404: AdapterError(.invalid, text)
        case 409: AdapterError(.disconnected, text)
        case 413: AdapterError(.invalid, text)
        case 500...: AdapterError(.disconnected, text)
        default: self.refusedContent(text)
        }
    }

    private func refusedContent(_ text: String) -> AdapterError {
        if self.says("not found") || self.says("message can't be edited") { return AdapterError(.notFound, text) }
        if self.says("not enough rights") || self.says("have no rights") || self.says("chat_write_forbidden")
            || self.says("need administrator rights")
        {
            return AdapterError(.forbidden, text)
        }
        return AdapterError(.invalid, text)
    }
}

extension TelegramBreak {
    /// What the core is told.
    package var error: AdapterError {
        AdapterError(
            self.isTimeout ? .timedOut : .disconnected, "No answer from Telegram: \(self.text)",
            isCertain: !self.mayHaveArrived)
    }
}

package import Chat
package import JSON
internal import Primitives

/// The outcome of a call.
package enum TelegramAnswer: Sendable {
    case result(JSON)
    case refused(TelegramRefusal)
    /// The Bot API did not answer: the connection failed, or an intermediate gateway answered instead.
    case broken(TelegramBreak)

    /// Gateways answer 429, 502 and 504 with HTML; `retryAfter` is their `Retry-After` header, in seconds.
    package init(status: Int, body: [UInt8], retryAfter: Int64? = nil) {
        guard let json = Self.read(body), let isGood = json["ok"]?.boolValue else {
            if status == 429 {
                self = .refused(
                    TelegramRefusal(code: status, text: "Too Many Requests", retryAfter: retryAfter))
                return
            }
            self = .broken(
                TelegramBreak(
                    "HTTP \(status) without a Bot API answer", mayHaveArrived: status != 413,
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
                retryAfter: parameters?["retry_after"]?.intValue.map(Int64.init) ?? retryAfter,
                migratedTo: parameters?["migrate_to_chat_id"]?.intValue.map(Int64.init)))
    }
}

extension TelegramAnswer {
    /// Reads an answer. An update that holds too much to be read is reduced to its id, which acknowledges it: otherwise
    /// Telegram would send it and all others again, forever.
    private static func read(_ body: [UInt8]) -> JSON? {
        do throws(JSONError) {
            return try JSON.parse(body)
        } catch {
            guard error.isOfLimits, let json = try? JSON.parse(body, elementLimit: TelegramUpdate.valueLimit) else {
                return nil
            }
            guard var object = json.objectValue, let updates = object["result"]?.arrayValue else { return json }
            let ids = Self.updateIDs(in: body)
            guard ids.count == updates.count else { return json }
            object["result"] = .array(
                zip(updates, ids).map { update, id -> JSON in update.isNull ? ["update_id": .integer(id)] : update })
            return .object(object)
        }
    }

    /// The ids of all updates in an answer, in order. Nothing else has this name there, and people write only strings, in
    /// which quotes are escaped.
    private static func updateIDs(in body: [UInt8]) -> [Int64] {
        let name = Array(#""update_id""#.utf8)
        var ids: [Int64] = []
        var position = 0
        while position + name.count < body.count {
            guard body[position] == name[0], body[position..<position + name.count].elementsEqual(name) else {
                position += 1
                continue
            }
            position += name.count
            let rest = body[position...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ":") }
            let digits = rest.prefix(20).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ids.append(Int64(untrusted: String(decoding: digits, as: UTF8.self)) ?? -1)
        }
        return ids
    }

    /// Whether Telegram throttled the call.
    var isFlood: Bool {
        if case .refused(let refusal) = self { refusal.code == 429 } else { false }
    }
}

/// A connection that failed during a call.
package struct TelegramBreak: Sendable, Equatable {
    /// One line that says what failed. Never contains the URL, which holds the token.
    package let text: String
    /// Whether the call may have taken effect.
    package let mayHaveArrived: Bool
    package let isTimeout: Bool
    /// A bare 404: the server lacks the method, or a gateway has briefly lost its server.
    package let isUnknownPath: Bool

    package init(_ text: String, mayHaveArrived: Bool, isTimeout: Bool = false, isUnknownPath: Bool = false) {
        self.text = text
        self.mayHaveArrived = mayHaveArrived
        self.isTimeout = isTimeout
        self.isUnknownPath = isUnknownPath
    }
}

/// An answer with `"ok":false`.
package struct TelegramRefusal: Sendable, Equatable {
    package let code: Int
    /// The description. Its wording changes between versions, so it is compared loosely.
    package let text: String
    /// Seconds.
    package let retryAfter: Int64?
    package let migratedTo: Int64?

    /// In bytes: it is stored with each message that waits for it.
    private static let textLimit = 400

    package init(code: Int, text: String, retryAfter: Int64? = nil, migratedTo: Int64? = nil) {
        self.code = code
        self.text = text.beginning(bytes: Self.textLimit)
        // A server's number is not trusted: no wait is longer than a day.
        self.retryAfter = retryAfter.map { min(max($0, 0), 86_400) }
        self.migratedTo = migratedTo
    }

    /// Whether the description contains `part`, which must be lower case.
    package func says(_ part: String) -> Bool { self.text.lowercased().contains(part) }

    /// The token was revoked.
    package var isUnauthorized: Bool { self.code == 401 }

    /// For `getMe`: the token was revoked or is malformed.
    package var isBadToken: Bool {
        self.isUnauthorized || (self.code == 404 && !self.says("method"))
    }

    /// The server lacks the method. Once `getMe` has succeeded, the token is not the cause.
    package var isUnknownMethod: Bool { self.code == 404 }

    /// The error reported to the core. A refused call certainly had no effect.
    package var error: AdapterError {
        let text = "Telegram refused the request: \(self.text.isEmpty ? "error \(self.code)" : self.text)"
        return switch self.code {
        case 429: AdapterError(.rateLimited, text, retryAfter: .seconds(self.retryAfter ?? 5))
        case 401: AdapterError(.unauthorized, text)
        case 403: AdapterError(.forbidden, text, isOfRoom: true)
        case 404: AdapterError(.invalid, text)
        case 409: AdapterError(.disconnected, text)
        case 413: AdapterError(.invalid, text)
        case 500...: AdapterError(.disconnected, text)
        default: self.refusedContent(text)
        }
    }

    /// What says that a chat, or one of its topics, accepts no message.
    private static let ofChats = [
        "not enough rights to send text messages", "have no rights to send a message", "chat_write_forbidden",
        "need administrator rights", "chat_restricted", "chat_send_plain_forbidden", "user_is_blocked",
        "topic_closed", "topic_deleted", "topic closed", "topic deleted", "channel_private", "was deactivated",
        "group is deactivated", "peer_id_invalid",
    ]

    private func refusedContent(_ text: String) -> AdapterError {
        if self.says("message can't be edited") { return AdapterError(.uneditable, text) }
        if self.says("not found") {
            return AdapterError(.notFound, text, isOfRoom: self.says("chat not found") || self.says("thread not found"))
        }
        if Self.ofChats.contains(where: self.says) { return AdapterError(.forbidden, text, isOfRoom: true) }
        // Whoever may not send files may still send texts.
        if self.says("not enough rights") { return AdapterError(.forbidden, text) }
        return AdapterError(.invalid, text)
    }
}

extension TelegramBreak {
    package var error: AdapterError {
        AdapterError(
            self.isTimeout ? .timedOut : .disconnected, "No answer from Telegram: \(self.text)",
            isCertain: !self.mayHaveArrived)
    }
}

package import Chat
internal import JSON
internal import Primitives
internal import Store

/// One of several messages that are asked together as one turn. The turn's text has theirs in this order, each but the first
/// after a blank line, and then what was added below them.
package struct TurnPart: Sendable, Equatable {
    /// Its row in the transcript.
    package let message: Int64
    /// The platform's id, where it has one.
    package let reference: String?
    /// The length of its text in the turn's, in UTF-8.
    package var bytes: Int
    /// How many of the turn's files came with it.
    package let files: Int

    /// The same message, where its id may be another message's.
    package var withoutReference: TurnPart {
        TurnPart(message: self.message, reference: nil, bytes: self.bytes, files: self.files)
    }
}

/// A turn's text, divided into those of its messages.
package struct DividedQuestion: Sendable, Equatable {
    /// One for each part; empty for a message that has only files.
    package var texts: [String]
    /// What was added below them, such as the list of files.
    package var rest: String

    private static let separator = "\n\n"

    package init(_ text: String, dividedInto parts: [TurnPart]) {
        var left = text.utf8[...]
        var texts: [String] = []
        for part in parts {
            // An empty part has no separator either.
            if part.bytes > 0, texts.contains(where: { !$0.isEmpty }) {
                left = left.dropFirst(Self.separator.utf8.count)
            }
            texts.append(String(decoding: left.prefix(part.bytes), as: UTF8.self))
            left = left.dropFirst(part.bytes)
        }
        self.texts = texts
        self.rest = String(decoding: left, as: UTF8.self)
    }

    /// The whole text.
    package var text: String { self.texts.filter { !$0.isEmpty }.joined(separator: Self.separator) + self.rest }
}

extension TurnRecord {
    /// Its messages; most turns have one.
    package var messages: [TurnPart] {
        guard self.parts.isEmpty, let message = self.message else { return self.parts }
        return [
            TurnPart(
                message: message, reference: self.route.replyTo, bytes: self.text.utf8.count,
                files: self.attachments.count)
        ]
    }

    /// The turn with another message, which is stored as `number`.
    package func joined(by message: InboundMessage, asked text: String, stored number: Int64 = 0) -> TurnRecord {
        var question = DividedQuestion(self.text, dividedInto: self.messages)
        question.texts.append(text)
        let part = TurnPart(
            message: number, reference: message.route.replyTo, bytes: text.utf8.count, files: message.attachments.count)
        return self.with(
            text: question.text, attachments: self.attachments + message.attachments, parts: self.messages + [part])
    }

    /// What one of its messages asks; nil without it. The turn must have its text.
    package func asked(by message: String) -> String? {
        let question = DividedQuestion(self.text, dividedInto: self.messages)
        return self.messages.firstIndex { $0.reference == message }.map { question.texts[$0] }
    }

    /// Whether one of its messages has this id on the platform.
    package func answers(_ message: String) -> Bool {
        self.parts.isEmpty ? self.route.replyTo == message : self.parts.contains { $0.reference == message }
    }

    /// A route to each of its messages.
    package var routes: [Route] {
        self.parts.isEmpty ? [self.route] : self.parts.map { self.route.answering($0.reference) }
    }
}

extension Route {
    /// The same route, as the answer to another message.
    package func answering(_ message: String?) -> Route {
        Route(
            room: self.room, anchor: self.anchor, addressee: self.addressee, replyTo: message,
            recipient: self.recipient, commandPrefix: self.commandPrefix, mentions: self.mentions)
    }
}

extension StoredForm {
    /// Nil for a turn with one message.
    static func text(of parts: [TurnPart]) -> String? {
        guard !parts.isEmpty else { return nil }
        return JSON.array(
            parts.map { part in
                var json: JSONObject = [
                    "message": .integer(part.message), "bytes": .integer(Int64(part.bytes)),
                    "files": .integer(Int64(part.files)),
                ]
                if let reference = part.reference { json["id"] = .string(reference) }
                return .object(json)
            }
        ).text
    }

    static func parts(from text: String?) throws -> [TurnPart] {
        guard let text else { return [] }
        return try (try Self.parse(text).arrayValue ?? []).map { json in
            guard let message = json["message"]?.intValue, let bytes = json["bytes"]?.intValue, bytes >= 0,
                let files = json["files"]?.intValue, files >= 0
            else { throw Malformed(what: "messages of a turn") }
            return TurnPart(
                message: Int64(message), reference: json["id"]?.stringValue, bytes: Int(bytes), files: Int(files))
        }
    }
}

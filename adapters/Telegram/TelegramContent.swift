internal import JSON
internal import Primitives

/// What a message shows instead of a text that somebody typed, as a short text.
enum TelegramContent {
    /// In bytes; Telegram's longest text has 32,768 characters.
    private static let limit = 65_536
    private static let optionLimit = 100
    /// Of rich text, which Telegram nests 16 levels deep.
    private static let depthLimit = 32

    /// A sticker, place, contact, poll, dice or checklist; empty for anything else. A contact's number is left out: whoever
    /// shares it rarely means to tell it to a model.
    static func thing(_ json: JSON) -> String {
        Self.anything(json).beginning(bytes: Self.limit).trimmed
    }

    private static func anything(_ json: JSON) -> String {
        if let sticker = json["sticker"] { return "\(Self.line(sticker["emoji"])) (sticker)" }
        // A venue's message has a location, too.
        if let venue = json["venue"] { return Self.venue(venue) }
        if let location = json["location"] { return Self.place(location).map { "📍 \($0)" } ?? "" }
        if let contact = json["contact"] { return "👤 \(Self.name(contact)) (contact)" }
        if let poll = json["poll"] { return Self.poll(poll) }
        if let dice = json["dice"] { return "\(Self.line(dice["emoji"])) \(dice["value"]?.intValue ?? 0)" }
        return json["checklist"].map(Self.checklist) ?? ""
    }

    private static func line(_ json: JSON?) -> String {
        (json?.stringValue ?? "").beginning(bytes: 1_000).onOneLine
    }

    private static func name(_ contact: JSON) -> String {
        [contact["first_name"], contact["last_name"]].map(Self.line).filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// `48.85, 2.29`, as precise as a metre.
    private static func place(_ location: JSON) -> String? {
        guard let latitude = location["latitude"]?.doubleValue, let longitude = location["longitude"]?.doubleValue,
            abs(latitude) <= 90, abs(longitude) <= 180
        else { return nil }
        return "\(Self.degrees(latitude)), \(Self.degrees(longitude))"
    }

    private static func degrees(_ value: Double) -> String { "\((value * 100_000).rounded() / 100_000)" }

    private static func venue(_ venue: JSON) -> String {
        let words = [Self.line(venue["title"]), Self.line(venue["address"])].filter { !$0.isEmpty }
        let place = venue["location"].flatMap(Self.place).map { " (\($0))" } ?? ""
        return "📍 \(words.joined(separator: ", "))\(place)"
    }

    private static func poll(_ poll: JSON) -> String {
        let options = (poll["options"]?.arrayValue ?? []).prefix(Self.optionLimit).map { "- \(Self.line($0["text"]))" }
        return (["📊 \(Self.line(poll["question"]))"] + options).joined(separator: "\n")
    }

    private static func checklist(_ list: JSON) -> String {
        let tasks = (list["tasks"]?.arrayValue ?? []).prefix(Self.optionLimit).map { task in
            "- [\(task["completion_date"]?.intValue ?? 0 > 0 ? "x" : " ")] \(Self.line(task["text"]))"
        }
        return (["☑️ \(Self.line(list["title"]))"] + tasks).joined(separator: "\n")
    }

    // MARK: Rich messages

    /// The words of a rich message, which need not have a plain text: one line a block.
    static func rich(_ json: JSON?) -> String {
        var words = ""
        if let blocks = json?["blocks"] { Self.collect(blocks, into: &words, isBlock: true, depth: 0) }
        // Short texts may be one long run of marks together.
        return StreamSafeText.of(words.beginning(bytes: Self.limit)).trimmed
    }

    private static func collect(_ json: JSON, into words: inout String, isBlock: Bool, depth: Int) {
        guard depth < Self.depthLimit, words.utf8.count < Self.limit else { return }
        if let text = json.stringValue {
            words += text
        } else if let values = json.arrayValue {
            for value in values { Self.collect(value, into: &words, isBlock: isBlock, depth: depth + 1) }
        } else {
            // A text within a text is part of its line.
            if let text = json["text"] { Self.collect(text, into: &words, isBlock: false, depth: depth + 1) }
            if isBlock, !words.isEmpty, words.utf8.last != 0x0A { words += "\n" }
            for key in ["blocks", "items", "cells", "caption"] {
                if let inner = json[key] { Self.collect(inner, into: &words, isBlock: true, depth: depth + 1) }
            }
        }
    }
}

package import JSON

/// What a chat completion contains besides text and calls, and what the endpoint wants back with them: the model's
/// thoughts, and signatures by which it recognises its own. DeepSeek, Kimi, Gemini and others refuse the results of calls
/// (400) that come back without.
///
/// Travels as the only item of ``ModelEvent/items(_:)``. Items of the responses endpoint have other types.
package enum ChatFields {
    private static let type = "chat_fields"

    /// The items of an answer that may be sent back.
    ///
    /// - Parameter isWhole: whether the calls are sent back as they came. Items of the responses endpoint contain them.
    package static func kept(_ items: [JSON], isWhole: Bool) -> [JSON] {
        isWhole ? items : items.filter { self.isOne($0) }
    }

    static func isOne(_ item: JSON) -> Bool { item["type"]?.stringValue == self.type }

    static func item(message: JSONObject, calls: JSONObject) -> JSON {
        ["type": .string(self.type), "message": .object(message), "calls": .object(calls)]
    }

    /// Members of the assistant's message.
    static func message(in items: [JSON]) -> JSONObject {
        items.first { self.isOne($0) }?["message"]?.objectValue ?? [:]
    }

    /// Members of the call with this id, and of its function.
    static func call(_ id: String, in items: [JSON]) -> (call: JSONObject, function: JSONObject) {
        let call = items.first { self.isOne($0) }?["calls"]?[id]
        return (call?["call"]?.objectValue ?? [:], call?["function"]?.objectValue ?? [:])
    }
}

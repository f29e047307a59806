internal import HTTP
internal import JSON

/// Reduces the upstream's list of models to those of a key. Pure.
enum ModelList {
    /// The longest list that is read, in bytes.
    static let limit = 8 << 20

    /// A list in OpenAI's form, or in Anthropic's with its first and last id; nil for anything else.
    static func reduced(_ body: [UInt8], to models: Set<String>) -> [UInt8]? {
        guard let list = try? JSON.parse(body), var object = list.objectValue,
            let items = object["data"]?.arrayValue
        else { return nil }
        let kept = items.filter { item in item["id"]?.stringValue.map(models.contains) ?? false }
        object["data"] = .array(kept)
        if object["first_id"] != nil { object["first_id"] = kept.first?["id"] ?? .null }
        if object["last_id"] != nil { object["last_id"] = kept.last?["id"] ?? .null }
        return JSON.object(object).bytes
    }

    /// Removes the request fields that ask for anything but the whole list in readable form: conditions, ranges,
    /// compression.
    static func requestWhole(_ fields: inout HTTPHeaders) {
        for name in Self.partial where fields.contains(name) { fields.remove(name) }
    }

    /// Removes the response fields that describe the whole list, and forbids caching of the reduced one: at the same
    /// URL, each key has its own list.
    static func describeReduced(_ fields: inout HTTPHeaders) {
        for name in Self.descriptive where fields.contains(name) { fields.remove(name) }
        fields["Cache-Control"] = "no-store"
    }

    private static let partial = [
        "accept-encoding", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range",
    ]

    private static let descriptive = [
        "accept-ranges", "content-digest", "content-length", "content-md5", "digest", "etag", "expires",
        "last-modified", "repr-digest",
    ]
}

internal import HTTP
internal import JSON

/// The upstream's list of models as a client sees it: reduced to the models of its key, with the proxy's aliases. Pure.
struct ModelList: Sendable {
    /// The models of the client's key; nil for all.
    let models: Set<String>?
    /// The models behind other names.
    let aliases: [String: String]

    /// The longest list that is read, in bytes: some six times that of OpenRouter.
    static let limit = 4 << 20

    /// ``shown(_:)`` off the event loop, because a list may have megabytes.
    @concurrent func shownOnPool(_ body: [UInt8]) async -> [UInt8]? { self.shown(body) }

    /// A list in OpenAI's form, or in Anthropic's with its first and last id; nil for anything else.
    func shown(_ body: [UInt8]) -> [UInt8]? { self.reduced(body).map { JSON.object($0).bytes } }

    enum Finding: Sendable, Equatable {
        case entry(JSON)
        case missing
        /// The body is not a list.
        case unreadable
    }

    /// A model as the client sees it. Off the event loop, like ``shownOnPool(_:)``.
    @concurrent func find(_ model: String, in body: [UInt8]) async -> Finding {
        guard let list = self.reduced(body) else { return .unreadable }
        let entry = list["data"]?.arrayValue?.first {
            $0["id"]?.stringValue?.utf8.elementsEqual(model.utf8) ?? false
        }
        return entry.map(Finding.entry) ?? .missing
    }

    private func reduced(_ body: [UInt8]) -> JSONObject? {
        guard let list = try? JSON.parse(body), var object = list.objectValue,
            let items = object["data"]?.arrayValue
        else { return nil }
        var kept = items
        if let models = self.models {
            kept = items.filter { item in item["id"]?.stringValue.map(models.contains) ?? false }
        }
        // An alias hides a model of the same name from requests too.
        kept.removeAll { item in item["id"]?.stringValue.map { self.aliases[$0] != nil } ?? false }
        for (alias, model) in self.aliases.sorted(by: { $0.key < $1.key })
        where self.models.map({ $0.contains(alias) || $0.contains(model) }) ?? true {
            kept.append(Self.entry(alias, for: items.first { $0["id"]?.stringValue == model }))
        }
        object["data"] = .array(kept)
        if object["first_id"] != nil { object["first_id"] = kept.first?["id"] ?? .null }
        if object["last_id"] != nil { object["last_id"] = kept.last?["id"] ?? .null }
        return object
    }

    /// - Parameter model: As the upstream describes it; nil if it lists no such model, but may have one.
    private static func entry(_ alias: String, for model: JSON?) -> JSON {
        var entry = model?.objectValue ?? ["object": "model", "owned_by": "proxy"]
        entry["id"] = .string(alias)
        for member in ["name", "display_name"] {
            if let name = entry[member]?.stringValue { entry[member] = .string("\(alias) (\(name))") }
        }
        return .object(entry)
    }

    /// Removes the request fields that ask for anything but the whole list in readable form: conditions, ranges,
    /// compression.
    static func requestWhole(_ fields: inout HTTPHeaders) {
        for name in Self.partial where fields.contains(name) { fields.remove(name) }
    }

    /// Removes the response fields that describe the upstream's list, and forbids caching of the shown one: at the same
    /// URL, each key has its own list.
    static func describeShown(_ fields: inout HTTPHeaders) {
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

internal import JSON
internal import Primitives

/// Reads a list page by page. Pure.
struct ListReading {
    enum Step: Equatable {
        /// Ask for the page after this cursor, which may be an empty text.
        case next(String)
        case done
        case fail(String)
    }

    static let pageLimit = 100
    static let entryLimit = 1_000

    let key: String
    private(set) var entries: [JSON] = []
    private var cursors: Set<String> = []
    private var pages = 0

    /// - Parameter key: The member of an answer that holds the entries: `tools`.
    init(_ key: String) {
        self.key = key
    }

    /// Only a missing cursor ends the list. A server that repeats one would never end.
    mutating func take(_ page: JSON) -> Step {
        guard let found = page[self.key]?.arrayValue else { return .fail("its list of \(self.key) is not a list") }
        self.pages += 1
        self.entries += found
        guard self.entries.count <= Self.entryLimit else {
            return .fail("its list of \(self.key) has more than \(Self.entryLimit) entries")
        }
        guard let cursor = page["nextCursor"], !cursor.isNull else { return .done }
        guard case .string(let text) = cursor else { return .fail("its list of \(self.key) has an invalid cursor") }
        guard self.cursors.insert(text).inserted else {
            return .fail("its list of \(self.key) repeats a page, so it never ends")
        }
        guard self.pages < Self.pageLimit else {
            return .fail("its list of \(self.key) has more than \(Self.pageLimit) pages")
        }
        return .next(text)
    }
}

/// What a server lists. An entry without a name, or with a repeated one, cannot be called and is left out.
enum ListedEntries {
    private static let nameLimit = 1_024

    static func tools(_ entries: [JSON]) -> [ExtensionTool] {
        Self.unique(entries, "name").map { name, entry in
            ExtensionTool(
                name: name, description: entry["description"]?.stringValue ?? "", schema: entry["inputSchema"] ?? [:],
                annotations: entry["annotations"] ?? .null)
        }
    }

    static func prompts(_ entries: [JSON]) -> [ExtensionPrompt] {
        Self.unique(entries, "name").map { name, entry in
            ExtensionPrompt(
                name: name, description: entry["description"]?.stringValue ?? "",
                arguments: Self.unique(entry["arguments"]?.arrayValue ?? [], "name").map { name, argument in
                    ExtensionPrompt.Argument(name: name, isRequired: argument["required"]?.boolValue ?? false)
                })
        }
    }

    /// - Parameter isTemplate: Whether these are templates of addresses.
    static func resources(_ entries: [JSON], isTemplate: Bool) -> [ExtensionResource] {
        Self.unique(entries, isTemplate ? "uriTemplate" : "uri").map { uri, entry in
            ExtensionResource(
                uri: uri, name: entry["name"]?.stringValue ?? uri, type: entry["mimeType"]?.stringValue,
                isTemplate: isTemplate)
        }
    }

    private static func unique(_ entries: [JSON], _ key: String) -> [(String, JSON)] {
        var names: Set<String> = []
        return entries.compactMap { entry in
            guard let name = entry[key]?.stringValue, !name.isEmpty, name.utf8.count <= Self.nameLimit,
                names.insert(name).inserted
            else { return nil }
            return (name, entry)
        }
    }
}

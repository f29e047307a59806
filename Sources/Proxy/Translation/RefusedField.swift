internal import JSON
internal import Primitives

/// A member of requests that an upstream does not know, as the upstream's error names it. Pure.
///
/// Clients send members that only their maker's own server takes, such as `context_management` or a `scope` in
/// `cache_control`. Others refuse the whole request for them.
struct RefusedField: Sendable, Hashable {
    /// The names on the way to the member; nil for each element of a list.
    private let path: [String?]

    /// - Parameter path: As `system.0.cache_control.ephemeral.scope` or `input[0].name`. Nil for what no request can do
    ///   without.
    init?(_ path: Substring) {
        let parts = path.split { ".[]".contains($0) }
        guard let last = parts.last, Int(last) == nil, parts.count <= Self.deepest,
            parts.count > 1 || !Self.required.contains(last), parts.allSatisfy({ $0.utf8.count <= Self.longest })
        else { return nil }
        // Copies: it is remembered for a day, and would keep the whole error.
        self.path = parts.map { Int($0) == nil ? String($0) : nil }
    }

    private static let deepest = 16
    /// The bytes of a name.
    private static let longest = 256
    private static let mostMembers = 1_000
    private static let required: Set<Substring> = [
        "model", "messages", "system", "input", "instructions", "prompt", "tools", "stream", "max_tokens",
        "max_output_tokens", "max_completion_tokens",
    ]

    /// What the error of a status 400 names as unknown: in the words of Anthropic, of OpenAI, and of Go's decoder.
    static func all(in error: [UInt8]) -> [RefusedField] {
        // An upstream's error may repeat what a client has sent.
        let text =
            (try? JSON.parse(error))?["error"]?["message"]?.stringValue
            ?? StreamSafeText.of(String(decoding: error, as: UTF8.self))
        var paths = text.split(separator: ": Extra inputs are not permitted", omittingEmptySubsequences: false)
            .dropLast().map { before in
                Substring(String(before.reversed().prefix(while: Self.isOfPath).reversed()))
            }
        for (word, end) in [("Unknown parameter: '", "'"), ("unknown field \"", "\""), ("unknown field \\\"", "\\")] {
            paths += text.split(separator: word, omittingEmptySubsequences: false).dropFirst().map { after in
                after.prefix { !end.contains($0) }
            }
        }
        for word in ["argument supplied: ", "arguments supplied: "] {
            for after in text.split(separator: "Unrecognized request \(word)", omittingEmptySubsequences: false)
                .dropFirst()
            {
                let list = after.prefix { Self.isOfPath($0) || $0 == "," || $0 == " " }
                paths += list.split { $0 == "," || $0 == " " }
            }
        }
        var seen: Set<RefusedField> = []
        let fields = paths.compactMap { RefusedField($0) }.filter { seen.insert($0).inserted }
        // Each of them costs a pass over the body.
        return Array(fields.prefix(UpstreamMemory.mostRefused))
    }

    private static func isOfPath(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_-.[]".contains(character))
    }

    /// Removes the member everywhere.
    ///
    /// - Returns: The names of what was removed, without the places in lists: `system.cache_control.scope`.
    func remove(from body: inout JSON) -> Set<String> {
        var removed: Set<String> = []
        Self.remove(self.path[...], from: &body, named: "", &removed)
        return removed
    }

    private static func remove(
        _ path: ArraySlice<String?>, from value: inout JSON, named name: String, _ removed: inout Set<String>
    ) {
        guard let step = path.first else { return }
        switch (value, step) {
        case (.array(var elements), nil):
            for index in elements.indices {
                Self.remove(path.dropFirst(), from: &elements[index], named: name, &removed)
            }
            value = .array(elements)
        case (.object(var members), let key?):
            let name = name.isEmpty ? key : "\(name).\(key)"
            // Removing takes as long as all members; those with so many have names of people.
            guard members.count <= Self.mostMembers else { return }
            if var member = members[key] {
                if path.count == 1 {
                    members[key] = nil
                    removed.insert(name)
                } else {
                    Self.remove(path.dropFirst(), from: &member, named: name, &removed)
                    members[key] = member
                }
                value = .object(members)
            } else if members["type"].map({ $0.stringValue == key }) ?? (key == "custom") {
                // Anthropic's errors name the kind of an object too. `custom` is the kind of a tool without one.
                Self.remove(path.dropFirst(), from: &value, named: String(name.dropLast(key.count + 1)), &removed)
            }
        default: break
        }
    }
}

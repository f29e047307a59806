internal import YAML

/// What a configuration was read from, to find the keys whose values have changed.
package struct ConfigurationContent: Sendable {
    /// Nil for an empty file.
    let root: YAMLNode?
    /// A hash of each secret, by its key's path: the file or variable that a key names may have new content. Other files,
    /// such as `personas`, have one too.
    let secrets: [String: Int]

    init(root: YAMLNode? = nil, secrets: [String: Int] = [:]) {
        self.root = root
        self.secrets = secrets
    }

    /// The paths of the keys that differ from `other`'s, as in `adapters.irc[0].nick`, in alphabetical order.
    package func changes(from other: ConfigurationContent) -> [String] {
        var paths = Set(Self.differences(other.root, self.root, path: ""))
        for path in Set(self.secrets.keys).union(other.secrets.keys) where self.secrets[path] != other.secrets[path] {
            // A secret's own key, `{env: …}` or `{file: …}`, may have changed instead.
            if !paths.contains(where: { $0 == path || $0.hasPrefix(path + ".") || path.hasPrefix($0) }) {
                paths.insert(path)
            }
        }
        return paths.sorted()
    }

    private static func differences(_ old: YAMLNode?, _ new: YAMLNode?, path: String) -> [String] {
        let old = old.flatMap { $0.isNull ? nil : $0 }
        let new = new.flatMap { $0.isNull ? nil : $0 }
        if old == nil, new == nil { return [] }
        // A section that appears or disappears changes its keys, except in a list.
        if let entries = Self.entries(old, new) {
            return entries.flatMap { key in
                self.differences(old?[key], new?[key], path: path.isEmpty ? key : "\(path).\(key)")
            }
        }
        if let old = old?.sequenceValue, let new = new?.sequenceValue, old.count == new.count {
            return zip(old, new).enumerated().flatMap { index, pair in
                self.differences(pair.0, pair.1, path: "\(path)[\(index)]")
            }
        }
        return old?.stringValue != nil && old?.stringValue == new?.stringValue ? [] : [path]
    }

    /// The keys of two mappings, of which one may be missing; nil for anything else.
    private static func entries(_ old: YAMLNode?, _ new: YAMLNode?) -> [String]? {
        let mappings = [old, new].compactMap { $0 }.map(\.mappingValue)
        guard !mappings.contains(where: { $0 == nil }) else { return nil }
        var keys: [String] = []
        for key in mappings.compactMap({ $0 }).joined().map(\.key) where !keys.contains(key) { keys.append(key) }
        return keys
    }
}

/// One value of a YAML document, with the place where it stands.
package struct YAMLNode: Sendable, Hashable {
    /// What the node holds.
    package indirect enum Content: Sendable, Hashable {
        /// A text. `isPlain` tells that it had no quotes, so that `true`, `12` and `~` may mean more than a text.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the document; no key twice.
        case mapping([Entry])
    }

    /// One pair of a mapping.
    package struct Entry: Sendable, Hashable {
        package let key: String
        /// Where the key stands, counted as ``YAMLNode/line`` and ``YAMLNode/column``.
        package let keyLine: Int
        package let keyColumn: Int
        package let value: YAMLNode

        package init(key: String, keyLine: Int, keyColumn: Int, value: YAMLNode) {
            self.key = key
            self.keyLine = keyLine
            self.keyColumn = keyColumn
            self.value = value
        }
    }

    package let content: Content
    /// The first line is 1.
    package let line: Int
    /// In characters; the first is 1.
    package let column: Int

    package init(_ content: Content, line: Int, column: Int) {
        self.content = content
        self.line = line
        self.column = column
    }

    /// The value of a mapping's key; nil where there is none, or no mapping.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = self.content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Nothing: an empty value, `~` or `null`, by the core schema of YAML 1.2.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = self.content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A scalar's text, quoted or not, as long as it is not null.
    package var stringValue: String? {
        guard case .scalar(let text, _) = self.content, !self.isNull else { return nil }
        return text
    }

    /// `true` or `false`, by the core schema of YAML 1.2: `yes` and `on` are texts.
    package var boolValue: Bool? {
        guard case .scalar(let text, isPlain: true) = self.content else { return nil }
        return switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A decimal whole number that fits 64 bits.
    package var intValue: Int? {
        guard case .scalar(let text, isPlain: true) = self.content else { return nil }
        return Int(text)
    }

    package var sequenceValue: [YAMLNode]? {
        guard case .sequence(let nodes) = self.content else { return nil }
        return nodes
    }

    package var mappingValue: [Entry]? {
        guard case .mapping(let entries) = self.content else { return nil }
        return entries
    }
}

/// A value of a YAML document, with its position.
package struct YAMLNode: Sendable, Hashable {
    package indirect enum Content: Sendable, Hashable {
        /// `isPlain` means without quotes, so that `true`, `12` and `~` may be more than strings.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In document order; keys are unique.
        case mapping([Entry])
    }

    package struct Entry: Sendable, Hashable {
        package let key: String
        /// The key's position, counted like ``YAMLNode/line`` and ``YAMLNode/column``.
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

    /// The value of a mapping's key; nil if there is none or this is not a mapping.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = self.content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// An empty value, `~` or `null`, by the core schema of YAML 1.2.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = self.content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A scalar's text, quoted or not, unless it is null.
    package var stringValue: String? {
        guard case .scalar(let text, _) = self.content, !self.isNull else { return nil }
        return text
    }

    /// `true` or `false`, by the core schema of YAML 1.2: `yes` and `on` are strings.
    package var boolValue: Bool? {
        guard case .scalar(let text, isPlain: true) = self.content else { return nil }
        return switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A decimal integer that fits 64 bits.
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

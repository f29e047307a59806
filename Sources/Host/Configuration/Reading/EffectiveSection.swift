package import JSON
internal import Logging
internal import Primitives
internal import YAML

/// The settings of a section as they take effect: what the file says, and the defaults of the keys that it leaves out.
/// A secret is the reference that the file has, never its value.
final class EffectiveSection {
    private enum Member {
        case node(YAMLNode)
        case value(JSON)
        case section(EffectiveSection)
    }

    private var members: [(key: String, member: Member)] = []

    /// What the file says.
    func set(_ key: String, _ node: YAMLNode) { self.set(key, .node(node)) }

    func set(_ key: String, _ value: JSON) { self.set(key, .value(value)) }

    /// The default of a missing key, where it can be written in a file.
    func setDefault(_ key: String, _ value: some Any) {
        if let json = Self.json(value) { self.set(key, .value(json)) }
    }

    /// A section that is missing in the file.
    func section(_ key: String) -> EffectiveSection {
        if case .section(let section)? = self.members.first(where: { $0.key == key })?.member { return section }
        let section = EffectiveSection()
        self.set(key, .section(section))
        return section
    }

    private func set(_ key: String, _ member: Member) {
        if let index = self.members.firstIndex(where: { $0.key == key }) {
            self.members[index].member = member
        } else {
            self.members.append((key, member))
        }
    }

    // MARK: Printing

    /// - Parameter sections: Those of the file's mappings, by their place.
    func json(_ sections: [YAMLNode.Place: EffectiveSection]) -> JSON {
        .object(
            JSONObject(
                members: self.members.map { key, member in
                    switch member {
                    case .node(let node): (key, Self.json(node, sections))
                    case .value(let value): (key, value)
                    case .section(let section): (key, section.json(sections))
                    }
                }))
    }

    private static func json(_ node: YAMLNode, _ sections: [YAMLNode.Place: EffectiveSection]) -> JSON {
        switch node.content {
        case .mapping(let entries):
            sections[node.place]?.json(sections)
                ?? .object(JSONObject(members: entries.map { ($0.key, self.json($0.value, sections)) }))
        case .sequence(let nodes): .array(nodes.map { self.json($0, sections) })
        case .scalar(let text, let isPlain):
            if node.isNull {
                .null
            } else if let bool = node.boolValue {
                .bool(bool)
            } else if let number = node.intValue {
                .integer(Int64(number))
            } else if isPlain, let number = Double(text), number.isFinite {
                .number(number)
            } else {
                .string(Redaction.redact(text))
            }
        }
    }

    /// As a file has the value; nil for a type of which that is not known.
    private static func json(_ value: Any) -> JSON? {
        switch value {
        case let value as JSON: value
        case let value as Bool: .bool(value)
        case let value as Int: .integer(Int64(value))
        case let value as Double: .number(value)
        case let value as String: .string(value)
        case let value as Duration: .string(Quantity.text(value))
        case let value as any RawRepresentable<String>: .string(value.rawValue)
        case let value as [String: String]: value.isEmpty ? .object([:]) : nil
        case let value as [String: [String]]: value.isEmpty ? .object([:]) : nil
        case let value as any CustomStringConvertible & Hashable: .string(value.description)
        default: nil
        }
    }
}

extension YAMLNode {
    struct Place: Hashable {
        let line: Int
        let column: Int
    }

    var place: Place { Place(line: self.line, column: self.column) }
}

extension JSON {
    /// The value as YAML that ``ConfigurationLoader`` reads.
    package var yaml: String {
        var text = ""
        self.write(to: &text, margin: 0)
        return text
    }

    private func write(to text: inout String, margin: Int) {
        let space = String(repeating: " ", count: margin)
        switch self {
        case .object(let members) where !self.isInline:
            for (key, value) in members {
                text += space + Self.word(key) + ":"
                if value.isInline {
                    text += " \(value.inline)\n"
                } else {
                    text += "\n"
                    value.write(to: &text, margin: margin + 2)
                }
            }
        case .array(let items) where !self.isInline:
            for item in items {
                var own = ""
                if item.isInline {
                    own = "\(space)  \(item.inline)\n"
                } else {
                    item.write(to: &own, margin: margin + 2)
                }
                text += space + "- " + own.dropFirst(margin + 2)
            }
        default: text += space + self.inline + "\n"
        }
    }

    /// Scalars, lists of them, and references to secrets.
    private var isInline: Bool {
        switch self {
        case .object(let members):
            members.isEmpty || members.count == 1 && ["env", "file"].contains(members.first?.key)
        case .array(let items): items.allSatisfy { $0.stringValue != nil || $0.intValue != nil }
        default: true
        }
    }

    private var inline: String {
        switch self {
        case .object(let members):
            "{\(members.map { "\(Self.word($0.key)): \($0.value.inline)" }.joined(separator: ", "))}"
        case .array(let items): "[\(items.map(\.inline).joined(separator: ", "))]"
        case .string(let text): Self.word(text)
        default: self.text
        }
    }

    /// Without quotes only where every parser reads a string.
    private static func word(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "/") } ?? false
            && text.isPlain(with: "_./@+:-")
            && !text.hasSuffix(":") && Double(text) == nil
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        return isPlain ? text : JSON.string(text).text
    }
}

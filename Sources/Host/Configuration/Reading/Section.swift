internal import Primitives
internal import YAML

/// A mapping that is being read. It remembers which keys were asked for: those are the valid ones.
final class Section {
    let path: String
    private let value: Value?
    private let entries: [YAMLNode.Entry]
    private let reading: Reading
    private var asked: [String] = []

    /// A section that is absent reads as an empty one.
    init(_ value: Value?, path: String, reading: Reading) {
        self.value = value
        self.path = path
        self.reading = reading
        self.entries = value?.node.mappingValue ?? []
    }

    /// Whether a key stands here, with or without a value.
    func has(_ key: String) -> Bool { self.entries.contains { $0.key == key } }

    /// A key's value; nil where it is absent or left empty.
    func value(_ key: String) -> Value? {
        if !self.asked.contains(key) { self.asked.append(key) }
        guard let entry = self.entries.first(where: { $0.key == key }), !entry.value.isNull else { return nil }
        return Value(node: entry.value, path: self.path(of: key), reading: self.reading)
    }

    /// A key's value by `convert`, which reports what is wrong and returns nil; then the default stands in.
    func read<T>(_ key: String, default standard: T, _ convert: (Value) -> T?) -> T {
        self.value(key).flatMap(convert) ?? standard
    }

    /// A key that may be left out.
    func optional<T>(_ key: String, _ convert: (Value) -> T?) -> T? {
        self.value(key).flatMap(convert)
    }

    /// A key that has to be there: reported where it is not.
    func required<T>(_ key: String, _ convert: (Value) -> T?) -> T? {
        guard let value = self.value(key) else {
            self.error("'\(key)' is missing")
            return nil
        }
        return convert(value)
    }

    /// A mapping inside this one; an empty one where it is absent or no mapping.
    func section<T>(_ key: String, _ body: (Section) -> T) -> T {
        self.value(key).flatMap { $0.section(body) }
            ?? body(Section(nil, path: self.path(of: key), reading: self.reading))
    }

    /// A list's items by `convert`; those that are wrong are reported and left out.
    func list<T>(_ key: String, _ convert: (Value) -> T?) -> [T]? {
        self.value(key).flatMap { $0.items() }.map { $0.compactMap(convert) }
    }

    /// Reports a mistake of the section as a whole.
    func error(_ message: String) {
        self.reading.report(
            message, path: self.path, line: self.value?.node.line, column: self.value?.node.column)
    }

    func warn(_ message: String) {
        self.reading.report(
            message, severity: .warning, path: self.path, line: self.value?.node.line, column: self.value?.node.column)
    }

    func absolutePath(_ path: String) -> String { self.reading.absolutePath(path) }

    /// Reports every key that nobody asked for, with the nearest that somebody did.
    func finish() {
        for entry in self.entries where !self.asked.contains(entry.key) {
            let near = nearestKey(entry.key)
            let known = near == nil && !self.asked.isEmpty ? "; valid here: \(self.asked.joined(separator: ", "))" : ""
            self.reading.report(
                "unknown key\(known)", path: self.path(of: entry.key), line: entry.keyLine, column: entry.keyColumn,
                nearest: near)
        }
    }

    private func nearestKey(_ key: String) -> String? {
        nearest(to: key, among: self.asked.filter { !self.has($0) }) ?? nearest(to: key, among: self.asked)
    }

    private func path(of key: String) -> String { self.path.isEmpty ? key : "\(self.path).\(key)" }
}

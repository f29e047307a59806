internal import JSON
internal import Primitives
internal import YAML

/// A mapping being read. It records the keys that were asked for: those are the valid ones.
final class Section {
    let path: String
    private let value: Value?
    private let entries: [YAMLNode.Entry]
    private let reading: Reading
    private var asked: [String] = []
    /// What `config print` shows of the section.
    let effective: EffectiveSection

    /// A missing section reads as an empty one.
    ///
    /// - Parameter effective: For a missing section.
    init(_ value: Value?, path: String, reading: Reading, effective: EffectiveSection = EffectiveSection()) {
        self.value = value
        self.effective = value.map { reading.effective(at: $0.node) } ?? effective
        self.path = path
        self.reading = reading
        self.entries = value?.node.mappingValue ?? []
    }

    /// Whether the key is present, with or without a value.
    func has(_ key: String) -> Bool { self.entries.contains { $0.key == key } }

    /// A key's value; nil if it is missing or empty.
    func value(_ key: String) -> Value? {
        if !self.asked.contains(key) { self.asked.append(key) }
        guard let entry = self.entries.first(where: { $0.key == key }), !entry.value.isNull else { return nil }
        self.effective.set(key, entry.value)
        return Value(node: entry.value, path: self.path(of: key), reading: self.reading)
    }

    /// A key's value by `convert`. The default applies if the key is missing, or if `convert` reports an error and
    /// returns nil.
    ///
    /// - Parameter shown: The default as a file has it, where its type does not say that.
    func read<T>(_ key: String, default standard: T, shown: JSON? = nil, _ convert: (Value) -> T?) -> T {
        guard let value = self.value(key) else {
            if let shown { self.effective.set(key, shown) } else { self.effective.setDefault(key, standard) }
            return standard
        }
        return convert(value) ?? standard
    }

    /// A key's size in bytes.
    func size(_ key: String, default standard: Int, atLeast least: Int = 1, atMost most: Int = .max) -> Int {
        self.read(key, default: standard, shown: .string(Quantity.size(of: standard))) {
            $0.size(atLeast: least, atMost: most)
        }
    }

    func optional<T>(_ key: String, _ convert: (Value) -> T?) -> T? {
        self.value(key).flatMap(convert)
    }

    /// Reports an error if the key is missing.
    func required<T>(_ key: String, _ convert: (Value) -> T?) -> T? {
        guard let value = self.value(key) else {
            self.error("'\(key)' is missing")
            return nil
        }
        return convert(value)
    }

    /// A nested mapping; an empty one if the key is missing or not a mapping.
    func section<T>(_ key: String, _ body: (Section) -> T) -> T {
        self.value(key).flatMap { $0.section(body) }
            ?? body(
                Section(
                    nil, path: self.path(of: key), reading: self.reading, effective: self.effective.section(key)))
    }

    /// What takes effect of a nested mapping.
    func effective(of key: String) -> EffectiveSection {
        self.value(key).map { self.reading.effective(at: $0.node) } ?? self.effective.section(key)
    }

    /// An empty section in the same place.
    var empty: Section { Section(nil, path: self.path, reading: self.reading) }

    /// A list's items by `convert`; leaves out those for which it reports an error.
    func list<T>(_ key: String, _ convert: (Value) -> T?) -> [T]? {
        guard let value = self.value(key) else {
            self.effective.set(key, [])
            return nil
        }
        return value.items().map { $0.compactMap(convert) }
    }

    /// Reports an error in the section as a whole.
    func error(_ message: String) {
        self.reading.report(
            message, path: self.path, line: self.value?.node.line, column: self.value?.node.column)
    }

    func warn(_ message: String) {
        self.reading.report(
            message, severity: .warning, path: self.path, line: self.value?.node.line, column: self.value?.node.column)
    }

    func absolutePath(_ path: String) -> String { self.reading.absolutePath(path) }

    /// Reports every unknown key, with the nearest valid one. Call it once all valid keys have been read.
    func finish() {
        for entry in self.entries where !self.asked.contains(entry.key) {
            let near = nearestKey(entry.key)
            let known = near == nil && !self.asked.isEmpty ? "; valid keys: \(self.asked.joined(separator: ", "))" : ""
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

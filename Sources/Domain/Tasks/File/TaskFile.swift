internal import Crypto

/// A Markdown file with tasks, byte for byte as it is, and where its tasks are.
///
/// A task is addressed by its id. One without an id, or with the id of another one, is addressed by `~` and the first hex
/// digits of a hash of its title: six, or more where two begin alike.
package struct TaskFile: Sendable {
    package static let path = "docs/TASKS.md"
    /// In bytes.
    package static let sizeLimit = 4 << 20
    /// The most tasks of a list. Each is a row, and every other writer waits until all are written.
    static let countLimit = 10_000

    package let bytes: [UInt8]
    package let items: [TaskItem]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var reader = TaskReader(bytes)
        reader.read()
        self.items = Self.addressed(reader.items)
    }

    /// Why it has too many tasks; nil if it has not.
    var excess: String? {
        self.items.count > Self.countLimit
            ? "\(Self.path) has more than \(Self.countLimit) tasks (remove the old ones)" : nil
    }

    /// All hex digits of a title's hash.
    static func hash(of title: String) -> String { hex(sha256(title)) }

    private static func addressed(_ items: [TaskItem]) -> [TaskItem] {
        var items = items
        var ids: [String: Int] = [:]
        ids.reserveCapacity(items.count)
        for item in items { if let id = item.id { ids[id, default: 0] += 1 } }
        var hashes: [(index: Int, hash: String)] = []
        for index in items.indices {
            if let id = items[index].id, ids[id] == 1 {
                items[index].address = id
            } else {
                hashes.append((index, Self.hash(of: items[index].text)))
            }
        }
        let sorted = hashes.sorted { ($0.hash, $0.index) < ($1.hash, $1.index) }
        // Where the tasks with the same title begin.
        var first = 0
        for (place, entry) in sorted.enumerated() {
            if sorted[first].hash != entry.hash { first = place }
            let neighbours = [place - 1, place + 1].filter(sorted.indices.contains).map { sorted[$0].hash }
            let common = neighbours.filter { $0 != entry.hash }.map { Self.common($0, entry.hash) }.max() ?? 0
            items[entry.index].address = "~" + entry.hash.prefix(max(6, common + 1))
            // The same title again: for lists. Which one is meant cannot be said this way.
            if place > first { items[entry.index].address += ".\(place - first + 1)" }
        }
        return items
    }

    private static func common(_ one: String, _ other: String) -> Int {
        zip(one.utf8, other.utf8).prefix { $0 == $1 }.count
    }

    // MARK: Finding

    /// What a task was when somebody decided to change it.
    package struct Key: Sendable, Hashable {
        package let id: String?
        package let title: String
        package let section: String?

        package init(id: String?, title: String, section: String?) {
            self.id = id
            self.title = title
            self.section = section
        }

        package init(_ item: TaskItem) { self.init(id: item.id, title: item.text, section: item.section) }
    }

    /// The task that somebody names. Throws ``TaskError``.
    package func item(at address: String) throws(TaskError) -> TaskItem {
        let word = address.lowercased()
        if word.hasPrefix("~") {
            // Lists tell several with the same title apart by `.2`, which names none of them.
            let digits = word.dropFirst().prefix { $0 != "." }
            guard digits.count >= 4 else { throw .unknown(address) }
            let same = self.items.filter { Self.hash(of: $0.text).hasPrefix(digits) }
            // One that got its id since is still meant.
            let without = same.filter { $0.address.hasPrefix("~") }
            return try self.only(address, without.isEmpty ? same : without)
        }
        let exact = self.items.filter { $0.id == address }
        let found = exact.isEmpty ? self.items.filter { $0.id?.lowercased() == word } : exact
        return try self.only(address, found)
    }

    /// A task in a newer state of the file: by its id, else by its title, else by title and section, never by its line.
    package func item(_ key: Key) throws(TaskError) -> TaskItem {
        let name = key.id ?? key.title
        if let id = key.id {
            let same = self.items.filter { $0.id == id }
            if same.count == 1 { return same[0] }
            if same.isEmpty {
                // Somebody took its id away: then it is the only one with its title.
                return try self.only(name, self.items.filter { $0.text == key.title && $0.id == nil })
            }
            return try self.only(name, same.filter { $0.text == key.title })
        }
        let same = self.items.filter { $0.text == key.title }
        if same.count <= 1 { return try self.only(name, same) }
        return try self.only(name, same.filter { $0.section == key.section })
    }

    private func only(_ name: String, _ found: [TaskItem]) throws(TaskError) -> TaskItem {
        guard let first = found.first else { throw .unknown(name) }
        guard found.count == 1 else { throw .ambiguous(name, found.map { "\($0.address) “\($0.text)”" }) }
        return first
    }

    /// The id that the next new task gets.
    var nextID: String { self.nextIDs(1)[0] }

    /// The ids that the next new tasks get: the highest `T` number and one, and so on, with as many digits where they
    /// have zeros.
    func nextIDs(_ count: Int) -> [String] {
        var highest = 0
        var width = 0
        for item in self.items {
            guard let id = item.id, id.utf8.first == UInt8(ascii: "T") else { continue }
            let digits = id.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard digits.utf8.count <= 9, let number = Int(digits) else { continue }
            highest = max(highest, number)
            if digits.hasPrefix("0") { width = max(width, digits.utf8.count) }
        }
        return (0..<count).map { place in
            let number = String(highest + 1 + place)
            return "T" + String(repeating: "0", count: max(0, width - number.utf8.count)) + number
        }
    }
}

/// Why a task was not found or not changed.
package enum TaskError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknown(String)
    case ambiguous(String, [String])
    case conflict(TaskConflict)
    /// The branch is protected: the change is the pull request at this address.
    case proposed(String)
    /// Of a value that cannot be written, or a file that cannot be read.
    case invalid(String)

    package var description: String {
        switch self {
        case .unknown(let name): "there is no task \(name) in \(TaskFile.path)"
        case .ambiguous(let name, let all):
            "several tasks are \(name) (\(all.prefix(3).joined(separator: ", "))): give them different ids or titles in "
                + TaskFile.path
        case .conflict(let conflict): conflict.text
        case .proposed(let url): "the branch is protected, so the change is a pull request of its own: \(url)"
        case .invalid(let reason): reason
        }
    }
}

/// A change that does not fit what somebody else has made of the task.
package struct TaskConflict: Error, Sendable, Hashable {
    package let task: String
    package let field: TaskAction.Field
    /// What it was when the change was decided; what it is now; what it was to become.
    package let base: [String]
    package let theirs: [String]
    package let ours: [String]

    package var text: String { self.sentence + " Look at it, and try again" }

    /// What is the matter.
    package var sentence: String {
        func shown(_ value: [String]) -> String { value.isEmpty ? "nothing" : "“\(value.joined(separator: " "))”" }
        let result =
            self.ours == self.base ? "so nothing else was changed" : "so it was not set to \(shown(self.ours))"
        return "\(self.task) has changed: \(self.field.rawValue) was \(shown(self.base)) and is now "
            + "\(shown(self.theirs)), \(result)."
    }
}

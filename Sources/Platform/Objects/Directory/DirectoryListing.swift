internal import EventLoop

/// Collects a page of a directory's objects, in the order of their keys.
struct DirectoryListing {
    private let prefix: String
    private let after: String?
    private let limit: Int
    private(set) var page = ObjectPage()

    init(prefix: String, after: String?, limit: Int) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }

    /// - Parameter path: Of the folder: empty, or with a slash at the end.
    mutating func add(_ folder: ObjectFolder, path: String) throws(SystemError) {
        let names = try folder.names { self.isWanted(path + $0, isFolder: $1) }
        for (name, isFolder) in names {
            let key = path + name
            if isFolder {
                guard let inner = try folder.folder([String(name.dropLast())]) else { continue }
                try self.add(inner, path: key)
            } else if let facts = try folder.facts(of: name, key: key) {
                guard self.page.objects.count < self.limit else {
                    self.page.next = self.page.objects.last?.key
                    return
                }
                self.page.objects.append(facts)
            }
            if self.page.next != nil { return }
        }
    }

    /// Whether an object, or something in a folder, belongs to this page or a later one.
    private func isWanted(_ key: String, isFolder: Bool) -> Bool {
        (key.hasPrefix(self.prefix) || isFolder && self.prefix.hasPrefix(key)) && !self.isPast(key, isFolder: isFolder)
    }

    /// Whether an object, or everything in a folder, was in an earlier page.
    private func isPast(_ key: String, isFolder: Bool) -> Bool {
        guard let after = self.after else { return false }
        if isFolder, after.hasPrefix(key) { return false }
        return !after.utf8.lexicographicallyPrecedes(key.utf8)
    }
}

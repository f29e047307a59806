/// The line ends of a file's content, converted as convert.c of Git does it.
struct LineEnds {
    private let bytes: [UInt8]
    private var pairs = 0
    private var loneFeeds = 0
    private var loneReturns = 0
    private var isBinary = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var (printable, other, hasNul) = (0, 0, false)
        var before: UInt8 = 0
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x0D:
                if index + 1 < bytes.count, bytes[index + 1] == 0x0A { self.pairs += 1 } else { self.loneReturns += 1 }
            case 0x0A: if before != 0x0D { self.loneFeeds += 1 }
            case 0x08, 0x09, 0x1B, 0x0C: printable += 1
            case 0x00:
                hasNul = true
                other += 1
            case 0x01..<0x20, 0x7F: other += 1
            default: printable += 1
            }
            before = byte
        }
        // The end of a file in DOS.
        if bytes.last == 0x1A { other -= 1 }
        self.isBinary = self.loneReturns > 0 || hasNul || printable >> 7 < other
    }

    /// As the repository has it; nil if it has it like this.
    ///
    /// - Parameter old: What the repository has now.
    func narrowed(isGuessed: Bool, old: () -> [UInt8]?) -> [UInt8]? {
        guard self.pairs > 0 else { return nil }
        if isGuessed {
            guard !self.isBinary else { return nil }
            // It was committed with CRLF, and would change in every line.
            if let old = old().map({ LineEnds($0) }), old.pairs > 0, !old.isBinary { return nil }
        }
        var result: [UInt8] = []
        result.reserveCapacity(self.bytes.count)
        for (index, byte) in self.bytes.enumerated()
        where byte != 0x0D || index + 1 == self.bytes.count || self.bytes[index + 1] != 0x0A {
            result.append(byte)
        }
        return result
    }

    /// As a work tree with CRLF has it; nil if it has it like this.
    func widened(isGuessed: Bool) -> [UInt8]? {
        guard self.loneFeeds > 0, !isGuessed || !self.isBinary && self.pairs == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(self.bytes.count + self.loneFeeds)
        for (index, byte) in self.bytes.enumerated() {
            if byte == 0x0A, index == 0 || self.bytes[index - 1] != 0x0D { result.append(0x0D) }
            result.append(byte)
        }
        return result
    }
}

/// A commit's tree as a work tree has its files: with their line ends.
struct CheckoutTree {
    private let store: GitObjects
    private let settings: GitSettings
    private let fileBytes: Int
    private var rules = AttributeRules()
    private let effort = RuleEffort()
    /// Trees in which no file is converted, wherever they are.
    private var plain: Set<ObjectKey> = []

    /// - Parameter fileBytes: Larger files stay as they are. The size of the tree has been checked.
    init(store: GitObjects, settings: GitSettings, fileBytes: Int) {
        self.store = store
        self.settings = settings
        self.fileBytes = fileBytes
    }

    mutating func tree(_ key: ObjectKey, path: [[UInt8]] = []) throws(GitError) -> ObjectKey {
        guard path.count < 256, !self.plain.contains(key) else { return key }
        let items = try self.store.tree(key)
        let mayInherit = self.rules.mayWiden(self.settings)
        if let file = items.first(where: { $0.name == AttributeRules.fileName && $0.kind != .link && $0.isContent }),
            let bytes = try? self.store.read(file.key, .blob, limit: AttributeRules.sizeLimit)
        {
            self.rules.enter(bytes, depth: path.count, self.effort)
        }
        defer { self.rules.leave(depth: path.count) }
        let mayWiden = self.rules.mayWiden(self.settings)
        var changed: [TreeItem] = []
        for item in items {
            var key = item.key
            switch item.kind {
            case .folder: key = try self.tree(item.key, path: path + [item.name])
            case .file, .executable: if mayWiden { key = try self.content(of: item, path + [item.name]) }
            case .link, .submodule: break
            }
            changed.append(TreeItem(kind: item.kind, name: item.name, key: key))
        }
        guard changed != items else {
            if !mayInherit { self.plain.insert(key) }
            return key
        }
        return try self.store.write(TreeItem.serialised(changed), .tree)
    }

    private func content(of item: TreeItem, _ path: [[UInt8]]) throws(GitError) -> ObjectKey {
        let attributes = try self.rules.attributes(of: path, self.effort)
        guard case .text(isWide: true, let isGuessed) = attributes.lineEnds(self.settings),
            // What a program has made is not text.
            attributes.filter == nil, try self.store.header(item.key, .blob) <= self.fileBytes
        else { return item.key }
        let bytes = try self.store.read(item.key, .blob, limit: self.fileBytes)
        guard let wide = LineEnds(bytes).widened(isGuessed: isGuessed), wide.count <= self.fileBytes else {
            return item.key
        }
        return try self.store.write(wide, .blob)
    }
}

/// An entry of a tree object, with its name's bytes as they are.
struct TreeItem: Equatable {
    enum Kind: Equatable {
        case folder, file, executable, link, submodule

        init(mode: UInt32) {
            switch mode & 0o170000 {
            case 0o040000: self = .folder
            case 0o120000: self = .link
            case 0o160000: self = .submodule
            default: self = mode & 0o100 != 0 ? .executable : .file
            }
        }
    }

    let kind: Kind
    let name: [UInt8]
    let key: ObjectKey

    private var mode: String {
        switch self.kind {
        case .folder: "40000"
        case .file: "100644"
        case .executable: "100755"
        case .link: "120000"
        case .submodule: "160000"
        }
    }

    /// The content of a tree object. Git sorts a folder's name as if it ended in a slash.
    static func serialised(_ items: [TreeItem]) -> [UInt8] {
        let sorted = items.map { item in
            (item.kind == .folder ? item.name + [UInt8(ascii: "/")] : item.name, item)
        }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.count * 44)
        for (_, item) in sorted {
            bytes += item.mode.utf8
            bytes.append(UInt8(ascii: " "))
            bytes += item.name
            bytes.append(0)
            bytes += item.key.bytes
        }
        return bytes
    }

    /// The order of two entries in trees, in which a folder's name counts as if it ended in a slash: negative if the first
    /// one, or zero if both, come first. Nothing comes after everything.
    static func order(_ first: TreeItem?, _ second: TreeItem?) -> Int {
        guard let first else { return 1 }
        guard let second else { return -1 }
        let count = min(first.name.count, second.name.count)
        for index in 0..<count where first.name[index] != second.name[index] {
            return first.name[index] < second.name[index] ? -1 : 1
        }
        return Int(first.letter(at: count)) - Int(second.letter(at: count))
    }

    private func letter(at index: Int) -> UInt8 {
        index < self.name.count ? self.name[index] : self.kind == .folder ? UInt8(ascii: "/") : 0
    }

    /// The tree of a folder; nil for everything else.
    var folder: ObjectKey? { self.kind == .folder ? self.key : nil }

    var isFile: Bool { self.kind != .folder }

    /// Whether its object is a blob.
    var isContent: Bool { self.kind != .folder && self.kind != .submodule }

    /// Whether a file system may have the name below a workspace.
    static func isSafe(_ name: [UInt8]) -> Bool {
        !name.isEmpty && name != [46] && name != [46, 46] && name.count <= 255 && !name.contains(UInt8(ascii: "/"))
            && !name.contains(0) && !GitName.meansGit(String(decoding: name, as: UTF8.self)[...])
    }
}

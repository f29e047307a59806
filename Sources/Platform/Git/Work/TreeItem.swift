internal import CGit2

/// An entry of a tree object, with its name's bytes as they are.
struct TreeItem: Equatable {
    enum Kind: Equatable { case folder, file, executable, link, submodule }

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

    /// The entries of a tree object's content; nil if it is malformed.
    static func parsed(_ bytes: [UInt8]) -> [TreeItem]? {
        var items: [TreeItem] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let zero = rest[space...].firstIndex(of: 0), rest.endIndex - zero > 20,
                let mode = UInt32(String(decoding: rest[..<space], as: UTF8.self), radix: 8)
            else { return nil }
            var id = git_oid()
            unsafe rest[(zero + 1)..<(zero + 21)].withUnsafeBytes { source in
                unsafe withUnsafeMutableBytes(of: &id) { unsafe $0.copyMemory(from: source) }
            }
            let kind: Kind
            switch mode & 0o170000 {
            case 0o040000: kind = .folder
            case 0o120000: kind = .link
            case 0o160000: kind = .submodule
            default: kind = mode & 0o100 != 0 ? .executable : .file
            }
            items.append(TreeItem(kind: kind, name: Array(rest[(space + 1)..<zero]), key: ObjectKey(id)))
            rest = rest[(zero + 21)...]
        }
        return items
    }

    /// Whether a file system may have the name below a workspace.
    static func isSafe(_ name: [UInt8]) -> Bool {
        !name.isEmpty && name != [46] && name != [46, 46] && name.count <= 255 && !name.contains(UInt8(ascii: "/"))
            && !name.contains(0) && !GitName.meansGit(String(decoding: name, as: UTF8.self)[...])
    }
}

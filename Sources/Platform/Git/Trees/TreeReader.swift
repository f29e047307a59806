internal import CGit2
internal import Glibc

/// Reads the entries of a tree object one after the other, whatever its bytes are.
@safe final class TreeReader {
    private let key: ObjectKey
    private let object: OpaquePointer
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// In bytes, as Git itself warns of longer paths: comparing longer names takes long.
    static let longestName = 4_096

    /// Throws ``GitError/Code/tooLarge``, before anything is read, for an object of more than `limit` bytes.
    init(_ key: ObjectKey, in store: GitObjects, limit: Int = TreeLimits.folderBytes) throws(GitError) {
        self.key = key
        let object = try unsafe store.open(key, .tree, limit: limit)
        unsafe self.object = object
        unsafe self.bytes = UnsafeRawBufferPointer(
            start: git_odb_object_data(object), count: git_odb_object_size(object))
    }

    deinit { unsafe git_odb_object_free(self.object) }

    /// Nil at the end. Throws ``GitError/Code/tooLarge`` for a name of more than ``longestName`` bytes.
    func next() throws(GitError) -> TreeItem? {
        guard let entry = try unsafe self.nextEntry() else { return nil }
        return unsafe self.item(entry)
    }

    /// The next entry with this name; nil if no entry has it.
    func find(_ name: Substring.UTF8View) throws(GitError) -> TreeItem? {
        while let entry = try unsafe self.nextEntry() {
            if unsafe entry.name.count == name.count, unsafe entry.name.elementsEqual(name) {
                return unsafe self.item(entry)
            }
        }
        return nil
    }

    /// The first entry with each of these names, of those that can be read.
    ///
    /// - Parameter lengths: Those of the names: most entries have others, and need no copy.
    func find(_ names: Set<[UInt8]>, lengths: Set<Int>) -> [[UInt8]: TreeItem] {
        var found: [[UInt8]: TreeItem] = [:]
        while found.count < names.count, let entry = try? unsafe self.nextEntry() {
            guard unsafe lengths.contains(entry.name.count) else { continue }
            let name = unsafe Array(entry.name)
            if found[name] == nil, names.contains(name) { found[name] = unsafe self.item(entry) }
        }
        return found
    }

    private typealias Entry = (mode: UInt32, name: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer)

    private func nextEntry() throws(GitError) -> Entry? {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: self.bytes[self.position...])
        guard unsafe !rest.isEmpty else { return nil }
        guard let space = unsafe Self.find(UInt8(ascii: " "), in: rest), space < 8,
            let zero = unsafe Self.find(0, in: rest), zero > space, rest.count - zero > 20
        else {
            throw GitError(.corrupt, "the tree \(self.key.id.short) is damaged: run `git fsck` in the repository")
        }
        guard zero - space - 1 <= Self.longestName else {
            throw GitError(
                .tooLarge,
                "the tree \(self.key.id.short) has a name of more than \(Self.longestName) bytes: rename that file in a "
                    + "clone")
        }
        var mode: UInt32 = 0
        for index in 0..<space { mode = unsafe mode &<< 3 | UInt32(rest[index] & 7) }
        self.position += zero + 21
        return unsafe (
            mode, UnsafeRawBufferPointer(rebasing: rest[(space + 1)..<zero]),
            UnsafeRawBufferPointer(rebasing: rest[(zero + 1)..<(zero + 21)])
        )
    }

    private func item(_ entry: Entry) -> TreeItem {
        var id = git_oid()
        unsafe withUnsafeMutableBytes(of: &id) { unsafe $0.copyMemory(from: entry.id) }
        return unsafe TreeItem(kind: TreeItem.Kind(mode: entry.mode), name: Array(entry.name), key: ObjectKey(id))
    }

    private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress, let found = unsafe memchr(start, Int32(byte), bytes.count)
        else {
            return nil
        }
        return unsafe start.distance(to: UnsafeRawPointer(found))
    }
}
